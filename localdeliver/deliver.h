/*
 * deliver - a confined child's work: jobs in, mail into the Maildir, verdicts
 * out (wire/job.h).
 *
 * What stands in the channel is taken as one batch, up to DELIVER_FILES files
 * or DELIVER_HOLD_MS: write all, flush each, rename all, one fsync of new/,
 * then the verdicts.  Fewer than DELIVER_HELD recipients' wait in new/ for
 * others, as nobody but queued waits for their verdicts, up to DELIVER_WAIT_MS;
 * and in tmp/, where the last two jobs came within DELIVER_CLOSE_MS, as long
 * again for the next one.
 */
#ifndef LOCALDELIVER_DELIVER_H
#define LOCALDELIVER_DELIVER_H

#include "base/verdict.h"
#include "store/directory.h"
#include "store/maildir.h"
#include "wire/job.h"

enum {
	DELIVER_FILES = 64, DELIVER_HOLD_MS = 50,
	DELIVER_HELD = 7,		/* below queued's CHILD_SHARE */
	DELIVER_WAIT_MS = 25, DELIVER_CLOSE_MS = 10,
	DELIVER_LULL_MS = 1000		/* deliver_refuse waits no longer */
};

/* Whose mail a child delivers, and by which rules. */
struct owner {
	const char *key, *hostname;
	char delimiter;			/* 0: none */
	unsigned max_hops, program_timeout_s;
	struct mailbox box;
	int home;			/* descriptors */
	struct maildir maildir;
};

/* Serve a channel until its end; the exit status. */
int	deliver_serve(struct owner *, int ch);
/* The same, with one verdict for everything. */
int	deliver_refuse(int ch, const struct verdict *);

/* Sends one recipient's answer.  0, or -1: nobody listens. */
int	deliver_answer(int ch, struct span id, unsigned nr,
	    const struct verdict *);

#endif
