/* update - QUIT after the login (RFC 1939 6): what was asked for is done. */
#ifndef POP3D_UPDATE_H
#define POP3D_UPDATE_H

#include "pop3d/drop.h"

/* Deletes, sets flags, replies: +OK when all deletes are durable, -ERR when
 * some are not; those messages are there at the next login. */
void	update_run(struct drop *);

#endif
