/* match - does a message fit a search program? */
#ifndef IMAPD_MATCH_H
#define IMAPD_MATCH_H

#include "imapd/box.h"
#include "imapd/message.h"
#include "imapd/text.h"

struct match {
	struct box *b;
	const struct imap_search *search;
	struct match_key *key;		/* by index of the search's keys */
	struct match_key *texts;	/* those of them for BODY and TEXT */
	int headers;			/* TEXT is among them */
	struct buf needles;		/* folded */
	struct text text;
	int64_t now;
	enum match_cost { COST_INDEX, COST_STAT, COST_CACHE, COST_FILE }
	    most;			/* that a key may cost, for now */
	struct message message;		/* the one that was looked at last */
	uint32_t step;			/* in it, of next_piece */
	struct span fields;		/* of a header, to come */
};

/* 0; or -1 and the answer is said.  match_end in any case. */
int	match_begin(struct match *, struct box *, const struct imap_command *);
/* 1, 0; -1 with errno: the search cannot go on. */
int	match_run(struct match *, uint32_t number);
void	match_end(struct match *);

#endif
