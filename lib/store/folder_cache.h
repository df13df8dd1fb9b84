/*
 * folder_cache - correo-cache: bytes that somebody finished, by UID and kind.
 *
 * Segments, each appended whole: blobs, a directory sorted by UID and kind,
 * and a trailer that names its directory and the segment before.  A directory
 * takes over its predecessors' while they are no longer than twice itself, so
 * a look-up searches few.  What stands before a trailer never changes, so it
 * is mapped; a blob is believed when its checksum, over UIDVALIDITY, UID, kind
 * and bytes, is right.  Whatever is wrong is a miss.
 */
#ifndef STORE_FOLDER_CACHE_H
#define STORE_FOLDER_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	CACHE_SEGMENTS = 48,
	CACHE_BLOB = 1 << 20,		/* longer ones are forgotten */
	CACHE_PENDING = 4 << 20		/* bytes kept before they are written */
};

struct cache_entry {			/* 24 bytes, as in the file */
	uint64_t offset;
	uint32_t uid, kind, length, check;
};

struct cache_segment {
	const struct cache_entry *v;
	size_t n;
	uint64_t start;			/* of its directory */
};

struct folder_cache {
	uint32_t uidvalidity;
	unsigned char *map;
	size_t map_n;			/* up to the last trailer */
	struct cache_segment segment[CACHE_SEGMENTS];	/* newest first */
	size_t nsegment;
	struct buf blobs;		/* not written yet */
	struct cache_entry *pending;
	uint32_t *slot;			/* hash of them: 2 * size, index + 1 */
	size_t npending, size;
};

/* Maps what is there of that UIDVALIDITY; none is no error. */
void	folder_cache_open(struct folder_cache *, int dir, uint32_t uidvalidity);
void	folder_cache_close(struct folder_cache *);
/* Over bytes, for the file and for tests: 1 when a segment was found. */
int	folder_cache_parse(struct folder_cache *, unsigned char *, size_t);
int	folder_cache_find(struct folder_cache *, uint32_t uid, unsigned kind,
	    struct span *);
/* 0; 1: written down enough, folder_cache_write is due. */
int	folder_cache_add(struct folder_cache *, uint32_t uid, unsigned kind,
	    struct span);
/* With the folder's lock held: appends what is pending (or begins a new file)
 * and maps it.  alive says which UIDs still are, for when the file is made
 * anew because most of it is waste. */
int	folder_cache_write(struct folder_cache *, int dir, uint32_t messages,
	    int (*alive)(void *, uint32_t), void *arg);

#endif
