/* plan - what the owner of a mailbox wants done with a message. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "localdeliver/plan.h"
#include "mail/target.h"
#include "sys/file.h"

static int  file_names(const struct owner *, const struct job_rcpt *,
    char [2][PLAN_NAME]);
static int  read_file(struct plan *, int, const char *, struct verdict *);
static const char *check(const struct stat *);
static int  take(struct plan *, const struct owner *, const struct job_rcpt *,
    const struct forward *, const struct target *, const char **);
static int  take_path(struct plan *, const struct owner *, struct span,
    const char **);
static int  take_address(struct plan *, const struct owner *,
    const struct job_rcpt *, struct span, int, const char **);
static int  is_own(const struct owner *, struct span, struct span);
static int  add(struct plan *, struct span, const char **);
static struct verdict wrong(const char *, unsigned, const char *);

int
plan_read(struct plan *p, const struct owner *o, const struct job_rcpt *r,
    struct verdict *v)
{
	struct forward f = { { NULL, 0 }, { NULL, 0 }, 0, 0 };
	struct target t;
	char name[2][PLAN_NAME];
	const char *why;
	int i, n, got = 0;

	p->file[0] = '\0';
	p->keep = 0;
	p->nfolder = p->nto = 0;
	buf_reset(&p->addresses);
	n = file_names(o, r, name);
	for (i = 0; i < n && got == 0; i++)
		if ((got = read_file(p, o->home, name[i], v)) < 0)
			return -1;
	f.in = buf_span(&p->text);
	while (got == 1 && (got = forward_next(&f, &t, &why)) == 1)
		if (take(p, o, r, &f, &t, &why) < 0)
			got = -1;
	if (got < 0) {
		*v = wrong(p->file, f.line_nr, why);
		return -1;
	}
	if (f.entry == 0)		/* no file, or nothing in it */
		p->keep = 1;
	return 0;
}

int
plan_command(struct plan *p, const struct owner *o, const struct job_rcpt *r,
    struct span *command, struct verdict *v)
{
	struct forward f = { { NULL, 0 }, { NULL, 0 }, 0, 0 };
	struct target t;
	char name[2][PLAN_NAME];
	const char *why = "no longer holds that program";
	int i, n, got = 0;

	n = file_names(o, r, name);
	for (i = 0; i < n && got == 0; i++)
		if (span_eq(r->file, span_of(name[i])) &&
		    (got = read_file(p, o->home, name[i], v)) < 0)
			return -1;
	f.in = buf_span(&p->text);
	while (got == 1 && (got = forward_next(&f, &t, &why)) == 1)
		if (f.entry == r->run)
			break;
	buf_reset(&p->addresses);
	if (got != 1 || t.kind != TARGET_PROGRAM ||
	    target_text(&t, &p->addresses) < 0 ||
	    memchr(p->addresses.p, 0, p->addresses.n) ||
	    buf_addc(&p->addresses, 0) < 0) {
		/* the job's name of it, for there may be no file any more */
		snprintf(p->file, sizeof p->file, "%.*s", SPAN_ARG(r->file));
		*v = wrong(p->file, f.line_nr, why);
		return -1;
	}
	*command = buf_span(&p->addresses);
	return 0;
}

/* In the order of search.  An ext that is no file's name has none. */
static int
file_names(const struct owner *o, const struct job_rcpt *r,
    char name[2][PLAN_NAME])
{
	size_t i;
	int n = 0;

	for (i = 0; i < r->ext.n; i++)
		if (r->ext.p[i] == '/' || r->ext.p[i] == '\0')
			break;
	if (r->ext.n && i == r->ext.n && r->ext.n <= ADDRESS_LOCAL)
		snprintf(name[n++], PLAN_NAME, ".forward%c%.*s", o->delimiter ?
		    o->delimiter : '+', SPAN_ARG(r->ext));
	snprintf(name[n++], PLAN_NAME, ".forward");
	return n;
}

/* 1 = read, 0 = there is none, -1 and a verdict. */
static int
read_file(struct plan *p, int home, const char *name, struct verdict *v)
{
	struct stat st;
	const char *why = NULL;
	int fd;

	snprintf(p->file, sizeof p->file, "%s", name);
	buf_reset(&p->text);
	fd = openat(home, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		p->file[0] = '\0';
		return 0;
	}
	if (fd < 0)
		why = errno == ELOOP ? "is a symbolic link" : strerror(errno);
	else if (fstat(fd, &st) < 0)
		why = strerror(errno);
	else if ((why = check(&st)) == NULL && file_read(fd, &p->text) < 0)
		why = strerror(errno);
	if (fd >= 0)
		close(fd);
	if (why == NULL)
		return 1;
	*v = wrong(name, 0, why);
	return -1;
}

