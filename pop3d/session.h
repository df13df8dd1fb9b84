/*
 * session - a POP3 connection before its login (RFC 1939 4, AUTHORIZATION).
 *
 * Reaches no path.  Exactly one command at a time is read from the socket, so
 * that what a client has sent ahead waits in the kernel for the process that
 * serves its mailbox.
 */
#ifndef POP3D_SESSION_H
#define POP3D_SESSION_H

#include "pop3d/config.h"
#include "pop3d/out.h"
#include "run/role.h"
#include "wire/pop3_command.h"

enum session_next {
	NEXT_COMMAND, NEXT_TLS, NEXT_MAILBOX, NEXT_END
};

struct session {
	const struct role_env *env;
	const struct pop3d_conf *conf;
	const struct facts *facts;
	int control;			/* to the listener */
	enum session_next next;
	const char *over;		/* why it ends, for the log */
	int unexpected;			/* that it ends, to the client */
	uint64_t errors, logins;
	unsigned tries;			/* logins asked for, failed or not */
	int utf8;			/* RFC 6856 */
	char user[321];			/* of USER, "" none */
	char mech[32];			/* of the login */
	struct stream client;
	struct out out;
};

/* The child of the zygote: note.facts, fd[0] the client's stream, fd[1] the
 * control channel.  Returns the exit status. */
int	session_serve(struct role_env *, const struct note *,
	    int fd[CHAN_FDS]);

/* The next line, without its end; stands in the buffer until the next call.
 * 1, or 0 and the session is over. */
int	session_line(struct session *, struct span *);

#endif
