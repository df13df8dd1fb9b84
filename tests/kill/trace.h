/*
 * trace - a program under strace: its system calls, one of them changed into a
 * kill or an error.  Shared by accept_kill and deliver_kill.
 */
#ifndef TESTS_KILL_TRACE_H
#define TESTS_KILL_TRACE_H

#include <stddef.h>

enum { LINE = 4096, CALLS = 2000 };

struct call {				/* one line of a trace */
	char name[24];
	unsigned nth;			/* of its name, from 1 */
	int files;			/* made before with O_EXCL, itself too */
	char text[LINE];
};

extern struct call call[CALLS];		/* of the last trace_read */
extern size_t calls;
extern unsigned wrong;			/* how often bad was called */
extern const char *dir;			/* where all of it is */

/* Prints what is wrong. */
void	bad(const char *where, const char *what);
/* Of a file below dir; good for three further calls. */
char	*path(const char *name);
/* Becomes `program argument second` (second NULL: none) with descriptors 0 and
 * 1 as they are, 2 the file log, and fd[i] as 3 + i; inject NULL: undisturbed. */
void	trace_exec(const char *inject, const char *program,
	    const char *argument, const char *second, const int *fd, int nfd)
	    __attribute__((noreturn));
/* Fills call and calls.  1: it was killed. */
int	trace_read(void);

#endif
