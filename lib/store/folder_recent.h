/*
 * folder_recent - which messages are \Recent (RFC 3501 2.3.2).
 *
 * UIDs from a number on, which the log keeps, have been taken by no session;
 * one that opens the folder to write takes them all.  So each has one session.
 */
#ifndef STORE_FOLDER_RECENT_H
#define STORE_FOLDER_RECENT_H

#include <stddef.h>
#include <stdint.h>

struct recent {
	uint32_t from;
	uint32_t free, taken;		/* living: from there on, and ours */
	uint32_t *edge;			/* our rows of UIDs: where each begins
					 * and, excluded, ends; ascending */
	size_t nedge;
};

int	recent_has(const struct recent *, uint32_t uid);
/* One that was counted has gone. */
void	recent_gone(struct recent *, uint32_t uid);
/* What is free becomes ours: 1; 0: nothing is, or there is no memory. */
int	recent_take(struct recent *, uint32_t uidnext);

#endif
