/*
 * held - has a file become another, for a process that cannot see paths any
 * more?  A file that is written to, replaced by rename or removed changes its
 * ctime; the descriptor that tells is of O_PATH and cannot be read.
 */
#ifndef SYS_HELD_H
#define SYS_HELD_H

#include <time.h>

struct held {
	int fd;				/* -1: there was none, never changed */
	struct timespec changed;
};

/* The descriptor is at least `from`. */
void	held_begin(struct held *, const char *path, int from);
int	held_changed(const struct held *);	/* 1, or 0 */

#endif
