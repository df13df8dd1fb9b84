/*
 * folder_table - what is known of a folder's messages, in order of UID.
 *
 * The first messages are in the mapped index (a private mapping: a page is
 * copied only when something in it changes), the rest in memory of this
 * process.  A position never changes while the table lives; who is gone is
 * marked.  Every mapped record has a checksum, looked at when it is used.
 */
#ifndef STORE_FOLDER_TABLE_H
#define STORE_FOLDER_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "store/folder_line.h"
#include "store/folder_recent.h"

enum rec_bits {
	REC_NEW = 1,		/* was last seen in new/ */
	REC_NAMED = 2,		/* name is the whole file name */
	REC_DEAD = 4,
	REC_SIZE = 8, REC_VSIZE = 16, REC_DATE = 32	/* known */
};

struct rec {			/* 64 bytes, as in the index file */
	uint32_t uid, flags;
	uint64_t modseq, size, vsize;
	int64_t date, saved;
	uint32_t name;		/* offset of the name */
	uint16_t base_n, name_n;
	uint32_t bits, check;
};

struct tomb {			/* 32 bytes */
	uint64_t modseq, ns;	/* ns 0: not expunged by us */
	uint32_t uid, name;
	uint32_t base_n, check;
};

struct positions {
	uint32_t *v;
	size_t n, size;
};

enum { TABLE_NAMES_MAX = 0x7fffffff };

struct table_part {		/* [0] mapped, [1] ours */
	struct rec *rec;
	struct tomb *tomb;
	unsigned char *name;
	uint32_t *slot;			/* hash: 0 empty, position + 1 */
	size_t nrec, ntomb, nname, nslot;
};

struct folder_table {
	struct table_part part[2];
	size_t rec_size, tomb_size, name_size;	/* of part[1] */
	size_t hashed_rec, hashed_tomb;	/* so many of them are in its slots */
	int room;			/* directory for what gets large + 1 */
	void *map;
	size_t map_n;

	uint32_t uidvalidity, uidnext;
	uint64_t modseq, floor, generation;
	uint32_t uid_reserved;
	uint64_t modseq_reserved;
	uint64_t stamp_new, stamp_cur;	/* mtimes it agrees with; 0: none */
	char id[28];
	char keyword[26][101];
	uint32_t messages, unseen, deleted, in_new;
	uint32_t placed;		/* those behind it are only known by
					 * the log, which says no place */

	struct recent recent;
	struct positions died, touched;	/* since the view last asked */
	int quiet;			/* do not note touched */
	uint32_t learned;		/* changes since it was mapped */
	int owed;			/* what only the index can keep */
	int unflushed;			/* what was mapped may not last */
	uint32_t slot_sum;
	int slot_checked;
	int rotten;			/* the index is: it is thrown away */
};

/* From there on a folder has too few UIDs left, and gets another UIDVALIDITY.
 */
#define UIDS_END (UINT32_MAX - 4000)

void	folder_table_free(struct folder_table *);
uint32_t folder_table_count(const struct folder_table *);
/* NULL and EUCLEAN: damaged, or there is none.  Never outside of memory,
 * whatever the file says. */
struct rec *folder_table_rec(struct folder_table *, uint32_t position);
struct tomb *folder_table_tomb(struct folder_table *, size_t i);
size_t	folder_table_tombs(const struct folder_table *);
struct span folder_table_name(const struct folder_table *, const struct rec *);
struct span folder_table_base(const struct folder_table *, const struct rec *);
struct span folder_table_tomb_base(const struct folder_table *,
	    const struct tomb *);
/* Makes the checksum right; ours need none before they are written. */
void	folder_table_seal(const struct folder_table *, struct rec *);
void	folder_table_seal_tomb(struct tomb *);

/* The first position whose UID is at least uid. */
uint32_t folder_table_seek(const struct folder_table *, uint32_t uid);
/* The living message of that base: its position, or -1. */
int64_t	folder_table_find(struct folder_table *, struct span base);
/* Before an unknown name is taken for new: is what was searched whole?  0, or
 * -1 with EUCLEAN. */
int	folder_table_sound(struct folder_table *);
/* Did we expunge a message of that base?  Its time in ns, or 0. */
uint64_t folder_table_expunged(struct folder_table *, struct span base);

/* What a line of the log says.  0; -1 with errno: ENOMEM, or EUCLEAN: it does
 * not fit what is known. */
int	folder_table_apply(struct folder_table *, const struct line *);
/* Those below that UID, somebody has taken as \Recent. */
void	folder_table_taken(struct folder_table *, uint32_t uid);
/* Sets where a message stands; 0, or -1 ENOMEM. */
int	folder_table_place(struct folder_table *, struct rec *, int in_new,
	    struct span file, int named);

/* Makes room for so many more, and so many bytes of names; a hint. */
void	folder_table_expect(struct folder_table *, size_t n, size_t names);

int	positions_add(struct positions *, uint32_t);
/* So many more will not fail: 0, or -1 ENOMEM. */
int	positions_room(struct positions *, size_t);
/* For the hash of the index as for ours; nslot is a power of two. */
void	folder_table_hash(uint32_t *slot, size_t nslot, struct span base,
	    uint32_t value);

#endif
