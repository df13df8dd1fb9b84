/* body - the text of a message, from its queue file to another server. */
#ifndef REMOTED_BODY_H
#define REMOTED_BODY_H

#include "remoted/client.h"
#include "store/queue.h"

struct body {
	int fd;
	struct queue_head head;
	int looked, header8, body8;	/* bytes above 127 stand there */
};

/* 0, or -1 and *v. */
int	body_open(struct body *, int fd, struct verdict *v);
/* Looks for bytes above 127, once.  0, or -1 and *v. */
int	body_look(struct body *, struct verdict *v);
/*
 * Sends all of it but the last dot; to7: as 7-bit text (RFC 6152).  0, or -1
 * and *v: the connection must be closed, as the message is cut off.
 */
int	body_send(struct body *, struct client *, int to7, struct verdict *v);

#endif
