/*
 * client - one conversation with another server, from its greeting to QUIT:
 * what stands between a connection and the first MAIL.
 */
#ifndef REMOTED_CLIENT_H
#define REMOTED_CLIENT_H

#include "base/verdict.h"
#include "remoted/config.h"
#include "remoted/conn.h"
#include "remoted/policy.h"
#include "remoted/resolve.h"
#include "wire/hop.h"
#include "wire/job.h"
#include "wire/smtp_client.h"

struct client {				/* begin with conn.fd -1 */
	const struct config *conf;
	const char *hostname;		/* ours */
	struct tls_site *tls;
	const char *no_ca;		/* why none is verified, or NULL */
	const struct hop *hop;
	struct policy *policy;
	struct conn conn;
	struct smtp_caps caps;
	struct reply reply;		/* the last */
	char peer[DNS_NAME + 64];	/* "name[address]:port" */
	uint64_t opened_ms;		/* the connection; clock_mono_ms */
	int dirty;			/* a transaction was begun: RSET */
	int is_us;			/* the greeting was our own */
	int enclosed;			/* conf->lmtp_dir is our root */
	int brief;			/* no long wait for a greeting */
	uint64_t end_ms;		/* before the last dot; 0: none */
};

struct client_tls {			/* what others say of this host's */
	struct tls_tlsa tlsa[RESOLVE_TLSA];
	int n;				/* of tlsa; 0: DNS says nothing */
	enum sts_mode sts;		/* n 0: what its domain says */
	int counted;			/* as a failure, already */
};

/* Connects and is ready for MAIL.  0, or -1 and *v: this host is not to be
 * used now, or ever; closed. */
int	client_open(struct client *, const struct host *,
	    const struct client_tls *, const struct job *, struct verdict *v);
void	client_close(struct client *, int say_quit);
/* It is open, and young enough for another message. */
int	client_lasts(const struct client *);

/* Sends; an error shows at the next reply. */
void	client_send(struct client *, struct span);
/* Reads a reply into ->reply.  Its code, or -1 and *v (later): the connection
 * is of no use any more.  step names what was asked. */
int	client_reply(struct client *, const char *step, uint64_t timeout_s,
	    struct verdict *v);
/* Both, for a line without its end. */
int	client_ask(struct client *, const char *line, struct verdict *v);
/* ->reply as verdict of a step that wanted another: never done. */
struct verdict client_refused(const struct client *, const char *step);

#endif
