/* folder_look - what new/ and cur/ show; for folder_scan. */
#ifndef STORE_FOLDER_LOOK_H
#define STORE_FOLDER_LOOK_H

#include "store/folder_impl.h"

#define NEW_MAIL UINT32_MAX

/* A name that is not as the table has it. */
struct seen {
	uint32_t flags;
	uint32_t at;		/* position, or NEW_MAIL */
	uint8_t name_n, base_n;
	uint8_t in_new, plain;
	unsigned char name[];
};

/* What is sorted of it: at the first sight of a folder there is one for each
 * message. */
struct found {
	uint32_t time;
	uint32_t seen;		/* where it stands in names */
};

struct look {
	struct folder *f;
	int in_new;
	struct found *found;
	size_t nfound, size;
	unsigned char *names;	/* struct seen, one after another */
	size_t nnames, room;
	unsigned char *pass, *ever;	/* bits: seen this time, at all */
	uint32_t seen, seen_new, never;	/* never: bits in ever */
	size_t twice;
};

static inline const struct seen *
look_at(const struct look *k, size_t i)
{
	return (const void *)(k->names + k->found[i].seen);
}

/* Sorted, they lie about: each would be waited for.  A call of it gcc 12 would
 * leave out, as of a function that does nothing. */
__attribute__((always_inline)) static inline void
look_ahead(const struct look *k, size_t i)
{
	if (i + 16 < k->nfound)
		__builtin_prefetch(look_at(k, i + 16));
}

static inline struct span
seen_name(const struct seen *x)
{
	return span_mem(x->name, x->name_n);
}

static inline struct span
seen_base(const struct seen *x)
{
	return span_mem(x->name, x->base_n);
}

/* Each 0, or -1 with errno; then look_end. */
int	look_begin(struct look *, struct folder *);
/* All names of new/ or cur/; many times, and what was seen adds up. */
int	look_list(struct look *, int dir, int in_new);
/* What was seen before counts only as ever. */
void	look_again(struct look *);
/* Sorts what was found; of one base one name is left, of leftovers none. */
int	look_resolve(struct look *);
void	look_end(struct look *);

#endif
