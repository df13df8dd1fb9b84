/* folder_cached - the cache of an open folder. */
#include "store/folder_impl.h"

int
folder_cache_get(struct folder *f, uint32_t uid, unsigned kind,
    struct span *blob)
{
	return folder_cache_find(&f->cache, uid, kind, blob);
}

void
folder_cache_put(struct folder *f, uint32_t uid, unsigned kind,
    struct span blob)
{
	if (folder_cache_add(&f->cache, uid, kind, blob) &&
	    folder_lock(f) == 0) {
		folder_cache_write(&f->cache, f->dir, f->table.messages,
		    folder_alive, &f->table);
		folder_unlock(f);
		/* what did not fit before does now */
		folder_cache_add(&f->cache, uid, kind, blob);
	}
}
