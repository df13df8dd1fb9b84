/*
 * watched - mailboxes that a client wants to hear of, as it knows them.
 *
 * A look compares them with what is there, and tells the differences: LIST for
 * names and subscriptions, STATUS for messages.  A mailbox whose directories
 * have not changed is not opened.
 */
#ifndef IMAPD_WATCHED_H
#define IMAPD_WATCHED_H

#include "imapd/box.h"
#include "imapd/nodes.h"

enum { WATCHED_MAX = 1000 };

struct watched {
	struct node node;		/* first: nodes_order sorts these too */
	unsigned events;		/* enum imap_notify_events */
	struct folder_totals t;		/* as told */
	struct stamp {
		uint64_t new_ns, cur_ns;
		uint64_t until;		/* ms: the same time may still hide a
					 * change; 0: no */
	} stamp;
	/* beside another list */
	size_t same;			/* 1 + index of that name; 0: none */
	size_t renamed;			/* 1 + index of the same mailbox */
	int only;			/* it is only here */
	int touched;			/* one right below came or went */
};
struct watched_list {
	struct watched *v;
	size_t n;
};

/* Changes that the session made itself. */
struct own {
	const char *name[2];		/* and what is below; NULL: none */
	uint32_t messages;		/* that came into name[0] */
};

/* All mailboxes that there are now and the levels above them, with the events
 * that are wanted of them.  0; -1 with errno, E2BIG: of more than WATCHED_MAX
 * something is wanted. */
int	watched_take(struct box *, unsigned (*events)(void *arg,
	    const struct node *), void *arg, struct watched_list *);
void	watched_free(struct watched_list *);
/* Learns the numbers of those; status: tells them (RFC 5465 3.1). */
int	watched_start(struct box *, struct watched_list *, int status);
/* From what was known to what is: tells the differences, but for own ones (or
 * NULL).  Not those of messages of the selected mailbox.  0, or -1 with errno. */
int	watched_tell(struct box *, struct watched_list *old,
	    struct watched_list *now, const struct own *);

#endif
