/* maildirsize - the quota file of Maildir++. */
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/scan.h"
#include "store/folder_name.h"
#include "store/maildirsize.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { SIZE_LIMIT = 5120, STALE_S = 15 * 60 };

struct counting {
	int dir;
	struct quota *q;
};

static int  parse_limit(struct span, struct quota *);
static int  parse_change(struct span, struct quota *);
static int  number_next(struct span *, int64_t *);
static int  load_file(int, struct quota *);
static int  full(const struct quota *);
static int  count_all(int, struct quota *);
static int  count_folder(int, const char *, struct quota *);
static int  gone(int);
static int  count_message(void *, const char *);
static void write_file(int, const struct quota *);

static const char name[] = "maildirsize";

int
maildirsize_parse(struct span in, struct quota *q, const char **why)
{
	struct span line;

	memset(q, 0, sizeof *q);
	if (!span_cut(&in, '\n', &line) || parse_limit(line, q) < 0) {
		*why = "maildirsize: limits like 1000S,10C in the first line";
		return -1;
	}
	while (in.n) {
		/* a line without its end is being written, or torn */
		if (!span_cut(&in, '\n', &line) ||
		    parse_change(line, q) < 0) {
			*why = "maildirsize: lines of two numbers";
			return -1;
		}
		q->lines++;
	}
	return 0;
}

int
maildirsize_load(int maildir, struct quota *q)
{
	if (load_file(maildir, q) == 0)
		return 0;
	return count_all(maildir, q);
}

int
maildirsize_fits(const struct quota *q, uint64_t bytes)
{
	uint64_t used = q->bytes > 0 ? (uint64_t)q->bytes : 0;
	uint64_t count = q->count > 0 ? (uint64_t)q->count : 0;

	if (q->max_count && count >= q->max_count)
		return 0;
	return q->max_bytes == 0 || (used <= q->max_bytes &&
	    bytes <= q->max_bytes - used);
}

