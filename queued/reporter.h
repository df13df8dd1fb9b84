/*
 * reporter - writes reports, and takes over what sendmail(8) dropped: a zygote
 * and a child per order (queued/order.h).
 */
#ifndef QUEUED_REPORTER_H
#define QUEUED_REPORTER_H

#include "queued/order.h"
#include "run/role.h"
#include "store/queue.h"
#include "wire/job.h"

/* The role. */
int	reporter_role(struct role_env *);

/* What all orders share, for report.c and drop.c. */
struct reporter {
	const struct role_env *env;
	struct queue queue;
	int drop_new;
};

/* Takes one order from a channel and answers it.  The exit status. */
int	reporter_serve(struct reporter *, int ch);

/* Each fills the answer's verdict, and id with what was accepted. */
void	report_write(struct reporter *, const struct order *, int message_fd,
	    struct verdict *, char id[QUEUE_ID + 1]);
void	drop_take(struct reporter *, const char *name, struct verdict *,
	    char id[QUEUE_ID + 1]);

#endif
