/*
 * tree_file - correo-folders, what is known of a user's folders.
 *
 * Text, a line each: "uidvalidity N" (given out; the highest counts),
 * "subscribed NAME", "use \Use NAME"; under a lock on correo-tree-lock
 * replaced whole, or a "uidvalidity" added.  On first sight it begins with
 * Dovecot's `subscriptions` or Courier's `courierimapsubscribed`.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/scan.h"
#include "store/tree_file.h"
#include "store/tree_import.h"
#include "sys/clock.h"
#include "sys/file.h"

#define UIDVALIDITY SPAN("uidvalidity ")

/* One so long is replaced, with one UIDVALIDITY, instead of added to. */
enum { LONG = 64 << 10 };

static const char file[] = "correo-folders";
static const char lock_file[] = "correo-tree-lock";

static int  lock(const struct tree *);
static int  replaced(struct span, const struct tree_line *, size_t);
static int  store(const struct tree *, const struct buf *);
static uint64_t given_out(struct span);
static int  uidvalidity_of(struct span, uint64_t *);
static int  append(const struct tree *, struct buf *, uint64_t);

int
tree_file_load(const struct tree *t, struct buf *b)
{
	struct stat st;
	int fd = file_open_now(t->root, file, O_RDONLY, &st), r;

	if (fd >= 0) {
		r = file_read(fd, b);
		close(fd);
		return r;
	}
	if (errno != ENOENT)
		return -1;
	tree_import(t->root, b);
	return buf_ok(b) ? 0 : -1;
}

int
tree_file_edit(const struct tree *t, const struct tree_line *v, size_t n)
{
	struct buf b = { .max = TREE_FILE_MAX }, out = { .max = TREE_FILE_MAX };
	struct span in, line;
	size_t i;
	int l, r = -1;

	if ((l = lock(t)) < 0)
		return -1;
	if (tree_file_load(t, &b) == 0) {
		for (in = buf_span(&b); in.n;) {
			span_cut(&in, '\n', &line);
			if (line.n && !replaced(line, v, n))
				buf_addf(&out, "%.*s\n", SPAN_ARG(line));
		}
		for (i = 0; i < n; i++)
			if (v[i].value)
				buf_addf(&out, "%s %s%s%s\n", v[i].kind,
				    v[i].value, *v[i].value ? " " : "",
				    v[i].name);
		r = buf_ok(&out) && span_eq(buf_span(&b), buf_span(&out)) ?
		    0 : store(t, &out);
	}
	close(l);
	buf_free(&b);
	buf_free(&out);
	return r;
}

uint32_t
tree_uidvalidity(const struct tree *t, uint32_t above)
{
	struct buf b = { .max = TREE_FILE_MAX };
	uint64_t v = (uint64_t)clock_s(), last;
	int l, r = -1;

	if ((l = lock(t)) < 0)
		return 0;
	if (tree_file_load(t, &b) == 0) {
		last = given_out(buf_span(&b));
		if (last < above)
			last = above;
		if (v <= last)
			v = last + 1;
		errno = EOVERFLOW;
		if (v <= UINT32_MAX)
			r = append(t, &b, v);
	}
	close(l);
	buf_free(&b);
	return r < 0 ? 0 : (uint32_t)v;
}

/* With the lock: who replaces the file meanwhile has flushed it then. */
int
tree_flush(const struct tree *t)
{
	int l, fd, r;

	if ((l = lock(t)) < 0)
		return -1;
	fd = openat(t->root, file, O_WRONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd < 0)
		r = errno == ENOENT ? 0 : -1;
	else {
		r = fdatasync(fd);
		close(fd);
	}
	close(l);
	return r;
}

/* Closing it unlocks. */
static int
lock(const struct tree *t)
{
	int fd = openat(t->root, lock_file, O_RDWR | O_CREAT | O_NOFOLLOW |
	    O_CLOEXEC, 0600);

	if (fd >= 0 && file_lock(fd, 1) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Is one of them of its kind and name, or gives its use to a folder? */
static int
replaced(struct span line, const struct tree_line *v, size_t n)
{
	struct span kind, use = { 0 };
	size_t i;

	span_cut(&line, ' ', &kind);
	if (span_eq(kind, SPAN("use")))
		span_cut(&line, ' ', &use);
	for (i = 0; i < n; i++)
		if (span_eq(kind, span_of(v[i].kind)) &&
		    (span_eq(line, span_of(v[i].name)) || (v[i].value &&
		    use.n && span_eq(use, span_of(v[i].value)))))
			return 1;
	return 0;
}

/* Of the UIDVALIDITYs the highest is enough. */
static int
store(const struct tree *t, const struct buf *b)
{
	struct buf out = { .max = TREE_FILE_MAX };
	struct span in = buf_span(b), line;
	uint64_t last = given_out(in), v;
	int r = -1;

	while (in.n) {
		span_cut(&in, '\n', &line);
		if (!uidvalidity_of(line, &v) || v == last)
			buf_addf(&out, "%.*s\n", SPAN_ARG(line));
	}
	errno = EFBIG;
	if (buf_ok(b) && buf_ok(&out))
		r = file_replace(t->root, file, buf_span(&out), 0600,
		    (uid_t)-1, (gid_t)-1);
	buf_free(&out);
	return r;
}

/* The highest, 0 none.  Of a line that is torn the number is less. */
static uint64_t
given_out(struct span in)
{
	uint64_t v, last = 0;
	struct span line;

	while (in.n) {
		span_cut(&in, '\n', &line);
		if (uidvalidity_of(line, &v) && v > last)
			last = v;
	}
	return last;
}

static int
uidvalidity_of(struct span line, uint64_t *v)
{
	return span_starts(line, UIDVALIDITY) && scan_u64(span_from(line,
	    UIDVALIDITY.n), UINT32_MAX, v) == 0;
}

/* To a file that is there a line is added, behind an end that may be torn, and
 * is on its way to disk before tree_flush wants it there. */
static int
append(const struct tree *t, struct buf *b, uint64_t uidvalidity)
{
	size_t was = b->n;
	int fd, r = -1;

	if (was && b->p[was - 1] != '\n')
		buf_addc(b, '\n');
	buf_addspan(b, UIDVALIDITY);
	buf_addu(b, uidvalidity);
	buf_addc(b, '\n');
	if (was > LONG)
		return store(t, b);
	fd = openat(t->root, file, O_WRONLY | O_APPEND | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? store(t, b) : -1;
	errno = EFBIG;
	if (buf_ok(b))
		r = file_write(fd, span_from(buf_span(b), was));
	file_write_out(fd, 0);
	close(fd);
	return r;
}
