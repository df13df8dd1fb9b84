/* sockets - the listening sockets of a program: those that a supervisor passed
 * (LISTEN_FDS, systemd.socket(5)), else those that the configuration names. */
#ifndef RUN_SOCKETS_H
#define RUN_SOCKETS_H

#include "run/monitor.h"

/* How many were passed: they are descriptors 3 and up. */
unsigned sockets_passed(void);
/* Sends all of them on a role's control channel, and keeps none: who starts in
 * our place can bind while the last sessions end.  Does not return when one
 * cannot be had. */
void	sockets_give(int control, const struct family *);

#endif
