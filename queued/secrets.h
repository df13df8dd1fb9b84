/*
 * secrets - what the monitor hands to the loop: logins at next hops, and the
 * key that signs rewritten senders (mail/srs).
 *
 *	relay-passwords, relay-tokens:	NAME USER:SECRET (a line each)
 *	srs:	KEY (the first line signs, all are believed)
 *
 * The files are replaced, never changed in place; what is new holds for the
 * next job.  relay-tokens is for OAuth: a program of the operator renews it.
 */
#ifndef QUEUED_SECRETS_H
#define QUEUED_SECRETS_H

#include "run/role.h"

/* For role_env.file. */
void	secrets_file(struct role_env *, const char *name, int fd);

/* The login of that name; spans are borrowed until the next file comes.  1; 0:
 * none. */
int	secrets_login(struct span name, struct span *user, struct span *secret,
	    int *token);
/* All of the file srs; empty: there is none. */
struct span secrets_srs(void);

#endif
