/*
 * folder_stamp - must new/ and cur/ be looked at?
 *
 * A listing is trusted later on only when the directory's time was older,
 * when it began, than a tick of the file system's clock (whole seconds on
 * some), by that same clock.  What we changed ourselves is a reason to look
 * as well, since it may hide what others did, but not at once.
 */
#include <sys/stat.h>

#include "store/folder_impl.h"
#include "sys/clock.h"

static void own_end(struct dir_state *);
static uint64_t tick_ns(uint64_t);

int
folder_scan_wanted(struct folder *f)
{
	uint64_t now = clock_ns() + (uint64_t)f->skew_ns;
	uint64_t n = folder_stamp_now(f->new.fd);
	uint64_t c = folder_stamp_now(f->cur.fd);

	if (n == 0 || c == 0)
		return -1;
	if (n == f->table.stamp_new && c == f->table.stamp_cur) {
		/* another session looked, and its lines are read */
		f->new.stamp = n;
		f->cur.stamp = c;
		f->new.young = f->cur.young = 0;
	}
	/* what a reader found in new/ is for us to move */
	return (f->mode == FOLDER_WRITE && f->table.in_new) ||
	    folder_stamp_wanted(&f->new, n, now, 0) ||
	    folder_stamp_wanted(&f->cur, c, now, f->scan_ns);
}

void
folder_own_begin(struct folder *f)
{
	/* it must be known as it is, or what follows hides something */
	if (f->new.stamp != folder_stamp_now(f->new.fd))
		f->new.stamp = 0;
	if (f->cur.stamp != folder_stamp_now(f->cur.fd))
		f->cur.stamp = 0;
}

void
folder_own_end(struct folder *f)
{
	own_end(&f->new);
	own_end(&f->cur);
}

static void
own_end(struct dir_state *d)
{
	uint64_t mtime = folder_stamp_now(d->fd);

	if (d->stamp == 0 || d->stamp == mtime)
		return;
	d->stamp = mtime;
	/* what others did in the last tick before stays a reason to look */
	d->own = !d->young || d->own;
	d->young = 1;
}

uint64_t
folder_now(struct folder *f)
{
	uint64_t now = clock_ns(), there;

	if (futimens(f->lock, NULL) == 0 &&
	    (there = folder_stamp_now(f->lock)) != 0)
		f->skew_ns = (int64_t)(there - now);
	return now + (uint64_t)f->skew_ns;
}

uint64_t
folder_stamp_now(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return 0;
	return (uint64_t)st.st_mtim.tv_sec * 1000000000 +
	    (uint64_t)st.st_mtim.tv_nsec;
}

/* How long after a change another may still get the same time.  A file system
 * of whole seconds shows no fraction. */
static uint64_t
tick_ns(uint64_t mtime)
{
	return mtime % 1000000000 ? 100000000 : UINT64_C(2000000000);
}

/* lazy: what we did ourselves is looked at after twenty times what a look
 * takes, so that it never fills more than a twentieth of the time. */
int
folder_stamp_wanted(const struct dir_state *d, uint64_t mtime, uint64_t now,
    uint64_t lazy)
{
	uint64_t wait = tick_ns(mtime);

	if (d->stamp != mtime)
		return 1;
	if (!d->young)
		return 0;
	if (!d->own)
		return 1;
	if (wait < 20 * lazy)
		wait = 20 * lazy;
	return (int64_t)(now - mtime) >= (int64_t)wait;
}

int
folder_stamp_quiet(const struct dir_state *d, uint64_t mtime, uint64_t now)
{
	return folder_stamp_now(d->fd) == mtime &&
	    (int64_t)(now - mtime) >= (int64_t)tick_ns(mtime);
}

void
folder_stamp_set(struct dir_state *d, uint64_t mtime, uint64_t now)
{
	/* changed meanwhile: the next look sees another time */
	d->stamp = mtime;
	d->young = (int64_t)(now - mtime) < (int64_t)tick_ns(mtime);
	d->own = 0;
}
