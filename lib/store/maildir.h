/*
 * maildir - a Maildir as a place to deliver to: directories, names, and the
 * steps of a delivery that survives power loss.
 *
 *	tmp/NAME.PID	being written; what a crash leaves there is removed by
 *			the repeat of its delivery, or by readers after 36 h
 *	new/NAME,S=bytes,W=bytes	whole and durable
 *	NAME = SECONDS.QidRnumber.HOST
 *
 * NAME derives from the queue's id and the recipient's number, so that a
 * repeated delivery meets its own first try.  S is the file's size, W the same
 * with each line ending in CRLF.  correo-queue(5) names the id.
 */
#ifndef STORE_MAILDIR_H
#define STORE_MAILDIR_H

#include <stdint.h>

#include "base/span.h"

enum { MAILDIR_NAME = 256 };		/* longest file name with its NUL */

struct maildir {
	int dir, tmp, new, cur;		/* descriptors */
};

/*
 * Opens the Maildir at path, and makes it (0700, durable) when it or one of
 * its three directories is missing; tmp, new and cur may not be links.  One
 * whose name begins with a dot is made as a folder of Maildir++.  With
 * a directory descriptor the path may not lead out of that directory, by `..`
 * or by a link; with AT_FDCWD it is an absolute path.  0, or -1 with errno.
 */
int	maildir_open(struct maildir *, int dir, const char *path);
void	maildir_close(struct maildir *);
/* The file that says so of a directory (Maildir++).  0, or -1 with errno. */
int	maildir_mark_folder(int dir);

/* SECONDS.QidRnumber.HOST; the host is escaped (/ and : as \057 and \072) and
 * cut at 100 bytes. */
void	maildir_name(char out[MAILDIR_NAME], int64_t seconds, struct span id,
	    unsigned number, const char *host);
/* Is this the name of that delivery, in whatever state? */
int	maildir_name_is(const char *file, struct span id, unsigned number);
/* NAME,S=bytes,W=bytes.  0, or -1: too long. */
int	maildir_name_sized(char out[MAILDIR_NAME], const char *name,
	    uint64_t bytes, uint64_t crlf_bytes);

/*
 * Looks for an earlier try of this delivery.  1: it stands in new/ or cur/,
 * and both have been flushed; 0: it does not, and its leftovers are gone from
 * tmp/; -1 with errno.
 */
int	maildir_find(const struct maildir *, struct span id, unsigned number);

/* A new file tmp/out for NAME.  A descriptor, or -1 with errno. */
int	maildir_create(const struct maildir *, const char *name,
	    char out[MAILDIR_NAME]);

#endif
