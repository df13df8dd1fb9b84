/*
 * verdict - what became of a message or a recipient.
 *
 * The one outcome type of the suite: policy returns it, the SMTP reply prints
 * it, the queue records it, a report quotes it, a deliverer sends it up its
 * channel.  Made where the fact is known, never rebuilt from strings.
 */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

#include "base/span.h"

enum verdict_kind {
	VERDICT_DONE,		/* 2yz */
	VERDICT_LATER,		/* 4yz */
	VERDICT_NEVER,		/* 5yz */
	VERDICT_TO,		/* queued only: goes on to other addresses */
	VERDICT_RUN		/* queued only: entry N of a forwarding file */
};

enum { VERDICT_TEXT = 512 };	/* bytes of text, without the NUL */

struct verdict {
	enum verdict_kind kind;
	unsigned code;			/* RFC 5321 4.2: 200..599, 0: none */
	char enhanced[12];		/* RFC 3463: "5.1.1", "" when none */
	char text[VERDICT_TEXT + 1];	/* no control bytes; may be cut */
	int quoted;			/* another server's reply */
};

/* The kind follows from the code's first digit.  The text is a literal format
 * of ours; what comes from outside belongs in a "%.*s" of cleaned text, or in
 * verdict_words. */
struct verdict verdict_make(unsigned code, const char *enhanced,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Somebody else's words: control bytes become '?', cut at VERDICT_TEXT; what
 * is no enhanced code becomes "". */
struct verdict verdict_words(unsigned code, struct span enhanced,
	    struct span text);

const char *verdict_name(enum verdict_kind);	/* "done" ... */
int	verdict_parse(struct span name, enum verdict_kind *);

#endif
