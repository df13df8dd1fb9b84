/*
 * session - an IMAP connection before its login (RFC 9051 3.1, NOT
 * AUTHENTICATED).
 *
 * Reaches no path.  Exactly one command at a time, with its literals, is read
 * from the socket, so that what a client has sent ahead waits in the kernel
 * for the process that serves its mailbox.
 */
#ifndef IMAPD_SESSION_H
#define IMAPD_SESSION_H

#include "imapd/config.h"
#include "imapd/out.h"
#include "run/role.h"
#include "wire/imap_command.h"
#include "wire/imap_reader.h"

enum session_next {
	NEXT_COMMAND, NEXT_TLS, NEXT_MAILBOX, NEXT_END
};

enum { SESSION_LITERAL = 4096 };

struct session {
	const struct role_env *env;
	const struct imapd_conf *conf;
	const struct facts *facts;
	int control;			/* to the listener */
	enum session_next next;
	int unexpected;			/* that it ends, to the client */
	const char *over;		/* why it ends, for the log */
	uint64_t errors, logins;
	unsigned tries;			/* logins asked for, failed or not */
	char tag[IMAP_TAG + 1];	/* of the command */
	char mech[32];			/* of the login */
	struct imap_reader reader;
	struct stream client;
	struct out out;
};

/* The child of the zygote: note.facts, fd[0] the client's stream, fd[1] the
 * control channel.  Returns the exit status. */
int	session_serve(struct role_env *, const struct note *,
	    int fd[CHAN_FDS]);

/* The next command (with reader.line_only: the next line); stands until the
 * next call.  1, or 0 and the session is over. */
int	session_read(struct session *, struct span *);

#endif
