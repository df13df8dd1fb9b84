/* say - what an administrator's command tells a person. */
#ifndef ADMIN_SAY_H
#define ADMIN_SAY_H

#include "base/buf.h"

/* Exit status of correo (DESIGN 10); sendmail speaks sysexits. */
enum { SAY_OK = 0, SAY_FOUND = 1, SAY_FIX = 100, SAY_AGAIN = 111 };

/* "NAME: words" on standard error; returns status.  say_errno adds what errno
 * means. */
void	say_name(const char *program);
int	say(int status, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
int	say_errno(int status, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Standard output and standard error, whole.  0, or -1. */
int	say_out(struct buf *);		/* and empties it */
void	say_lines(const struct buf *);	/* errors, as they are */

/* Those of the tables, for which a change was not made; SAY_FIX. */
int	say_refused(const struct buf *errors);

#endif
