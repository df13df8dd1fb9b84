/* schedule - when a message is tried again, and when it is given up. */
#include <string.h>

#include "queued/dest.h"
#include "queued/schedule.h"

static int64_t not_behind(int64_t end, int64_t now, int64_t due);

int64_t
schedule_end(const struct config *c, int64_t arrived, int null)
{
	return arrived + (int64_t)(null ? c->bounce_lifetime : c->lifetime);
}

int64_t
schedule_next(const struct config *c, unsigned made, int64_t now, int64_t end,
    uint32_t random)
{
	uint64_t wait = 300;
	size_t i = made ? made - 1 : 0;

	if (c->retry.n)
		wait = c->retry.s[i < c->retry.n ? i : c->retry.n - 1];
	/* seven to nine eighths, so that what failed together parts */
	wait = wait - wait / 8 + random % (wait / 4 + 1);
	return not_behind(end, now, now + (int64_t)wait);
}

int64_t
schedule_put_off(int64_t retry, int64_t now, int64_t end, uint32_t random)
{
	return not_behind(end, now, retry + random % 60);
}

int64_t
schedule_farthest(const struct config *c, int64_t now)
{
	uint64_t most = 2 * DEST_DEAD_MOST_S;
	size_t i;

	for (i = 0; i < c->retry.n; i++)
		if (c->retry.s[i] > most)
			most = c->retry.s[i];
	return now + (int64_t)(most + most / 8 + 1);
}

struct verdict
schedule_last(unsigned code, const char *enhanced, struct span text,
    struct span peer)
{
	int full = strcmp(enhanced, "4.2.2") == 0;

	if (text.n == 0)
		return verdict_make(554, "5.4.7", "its time is over");
	return verdict_make(full ? 552 : 554, full ? "5.2.2" : "5.4.7",
	    "its time is over; the last answer%s%.*s was: %u %s %.*s",
	    peer.n ? " of " : "", SPAN_ARG(peer), code, enhanced,
	    SPAN_ARG(text));
}

static int64_t
not_behind(int64_t end, int64_t now, int64_t due)
{
	return now < end && due > end ? end : due;
}
