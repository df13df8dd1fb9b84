/* sockets - the listening sockets of a program: those that a supervisor passed
 * (LISTEN_FDS, systemd.socket(5)), else those that the configuration names. */
#ifndef RUN_SOCKETS_H
#define RUN_SOCKETS_H

#include "run/monitor.h"

struct sockets {
	int fd[ROLE_SOCKETS];
	unsigned service[ROLE_SOCKETS];	/* index in family.service */
	size_t n;
};

/* How many were passed: they are descriptors 3 and up. */
unsigned sockets_passed(void);
/* All of them, or none when the program does not listen.  Does not return
 * when one cannot be had. */
void	sockets_open(struct sockets *, const struct family *);

#endif
