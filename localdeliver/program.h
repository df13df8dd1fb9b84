/*
 * program - runs an entry `|command` of a forwarding file, as its owner.
 *
 * Not confined: it is a process of that user like another.  Its exit status
 * becomes the verdict: 0 and 99 done; sysexits(3) as mailers read them; 100
 * never; everything else, and a signal, later.
 */
#ifndef LOCALDELIVER_PROGRAM_H
#define LOCALDELIVER_PROGRAM_H

#include "localdeliver/deliver.h"

/* Serves a channel of jobs with `run` until its end; the exit status. */
int	program_serve(struct owner *, int ch);

/* What a wait status means; said is the first of what the program printed. */
struct verdict program_verdict(int status, struct span said);

#endif
