/*
 * message - one message that is being attempted: its envelope, its recipients
 * and what became of each, from and to the queue's files.
 *
 * Recipients are numbered from 1: those of the envelope, then copies that the
 * site keeps, then what aliases and forwards made of others, in the order in
 * which that became known; state/ID repeats that order (mail/outcome.h).
 * All memory of a message goes with it.
 */
#ifndef QUEUED_MESSAGE_H
#define QUEUED_MESSAGE_H

#include "base/verdict.h"
#include "mail/address.h"
#include "mail/envelope.h"
#include "store/alias.h"
#include "store/queue.h"

enum {
	MESSAGE_ADDED = ALIAS_TARGETS + 100,	/* the site's copies, too */
	MESSAGE_DEPTH = 10,
	MESSAGE_WORD = 1024	/* bytes of a target or a sender in state/ID */
};

/* What is said of one who is the same as another: and that one's number. */
#define MESSAGE_SAME "the same as recipient "

enum rcpt_state {
	RCPT_OPEN,			/* to be tried, or on its way */
	RCPT_DONE, RCPT_LATER, RCPT_NEVER,
	RCPT_SPREAD,			/* others stand for it */
	RCPT_SAME			/* as `same`, until the attempt ends */
};

struct fate {				/* the last that was heard */
	int64_t when;
	unsigned code;
	char enhanced[12];
	const char *via;		/* "local", "smtp", "queue" */
	struct span peer;		/* whose words; empty: ours */
	struct span text;
};

struct rcpt {
	struct message *m;
	struct rcpt *next;		/* of whatever list it is in */
	struct rcpt *parent;		/* what it was made of, or NULL */
	struct rcpt *same;		/* who has the message in its place */
	unsigned nr;
	unsigned first, count;		/* spread: numbers of those */
	unsigned run;			/* a program: its entry; 0: none */
	enum rcpt_state state;
	unsigned char news;		/* state/ID does not know it yet */
	unsigned char fresh;		/* heard in this attempt */
	unsigned char kept;		/* spread, and has a copy as well */
	unsigned char copy;		/* kept by the site */
	unsigned char user;		/* no more aliases: \address */
	unsigned char told;		/* a report is made: kind + 1 */
	unsigned char passed;		/* the next hop tells of success */
	unsigned char has_sender;
	unsigned char unasked;		/* in this attempt, for want of room */
	struct span to, file, ext, sender, notify, orcpt;
	struct fate fate;
};

struct message {
	struct message *next;		/* of the table of active ones */
	struct message *stuck;		/* of those that could not be moved */
	struct queue_name name;
	int in_cur;			/* stands in cur/; else in new/ */
	int fd;				/* open while first sent out, or -1 */
	struct queue_head head;
	struct buf bytes;		/* of the envelope */
	struct envelope env;
	char class[ADDRESS_MAX + 16];	/* "user alice@…" */
	struct rcpt **rcpt;		/* rcpt[nr - 1] */
	unsigned n, size;
	unsigned left;			/* without an outcome in this attempt */
	unsigned reports;		/* being made */
	int64_t arrived, retry;		/* retry: not before; 0: as scheduled */
	int tried;			/* somebody was asked in this attempt */
	const char *away;		/* NULL, or the dead destination that */
	int away_kind;			/* it was put off for (enum dest_kind) */
	int gone;			/* an operator took its file away */
	int known, torn;		/* it has a state/ID; whose end is cut */
	size_t state_bytes;		/* of that */
	int counted;			/* state/ID has the site's copies */
	int warned;			/* its delay was reported */
	int repeat;			/* maybe delivered already: wire/job.h */
	int damaged;			/* its message fails its checksum */
	struct seen **seen;		/* where recipients go (expand) */
	struct message_memory *memory;
};

enum message_result {
	MESSAGE_OK, MESSAGE_GONE,	/* not there (any more) */
	MESSAGE_UNREADABLE,		/* errno */
	MESSAGE_DAMAGED, MESSAGE_VERSION, MESSAGE_MEMORY,
	MESSAGE_UNFINISHED		/* in new/, as a power cut leaves it */
};

/* Opens and reads it and its state.  name->due 0: it stands in new/.  *out is
 * owned (message_free); *why is set where it is damaged. */
enum message_result message_open(const struct queue *,
	    const struct queue_name *, struct message **out, const char **why);
void	message_free(struct message *);

/* The name of its file, and a fresh descriptor or -1 with errno. */
void	message_file(const struct message *, char out[QUEUE_NAME]);
int	message_reopen(const struct message *, const struct queue *);

/* Memory that goes with the message, or NULL. */
void	*message_alloc(struct message *, size_t);
struct span message_keep(struct message *, struct span);

/* A further recipient; target is an address, "\address" where aliases end, or
 * "|ENTRY:FILE".  parent NULL: a copy that the site keeps.  NULL: too many, too
 * long for state/ID, or no memory. */
struct rcpt *message_add(struct message *, struct rcpt *parent,
	    struct span target);
/* What became of it: the verdict, by whom it was told, by which way. */
void	message_outcome(struct rcpt *, const struct verdict *, struct span peer,
	    const char *via);
/* The message's recipients behind the first n stand for it from now on. */
void	message_spread(struct rcpt *, unsigned n);
/* Is it of a list that has an owner, who is its sender? */
int	message_owned(const struct rcpt *);
/* Who hears of its failure: that owner, or the sender. */
struct span message_hears(const struct rcpt *);
/* Who sent it here by alias or forward, or NULL; that one's parent, and so on,
 * are the way it came. */
struct rcpt *message_from(const struct rcpt *);
/* The addresses of that way, oldest first.  Returns how many there are; at most
 * MESSAGE_DEPTH are filled in. */
size_t	message_way(const struct rcpt *, struct span way[MESSAGE_DEPTH]);
/* What the sender named: the first of that way, or its own. */
const struct rcpt *message_origin(const struct rcpt *);

/* Appends the news to state/ID.  0, or -1 with errno: they stay news. */
int	message_record(struct message *, const struct queue *);
/* Of the news, only which recipients stand for others: told before any of
 * these gets a copy, so that a number never means somebody else later. */
int	message_record_spread(struct message *, const struct queue *);
/* Is there news without which somebody would get a second copy? */
int	message_owes(const struct message *);
/* A report was made: remembered with the news. */
int	message_record_report(struct message *, const struct queue *,
	    const char *kind, const char *id);

/* Takes it out of the queue, wherever an operator has moved it.  0, or -1 with
 * errno. */
int	message_remove(struct message *, const struct queue *);
/* Renames it to wait in cur/.  0: done; 1: its file stood elsewhere (held or
 * removed by an operator, *held says which); -1 with errno. */
int	message_defer(struct message *, const struct queue *, unsigned attempts,
	    int64_t due, int *held);
/* Into bad/, under its name.  0, or -1 with errno. */
int	message_set_aside(const struct message *, const struct queue *);

#endif
