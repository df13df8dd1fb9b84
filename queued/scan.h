/*
 * scan - a directory read in steps, so that a large one holds up nothing.
 */
#ifndef QUEUED_SCAN_H
#define QUEUED_SCAN_H

#include <dirent.h>

struct scan {
	DIR *d;				/* NULL: none is running */
};

/* 0, or -1 with errno; begins again where one is running. */
int	scan_begin(struct scan *, int dir);
/* Calls for up to `most` names, but not when each returns not 0: the rest is
 * for the next step.  1: there is more; 0: that was the end. */
int	scan_step(struct scan *, unsigned most, int (*each)(void *,
	    const char *), void *);

#endif
