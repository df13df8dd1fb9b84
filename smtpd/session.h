/*
 * session - one SMTP connection: reads a command, has it done, answers.
 *
 * Blocking, short-lived, confined.  Handlers (smtpd/commands.h) return a
 * verdict; only the session writes.  A session that waits has touched little:
 * its big parts are static and stay zero pages until they are used.
 */
#ifndef SMTPD_SESSION_H
#define SMTPD_SESSION_H

#include "run/role.h"
#include "smtpd/config.h"
#include "smtpd/policy.h"
#include "smtpd/receive.h"
#include "wire/smtp_command.h"

enum stage {				/* bits, for the table of commands */
	STAGE_START = 1,		/* no HELO yet */
	STAGE_READY = 2,
	STAGE_MAIL = 4,			/* a sender */
	STAGE_RCPT = 8,			/* and a recipient */
	STAGE_BDAT = 16			/* and some of the text */
};

enum { SESSION_OUT = 16384 };

struct session {
	struct role_env *env;
	const struct smtpd_conf *conf;
	const struct facts *facts;
	int control;			/* to the listener */
	const char *over;		/* why the connection ends, or NULL */
	int polite;			/* the client knows that it ends */
	int handed;			/* its connection goes on in another */
	enum stage stage;
	int esmtp;			/* EHLO, not HELO */
	int utf8;			/* this message: SMTPUTF8 */
	uint64_t rcpts;			/* of this message */
	uint64_t commands, errors;	/* errors since the last message */
	uint64_t messages, accepted, refused;
	int in_login;			/* AUTH: its lines may be longer */
	unsigned logins, tries;		/* failed ones; all */
	uint64_t began_ms;
	struct stream client;
	struct policy policy;
	struct receive message;
	struct submit submit;		/* of a user: the header's rules */
	char helo[SMTP_HELO_NAME + 1];
	size_t nout;
	char out[SESSION_OUT];		/* replies that were not written yet */
};

/*
 * The child of the zygote: note.facts, fd[0] the client's stream, fd[1] the
 * control channel, fd[2] a writer's or -1.  env->conf is a struct smtpd_conf.
 * Returns the exit status.
 */
int	session_serve(struct role_env *, const struct note *,
	    int fd[CHAN_FDS]);

/* For handlers: "250-text", a line before the one their verdict makes. */
void	session_line(struct session *, unsigned code, struct span text);
/* Sends a line of ours in the middle of a login, and reads the client's: 1, or
 * 0 and the connection is over (run/sasl_dialog's turn). */
int	session_turn(void *of, struct span line, struct span *answer);

#endif
