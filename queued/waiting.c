/* waiting - what the recipients in memory wait for. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "queued/dest.h"
#include "queued/waiting.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { MOST = 64 << 20 };

static void add_dest(struct buf *, const struct dest *);
static void add(struct buf *, const struct rcpt *, int64_t, const char *);
static const char *cause(const struct dest *);
static int64_t turn(const struct dest *, unsigned);

int
waiting_tell(const struct deliver *d, const struct queue *q)
{
	struct buf b = { .max = MOST };
	const struct dest *t;
	int fd, r = -1, e;
	size_t i;

	for (i = 0; i < DELIVER_TABLE; i++)
		for (t = d->table[i]; t; t = t->next)
			add_dest(&b, t);
	fd = openat(q->state, ".waiting", O_WRONLY | O_CREAT | O_TRUNC |
	    O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd >= 0) {
		r = buf_ok(&b) && fchmod(fd, 0640) == 0 ?
		    file_write(fd, buf_span(&b)) : -1;
		e = errno;
		close(fd);
		errno = e;
	}
	if (r == 0)
		r = renameat(q->state, ".waiting", q->state, "waiting");
	buf_free(&b);
	return r;
}

/* Those on their way, then the rest by their turn (dest_pop); one job takes all
 * of a message that stand behind one another. */
static void
add_dest(struct buf *b, const struct dest *t)
{
	const struct rcpt *at[DEST_LANES], *r;
	const char *why = cause(t);
	const struct child *c;
	unsigned lane, left = t->waiting, jobs;
	char text[2 * HOP_KEY];

	snprintf(text, sizeof text, "being delivered to %s", t->key);
	for (c = t->child; c; c = c->next)
		for (r = c->flight; r; r = r->next)
			add(b, r, 0, text);
	for (lane = 0; lane < DEST_LANES; lane++)
		at[lane] = t->lane[lane].head;
	for (lane = t->lane_next, jobs = 0; left > 0; jobs++) {
		do
			lane = (lane + 1) % DEST_LANES;
		while (at[lane] == NULL);
		snprintf(text, sizeof text, "for %s: %s; %u before it", t->key,
		    why, jobs);
		for (r = at[lane]; at[lane] && at[lane]->m == r->m; left--) {
			add(b, at[lane], turn(t, jobs), text);
			at[lane] = at[lane]->next;
		}
	}
}

static void
add(struct buf *b, const struct rcpt *r, int64_t until, const char *text)
{
	buf_addf(b, "%s r%u %lld %s\n", r->m->name.id, r->nr,
	    (long long)until, text);
}

static const char *
cause(const struct dest *t)
{
	struct child *spare;

	if (t->hop.rate && clock_mono_s() - t->minute < 60 &&
	    t->sent >= t->hop.rate)
		return "the rate= of its route is used up";
	if (t->hop.connections && t->children >= t->hop.connections)
		return "the connections= of its route are busy";
	if (t->children >= t->window)
		return "all processes that it may have by now are busy";
	if (!share_room(&t->deliver->share, t->standing, &spare))
		return "all processes of queued.children for its kind are busy";
	return "its turn";
}

/* By its rate, when a job with so many before it may be sent. */
static int64_t
turn(const struct dest *t, unsigned before)
{
	int64_t now = clock_mono_s();
	unsigned left = t->hop.rate > t->sent ? t->hop.rate - t->sent : 0;

	if (t->hop.rate == 0 || now - t->minute >= 60 || before < left)
		return 0;
	return clock_s() + t->minute - now +
	    60 * (1 + (int64_t)((before - left) / t->hop.rate));
}
