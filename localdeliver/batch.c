/* batch - deliveries on their way into Maildirs, made durable together. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "localdeliver/batch.h"
#include "localdeliver/plan.h"
#include "sys/chan.h"
#include "sys/file.h"
#include "sys/log.h"
#include "wire/record.h"

static struct place *find_place(struct batch *, const char *);
static int  quota_load(struct batch *);
static int  has_room(struct batch *, const struct place *, uint64_t,
    struct verdict *);
static int  write_copy(struct batch *, struct batch_file *,
    const struct batch_source *, const struct job_rcpt *, struct verdict *);
static int  copied_well(int, const struct copy *, unsigned, struct verdict *);
static int  put(void *, struct span);
static int  put_nowhere(void *, struct span);
static void drop(struct batch *, struct batch_file *);
static void flush_files(struct batch *);
static void rename_files(struct batch *);
static int  flush_places(struct batch *);
static int  send_answers(struct batch *, int);
static struct verdict trouble(const char *, int);

void
batch_init(struct batch *b, const struct owner *o)
{
	b->owner = o;
	b->nfile = b->placed = b->nrcpt = 0;
	b->nplace = 1;
	b->place[0].maildir = o->maildir;
	b->place[0].counts = 1;
}

int
batch_full(const struct batch *b)
{
	return b->nrcpt == BATCH_RCPTS ||
	    b->nfile + 1 + PLAN_FOLDERS > DELIVER_FILES ||
	    b->nplace + PLAN_FOLDERS > BATCH_PLACES;
}

struct batch_rcpt *
batch_rcpt(struct batch *b, struct span id, unsigned nr,
    const struct verdict *v)
{
	struct batch_rcpt *r = &b->rcpt[b->nrcpt++];

	memcpy(r->id, id.p, sizeof r->id);
	r->nr = nr;
	r->verdict = *v;
	r->to = (struct buf){ .max = RECORD_MAX + 16 };
	return r;
}

void
batch_copy(struct batch *b, const struct batch_source *s,
    const struct job_rcpt *r, const char *folder)
{
	struct batch_rcpt *owner = &b->rcpt[b->nrcpt - 1];
	struct batch_file *f = &b->file[b->nfile];
	struct place *p;

	if (owner->verdict.kind != VERDICT_DONE)
		return;
	if ((p = find_place(b, folder)) == NULL) {
		owner->verdict = trouble(folder, errno);
		return;
	}
	if (s->job->repeat)
		switch (maildir_find(&p->maildir, s->job->id, r->nr)) {
		case 1:
			return;
		case -1:
			owner->verdict = trouble("Maildir", errno);
			return;
		}
	f->place = (size_t)(p - b->place);
	f->rcpt = b->nrcpt - 1;
	if (has_room(b, p, 1, &owner->verdict) &&
	    write_copy(b, f, s, r, &owner->verdict) == 0)
		b->nfile++;
}

void
batch_look(struct batch *b, const struct batch_source *s,
    const struct job_rcpt *r)
{
	struct copy c = { .loop.address = r->to };
	int e = copy_message(&c, s->fd, s->head, SPAN(""), put_nowhere, NULL);

	(void)copied_well(e, &c, b->owner->max_hops,
	    &b->rcpt[b->nrcpt - 1].verdict);
}

void
batch_place(struct batch *b)
{
	flush_files(b);
	rename_files(b);
	b->placed = b->nfile;
}

int
batch_flush(struct batch *b, int ch)
{
	int r;

	batch_place(b);
	r = flush_places(b);
	if (send_answers(b, ch) < 0)
		r = -1;
	while (b->nplace > 1)
		maildir_close(&b->place[--b->nplace].maildir);
	b->nfile = b->placed = b->nrcpt = 0;
	b->quota_known = 0;
	return r;
}

void
batch_record(struct buf *b, struct span id, unsigned nr,
    const struct verdict *v)
{
	static struct answer a;		/* large, and all 0 but for these */

	a.id = id;
	a.nr = nr;
	a.verdict = *v;
	if (answer_add(b, &a) < 0)
		log_die(LOG_AGAIN, "answer");
}

