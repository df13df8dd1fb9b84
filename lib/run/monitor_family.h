/* monitor_family - what main.c has made ready when the monitor's loop begins;
 * between those two files only. */
#ifndef RUN_MONITOR_FAMILY_H
#define RUN_MONITOR_FAMILY_H

#include "run/monitor.h"

struct bound {
	int fd;
	unsigned service;
};

struct start {
	const struct site *site;
	const char *self;		/* path of this program */
	const char *conf_path;
	int conf_fd;
	int root;
	char *const *environment;	/* empty, but for a test build's doors */
	struct bound socket[ROLE_SOCKETS];
	size_t nsocket;
};

/* Starts the family and serves until it ends. */
int	monitor_run(const struct family *, const struct start *);
/* Is there such a program in libexec_dir? */
int	start_has(const struct start *, const char *program);

#endif
