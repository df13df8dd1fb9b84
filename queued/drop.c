/*
 * drop - takes over one file that sendmail(8) dropped.
 *
 * It has the form of a queue file, but nothing it says of itself is believed
 * except sender, recipients and message: the class is the file's owner.  The
 * file is copied, not renamed: its writer may still hold it open.  What is
 * refused stays where it is for REFUSED_S, for somebody to look at.
 */
#include <sys/stat.h>
#include <sys/uio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "mail/envelope.h"
#include "mail/trace.h"
#include "queued/config.h"
#include "queued/reporter.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

enum { REFUSED_S = 36 * 3600, COPY = 65536 };

struct dropped {
	struct queue_head head;
	struct buf bytes;		/* of its envelope */
	struct envelope env;
	char owner[16];
};

static int  open_dropped(struct reporter *, const char *, struct stat *,
    const char **);
static int  read_dropped(struct reporter *, int, const struct stat *,
    struct dropped *, const char **);
static int  copy(struct reporter *, int, const char *, const struct stat *,
    const struct dropped *, struct accept *);
static void id_of(const char *, const struct stat *, char *);
static int  envelope_of(const struct dropped *, struct buf *);
static void trace_of(struct reporter *, const struct dropped *,
    const char *id, struct buf *);
static void refused(struct reporter *, const char *, const struct stat *,
    const char *, struct verdict *);
static void log_accepted(const struct accept *, const struct dropped *);

