/*
 * folder_log - correo-uids: the append-only file of a folder's numbers.
 *
 * Order of an append: [reserve,] lines, fdatasync, "="; where the lines tell
 * of names these are flushed in between, for theirs is the long flush, and it
 * takes the lines along where metadata is one journal.  Of a replacement:
 * correo-uids.tmp, fsync, rename, fsync of the folder.  Of the first file:
 * correo-uids.first, fsync, the tree's flush (where metadata is one journal,
 * the one before it has done its work), rename.  Where the file's flush takes
 * its name along that is all: a power cut leaves one of its two names, and by
 * either it is found (folder_log_adopt).  Elsewhere fsync of the folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/folder.h"
#include "store/folder_log.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

enum {
	WINDOW = 256 << 10,		/* bytes read at once */
	BLOCK = 64 << 10,		/* and written, when it is made anew */
	TAIL = 8192,			/* looked through for the last "=" */
	UNIT = 4096,			/* a file's blocks, mostly */
	LINE_TYPICAL = 100,		/* bytes; for a first guess */
	RESERVE = 1000,			/* numbers reserved at a time */
	TOMBS_MAX = 20000,		/* kept beyond twice the messages */
	SHORT_READS = 20,		/* tried again, that far apart */
	SHORT_MS = 50
};

static const char name[] = "correo-uids";
static const char name_tmp[] = "correo-uids.tmp";
static const char name_first[] = "correo-uids.first";

enum read_how { READ_STRICT, READ_SALVAGE, READ_TAIL };

static int  prepare(struct folder_log *, struct folder_table *, const char *,
    uint64_t);
static int  publish(struct folder_log *, const char *);
static int  durable_end(struct folder_log *, uint64_t, uint64_t *);
static int  read_at(struct folder_log *, void *, size_t, uint64_t);
static int  apply_to(struct folder_log *, struct folder_table *, uint64_t,
    enum read_how);
static int  reserve(const struct folder_table *, uint32_t, uint64_t,
    struct buf *);
static int  has_failed(const struct folder_log *);
static int  put(struct folder_log *, struct span, struct span);
static int  cut(struct folder_log *, uint64_t);
static int  flush(struct folder_log *, uint64_t, int);
static int  put_durable(struct folder_log *, struct folder_table *);
static int  apply_lines(struct folder_table *, struct span);
static int  write_table(struct folder_table *, int, uint64_t);
static int  put_line(int, struct buf *, const struct line *);
static int  write_tombs(struct folder_table *, int, struct buf *, uint64_t);

int
folder_log_open(struct folder_log *g, int dir)
{
	unsigned char b[LINE_MAX_BYTES + 1];
	const char *why;
	struct span in;
	struct line l;
	struct stat st;
	ssize_t r;

	g->dir = dir;
	g->at = 0;
	g->fd = file_open_now(dir, name, O_RDWR | O_APPEND, &st);
	if (g->fd < 0)
		return errno == ENOENT ? 0 : -1;
	g->dev = st.st_dev;
	g->ino = st.st_ino;
	if ((r = pread(g->fd, b, sizeof b, 0)) < 0)
		return -1;
	in = span_mem(b, (size_t)r);
	if (line_parse(&in, &l, &why) != 1 || l.kind != LINE_HEAD) {
		errno = EUCLEAN;
		return -1;
	}
	g->generation = l.modseq;
	return 1;
}

void
folder_log_close(struct folder_log *g)
{
	if (g->fd >= 0)
		close(g->fd);
	g->fd = -1;
}

