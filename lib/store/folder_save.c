/*
 * folder_save - what can be made again is written: the index, the cache, and a
 * log that has grown, anew.  All of it at the end of a session, what others may
 * want before behind a reply.
 */
#include <errno.h>

#include "store/folder_impl.h"
#include "store/folder_index.h"

enum {
	LOG_SLACK = 64 << 10,		/* a log so small stays as it is */
	INDEX_SLACK = 64,		/* changes not worth a new index */
	SHARE_BLOBS = 256 << 10		/* bytes of the cache worth a write */
};

static int  compact_wanted(const struct folder *);
static void save_locked(struct folder *);
static int  save_index(struct folder *, int);
static void remap(struct folder *);

void
folder_save(struct folder *f)
{
	uint32_t slack = INDEX_SLACK + f->table.messages / 8;
	int e = errno;

	folder_ahead_end(f);
	if ((f->table.learned > slack || (f->table.map == NULL &&
	    f->table.messages > INDEX_SLACK) || f->cache.npending ||
	    f->table.owed || f->table.unflushed ||
	    compact_wanted(f)) && folder_lock(f) == 0) {
		save_locked(f);
		folder_unlock(f);
	}
	errno = e;
}

void
folder_share(struct folder *f)
{
	struct folder_table *t = &f->table;
	int measured = f->measured > INDEX_SLACK + t->messages / 8;
	int e = errno;

	folder_ahead_end(f);
	if (!measured && f->cache.blobs.n < SHARE_BLOBS)
		return;
	if (folder_lock(f) == 0) {
		if (measured)
			(void)save_index(f, 0);
		folder_cache_write(&f->cache, f->dir, t->messages,
		    folder_alive, t);
		folder_unlock(f);
	}
	f->measured = 0;
	errno = e;
}

int
folder_alive(void *arg, uint32_t uid)
{
	struct folder_table *t = arg;
	struct rec *c = folder_table_rec(t, folder_table_seek(t, uid));

	return c && c->uid == uid && !(c->bits & REC_DEAD);
}

static int
compact_wanted(const struct folder *f)
{
	uint64_t live = (uint64_t)f->table.messages * 130 +
	    folder_table_tombs(&f->table) * 40;

	return f->log.at > LOG_SLACK + 2 * live;
}

/* None of it must succeed: it can all be made again. */
static void
save_locked(struct folder *f)
{
	struct folder_table *t = &f->table;
	uint64_t day = UINT64_C(86400000000000), now = folder_now(f);

	if (compact_wanted(f) && folder_log_replace(&f->log, t,
	    now > day ? now - day : 0) == 0 && folder_catch_up(f) < 0)
		return;
	if (f->log.fd < 0)
		return;
	if ((t->learned > INDEX_SLACK || t->map == NULL || t->owed ||
	    t->unflushed) && save_index(f, 1) == 0)
		folder_tidy(f);
	folder_cache_write(&f->cache, f->dir, t->messages,
	    folder_alive, t);
}

/* It says of each message where it stands. */
static int
save_index(struct folder *f, int flush)
{
	struct folder_table *t = &f->table;

	if (t->placed != folder_table_count(t) && folder_scan(f, 1) < 0)
		return -1;
	if (folder_index_write(t, f->dir, f->log.at, flush) < 0)
		return -1;
	t->learned = 0;
	t->owed = 0;
	t->unflushed = !flush;
	remap(f);
	return 0;
}

/* Our own memory for the mapped file, where the view has nothing to learn. */
static void
remap(struct folder *f)
{
	struct folder_table new = { .room = f->table.room };
	uint64_t at;

	if (f->gone.n || f->flags.n || f->table.died.n || f->table.touched.n ||
	    folder_count(f) != f->table.messages)
		return;
	if (!folder_index_map(&new, f->dir, &at) || at != f->log.at ||
	    new.generation != f->log.generation ||
	    new.messages != f->table.messages) {
		folder_table_free(&new);
		return;
	}
	/* the file does not say what is recent to this session */
	new.recent = f->table.recent;
	f->table.recent.edge = NULL;
	folder_table_free(&f->table);
	f->table = new;
	f->upto = folder_table_count(&f->table);
	f->dead.n = f->early.n = 0;
}