int
maildirsize_add(int maildir, int64_t bytes, int64_t count)
{
	char line[64];
	int fd, n, e;

	fd = openat(maildir, name, O_WRONLY | O_APPEND | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = snprintf(line, sizeof line, "%lld %lld\n", (long long)bytes,
	    (long long)count);
	n = file_write(fd, span_mem(line, (size_t)n));
	e = errno;
	close(fd);
	errno = e;
	return n;
}

void
maildirsize_forget(int maildir)
{
	(void)unlinkat(maildir, name, 0);
}

/* limit = part *( "," part ); part = 1*DIGIT ( "S" / "C" ) */
static int
parse_limit(struct span s, struct quota *q)
{
	struct span part;
	uint64_t n;

	if (s.n == 0)
		return -1;
	while (s.n) {
		(void)span_cut(&s, ',', &part);
		if (part.n < 2 ||
		    scan_u64(span_sub(part, 0, part.n - 1), INT64_MAX, &n) < 0)
			return -1;
		if (part.p[part.n - 1] == 'S')
			q->max_bytes = n;
		else if (part.p[part.n - 1] == 'C')
			q->max_count = n;
		else
			return -1;
	}
	return 0;
}

/* change = *SP ["-"] 1*DIGIT 1*SP ["-"] 1*DIGIT */
static int
parse_change(struct span s, struct quota *q)
{
	int64_t bytes, count;

	if (number_next(&s, &bytes) < 0 || number_next(&s, &count) < 0 ||
	    span_trim(s).n || __builtin_add_overflow(q->bytes, bytes,
	    &q->bytes) || __builtin_add_overflow(q->count, count, &q->count))
		return -1;
	return 0;
}

static int
number_next(struct span *s, int64_t *out)
{
	struct span word;
	uint64_t n;
	int minus;

	if (!span_word(s, &word))
		return -1;
	minus = word.n && word.p[0] == '-';
	if (scan_u64(span_from(word, (size_t)minus), INT64_MAX, &n) < 0)
		return -1;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return 0;
}

/* 0: the file can be believed. */
static int
load_file(int maildir, struct quota *q)
{
	struct buf b = { .max = SIZE_LIMIT };
	struct quota seen;
	struct stat st;
	const char *why;
	int r = -1, fd;

	fd = openat(maildir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size < SIZE_LIMIT && file_read(fd, &b) == 0 &&
	    maildirsize_parse(buf_span(&b), &seen, &why) == 0 &&
	    seen.max_bytes == q->max_bytes && seen.max_count == q->max_count &&
	    seen.bytes >= 0 && seen.count >= 0 && !(full(&seen) &&
	    (seen.lines > 1 || st.st_mtime < clock_s() - STALE_S))) {
		*q = seen;
		r = 0;
	}
	buf_free(&b);
	close(fd);
	return r;
}

static int
full(const struct quota *q)
{
	return !maildirsize_fits(q, 1);
}

/* Everything counts, Trash too: it lies on the same disk. */
static int
count_all(int maildir, struct quota *q)
{
	struct dirent *e;
	DIR *d;
	int r, fd;

	q->bytes = q->count = 0;
	q->lines = 1;
	fd = openat(maildir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if ((d = fdopendir(fd)) == NULL) {
		close(fd);
		return -1;
	}
	r = count_folder(maildir, ".", q);
	while (r == 0 && (errno = 0, e = readdir(d)) != NULL)
		/* Maildir++: folders are .Name, .Name.Sub */
		if (e->d_name[0] == '.' && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			r = count_folder(maildir, e->d_name, q);
	if (r == 0 && errno)
		r = -1;
	closedir(d);
	if (r == 0)
		write_file(maildir, q);
	return r;
}

static int
count_folder(int maildir, const char *folder, struct quota *q)
{
	static const char *const part[] = { "new", "cur" };
	struct counting c = { .q = q };
	int dir, r = 0;
	size_t i;

	if ((dir = file_open_dir(maildir, folder)) < 0)
		return gone(errno) ? 0 : -1;
	for (i = 0; r == 0 && i < sizeof part / sizeof *part; i++) {
		if ((c.dir = file_open_dir(dir, part[i])) < 0) {
			r = gone(errno) ? 0 : -1;
			continue;
		}
		r = file_each(c.dir, count_message, &c);
		close(c.dir);
	}
	close(dir);
	return r;
}

/* Not there, or no directory: a file like .dovecot.lda-dupes. */
static int
gone(int e)
{
	return e == ENOENT || e == ENOTDIR || e == ELOOP;
}

static int
count_message(void *arg, const char *file)
{
	struct counting *c = arg;
	struct span base = span_of(file);
	struct stat st;
	uint64_t size, vsize;

	base = span_sub(base, 0, span_find(base, ':'));
	if (!(file_name_sizes(base, &size, &vsize) & FILE_NAME_SIZE)) {
		if (fstatat(c->dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT ? 0 : -1;
		size = (uint64_t)st.st_size;
	}
	if (__builtin_add_overflow(c->q->bytes, size, &c->q->bytes))
		c->q->bytes = INT64_MAX;
	c->q->count++;
	return 0;
}

/* Without a flush: what is lost or torn is counted again.  A mailbox on a full
 * disk goes without. */
static void
write_file(int maildir, const struct quota *q)
{
	char text[128], tmp[64];
	int fd, n = 0;

	if (q->max_bytes)
		n = snprintf(text, sizeof text, "%lluS",
		    (unsigned long long)q->max_bytes);
	if (q->max_count)
		n += snprintf(text + n, sizeof text - (size_t)n, "%s%lluC",
		    n ? "," : "", (unsigned long long)q->max_count);
	n += snprintf(text + n, sizeof text - (size_t)n, "\n%lld %lld\n",
	    (long long)q->bytes, (long long)q->count);
	snprintf(tmp, sizeof tmp, "tmp/maildirsize.%ld", (long)getpid());
	fd = openat(maildir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	n = file_write(fd, span_mem(text, (size_t)n));
	if (close(fd) < 0 || n < 0 || renameat(maildir, tmp, maildir, name) < 0)
		(void)unlinkat(maildir, tmp, 0);
}
