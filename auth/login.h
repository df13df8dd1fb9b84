/*
 * login - one login: the dialog of its mechanism up to the point where it can
 * be decided.  No I/O.
 */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "run/facts.h"
#include "run/scram.h"
#include "run/site.h"
#include "wire/login.h"

enum mech { MECH_NONE, MECH_PLAIN, MECH_LOGIN, MECH_SCRAM, MECH_SCRAM_PLUS };

struct login {
	struct facts facts;
	char proto[16];			/* "smtp", "pop3", "imap" */
	int plus;			/* SCRAM-SHA-256-PLUS was offered */
	enum mech mech;
	const char *mech_name;
	unsigned step;			/* messages of the client so far */
	char claimed[336];		/* the name as given, for the log */
	char key[336];			/* mailbox key, "" when it is no name */
	char app[17];			/* the app password that was used */
	int unknown;			/* whatever the hash says: no */
	int unreadable;			/* nobody can say: a damaged table */
	struct buf password;		/* or, of SCRAM, the client key tried */
	struct scram scram;
	struct buf final;		/* SCRAM: client-final-message */
	struct buf last;		/* goes to the client with success */
};

enum login_next { LOGIN_GOES_ON, LOGIN_DECIDE, LOGIN_MALFORMED };

/* 32 bytes, from which the salts of users come that do not exist: the same
 * over restarts and in all services, or they would tell. */
void	login_secret(const unsigned char *);
void	login_begin(struct login *, const struct facts *, const char *proto,
	    int plus);
/* A record of the session's.  LOGIN_GOES_ON: *out is the next challenge. */
enum login_next login_step(struct login *, struct span record,
	    const struct site *, struct buf *out, const char **why);
/* Is the SCRAM proof good?  1, 0, -1 not a message of this exchange. */
int	login_scram(struct login *);
void	login_end(struct login *);

#endif
