/* folder_cached - the cache of an open folder: mapped when it is wanted, which
 * a session that only looks never does.  It goes where changes have no room. */
#include <errno.h>
#include <unistd.h>

#include "store/folder_impl.h"
#include "sys/file.h"

static struct folder_cache *cache_of(struct folder *);

int
folder_cache_get(struct folder *f, uint32_t uid, unsigned kind,
    struct span *blob)
{
	return folder_cache_find(cache_of(f), uid, kind, blob);
}

void
folder_cache_put(struct folder *f, uint32_t uid, unsigned kind,
    struct span blob)
{
	if (folder_cache_add(cache_of(f), uid, kind, blob) &&
	    folder_lock(f) == 0) {
		folder_cache_write(&f->cache, f->dir, f->table.messages,
		    folder_alive, &f->table);
		folder_unlock(f);
		/* what did not fit before does now */
		folder_cache_add(&f->cache, uid, kind, blob);
	}
}

int
folder_wants_room(const struct folder *f)
{
	return !f->log.failed && (errno == ENOSPC || errno == EDQUOT);
}

int
folder_make_room(struct folder *f)
{
	int e = errno;

	if (!folder_wants_room(f))
		return 0;
	/* before it is unmapped it is no room */
	folder_cache_close(&f->cache);
	if (unlinkat(f->dir, "correo-cache", 0) == 0) {
		/* btrfs has the room only then */
		(void)file_flush_all(f->dir);
		return 1;
	}
	errno = e;
	return 0;
}

int
folder_write(struct folder *f, struct span lines, uint32_t uid,
    uint64_t modseq, int names)
{
	int r;

	do
		r = folder_log_append(&f->log, &f->table, lines, uid, modseq,
		    names);
	while (r < 0 && folder_make_room(f));
	return r;
}

static struct folder_cache *
cache_of(struct folder *f)
{
	if (f->cache.uidvalidity == 0)
		folder_cache_open(&f->cache, f->dir, f->table.uidvalidity);
	return &f->cache;
}
