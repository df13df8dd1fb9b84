/*
 * reader - a program by which users read their mail (pop3d, imapd): its family
 * of processes, as DESIGN 2 has it.
 */
#ifndef RUN_READER_H
#define RUN_READER_H

#include "run/role.h"
#include "sys/conf.h"

/* The first member of the program's struct of keys. */
struct reader_conf {
	struct conf_words listen, tls_listen;
	struct conf_nets local_networks, proxies;
	uint64_t max_connections, max_per_address, max_per_network;
};

struct reader {
	const char *program;		/* "pop3d" */
	const char *proto;		/* "pop3": service, ALPN name */
	const char *tls_proto;		/* "pop3s": with TLS from the start */
	const char *busy;		/* told to a client over a limit */
	const struct conf_key *keys;
	void *conf;			/* begins with a struct reader_conf */
	/* Further checks, as of struct family.  May be NULL. */
	void (*check)(const void *conf, struct buf *errors);
	/* A session before its login. */
	int (*session)(struct role_env *, const struct note *,
	    int fd[CHAN_FDS]);
	/* One after it, as the mailbox's user and with nothing but its Maildir
	 * in reach.  A NULL mailbox cannot be had, with never 1 not without an
	 * operator. */
	int (*mailbox)(struct role_env *, const struct note *, int stream,
	    const struct mailbox *, int never);
	/* Makes ready what those share; NULL: nothing. */
	void (*warm)(void);
};

/* The program's main; one call in a process. */
int	reader_main(int argc, char **argv, const struct reader *);

#endif
