/*
 * plan - what the owner of a mailbox wants done with a message: his forwarding
 * file, read with his own rights (correo-forward(5)).
 */
#ifndef LOCALDELIVER_PLAN_H
#define LOCALDELIVER_PLAN_H

#include "base/buf.h"
#include "localdeliver/deliver.h"
#include "mail/forward.h"

enum {
	PLAN_FOLDERS = 8, PLAN_NAME = 80,
	PLAN_ADDRESSES = FORWARD_TARGETS * (ADDRESS_MAX + 1)
};

struct plan {
	char file[PLAN_NAME];		/* ".forward+ext", "" when none */
	struct buf text;		/* of the file; max FORWARD_MAX */
	int keep;			/* a copy into the mailbox itself */
	size_t nfolder;			/* into Maildirs: paths in the home */
	char folder[PLAN_FOLDERS][512];
	size_t nto;			/* targets for queued (wire/job.h) */
	struct span to[JOB_TO];		/* in `addresses` */
	struct buf addresses;		/* max PLAN_ADDRESSES */
};

/* Set up with the two ceilings, then used again and again. */
/* For that recipient.  0; or -1 and the verdict: the file cannot be obeyed,
 * which its owner has to mend. */
int	plan_read(struct plan *, const struct owner *, const struct job_rcpt *,
	    struct verdict *);

/* The command of a recipient's `run` and `file`, ended with NUL in p->text of
 * the plan.  0; or -1 and the verdict. */
int	plan_command(struct plan *, const struct owner *,
	    const struct job_rcpt *, struct span *command, struct verdict *);

#endif
