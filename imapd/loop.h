/*
 * loop - an IMAP session after its login (RFC 9051 3.2 and 3.3, AUTHENTICATED
 * and SELECTED).
 *
 * Runs as the mailbox's user, with nothing but its Maildir (and the converters
 * of charsets) in reach.  Reads a command, runs its handler, tells what changed
 * meanwhile, and writes the tagged reply.
 */
#ifndef IMAPD_LOOP_H
#define IMAPD_LOOP_H

#include "imapd/box.h"

/* run/reader's mailbox: the session after its login. */
int	loop_session(struct role_env *, const struct note *, int stream,
	    const struct mailbox *, int never);

#endif