int
folder_log_current(struct folder_log *g)
{
	struct stat st;

	if (fstatat(g->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	return g->fd >= 0 && st.st_dev == g->dev && st.st_ino == g->ino;
}

int
folder_log_read(struct folder_log *g, struct folder_table *t)
{
	struct stat st;
	uint64_t end;

	if (file_stat_now(g->fd, &st) < 0)
		return -1;
	if ((uint64_t)st.st_size <= g->at)
		return 0;
	if (durable_end(g, (uint64_t)st.st_size, &end) < 0)
		return -1;
	return apply_to(g, t, end, READ_STRICT);
}

int
folder_log_mend(struct folder_log *g, struct folder_table *t)
{
	struct stat st;
	uint64_t was;

	if (file_stat_now(g->fd, &st) < 0)
		return -1;
	was = g->at;
	if ((uint64_t)st.st_size < was) {
		errno = EUCLEAN;
		return -1;
	}
	if ((uint64_t)st.st_size == was)
		return 0;
	if (has_failed(g))
		return -1;
	/* before they are known: what there is no memory for behind them must
	 * not leave some that are told and not on disk */
	if (flush(g, was, -1) < 0 ||
	    apply_to(g, t, (uint64_t)st.st_size, READ_TAIL) < 0)
		return -1;
	if (g->at < (uint64_t)st.st_size && ftruncate(g->fd,
	    (off_t)g->at) < 0)
		return -1;
	t->stamp_new = t->stamp_cur = 0;
	return g->at == was ? 0 : put_durable(g, t);
}

int
folder_log_append(struct folder_log *g, struct folder_table *t,
    struct span lines, uint32_t uid, uint64_t modseq, int names)
{
	unsigned char room[LINE_MAX_BYTES];
	struct buf top = { .p = room, .size = sizeof room,
	    .max = sizeof room };
	uint64_t at = g->at;

	if (lines.n == 0)
		return put_durable(g, t);
	if (reserve(t, uid, modseq, &top) < 0 ||
	    put(g, buf_span(&top), lines) < 0)
		return -1;
	if (flush(g, at, names) < 0) {
		g->at = at;
		return cut(g, at);
	}
	if (apply_lines(t, buf_span(&top)) < 0 || apply_lines(t, lines) < 0) {
		/* a table that lacks them would give their numbers again */
		g->failed = t->rotten = 1;
		errno = EUCLEAN;
		return -1;
	}
	return put_durable(g, t);
}

int
folder_log_begin(struct folder_log *g, struct folder_table *t,
    const struct tree *tree)
{
	struct stat st;
	/* behind a rotten one of its name it would not be looked for */
	int either = fstatat(g->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
	    file_flush_takes_name(g->dir);

	if (t->uidnext < UINT32_MAX - RESERVE)
		t->uid_reserved = t->uidnext + RESERVE;
	t->modseq_reserved = t->modseq + RESERVE;
	if (prepare(g, t, name_first, 0) < 0 || tree_flush(tree) < 0 ||
	    publish(g, name_first) < 0 || (!either && fsync(g->dir) < 0) ||
	    folder_log_open(g, g->dir) != 1 || fstat(g->fd, &st) < 0)
		return -1;
	g->at = (uint64_t)st.st_size;
	return 0;
}

int
folder_log_replace(struct folder_log *g, struct folder_table *t,
    uint64_t keep_ns)
{
	uint64_t was = t->generation;

	if (has_failed(g))
		return -1;
	if (prepare(g, t, name_tmp, keep_ns) == 0 &&
	    publish(g, name_tmp) == 0)
		return fsync(g->dir);
	/* an index of another generation is no use to anybody */
	t->generation = was;
	return -1;
}

int
folder_log_adopt(struct folder_log *g, struct folder_table *t,
    const struct tree *tree)
{
	int r;

	g->fd = openat(g->dir, name_first, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (g->fd < 0)
		return errno == ENOENT ? 0 : -1;
	g->at = 0;
	r = folder_log_read(g, t);
	folder_log_close(g);
	if (r < 0 && errno != EUCLEAN)
		return -1;
	/* a torn one was told to nobody, and the next takes its place */
	if (r < 0 || t->uidvalidity == 0)
		return 0;
	/* its UIDVALIDITY may not be recorded: a higher one serves as well */
	return tree_uidvalidity(tree, t->uidvalidity) == 0 ||
	    tree_flush(tree) < 0 ||
	    renameat(g->dir, name_first, g->dir, name) < 0 ? -1 : 1;
}

int
folder_log_salvage(struct folder_log *g, struct folder_table *t)
{
	struct stat st;

	g->at = 0;
	if (fstat(g->fd, &st) < 0)
		return -1;
	return apply_to(g, t, (uint64_t)st.st_size, READ_SALVAGE);
}

/* Under its other name, and durable. */
static int
prepare(struct folder_log *g, struct folder_table *t, const char *other,
    uint64_t keep_ns)
{
	uint64_t now = clock_ns();
	int fd, e;

	/* a tombstone's name serves only until its unlink is on disk */
	t->generation = now > t->generation ? now : t->generation + 1;
	unlinkat(g->dir, other, 0);
	fd = openat(g->dir, other, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (write_table(t, fd, keep_ns) == 0 && fsync(fd) == 0)
		return close(fd);
	e = errno;
	close(fd);
	unlinkat(g->dir, other, 0);
	errno = e;
	return -1;
}

static int
publish(struct folder_log *g, const char *other)
{
	int e;

	if (renameat(g->dir, other, g->dir, name) < 0) {
		e = errno;
		unlinkat(g->dir, other, 0);
		errno = e;
		return -1;
	}
	folder_log_close(g);
	return 0;
}

/* Behind the last "=" between what is known and size. */
static int
durable_end(struct folder_log *g, uint64_t size, uint64_t *end)
{
	unsigned char b[TAIL];
	uint64_t from, to = size;
	const char *why;
	struct span in;
	struct line l;
	size_t n;
	int r;

	for (*end = g->at; to > g->at && *end == g->at;) {
		from = to - g->at > TAIL ? to - TAIL : g->at;
		n = (size_t)(to - from);
		if (read_at(g, b, n, from) < 0)
			return -1;
		in = span_mem(b, n);
		if (from > g->at) {
			in = span_from(in, span_find(in, '\n') + 1);
			/* the next window ends with the line cut here */
			to = from + (n - in.n);
			if (in.n == 0) {
				errno = EUCLEAN;
				return -1;
			}
		} else
			to = from;
		while ((r = line_parse(&in, &l, &why)) != 0)
			if (r > 0 && l.kind == LINE_DURABLE)
				*end = from + (n - in.n);
	}
	return 0;
}

/* What another machine wrote may be told of before all can read it. */
static int
read_at(struct folder_log *g, void *b, size_t n, uint64_t at)
{
	struct stat st;
	int tries = 0;

	while (file_pread(g->fd, b, n, (off_t)at) < 0) {
		if (errno != EIO || tries++ == SHORT_READS)
			return -1;
		poll(NULL, 0, SHORT_MS);
		if (file_stat_now(g->fd, &st) < 0)
			return -1;
	}
	return 0;
}

/* Reads and applies lines until the log is known up to end. */
static int
apply_to(struct folder_log *g, struct folder_table *t, uint64_t end,
    enum read_how how)
{
	unsigned char *b;
	const char *why;
	struct span in, left;
	struct line l;
	size_t n;
	int r = 0;

	if (g->at >= end)
		return 0;
	if ((b = malloc(WINDOW)) == NULL)
		return -1;
	folder_table_expect(t, (size_t)((end - g->at) / LINE_TYPICAL),
	    (size_t)(end - g->at));
	while (g->at < end && r >= 0) {
		n = end - g->at < WINDOW ? (size_t)(end - g->at) : WINDOW;
		if ((r = read_at(g, b, n, g->at)) < 0)
			break;
		left = in = span_mem(b, n);
		while ((r = line_parse(&in, &l, &why)) != 0) {
			errno = EUCLEAN;
			if (r > 0)
				r = folder_table_apply(t, &l);
			if (r < 0 && (how != READ_SALVAGE || errno == ENOMEM))
				break;
			left = in;
		}
		g->at += n - left.n;
		/* no whole line in the window: torn, or no log at all */
		if (r == 0 && left.n == n) {
			r = how == READ_STRICT ? -1 : 0;
			errno = EUCLEAN;
			if (how == READ_SALVAGE)
				g->at += n;
			else
				break;
		}
	}
	free(b);
	return r < 0 && (how == READ_STRICT || errno != EUCLEAN) ? -1 : 0;
}

/* Numbers are reserved durably before they are told: by the flush of the lines
 * that have them, behind which "=" stands.  It is what a repair starts at when
 * lines have rotted. */
static int
reserve(const struct folder_table *t, uint32_t uid, uint64_t modseq,
    struct buf *b)
{
	struct line top = { .kind = LINE_RESERVE, .uid = uid,
	    .modseq = modseq };

	if (uid <= t->uid_reserved && modseq <= t->modseq_reserved)
		return 0;
	if (top.uid < t->uidnext)
		top.uid = t->uidnext;
	if (top.uid > UINT32_MAX - RESERVE) {
		errno = EOVERFLOW;
		return -1;
	}
	top.uid += RESERVE;
	top.modseq += RESERVE;
	return line_format(b, &top);
}

/* Then a flush may say no more of what was lost, and the table may lack what
 * another machine wrote. */
static int
has_failed(const struct folder_log *g)
{
	errno = EIO;
	return g->failed;
}

/* Behind the last byte, which must be the last that is known: what another
 * machine wrote and this one does not see is never written over. */
static int
put(struct folder_log *g, struct span a, struct span b)
{
	struct iovec v[2] = { { (void *)(size_t)a.p, a.n },
	    { (void *)(size_t)b.p, b.n } };
	uint64_t end = g->at + a.n + b.n, at = g->at, size;
	struct stat st;

	if (has_failed(g))
		return -1;
	if (file_writev(g->fd, v, 2) == 0 &&
	    file_stat_now(g->fd, &st) == 0) {
		size = (uint64_t)st.st_size;
		if (size == end) {
			g->at = end;
			return 0;
		}
		log_warn("uids-stale", "correo-uids has grown unseen: this "
		    "machine is shown files as they were (correo(7))");
		at += size > end ? size - end : 0;
		g->failed = 1;
		errno = ESTALE;
	}
	return cut(g, at);
}

/* Lines that nobody has seen go.  -1, with errno as it is. */
static int
cut(struct folder_log *g, uint64_t at)
{
	int e = errno;

	(void)!ftruncate(g->fd, (off_t)at);
	errno = e;
	return -1;
}

/* Of what stands behind from.  A flush that failed is final: what is on disk is
 * not known any more. */
static int
flush(struct folder_log *g, uint64_t from, int names)
{
	int r = 0;

	/* a commit of the names takes new blocks along once they are written,
	 * else there would be a second one */
	if (names >= 0 && (from - 1) / UNIT != (g->at - 1) / UNIT)
		r = file_written_out(g->fd, (off_t)from);
	else if (names >= 0)
		file_write_out(g->fd, (off_t)from);
	if (r == 0 && (names < 0 || fsync(names) == 0) &&
	    fdatasync(g->fd) == 0)
		return 0;
	g->failed = 1;
	return -1;
}

/* Where the disk has no room for it the lines hold, and whoever has the lock
 * next puts it behind them. */
static int
put_durable(struct folder_log *g, struct folder_table *t)
{
	struct line l = { .kind = LINE_DURABLE, .time = t->stamp_new,
	    .time2 = t->stamp_cur, .uid = t->recent.from };
	struct buf b = { .max = LINE_MAX_BYTES };
	int r;

	r = line_format(&b, &l);
	if (r == 0)
		r = put(g, buf_span(&b), (struct span){ 0 });
	buf_free(&b);
	return r < 0 && folder_full(errno) ? 0 : r;
}

static int
apply_lines(struct folder_table *t, struct span in)
{
	const char *why;
	struct line l;
	int r;

	while ((r = line_parse(&in, &l, &why)) > 0)
		if (folder_table_apply(t, &l) < 0)
			return -1;
	return r;
}

static int
write_table(struct folder_table *t, int fd, uint64_t keep_ns)
{
	struct line l = { .kind = LINE_HEAD, .modseq = t->generation,
	    .uidvalidity = t->uidvalidity, .text = span_of(t->id),
	    .time = t->floor };
	struct buf b = { .max = BLOCK + LINE_MAX_BYTES };
	uint32_t i;
	int r;

	r = write_tombs(t, -1, &b, keep_ns);
	l.time = t->floor;
	r |= put_line(fd, &b, &l);
	l = (struct line){ .kind = LINE_RESERVE, .uid = t->uid_reserved,
	    .modseq = t->modseq_reserved };
	r |= put_line(fd, &b, &l);
	for (i = 0; i < 26; i++)
		if (t->keyword[i][0]) {
			l = (struct line){ .kind = LINE_KEYWORD, .uid = i,
			    .text = span_of(t->keyword[i]) };
			r |= put_line(fd, &b, &l);
		}
	for (i = 0; i < folder_table_count(t) && r == 0; i++) {
		struct rec *c = folder_table_rec(t, i);

		if (c == NULL)
			r = -1;
		else if (!(c->bits & REC_DEAD)) {
			l = (struct line){ .kind = LINE_MAIL, .uid = c->uid,
			    .modseq = c->modseq, .flags = c->flags,
			    .time = (uint64_t)c->saved,
			    .text = folder_table_base(t, c) };
			r |= put_line(fd, &b, &l);
		}
	}
	if (r == 0)
		r = write_tombs(t, fd, &b, keep_ns);
	l = (struct line){ .kind = LINE_NEXT, .uid = t->uidnext,
	    .modseq = t->modseq };
	r |= put_line(fd, &b, &l);
	l = (struct line){ .kind = LINE_DURABLE, .time = t->stamp_new,
	    .time2 = t->stamp_cur, .uid = t->recent.from };
	if (r == 0 && (r = put_line(fd, &b, &l)) == 0)
		r = file_write(fd, buf_span(&b));
	buf_free(&b);
	return r;
}

static int
put_line(int fd, struct buf *b, const struct line *l)
{
	if (b->n >= BLOCK) {
		if (file_write(fd, buf_span(b)) < 0)
			return -1;
		/* of a long one the flush has less to wait for */
		file_write_out(fd, 0);
		buf_reset(b);
	}
	if (line_format(b, l) == 0)
		return 0;
	errno = ENOMEM;
	return -1;
}

/* With fd -1 only finds the floor: which tombstones are too many to keep. */
static int
write_tombs(struct folder_table *t, int fd, struct buf *b, uint64_t keep_ns)
{
	size_t n = folder_table_tombs(t), i, from = 0;
	size_t max = 2 * (size_t)t->messages + TOMBS_MAX;
	struct tomb *m;
	struct line l;

	if (n > max)
		from = n - max;
	for (i = 0; i < n; i++) {
		if ((m = folder_table_tomb(t, i)) == NULL)
			return -1;
		if (i < from) {
			if (m->modseq > t->floor)
				t->floor = m->modseq;
			continue;
		}
		if (fd < 0)
			return 0;
		l = (struct line){ .kind = LINE_VANISHED, .uid = m->uid,
		    .modseq = m->modseq };
		if (m->ns > keep_ns) {
			l.kind = LINE_EXPUNGED;
			l.time = m->ns;
			l.text = folder_table_tomb_base(t, m);
		}
		if (put_line(fd, b, &l) < 0)
			return -1;
	}
	return 0;
}
