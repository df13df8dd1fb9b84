/*
 * monitor - the main pid of a program: root, reads no stranger's byte.
 *
 * It reads the configuration, binds the listening sockets, executes each role
 * of its family (run/role.h), joins them by channels, hands them the tables
 * (again when they change: it looks four times a second), and ends when one of
 * them ends, or at SIGTERM after they have.
 */
#ifndef RUN_MONITOR_H
#define RUN_MONITOR_H

#include <stddef.h>

#include "run/role.h"
#include "sys/conf.h"

/* A kind of listening address; its index is facts.service. */
struct service {
	const char *name;		/* "smtp": LISTEN_FDNAMES, logs */
	size_t offset;			/* of its struct conf_words in conf */
};

struct family {
	const char *program;		/* "smtpd" */
	const struct role *role;	/* ends with a NULL name */
	const struct service *service;	/* likewise; NULL: it does not listen */
	const struct conf_key *keys;	/* ends with a NULL name */
	void *conf;			/* the struct the keys fill */
	/* How long after its change a file is handed on.  smtpd's comes after
	 * queued's, which must know every recipient that smtpd accepts. */
	unsigned lag_ms;
	/* Further checks before the start and for -n, as root: adds a line
	 * "path: reason; the cure" for each error.  May be NULL. */
	void (*check)(const struct site *, const void *conf, struct buf *);
};

/*
 * The main of every program: options -c FILE, -n (check only), -m (the keys as
 * mdoc), -r ROLE (internal).  Returns the exit status.
 */
int	monitor_main(int argc, char **argv, const struct family *);
/* Starts the family and serves until it ends; then its exit status. */
int	monitor_run(const struct family *, const struct site *,
	    const char *conf_path, int conf_fd);

#endif
