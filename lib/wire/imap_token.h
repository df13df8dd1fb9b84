/*
 * imap_token - a command as a flat tree of tokens, made without recursion.
 *
 * Leniency: more than one space between tokens, spaces inside of parentheses,
 * no space before a `(`.
 */
#ifndef WIRE_IMAP_TOKEN_H
#define WIRE_IMAP_TOKEN_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	IMAP_DEPTH = 100,		/* parentheses in parentheses */
	IMAP_TOKENS = 4000		/* of a command */
};

enum imap_kind {
	IMAP_ATOM,			/* also numbers, sets, wildcards */
	IMAP_QUOTED, IMAP_LITERAL,
	IMAP_LITERAL8,			/* ~{n}: may hold NUL */
	IMAP_MESSAGE,			/* a literal that the session took */
	IMAP_PARENS,			/* ( … ) */
	IMAP_SECTION			/* BODY[ … ], text: before the [ */
};

struct imap_token {
	enum imap_kind kind;
	struct span text;		/* content; borrowed */
	struct span tail;		/* of a section: <0.100> behind its ] */
	uint64_t size;			/* of a message */
	int binary;			/* a message that came as ~{n} */
	uint32_t next;			/* index behind it and all within */
};

struct imap_tokens {			/* { 0 } before */
	struct imap_token *v;
	uint32_t n, size;
	struct buf scratch;		/* quoted strings without backslashes */
};

enum imap_token_flags {
	IMAP_SECTIONS = 1,		/* BODY[ begins a section */
	IMAP_PARTIAL = 2		/* what is open at the end closes */
};

/* 0, or -1 with *why.  Old tokens go. */
int	imap_tokens_parse(struct imap_tokens *, struct span, unsigned flags,
	    const char **why);
void	imap_tokens_free(struct imap_tokens *);
/* Is each quoted string UTF-8? */
int	imap_tokens_utf8(const struct imap_tokens *);

/* 1*ATOM-CHAR and ], without one byte more (RFC 9051 9): what an astring may be
 * without quotes, and but for + a tag, but for ] an atom. */
int	imap_is_atom(struct span, unsigned char without);

/* Reads tokens from left to right, between two indices. */
struct imap_cursor {
	const struct imap_token *v;
	uint32_t at, end;
	const char **why;
};

/* All of the tokens; or what stands in a list or section. */
struct imap_cursor imap_cursor_all(const struct imap_tokens *,
	    const char **why);
struct imap_cursor imap_cursor_in(const struct imap_cursor *,
	    const struct imap_token *);
/* The next, not taken; NULL at the end. */
const struct imap_token *imap_peek(const struct imap_cursor *);
/* -1, and *why says that. */
int	imap_bad(const char **why, const char *what);
/* Each takes one token: 0, or -1 with *why saying that `what` is missing. */
int	imap_take(struct imap_cursor *, const struct imap_token **,
	    const char *what);
int	imap_take_atom(struct imap_cursor *, struct span *, const char *what);
int	imap_take_astring(struct imap_cursor *, struct span *,
	    const char *what);
int	imap_take_list(struct imap_cursor *, struct imap_cursor *,
	    const char *what);
int	imap_take_number(struct imap_cursor *, uint64_t max, uint64_t *,
	    const char *what);
/* An atom that is this word, in any case: taken, 1; else 0. */
int	imap_take_word(struct imap_cursor *, const char *word);
/* Nothing may be left: 0, or -1. */
int	imap_take_end(struct imap_cursor *);

#endif
