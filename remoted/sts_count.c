/* sts_count - what TLS did with each destination, counted by day. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/scan.h"
#include "mail/date.h"
#include "remoted/sts_count.h"
#include "sys/file.h"
#include "sys/log.h"

enum { DIGITS = 10, FULL = 65536, DAY = 10, DAYS = 30, DAY_S = 86400 };

struct cleaning {
	int dir;
	char oldest[DATE_TEXT];
};

static int  day_dir(struct sts *, int64_t);
static int  count_in(int, const struct sts_count *);
static int  find(struct span, struct span, off_t *, uint64_t *);
static int  clean_day(void *, const char *);
static int  clean_file(void *, const char *);

void
sts_count_add(struct sts *s, struct span domain, const struct sts_count *c,
    int64_t now)
{
	char name[NAME_MAX + 1];
	int dir = day_dir(s, now), fd = -1;

	if (dir >= 0 && span_str(domain, name, sizeof name) == 0)
		fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW |
		    O_CLOEXEC, 0640);
	if (fd < 0 || file_lock(fd, 1) < 0 || count_in(fd, c) < 0)
		log_warn("sts", "the counts of %.*s: %s", SPAN_ARG(domain),
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
}

void
sts_count_clean(struct sts *s, int64_t now)
{
	struct cleaning c = { .dir = s->count };

	date_rfc3339(now - DAYS * DAY_S, c.oldest);
	c.oldest[DAY] = '\0';
	if (file_each(s->count, clean_day, &c) < 0)
		log_warn("sts", "the directory of counts: %s",
		    strerror(errno));
}

static int
day_dir(struct sts *s, int64_t now)
{
	char day[DATE_TEXT];

	date_rfc3339(now, day);
	day[DAY] = '\0';
	if (mkdirat(s->count, day, 0750) < 0 && errno != EEXIST)
		return -1;
	return file_open_dir(s->count, day);
}

static int
count_in(int fd, const struct sts_count *c)
{
	struct buf file = { .max = 2 * FULL }, line = { .max = 2048 };
	struct sts_count k = *c;
	uint64_t n = 0;
	off_t at;
	char digits[32];
	int r = -1;

	if (file_read(fd, &file) < 0)
		goto end;
	if (file.n > FULL)
		k.host = k.ip = SPAN("-");
	buf_addf(&line, "%0*d %.*s %.*s %.*s %.*s\n", DIGITS, 0,
	    SPAN_ARG(k.policy), SPAN_ARG(k.result), SPAN_ARG(k.host),
	    SPAN_ARG(k.ip));
	if (!buf_ok(&line))
		goto end;
	at = (off_t)file.n;
	if (find(buf_span(&file), span_from(buf_span(&line), DIGITS), &at,
	    &n) == 0)
		line.n = DIGITS;
	(void)snprintf(digits, sizeof digits, "%0*llu", DIGITS,
	    (unsigned long long)n + 1);
	memcpy(line.p, digits, DIGITS);
	if (pwrite(fd, line.p, line.n, at) == (ssize_t)line.n)
		r = 0;
end:
	buf_free(&file);
	buf_free(&line);
	return r;
}

/* The line that ends like this: where it is, and its count. */
static int
find(struct span in, struct span tail, off_t *at, uint64_t *n)
{
	const unsigned char *begin = in.p;
	struct span line;

	while (in.n) {
		const unsigned char *p = in.p;

		(void)span_cut(&in, '\n', &line);
		if (line.n == DIGITS + tail.n - 1 &&
		    memcmp(line.p + DIGITS, tail.p, tail.n - 1) == 0 &&
		    scan_u64(span_sub(line, 0, DIGITS), 9999999998, n) == 0) {
			*at = p - begin;
			return 0;
		}
	}
	return -1;
}

static int
clean_day(void *arg, const char *day)
{
	struct cleaning *c = arg;
	int dir;

	if (strlen(day) != DAY || strcmp(day, c->oldest) >= 0)
		return 0;
	dir = file_open_dir(c->dir, day);
	if (dir >= 0) {
		(void)file_each(dir, clean_file, &dir);
		close(dir);
	}
	(void)unlinkat(c->dir, day, AT_REMOVEDIR);
	return 0;
}

static int
clean_file(void *arg, const char *name)
{
	const int *dir = arg;

	(void)unlinkat(*dir, name, 0);
	return 0;
}
