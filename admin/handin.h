/*
 * handin - a message on its way from a program of this host to queued: by a
 * file in the drop, or where that is out of reach by sendmail.via.
 *
 * Each function returns EX_OK, or what sendmail exits with; v then says why,
 * and the message is to be forgotten.
 */
#ifndef ADMIN_HANDIN_H
#define ADMIN_HANDIN_H

#include <sys/types.h>

#include "admin/config.h"
#include "admin/sendmail_args.h"
#include "admin/spool.h"
#include "base/buf.h"
#include "base/verdict.h"

struct handin {
	const struct config *config;
	const struct sendmail_args *args;
	gid_t drop;			/* the group that we were given */
	struct buf caller;		/* address of who calls */
	char name[128];			/* full name of who calls */
	char nodename[65];		/* of this machine; empty: has a dot */

	/* of the message; the caller sets the first three */
	struct buf sender, rcpts;	/* rcpts: each with LF */
	int utf8;			/* whatever the addresses are */
	struct verdict v;		/* code 0: nothing was said yet */

	/* handin.c */
	struct spool spool;
	struct buf header;		/* until it is there whole */
	int in_body, eight_bit, by_via;
};

void	handin_init(struct handin *, const struct config *,
	    const struct sendmail_args *, gid_t drop);
/* The file; then the text, CRLF, in pieces; then its end: EX_OK means that the
 * message survives loss of power (or that the server at sendmail.via has it),
 * and v tells its name. */
int	handin_open(struct handin *);
int	handin_text(struct handin *, struct span);
int	handin_end(struct handin *);
/* Leaves nothing of one that is not at its end, ready for the next; v stays. */
void	handin_forget(struct handin *);

#endif
