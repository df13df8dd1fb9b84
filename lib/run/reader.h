/*
 * reader - a program by which users read their mail (pop3d, imapd): its family
 * of processes, as DESIGN 2 has it.
 */
#ifndef RUN_READER_H
#define RUN_READER_H

#include <stddef.h>

#include "run/mechanisms.h"
#include "run/role.h"
#include "sys/conf.h"

/* The first member of the program's struct of keys. */
struct reader_conf {
	struct conf_words listen, tls_listen;
	struct conf_nets local_networks, proxies;
	uint64_t max_connections, max_per_address, max_per_network;
	uint64_t login_timeout;		/* seconds */
	struct conf_words mechanisms;
};

/* The keys of that, all of them literals: "pop3d", "pop3s", "110", "STLS", and
 * connections in all, of an address, of a network. */
#define READER_KEYS(program, tls, port, starttls, all, address, network) \
	{ program ".listen", CONF_LISTEN, \
	    offsetof(struct reader_conf, listen), \
	    "0.0.0.0:" port " [::]:" port, 0, 0, \
	    "Addresses for clients (" starttls " and login)." }, \
	{ program "." tls ".listen", CONF_LISTEN, \
	    offsetof(struct reader_conf, tls_listen), "", 0, 0, \
	    "Addresses for clients (TLS from the start)." }, \
	{ program ".local_networks", CONF_NETS, \
	    offsetof(struct reader_conf, local_networks), \
	    "127.0.0.0/8 ::1", 0, 0, \
	    "Networks whose clients may log in without TLS: a webmail of this " \
	    "machine.  Nothing behind the key: none, as is right where a " \
	    "proxy of this machine sends no PROXY header." }, \
	{ program ".proxies", CONF_NETS, \
	    offsetof(struct reader_conf, proxies), "", 0, 0, \
	    "Networks whose clients are proxies: each connection from there " \
	    "must begin with a PROXY header (version 1 or 2), and counts as " \
	    "its client's." }, \
	{ program ".max_connections", CONF_NUMBER, \
	    offsetof(struct reader_conf, max_connections), all, 1, 100000, \
	    "Connections at one time; fewer where the limit of descriptors " \
	    "leaves no room for three each." }, \
	{ program ".max_per_address", CONF_NUMBER, \
	    offsetof(struct reader_conf, max_per_address), address, 1, 100000, \
	    "Connections at one time from one address (IPv6: from one /64)." }, \
	{ program ".max_per_network", CONF_NUMBER, \
	    offsetof(struct reader_conf, max_per_network), network, 1, 100000, \
	    "Connections at one time from one network (IPv4 /24, IPv6 /48)." }, \
	{ program ".login_timeout", CONF_TIME, \
	    offsetof(struct reader_conf, login_timeout), "3m", 1, 86400, \
	    "Time for a connection to log in." }, \
	MECHANISMS_KEY(program, offsetof(struct reader_conf, mechanisms))

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
	 * (and what warm named) in reach.  A NULL mailbox cannot be had, with
	 * never 1 not without an operator. */
	int (*mailbox)(struct role_env *, const struct note *, int stream,
	    const struct mailbox *, int never);
	/* Makes ready what those share, and names a directory that they may
	 * read too, or NULL.  NULL: nothing. */
	char *(*warm)(void);
};

/* The program's main; one call in a process. */
int	reader_main(int argc, char **argv, const struct reader *);

#endif
