/* include - the lists that aliases name. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/include.h"
#include "admin/source.h"
#include "mail/target.h"
#include "store/alias.h"
#include "sys/file.h"

struct include {
	struct buf value;
	unsigned n;			/* targets in it */
	struct buf *paths, *errors;
	const char *at;
	int bad;
};

static void add(struct include *, struct span);
static void read_list(struct include *, struct span);
static const char *open_list(const char *, struct buf *);
static void read_lines(struct include *, const char *, struct span);
static void wrong(struct include *, const char *, const char *);

int
include_lists(struct buf *targets, const char *at, struct buf *paths,
    struct buf *errors)
{
	struct include c = { .value = { .max = SOURCE_LINE }, .at = at,
	    .paths = paths, .errors = errors };
	struct span in = buf_span(targets), text;
	const char *why;
	int list;

	while (source_target(&in, &text, &list, &why) == 1)
		if (list)
			read_list(&c, text);
		else
			add(&c, text);
	if (c.n > ALIAS_TARGETS || !buf_ok(&c.value))
		wrong(&c, at, "alias: more than 10000 targets, or a megabyte, "
		    "with its lists");
	else if (c.n == 0 && !c.bad)
		wrong(&c, at, "alias: its lists name nobody");
	buf_free(targets);
	*targets = c.value;
	return c.bad ? -1 : 0;
}

static void
add(struct include *c, struct span target)
{
	buf_adds(&c->value, c->value.n ? ", " : "");
	buf_addspan(&c->value, target);
	c->n++;
}

static void
read_list(struct include *c, struct span text)
{
	struct buf path = { .max = PATH_MAX }, b = { .max = SOURCE_LINE };
	char at[2 * PATH_MAX];
	struct target t;
	const char *why;

	if (target_next(&text, &t, &why) == 1)
		(void)target_text(&t, &path);
	why = buf_addc(&path, '\0') < 0 ? "its path is too long" :
	    open_list((const char *)path.p, &b);
	if (why) {
		snprintf(at, sizeof at, "%s: %s", c->at, buf_ok(&path) ?
		    (const char *)path.p : ":include:");
		wrong(c, at, why);
	} else {
		buf_addf(c->paths, "%s\n", path.p);
		read_lines(c, (const char *)path.p, buf_span(&b));
	}
	buf_free(&path);
	buf_free(&b);
}

/* Its owner may name whom he likes, and nobody may who likes.  A link is not
 * followed: it could lead root to what its owner may not read. */
static const char *
open_list(const char *path, struct buf *b)
{
	struct stat st;
	const char *why = NULL;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		why = errno == ELOOP ? "is a link" : strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "is no regular file";
	else if (st.st_mode & S_IWOTH)
		why = "may be written by everybody: chmod o-w";
	else if (file_read(fd, b) < 0)
		why = errno == EFBIG ? "is larger than a megabyte" :
		    strerror(errno);
	if (fd >= 0)
		close(fd);
	return why;
}

static void
read_lines(struct include *c, const char *path, struct span in)
{
	char at[PATH_MAX + 16];
	struct source_line l = { 0 };
	struct span line, text;
	const char *why;
	unsigned nr = 0;
	int r, list;

	while (source_next(&in, &nr, &l)) {
		snprintf(at, sizeof at, "%s:%u", path, l.nr);
		line = buf_span(&l.text);
		while ((r = source_target(&line, &text, &list, &why)) == 1 &&
		    !list)
			add(c, text);
		if (r != 0)
			wrong(c, at, r < 0 ? why :
			    "alias: a list within a list is not read");
	}
}

static void
wrong(struct include *c, const char *at, const char *why)
{
	buf_addf(c->errors, "%s: %s\n", at, why);
	c->bad = 1;
}
