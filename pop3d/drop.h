/*
 * drop - a POP3 session after its login: the maildrop and its dialog (RFC 1939
 * 5 and 6, TRANSACTION and UPDATE).
 *
 * Runs as the mailbox's user, with nothing but its Maildir in reach.  The view
 * is what was there at the login; any number of sessions may have one drop
 * open, and other programs may deliver, rename and delete meanwhile, so
 * nothing is locked and [IN-USE] is never said.  Deletes happen at QUIT alone.
 */
#ifndef POP3D_DROP_H
#define POP3D_DROP_H

#include "pop3d/config.h"
#include "pop3d/out.h"
#include "run/role.h"
#include "store/folder.h"

enum { DROP_BUFFER = 65536 };

struct drop {
	const struct role_env *env;
	const struct pop3d_conf *conf;
	const struct facts *facts;
	char mech[32];			/* of the login, for the log */
	int utf8;			/* the client said UTF8 */
	const char *over;		/* why it ends, or NULL */
	const struct mailbox *box;
	struct tree tree;
	struct folder *folder;
	uint32_t uidvalidity;
	uint32_t count, deleted;
	unsigned char *dele, *seen;	/* bits by number; NULL: none is set */
	uint64_t errors, retr, retr_bytes, top, expunged;
	uint64_t began_ms;
	struct stream client;
	struct out out;
	unsigned char *text;		/* DROP_BUFFER, for a message's bytes */
};

/* run/reader's mailbox: the session after its login. */
int	drop_session(struct role_env *, const struct note *, int stream,
	    const struct mailbox *box, int never);

/* Bits by number of a message. */
int	drop_bit(const unsigned char *, uint32_t number);
/* Makes room at the first; 0, or -1: no memory. */
int	drop_set(const struct drop *, unsigned char **, uint32_t number);

#endif
