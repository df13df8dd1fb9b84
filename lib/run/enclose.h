/*
 * enclose - what has become a mailbox's user gives up all but its Maildir.
 */
#ifndef RUN_ENCLOSE_H
#define RUN_ENCLOSE_H

#include "store/mailbox.h"
#include "store/maildir.h"

struct enclose {
	const char *name;		/* in ps */
	uint64_t data_bytes;		/* RLIMIT_DATA; 0: 256 MiB */
	int filtered;			/* confine_filter was called */
	int home;			/* the home is in reach too */
	const char *shared;		/* its files may be read; NULL: none */
};

/*
 * The Maildir (made when there is none), *home's descriptor if asked for (else
 * home may be NULL), then confinement to their paths; it cannot fork.  0; or -1
 * with errno and *path, what could not be reached: then, as for a NULL
 * mailbox, it is confined too, and reaches no path at all.
 */
int	enclose(const struct enclose *, const struct mailbox *,
	    struct maildir *, int *home, const char **path);

#endif
