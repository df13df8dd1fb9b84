/* send - a message on its way to the client. */
#ifndef POP3D_SEND_H
#define POP3D_SEND_H

#include "pop3d/drop.h"

struct send {
	uint32_t number;
	int top;			/* TOP: header and so many lines */
	uint64_t lines;
	uint64_t octets;		/* told with RETR's +OK */
};

/* 0; or -1: refused (the client was told), or the client is lost. */
int	send_message(struct drop *, const struct send *);

#endif
