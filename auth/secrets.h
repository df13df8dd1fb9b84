/*
 * secrets - passwords.cdb: what is kept of each user's passwords.
 *
 *	KEY		-> crypt(5) hash
 *	KEY scram	-> SCRAM keys (run/scram.h)
 *	KEY app ID	-> SCOPES:HMAC:CREATED:NAME
 *
 * An app password is made by us, ID-SECRET with a random secret, and so needs
 * no slow hash: HMAC-SHA-256 with the key "KEY app ID", in hexadecimal.
 */
#ifndef AUTH_SECRETS_H
#define AUTH_SECRETS_H

#include "base/span.h"
#include "run/scram.h"

/* Takes the descriptor's duplicate over; -1: no file, no users.  0, or -1 with
 * errno: the table before stays in use, or is a damaged one. */
int	secrets_open(int fd);

/* The mailbox key that a user name means: in normal form; without a domain a
 * system user of that name, else that name at the first of the domains.  0,
 * or -1: no name of ours can look so. */
int	secrets_user(struct span name, struct span domains, char *key,
	    size_t size);

/* Each: 1 found, 0 not, -1 the table is damaged. */
int	secrets_hash(const char *key, char *out, size_t size);
int	secrets_scram(const char *key, struct scram_keys *);
/* Is this an app password of that user for that protocol ("smtp", "pop3",
 * "imap")?  id gets which.  2: it is, but for others only. */
int	secrets_app(const char *key, struct span password, const char *scope,
	    char id[17]);

#endif
