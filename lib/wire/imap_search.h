/*
 * imap_search - the search program (RFC 9051 6.4.4, RFC 5032 WITHIN, 7162
 * MODSEQ, 8474 OBJECTID, 8514 SAVEDATE, 5182 "$"): a flat tree, made and run
 * without recursion.
 */
#ifndef WIRE_IMAP_SEARCH_H
#define WIRE_IMAP_SEARCH_H

#include <stdint.h>

#include "wire/imap_set.h"
#include "wire/imap_token.h"

/* Clients ask for one of many by ORs within each other. */
enum { IMAP_SEARCH_KEYS = 1000, IMAP_SEARCH_DEPTH = 500 };

enum imap_key {
	/* those that have keys within, which follow them */
	IMAP_KEY_AND, IMAP_KEY_OR, IMAP_KEY_NOT,
	IMAP_KEY_ALL,
	/* flags: .flag is its name ("\\Seen", or a keyword), .not */
	IMAP_KEY_FLAG,
	IMAP_KEY_RECENT,		/* .not: OLD */
	IMAP_KEY_NEW,			/* recent and unseen */
	/* sets: .set; "$" as .set.saved */
	IMAP_KEY_SEQUENCE, IMAP_KEY_UID,
	/* text: .text; HEADER has the name in .flag */
	IMAP_KEY_BCC, IMAP_KEY_CC, IMAP_KEY_FROM, IMAP_KEY_TO,
	IMAP_KEY_SUBJECT, IMAP_KEY_BODY, IMAP_KEY_TEXT, IMAP_KEY_HEADER,
	IMAP_KEY_EMAILID, IMAP_KEY_THREADID,
	/* days: .from <= time < .to, seconds as if of UTC */
	IMAP_KEY_INTERNAL, IMAP_KEY_SENT, IMAP_KEY_SAVED,
	IMAP_KEY_SAVEDATE_SUPPORTED,
	/* .number */
	IMAP_KEY_LARGER, IMAP_KEY_SMALLER, IMAP_KEY_OLDER, IMAP_KEY_YOUNGER,
	IMAP_KEY_MODSEQ
};

struct imap_search_key {
	enum imap_key key;
	int not;			/* UNSEEN, UNKEYWORD … */
	uint32_t next;			/* index behind it and all within */
	struct span flag, text;
	int64_t from, to;
	uint64_t number;
	struct imap_set set;
};

struct imap_search {			/* { 0 } before */
	struct imap_search_key *v;	/* v[0] is an AND of all */
	uint32_t n, size;
	int modseq;			/* a MODSEQ key is there */
	int saved;			/* "$" is there */
	int numbers;			/* a set of message numbers is there */
};

/* Takes all keys of the cursor.  0, or -1 with *why. */
int	imap_search_parse(struct imap_cursor *, struct imap_search *);
void	imap_search_free(struct imap_search *);

/* Asks about the keys that have none within (.not is the caller's), from left
 * to right and no more than needed.  1, 0, -1 when the test gave -1; or MAYBE,
 * when it gave that and the answer depends on it. */
enum { IMAP_MAYBE = 2 };
int	imap_search_run(const struct imap_search *,
	    int (*test)(void *, const struct imap_search_key *), void *arg);

#endif
