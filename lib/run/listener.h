/*
 * listener - accepts, counts, hands over.  One event loop, which opens no
 * file, parses nothing of a client's and does not fork.
 */
#ifndef RUN_LISTENER_H
#define RUN_LISTENER_H

#include <stdint.h>

#include "run/role.h"
#include "sys/conf.h"

/* One kind of listening address; facts.service is its index. */
struct listener_service {
	const char *name;		/* "submission" */
	const char *proto;		/* "smtp", "pop3", "imap" */
	const char *busy;		/* told to a client over a limit */
	int strangers;			/* for strangers: those of the relay
					 * table's networks get class net */
	int tls;			/* TLS from the start */
	const char *alpn;		/* RFC 7301 name, "" when it has none */
};

struct listener_conf {
	uint64_t max_connections, max_per_address, max_per_network;
	struct conf_nets local_networks; /* may log in without TLS */
	struct conf_nets proxies;	/* speak the PROXY protocol first */
	const struct listener_service *service;
	uint64_t user_messages, user_recipients; /* in an hour; 0: any number */
	int plus;			/* SCRAM-SHA-256-PLUS is offered */
	int mailboxes;			/* a login goes to the role "mailbox",
					 * which becomes the user */
};

/* The role "listener": links to "session" and, where they are, "writer",
 * "relay", "keyholder", "auth", "mailbox".  Never returns. */
int	listener_run(struct role_env *, const struct listener_conf *);

#endif