static const char *
check(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "is no regular file";
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return "belongs to another user";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "may be written by others: chmod go-w";
	if (st->st_size > FORWARD_MAX)
		return "is larger than 64 KiB";
	return NULL;
}

static int
take(struct plan *p, const struct owner *o, const struct job_rcpt *r,
    const struct forward *f, const struct target *t, const char **why)
{
	unsigned char space[1024];
	struct buf text = { .p = space, .size = sizeof space,
	    .max = sizeof space };
	char program[16];

	if (target_nowhere(t))
		return 0;		/* and, alone, that is all */
	if (t->kind == TARGET_PROGRAM) {
		snprintf(program, sizeof program, "|%u", f->entry);
		return add(p, span_of(program), why);
	}
	if (target_text(t, &text) < 0) {
		*why = "target longer than 1024 bytes";
		return -1;
	}
	if (t->kind == TARGET_PATH)
		return take_path(p, o, buf_span(&text), why);
	return take_address(p, o, r, buf_span(&text),
	    t->kind != TARGET_ADDRESS, why);
}

/* Kept as a path in the home; the kernel sees to it that none leads out. */
static int
take_path(struct plan *p, const struct owner *o, struct span path,
    const char **why)
{
	struct span home = span_of(o->box.home), own = span_of(o->box.maildir);

	*why = "a path must end with / (a Maildir; mbox files are not written)";
	if (!span_ends(path, SPAN("/")))
		return -1;
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	if (span_eq(path, own)) {
		p->keep = 1;
		return 0;
	}
	*why = "a path must lie in the home directory";
	if (!span_starts(path, home) || path.n <= home.n ||
	    path.p[home.n] != '/')
		return -1;
	path = span_from(path, home.n + 1);
	*why = "more than 8 Maildirs, or a path above 511 bytes";
	if (p->nfolder == PLAN_FOLDERS ||
	    span_str(path, p->folder[p->nfolder], sizeof *p->folder) < 0)
		return -1;
	p->nfolder++;
	return 0;
}

/* A bare name belongs to the domain that the message came for. */
static int
take_address(struct plan *p, const struct owner *o, const struct job_rcpt *r,
    struct span text, int bare, const char **why)
{
	unsigned char space[1024];
	struct buf b = { .p = space, .size = sizeof space,
	    .max = sizeof space };
	struct span local, domain;
	struct address a;
	char normal[ADDRESS_MAX + 1];

	address_split(r->to, &local, &domain);
	buf_addspan(&b, text);
	if (bare) {
		buf_addc(&b, '@');
		buf_addspan(&b, domain);
	}
	*why = "address too long";
	if (!buf_ok(&b) || address_mailbox(buf_span(&b), &a, why) < 0)
		return -1;
	address_normal(&a, normal);
	if (span_eq(span_of(normal), r->to) ||
	    is_own(o, span_of(normal), domain)) {
		p->keep = 1;
		return 0;
	}
	return add(p, span_of(normal), why);
}

/* The mailbox itself: its key, or its name at the domain asked for. */
static int
is_own(const struct owner *o, struct span address, struct span domain)
{
	struct span key = span_of(o->key), name, at, local, of;

	address_split(key, &name, &at);
	address_split(address, &local, &of);
	return span_eq(local, name) && (span_eq(of, domain) ||
	    (at.n && span_eq(of, at)));
}

/* The room is taken at once, so that spans into it stay. */
static int
add(struct plan *p, struct span to, const char **why)
{
	size_t i, at = p->addresses.n;

	for (i = 0; i < p->nto; i++)
		if (span_eq(p->to[i], to))
			return 0;
	*why = "too many targets";
	if (p->nto == JOB_TO || (p->nto == 0 &&
	    buf_room(&p->addresses, PLAN_ADDRESSES) < 0) ||
	    buf_addspan(&p->addresses, to) < 0)
		return -1;
	p->to[p->nto++] = span_mem(p->addresses.p + at, to.n);
	return 0;
}

static struct verdict
wrong(const char *file, unsigned line, const char *why)
{
	char at[24] = "";

	if (line)
		snprintf(at, sizeof at, " line %u", line);
	/* RFC 3463 3.4: system incorrectly configured; its owner mends it and
	 * nothing is lost meanwhile */
	return verdict_make(451, "4.3.5", "%s%s: %s", file, at, why);
}
