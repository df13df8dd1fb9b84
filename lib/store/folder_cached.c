/* folder_cached - the cache of an open folder: mapped when it is wanted, which
 * a session that only looks never does. */
#include "store/folder_impl.h"

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

static struct folder_cache *
cache_of(struct folder *f)
{
	if (f->cache.uidvalidity == 0)
		folder_cache_open(&f->cache, f->dir, f->table.uidvalidity);
	return &f->cache;
}