static struct place *
find_place(struct batch *b, const char *folder)
{
	const char *own = b->owner->box.maildir, *home = b->owner->box.home;
	struct place *p;
	size_t i, n = strlen(home);
	char prefix[1100];

	if (folder == NULL)
		return &b->place[0];
	for (i = 1; i < b->nplace; i++)
		if (strcmp(b->place[i].path, folder) == 0)
			return &b->place[i];
	p = &b->place[b->nplace];
	if (maildir_open(&p->maildir, b->owner->home, folder) < 0)
		return NULL;
	snprintf(p->path, sizeof p->path, "%s", folder);
	/* Maildir++: a folder of the mailbox is Maildir/.Name */
	snprintf(prefix, sizeof prefix, "%s/.", own);
	p->counts = strncmp(own, home, n) == 0 && own[n] == '/' &&
	    strncmp(folder, prefix + n + 1, strlen(prefix) - n - 1) == 0;
	b->nplace++;
	return p;
}

/* 0, or -1 with errno. */
static int
quota_load(struct batch *b)
{
	const struct mailbox *m = &b->owner->box;

	if (b->quota_known)
		return 0;
	b->quota = (struct quota){ .max_bytes = m->quota_bytes,
	    .max_count = m->quota_count };
	if (maildirsize_load(b->owner->maildir.dir, &b->quota) < 0)
		return -1;
	b->quota_known = 1;
	return 0;
}

static int
has_room(struct batch *b, const struct place *p, uint64_t bytes,
    struct verdict *v)
{
	const struct mailbox *m = &b->owner->box;

	if (!p->counts || (m->quota_bytes == 0 && m->quota_count == 0))
		return 1;
	if (quota_load(b) < 0) {
		*v = trouble("maildirsize", errno);
		return 0;
	}
	if (maildirsize_fits(&b->quota, bytes))
		return 1;
	*v = verdict_make(452, "4.2.2", "mailbox is over its quota");
	return 0;
}

/* The file in tmp/, on its way to the disk but not flushed.  0, or -1, a
 * verdict, and no file there. */
static int
write_copy(struct batch *b, struct batch_file *f,
    const struct batch_source *s, const struct job_rcpt *r, struct verdict *v)
{
	static unsigned char space[COPY_LINES];
	struct buf lines = { .p = space, .size = sizeof space,
	    .max = sizeof space };
	const struct place *p = &b->place[f->place];
	struct copy c = { .loop.address = r->to };
	char name[MAILDIR_NAME];
	int e;

	if (copy_lines(&lines, s->job->sender, r) < 0) {
		*v = verdict_make(550, "5.1.7", "an address of the envelope "
		    "cannot stand in a header");
		return -1;
	}
	maildir_name(name, s->job->arrived, s->job->id, r->nr,
	    b->owner->hostname);
	f->fd = maildir_create(&p->maildir, name, f->tmp);
	if (f->fd < 0) {
		*v = trouble("tmp", errno);
		return -1;
	}
	e = copy_message(&c, s->fd, s->head, buf_span(&lines), put, &f->fd);
	if (copied_well(e, &c, b->owner->max_hops, v) &&
	    has_room(b, p, c.bytes, v) &&
	    maildir_name_sized(f->name, name, c.bytes, c.crlf_bytes) == 0) {
		f->bytes = c.bytes;
		b->quota.bytes += p->counts ? (int64_t)c.bytes : 0;
		b->quota.count += p->counts;
		file_write_out(f->fd, 0);
		return 0;
	}
	close(f->fd);
	(void)unlinkat(p->maildir.tmp, f->tmp, 0);
	return -1;
}

static int
copied_well(int e, const struct copy *c, unsigned max_hops, struct verdict *v)
{
	if (e == -1)
		*v = trouble("copy", errno);
	else if (e == COPY_DAMAGED)
		*v = verdict_make(451, "4.6.0", "the message in the queue does "
		    "not have its checksum any more");
	else if (c->loop.seen)
		*v = verdict_make(554, "5.4.6", "mail loop: the message has "
		    "been here (Delivered-To)");
	else if (c->loop.hops > max_hops)
		*v = verdict_make(554, "5.4.6", "mail loop: %u Received fields "
		    "(RFC 5321 6.3)", c->loop.hops);
	else
		return 1;
	return 0;
}

