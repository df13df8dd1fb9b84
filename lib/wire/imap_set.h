/*
 * imap_set - sequence sets (RFC 9051 9, RFC 5182): message numbers or UIDs.
 * All work is by ranges: a set of four billion numbers costs one.
 *
 *	sequence-set = (seq-number / seq-range) ["," sequence-set] / "$"
 */
#ifndef WIRE_IMAP_SET_H
#define WIRE_IMAP_SET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum { IMAP_RANGES = 40000 };		/* of a set that a client sends */

struct imap_range {
	uint32_t first, last;		/* 0 is "*" until resolved */
};
struct imap_set {			/* { 0 } is empty */
	struct imap_range *v;
	size_t n, size;
	int saved;			/* "$": the result of the last search */
};

/* 0; -1 with *why (also "no memory"); the set is freed by the caller. */
int	imap_set_parse(struct imap_set *, struct span, const char **why);
/*
 * In normal form: * becomes star (0, nothing there: such ranges go), ranges
 * ascend, do not touch.  What follows wants that form.
 */
void	imap_set_resolve(struct imap_set *, uint32_t star);
int	imap_set_has(const struct imap_set *, uint32_t);
/* The smallest member above after: 1 and *out, or 0. */
int	imap_set_next(const struct imap_set *, uint32_t after, uint32_t *out);
uint64_t imap_set_count(const struct imap_set *);

/* Adds a range; cheap and normal when they come ascending.  0, or -1. */
int	imap_set_add(struct imap_set *, uint32_t first, uint32_t last);
/* "1:3,7": of an empty set nothing. */
int	imap_set_format(const struct imap_set *, struct buf *);
/* Without sorting or merging: two sets of equal length side by side (COPYUID)
 * are made with this. */
int	imap_set_push(struct imap_set *, uint32_t);
void	imap_set_free(struct imap_set *);

#endif
