/* body - the text of a message, from its queue file to another server. */
#ifndef REMOTED_BODY_H
#define REMOTED_BODY_H

#include "remoted/client.h"
#include "store/queue.h"

struct body {
	int fd;
	struct queue_head head;
	int looked, header8, body8;	/* bytes above 127 stand there */
	int fits7;			/* body_fits7 said so */
};

enum {
	BODY_WHOLE = 65536,
	BODY_BLOCK_S = 180		/* RFC 5321 4.5.3.2.5 */
};

/* 0, or -1 and *v. */
int	body_open(struct body *, int fd, struct verdict *v);
/* Looks for bytes above 127, once.  0, or -1 and *v. */
int	body_look(struct body *, struct verdict *v);
/* Can it be sent as 7-bit text?  0, or -1 and *v: never, and for what reason,
 * or not now. */
int	body_fits7(struct body *, const char *peer, struct verdict *v);
/* All of it behind what *out holds, with its lines ended as body_send does, for
 * BDAT (RFC 3030): no longer than BODY_WHOLE in the queue.  0, or -1 and *v:
 * nothing of it is to be sent. */
int	body_load(struct body *, struct buf *out, struct verdict *v);
/*
 * Sends all of it but the last dot; to7: as 7-bit text (RFC 6152).  0, or -1
 * and *v: the connection must be closed, as the message is cut off.
 */
int	body_send(struct body *, struct client *, int to7, struct verdict *v);

#endif
