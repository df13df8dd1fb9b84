/*
 * param - the value of a Content-Type or Content-Disposition field: a word,
 * then parameters (RFC 2045 5.1), with continuations and charsets (RFC 2231).
 *
 * Leniency on reading: comments and folds anywhere, a missing or doubled `;`,
 * values with any byte but white space and `;`, a quote that is not closed.
 */
#ifndef MAIL_PARAM_H
#define MAIL_PARAM_H

#include "base/buf.h"
#include "base/span.h"

enum { PARAM_MAX = 100 };	/* of a field; the rest is not looked at */

struct param {
	struct span name;
	struct span value;		/* as it stands, without quotes */
	int quoted;			/* backslashes and folds: param_text */
};

/* "type/subtype" off the front of *in.  1, or 0 when none stands there (*in is
 * then what it was). */
int	param_type(struct span *in, struct span *type, struct span *subtype);
/* A word (disposition, encoding, language).  1, or 0. */
int	param_word(struct span *in, struct span *word);
/* The next parameter.  1, or 0 at the end. */
int	param_next(struct span *in, struct param *);
/* The value, without backslashes and folds.  0, or -1. */
int	param_text(const struct param *, struct buf *);

/*
 * The parameter of that name among those of in, its pieces (name*0*, name*1)
 * joined in order and their %XX undone, in the charset that *charset names
 * (empty: not said; borrowed from in).  1 found, 0 not there, -1 buf failed.
 */
int	param_find(struct span in, const char *name, struct buf *,
	    struct span *charset);

/* Is it a piece (name*0, name*1*)?  1 with the name before the * and the
 * number, or 0. */
int	param_piece(const struct param *, struct span *name, int *number);
/* The pieces of that name joined in order, their %XX as they are: 1 when there
 * is any (then what is not encoded becomes so, and the whole is name*=), 0 when
 * there is none, -1 buf failed. */
int	param_join(struct span in, struct span name, struct buf *);

#endif