static int
put(void *fd, struct span s)
{
	return file_write(*(int *)fd, s);
}

static int
put_nowhere(void *arg, struct span s)
{
	(void)arg;
	(void)s;
	return 0;
}

/* A failed flush is final: the file goes, and its next try is a new one. */
static void
flush_files(struct batch *b)
{
	struct batch_file *f, *end = b->file + b->nfile;
	int r;

	for (f = b->file + b->placed; f < end; f++) {
		r = fsync(f->fd);
		if (close(f->fd) < 0 || r < 0) {
			b->rcpt[f->rcpt].verdict = trouble("tmp", errno);
			drop(b, f);
		}
	}
}

/* EEXIST: an earlier try of the same, whole, as it went this way too. */
static void
rename_files(struct batch *b)
{
	struct batch_file *f;
	struct place *p;

	for (f = b->file + b->placed; f < b->file + b->nfile; f++) {
		p = &b->place[f->place];
		if (f->fd < 0)
			continue;
		p->dirty = 1;
		if (file_move(p->maildir.tmp, f->tmp, p->maildir.new,
		    f->name) == 0) {
			if (p->counts && (b->quota.max_bytes ||
			    b->quota.max_count))
				(void)maildirsize_add(b->owner->maildir.dir,
				    (int64_t)f->bytes, 1);
			continue;
		}
		if (errno != EEXIST)
			b->rcpt[f->rcpt].verdict = trouble("new", errno);
		drop(b, f);
	}
}

static void
drop(struct batch *b, struct batch_file *f)
{
	(void)unlinkat(b->place[f->place].maildir.tmp, f->tmp, 0);
	f->fd = -1;
}

static int
flush_places(struct batch *b)
{
	struct batch_file *f;
	struct place *p;
	int r = 0;

	for (p = b->place; p < b->place + b->nplace; p++) {
		p->failed = p->dirty && fsync(p->maildir.new) < 0;
		p->dirty = 0;
		if (p->failed) {
			log_warn("flush", "new/ of mailbox %s: %s",
			    b->owner->key, strerror(errno));
			r = -1;
		}
	}
	for (f = b->file; f < b->file + b->nfile; f++)
		if (b->place[f->place].failed)
			b->rcpt[f->rcpt].verdict = trouble("new", EIO);
	return r;
}

/* As many records to a packet as go in. */
static int
send_answers(struct batch *b, int ch)
{
	struct buf out = { .max = CHAN_PACKET_MAX };
	struct batch_rcpt *r;
	struct span id;
	int e = 0;

	for (r = b->rcpt; r < b->rcpt + b->nrcpt; r++) {
		if (out.n + RECORD_MAX / 8 > out.max || (r->to.n &&
		    out.n + r->to.n > out.max)) {
			e |= chan_send(ch, buf_span(&out), NULL, 0);
			buf_reset(&out);
		}
		id = span_mem(r->id, sizeof r->id);
		if (r->verdict.kind == VERDICT_DONE && r->to.n)
			buf_addspan(&out, buf_span(&r->to));
		else
			batch_record(&out, id, r->nr, &r->verdict);
		buf_free(&r->to);
	}
	if (out.n)
		e |= chan_send(ch, buf_span(&out), NULL, 0);
	buf_free(&out);
	return e ? -1 : 0;
}

static struct verdict
trouble(const char *what, int e)
{
	if (e == EDQUOT)
		return verdict_make(452, "4.2.2", "%s: %s", what, strerror(e));
	if (e == ENOSPC)
		return verdict_make(452, "4.3.1", "%s: %s", what, strerror(e));
	return verdict_make(451, e == EACCES || e == EPERM || e == ENOTDIR ||
	    e == ELOOP || e == EXDEV || e == ENOENT ? "4.3.5" : "4.3.0",
	    "%s: %s", what, e == EXDEV ? "leads out of the home directory" :
	    strerror(e));
}