void
drop_take(struct reporter *r, const char *name, struct verdict *v,
    char id[QUEUE_ID + 1])
{
	struct dropped d = { .bytes = { .max = QUEUE_ENVELOPE_MAX } };
	const char *why = NULL;
	struct accept a = { .fd = -1 };
	struct stat st;
	int fd, got = -1;

	*v = verdict_make(250, "2.0.0", "taken");
	fd = open_dropped(r, name, &st, &why);
	if (fd < 0 && why == NULL && errno == ENOENT)
		return;			/* taken before: nothing to do */
	if (fd >= 0 && read_dropped(r, fd, &st, &d, &why) == 0 &&
	    (got = copy(r, fd, name, &st, &d, &a)) < 0) {
		if (errno == EILSEQ)
			why = "fails its checksum";
		else if (errno == EEXIST)
			got = 1;	/* by one that died before the rm */
	}
	if (why)
		refused(r, name, &st, why, v);
	else if (got < 0)
		*v = verdict_make(451, "4.3.0", "drop/new/%s: %s", name,
		    strerror(errno));
	else {
		memcpy(id, a.id, QUEUE_ID + 1);
		if (got == 0)
			log_accepted(&a, &d);
		if (unlinkat(r->drop_new, name, 0) < 0)
			log_warn("drop", "drop/new/%s was taken but cannot be "
			    "removed, and would be sent again: %s; the cure: "
			    "rm it", name, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	envelope_free(&d.env);
	buf_free(&d.bytes);
}

/* -1: *why where the file is not one that is ever taken, else errno. */
static int
open_dropped(struct reporter *r, const char *name, struct stat *st,
    const char **why)
{
	int fd;

	if (fstatat(r->drop_new, name, st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	fd = openat(r->drop_new, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd < 0) {
		if (errno == ELOOP)
			*why = "is a symbolic link";
		return -1;
	}
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode))
		*why = "is no regular file";
	else if (st->st_nlink != 1)
		*why = "has more than one name";
	if (*why) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
read_dropped(struct reporter *r, int fd, const struct stat *st,
    struct dropped *d, const char **why)
{
	const struct config *conf = r->env->conf;
	int e;

	snprintf(d->owner, sizeof d->owner, "%u", (unsigned)st->st_uid);
	e = queue_read_head(fd, &d->head);
	if (e == 0 && d->head.body > conf->drop_size) {
		*why = "is larger than queued.drop_size";
		return -1;
	}
	if (e == 0)
		e = queue_read_envelope(fd, &d->head, &d->bytes);
	if (e == -1)
		return -1;
	if (e != 0) {
		*why = "is damaged, or of another version";
		return -1;
	}
	if (envelope_parse(buf_span(&d->bytes), &d->env, why) < 0)
		return -1;
	if (d->env.nrcpt == 0 || d->env.nrcpt > ENVELOPE_RCPTS) {
		*why = "has no recipients, or too many";
		return -1;
	}
	return 0;
}

static int
copy(struct reporter *r, int fd, const char *name, const struct stat *st,
    const struct dropped *d, struct accept *a)
{
	static unsigned char piece[COPY];
	char id[QUEUE_ID + 1];
	struct buf trace = { .max = 4096 }, env = { .max =
	    QUEUE_ENVELOPE_MAX };
	struct iovec v[4];
	uint64_t done = 0;
	uint32_t sum = 0;
	size_t n;
	int rc = -1;

	id_of(name, st, id);
	if (accept_open(a, &r->queue, id) < 0)
		return -1;
	trace_of(r, d, a->id, &trace);
	if (envelope_of(d, &env) < 0 || !buf_ok(&trace)) {
		errno = ENOMEM;
		goto end;
	}
	v[1] = (struct iovec){ trace.p, trace.n };
	for (;;) {
		n = d->head.body - done < COPY ?
		    (size_t)(d->head.body - done) : COPY;
		if (file_pread(fd, piece, n, (off_t)(QUEUE_HEAD + done)) < 0)
			goto end;
		sum = crc32c(sum, span_mem(piece, n));
		done += n;
		v[2] = (struct iovec){ piece, n };
		if (done == d->head.body)
			break;
		if (accept_body(a, v, 3) < 0)
			goto end;
		v[1].iov_len = 0;
	}
	if (sum != d->head.bodysum)
		errno = EILSEQ;
	else if ((rc = accept_commit(a, v, 3, buf_span(&env))) < 0)
		rc = -1;
end:
	if (rc < 0)
		accept_abort(a);
	buf_free(&trace);
	buf_free(&env);
	return rc;
}

/*
 * The same each time it is taken over, so that one whose reporter died before
 * it was removed meets its own name.  Nobody can choose another message's:
 * the time is that of the file's last change, which no user can set.
 */
static void
id_of(const char *name, const struct stat *st, char *id)
{
	struct buf b = { .max = 512 };

	buf_addf(&b, "%llu %u %s", (unsigned long long)st->st_ino,
	    (unsigned)st->st_uid, name);
	queue_id_of((uint64_t)st->st_ctim.tv_sec * 1000000000 +
	    (uint64_t)st->st_ctim.tv_nsec, buf_span(&b), id);
	buf_free(&b);
}

static int
envelope_of(const struct dropped *d, struct buf *b)
{
	struct envelope e = { .class = CLASS_LOCAL,
	    .class_arg = span_of(d->owner), .sender = d->env.sender,
	    .ret = d->env.ret, .envid = d->env.envid, .body = d->env.body,
	    .utf8 = d->env.utf8 };
	size_t i;

	envelope_add_head(b, &e);
	for (i = 0; i < d->env.nrcpt; i++)
		envelope_add_rcpt(b, &d->env.rcpt[i]);
	return buf_ok(b) ? 0 : -1;
}

static void
trace_of(struct reporter *r, const struct dropped *d, const char *id,
    struct buf *b)
{
	struct trace t = { .class = CLASS_LOCAL,
	    .class_arg = span_of(d->owner), .time = clock_s(),
	    .hostname = r->env->site->hostname, .id = id };

	if (d->env.nrcpt == 1)
		t.rcpt = d->env.rcpt[0].address;
	(void)trace_received(b, &t);
}

static void
refused(struct reporter *r, const char *name, const struct stat *st,
    const char *why, struct verdict *v)
{
	*v = verdict_make(554, "5.6.0", "drop/new/%s %s", name, why);
	if (st->st_mtime + REFUSED_S < clock_s())
		(void)unlinkat(r->drop_new, name, S_ISDIR(st->st_mode) ?
		    AT_REMOVEDIR : 0);
}

static void
log_accepted(const struct accept *a, const struct dropped *d)
{
	struct log l;
	char class[32];

	snprintf(class, sizeof class, "local %s", d->owner);
	log_open(&l, LOG_INFO, "accepted");
	log_id(&l, a->id);
	log_str(&l, "class", class);
	log_addr(&l, "sender", d->env.sender);
	log_num(&l, "rcpts", d->env.nrcpt);
	log_num(&l, "size", a->head.body);
	log_close(&l);
}
