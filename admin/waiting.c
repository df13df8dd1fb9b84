/* waiting - what queued says that recipients wait for. */
#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/waiting.h"
#include "base/buf.h"
#include "base/scan.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { ASK_MS = 2000, LOOK_US = 10000, MOST = 64 << 20 };

static struct stat look(const struct queue *);
static int  by_text(const void *, const void *);

void
waiting_ask(struct waiting *w, const struct queue *q, int trigger)
{
	static struct buf b = { .max = MOST };
	uint64_t end = clock_mono_ms() + ASK_MS;
	struct stat before = look(q), now;
	struct span in;
	size_t lines = 0, i;

	if (trigger < 0 || write(trigger, "waiting\n", 8) != 8)
		return;
	while (now = look(q), now.st_ino == before.st_ino &&
	    now.st_ctim.tv_nsec == before.st_ctim.tv_nsec) {
		if (clock_mono_ms() > end)
			return;
		usleep(LOOK_US);
	}
	w->told = 1;
	if (file_read_at(q->state, "waiting", &b) < 0)
		return;
	for (i = 0; i < b.n; i++)
		lines += b.p[i] == '\n';
	w->line = calloc(lines + 1, sizeof *w->line);
	for (in = buf_span(&b); w->line && in.n; w->n++)
		span_cut(&in, '\n', &w->line[w->n]);
	if (w->n)
		qsort(w->line, w->n, sizeof *w->line, by_text);
}

int
waiting_for(const struct waiting *w, const char *id, size_t nr, int64_t *until,
    struct span *what)
{
	char text[QUEUE_ID + 32];
	size_t low = 0, high = w->n, mid;
	struct span key, word;
	uint64_t seconds;

	(void)snprintf(text, sizeof text, "%s r%zu ", id, nr);
	key = span_of(text);
	while (low < high) {
		mid = (low + high) / 2;
		if (span_cmp(w->line[mid], key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == w->n || !span_starts(w->line[low], key))
		return 0;
	*what = span_from(w->line[low], key.n);
	if (!span_cut(what, ' ', &word) ||
	    scan_u64(word, INT64_MAX, &seconds) < 0)
		return 0;
	*until = (int64_t)seconds;
	return 1;
}

static struct stat
look(const struct queue *q)
{
	struct stat st = { .st_ino = 0 };

	(void)fstatat(q->state, "waiting", &st, AT_SYMLINK_NOFOLLOW);
	return st;
}

static int
by_text(const void *a, const void *b)
{
	return span_cmp(*(const struct span *)a, *(const struct span *)b);
}
