/*
 * imap_sort - the keys of messages that SORT puts in order (RFC 5256 3, RFC
 * 5957): per message one cell for each criterion.  Pure.
 */
#ifndef WIRE_IMAP_SORT_H
#define WIRE_IMAP_SORT_H

#include "base/buf.h"
#include "wire/imap_command.h"

enum {
	IMAP_SORT_TEXT = 1000		/* bytes of a text that count */
};

struct imap_sort {			/* { 0 } before */
	const struct imap_find *find;	/* its criteria; to be set */
	uint32_t *value, *order;
	int64_t *cell;			/* a number; or where a text lies */
	struct buf text;
	uint32_t n, size;
};

/* One more message, whose keys are all 0 or empty.  In the order of sequence
 * numbers, which decides where all is equal.  0, or -1: no memory. */
int	imap_sort_add(struct imap_sort *, uint32_t value);
/* The key of criterion i of the last one; a text is folded.  The latter 0, or
 * -1: no memory. */
void	imap_sort_number(struct imap_sort *, uint32_t i, int64_t);
int	imap_sort_text(struct imap_sort *, uint32_t i, struct span);
/* Then imap_sort_value(…, 0 to n - 1) is in order.  0, or -1: no memory. */
int	imap_sort_run(struct imap_sort *);
uint32_t imap_sort_value(const struct imap_sort *, uint32_t);
void	imap_sort_free(struct imap_sort *);

int	imap_sort_is_text(enum imap_sort_key);

#endif
