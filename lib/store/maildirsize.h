/*
 * maildirsize - the quota file of Maildir++, shared with Courier and Dovecot.
 *
 *	maildirsize = limit LF *( change LF )
 *	limit  = part *( "," part )	part = 1*DIGIT ( "S" / "C" )
 *	change = *SP ["-"] 1*DIGIT 1*SP ["-"] 1*DIGIT	(bytes, messages)
 *
 * The sum of the changes is what the mailbox holds, all folders together.  The
 * file is thrown away and counted afresh when its limit is not ours, when it
 * has grown to 5120 bytes, and when it says "full" and may be wrong (several
 * lines, or older than 15 minutes).  Whoever delivers appends a line.
 */
#ifndef STORE_MAILDIRSIZE_H
#define STORE_MAILDIRSIZE_H

#include <stdint.h>

#include "base/span.h"

struct quota {
	uint64_t max_bytes, max_count;	/* 0: no such limit */
	int64_t bytes, count;		/* in use */
	unsigned lines;			/* changes in the file */
};

/* The file's text.  Fills the quota whole.  0, or -1 with *why. */
int	maildirsize_parse(struct span, struct quota *, const char **why);

/* What the Maildir (a descriptor) holds, with the limits as they stand in q,
 * from the file or counted.  0, or -1 with errno. */
int	maildirsize_load(int maildir, struct quota *q);

/* Is there room for one more message of so many bytes? */
int	maildirsize_fits(const struct quota *, uint64_t bytes);

/* Appends a change to the file.  0, or -1 with errno (the file will be counted
 * afresh some day; the mail is not hurt). */
int	maildirsize_add(int maildir, int64_t bytes, int64_t count);
/* After a change that nobody has counted: the next load counts afresh. */
void	maildirsize_forget(int maildir);

#endif
