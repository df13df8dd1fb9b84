/*
 * outcome - a line of state/ID: what became of a recipient so far.
 *
 *	line   = SECONDS " r" NR " " event LF
 *	event  = ("done" | "later" | "never") " " CODE " " ENHANCED " " VIA
 *	         " " PEER " " TEXT
 *	       / "to " COUNT " " target *("," target) [ " sender=" PATH ]
 *	         [ " kept" ]
 *	       / "report " KIND " " ID			(r0: of the message)
 *
 * "-" stands for an absent word.  A target is an address, "\address" (aliases
 * end there), or "|ENTRY:FILE"; in targets and the path, bytes that could end
 * a word are written \xHH.  The targets of a `to` become recipients with the
 * next free numbers, in order; those of r0 are copies that the site keeps
 * (always_bcc).  "kept" says that a copy stayed where the recipient itself is.
 *
 * A line that a full disk or lost power cut off gets OUTCOME_TORN for an end,
 * which leaves of it either what it said in full, or no line of this grammar.
 * Pure.
 */
#ifndef MAIL_OUTCOME_H
#define MAIL_OUTCOME_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum outcome_kind {
	OUTCOME_DONE, OUTCOME_LATER, OUTCOME_NEVER, OUTCOME_TO, OUTCOME_REPORT
};

struct outcome {
	int64_t when;
	unsigned nr;
	struct span event;		/* parsed: all behind rN */
	enum outcome_kind kind;
	unsigned code;
	struct span enhanced, via, peer, text;
	unsigned nto;
	struct span to;			/* targets as written */
	int has_sender;
	struct span sender;		/* as written */
	int kept;
	struct span report, id;
};

#define OUTCOME_TORN	" \\\n"

/* Adds the line.  0, or -1 when the buf failed. */
int	outcome_add(struct buf *, const struct outcome *);
/* The line without its LF.  0, or -1 with *why. */
int	outcome_parse(struct span, struct outcome *, const char **why);

/* Words as written: adds one target to a list, takes one off.  next: 1, 0 at
 * the end, -1 not of the grammar. */
int	outcome_add_target(struct buf *list, struct span target);
int	outcome_next_target(struct span *list, struct buf *target);
int	outcome_decode(struct span word, struct buf *);

#endif
