/*
 * sendmail_args - the options that forty years of programs give to sendmail.
 *
 * What only said how a sendmail of that time should work (-O, -o, -B ...)
 * is taken and has no effect.
 */
#ifndef ADMIN_SENDMAIL_ARGS_H
#define ADMIN_SENDMAIL_ARGS_H

#include "base/buf.h"

enum sendmail_mode {
	SENDMAIL_SEND, SENDMAIL_DIALOGUE, SENDMAIL_QUEUE, SENDMAIL_ALIASES,
	SENDMAIL_FLUSH
};

struct sendmail_args {
	enum sendmail_mode mode;
	int take_recipients;		/* -t */
	int dot_ends;			/* not -i */
	int verbose;
	const char *config;		/* -C */
	const char *sender;		/* -f, -r; NULL: who calls */
	const char *name;		/* -F; NULL: as the system knows */
	const char *ret, *envid;	/* "FULL", "HDRS"; NULL */
	char notify[32];		/* "NEVER", "FAILURE,DELAY"; "" */
	size_t nrcpt;
	char *const *rcpt;
};

/* 0, or -1 with the reason in *why. */
int	sendmail_args(int argc, char **argv, struct sendmail_args *,
	    struct buf *why);

#endif
