/*
 * login - AUTH as a client (RFC 4954): SCRAM-SHA-256, PLAIN, LOGIN with a
 * password; OAUTHBEARER, XOAUTH2 with a token.
 */
#ifndef REMOTED_LOGIN_H
#define REMOTED_LOGIN_H

#include "remoted/client.h"

/* With the job's login.  0; else *v and 1 (refused) or -1 (connection lost).
 * A secret goes only over TLS, or to this machine itself. */
int	login(struct client *, const struct job *, const struct ip *,
	    struct verdict *v);

#endif
