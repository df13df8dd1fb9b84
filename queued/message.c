/* message - one message that is being attempted. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scan.h"
#include "queued/message.h"
#include "queued/message_state.h"
#include "sys/clock.h"
#include "sys/file.h"

struct message_memory {
	struct message_memory *next;
	size_t n, size;
	_Alignas(16) unsigned char p[];
};

struct chase {
	const char *id;
	int dir;			/* where it was met */
	char name[QUEUE_NAME];		/* under this name */
};

enum { MEMORY_FIRST = 512, MEMORY_MOST = 8192 };

static int  dir_of(const struct message *, const struct queue *);
static enum message_result read_it(struct message *, const struct queue *,
    const char **);
static int  named(struct message *);
static struct rcpt *add(struct message *, struct span);
static struct span without_success(struct message *, struct span);
static int  is_run(struct span, unsigned *, struct span *);
static int  elsewhere(struct message *, const struct queue *, int *);
static int  chase(const struct queue *, struct chase *);
static int  met(void *, const char *);

enum message_result
message_open(const struct queue *q, const struct queue_name *name,
    struct message **out, const char **why)
{
	enum message_result r;
	struct message *m;

	if ((m = calloc(1, sizeof *m)) == NULL)
		return MESSAGE_MEMORY;
	m->name = *name;
	m->in_cur = name->due != 0;
	m->bytes.max = QUEUE_ENVELOPE_MAX;
	m->fd = message_reopen(m, q);
	if (m->fd < 0)
		r = errno == ENOENT ? MESSAGE_GONE : MESSAGE_UNREADABLE;
	else if ((r = read_it(m, q, why)) == MESSAGE_OK) {
		*out = m;
		return r;
	}
	message_free(m);
	return r;
}

void
message_free(struct message *m)
{
	struct message_memory *c;
	int e = errno;

	while ((c = m->memory) != NULL) {
		m->memory = c->next;
		free(c);
	}
	if (m->fd >= 0)
		close(m->fd);
	envelope_free(&m->env);
	buf_free(&m->bytes);
	free(m->rcpt);
	free(m);
	errno = e;
}

void
message_file(const struct message *m, char out[QUEUE_NAME])
{
	if (m->in_cur)
		queue_name_format(&m->name, out);
	else
		snprintf(out, QUEUE_NAME, "%s", m->name.id);
}

int
message_reopen(const struct message *m, const struct queue *q)
{
	char file[QUEUE_NAME];

	message_file(m, file);
	return openat(dir_of(m, q), file,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

void *
message_alloc(struct message *m, size_t n)
{
	struct message_memory *c = m->memory;
	size_t size;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (c == NULL || c->size - c->n < n) {
		size = c ? 2 * c->size : MEMORY_FIRST;
		if (size > MEMORY_MOST)
			size = MEMORY_MOST;
		if (size < n)
			size = n;
		if ((c = malloc(sizeof *c + size)) == NULL)
			return NULL;
		c->next = m->memory;
		c->n = 0;
		c->size = size;
		m->memory = c;
	}
	p = c->p + c->n;
	c->n += n;
	return p;
}

struct span
message_keep(struct message *m, struct span s)
{
	unsigned char *p;

	if (s.n == 0 || (p = message_alloc(m, s.n)) == NULL)
		return span_of("");
	memcpy(p, s.p, s.n);
	return (struct span){ p, s.n };
}

struct rcpt *
message_add(struct message *m, struct rcpt *parent, struct span target)
{
	int user = span_starts(target, SPAN("\\"));
	struct span file = { 0 };
	unsigned run = 0;
	struct rcpt *r;

	if (m->n >= m->env.nrcpt + MESSAGE_ADDED || target.n > MESSAGE_WORD)
		return NULL;
	if (target.n && target.p[0] == '|' &&
	    (parent == NULL || is_run(target, &run, &file) < 0))
		return NULL;
	r = add(m, run ? parent->to :
	    message_keep(m, span_from(target, (size_t)user)));
	if (r == NULL || r->to.n == 0)
		return NULL;
	r->parent = parent;
	r->run = run;
	r->file = message_keep(m, file);
	r->user = user || run;	/* its file's owner, by whatever alias */
	r->copy = parent == NULL;
	if (parent) {
		r->notify = parent->notify;
		r->orcpt = parent->orcpt;
		r->sender = parent->sender;
		r->has_sender = parent->has_sender;
	} else
		r->notify = SPAN("NEVER");
	return r;
}

void
message_outcome(struct rcpt *r, const struct verdict *v, struct span peer,
    const char *via)
{
	struct fate *f = &r->fate;

	r->state = v->kind == VERDICT_DONE ? RCPT_DONE :
	    v->kind == VERDICT_NEVER ? RCPT_NEVER : RCPT_LATER;
	r->news = r->fresh = 1;
	f->when = clock_s();
	f->code = v->code;
	memcpy(f->enhanced, v->enhanced, sizeof f->enhanced);
	f->via = via;
	f->peer = message_keep(r->m, peer);
	f->text = message_keep(r->m, span_of(v->text));
}

/* RFC 3461 5.2.7.3: of a list it is told once that it was expanded, and not of
 * each; what was asked for is not for the owner of one. */
void
message_spread(struct rcpt *p, unsigned n)
{
	struct message *m = p->m;
	unsigned i;

	p->state = RCPT_SPREAD;
	p->first = n + 1;
	p->count = m->n - n;
	for (i = n; i < m->n; i++)
		if (p->has_sender)
			m->rcpt[i]->notify = m->rcpt[i]->orcpt = span_of("");
		else if (p->count > 1)
			m->rcpt[i]->notify = i == n ?
			    without_success(m, p->notify) : m->rcpt[n]->notify;
}

int
message_owned(const struct rcpt *r)
{
	return r->parent && r->parent->has_sender;
}

struct span
message_hears(const struct rcpt *r)
{
	return message_owned(r) ? r->parent->sender : r->m->env.sender;
}

/* A program stands where the address stands whose file names it, \user where
 * its own alias stands. */
struct rcpt *
message_from(const struct rcpt *r)
{
	while (r->run || (r->user && r->parent &&
	    span_case_eq(r->parent->to, r->to)))
		r = r->parent;
	return r->parent;
}

size_t
message_way(const struct rcpt *r, struct span way[MESSAGE_DEPTH])
{
	const struct rcpt *p, *from = message_from(r);
	size_t n = 0, i;

	for (p = from; p; p = p->parent)
		n++;
	for (p = from, i = n; p; p = p->parent)
		if (--i < MESSAGE_DEPTH)
			way[i] = p->to;
	return n;
}

const struct rcpt *
message_origin(const struct rcpt *r)
{
	while (r->parent)
		r = r->parent;
	return r;
}

int
message_remove(struct message *m, const struct queue *q)
{
	struct chase c = { .id = m->name.id, .dir = dir_of(m, q) };
	int r = 1;

	message_file(m, c.name);
	/* moved meanwhile: what is all done must not come back */
	while (r == 1 && unlinkat(c.dir, c.name, 0) < 0) {
		if (errno != ENOENT)
			return -1;
		r = chase(q, &c);
	}
	if (r < 0)
		return -1;
	if ((m->known || m->torn || m->repeat) &&
	    unlinkat(q->state, m->name.id, 0) < 0 && errno != ENOENT)
		return -1;
	return 0;
}

int
message_defer(struct message *m, const struct queue *q, unsigned attempts,
    int64_t due, int *held)
{
	char from[QUEUE_NAME], to[QUEUE_NAME];
	struct queue_name was = m->name;

	message_file(m, from);
	m->name.attempts = attempts;
	m->name.due = due;
	queue_name_format(&m->name, to);
	*held = 0;
	if (renameat(dir_of(m, q), from, q->cur, to) == 0) {
		m->in_cur = 1;
		return 0;
	}
	if (errno == ENOENT && elsewhere(m, q, held) == 0)
		return 1;
	m->name = was;
	return -1;
}

int
message_set_aside(const struct message *m, const struct queue *q)
{
	char file[QUEUE_NAME];

	message_file(m, file);
	return file_move(dir_of(m, q), file, q->bad, file);
}

static int
dir_of(const struct message *m, const struct queue *q)
{
	return m->in_cur ? q->cur : q->new;
}

/* An operator took it away meanwhile: into hold/, to another time, or for
 * good; then its state has no message any more.  0, or -1 with errno. */
static int
elsewhere(struct message *m, const struct queue *q, int *held)
{
	struct chase c = { .id = m->name.id };
	int r = chase(q, &c);

	*held = r == 1 && c.dir == q->hold;
	if (r == 0 && unlinkat(q->state, m->name.id, 0) < 0 && errno != ENOENT)
		r = -1;
	return r < 0 ? -1 : 0;
}

/* Wherever an operator may have moved it: 1 and where; 0; or -1 with errno, as
 * it may be in what cannot be listed. */
static int
chase(const struct queue *q, struct chase *c)
{
	const int dir[] = { q->hold, q->cur, q->new };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof dir / sizeof *dir; i++) {
		c->dir = dir[i];
		r = file_each(c->dir, met, c);
	}
	return r;
}

static int
met(void *p, const char *name)
{
	struct chase *c = p;

	return strncmp(name, c->id, QUEUE_ID) == 0 &&
	    strlcpy(c->name, name, sizeof c->name) < sizeof c->name;
}

static enum message_result
read_it(struct message *m, const struct queue *q, const char **why)
{
	struct buf class = { .max = sizeof m->class - 1 };
	struct stat st;
	int r;

	*why = "it is no regular file";
	if (fstat(m->fd, &st) < 0)
		return MESSAGE_UNREADABLE;
	if (!S_ISREG(st.st_mode))
		return MESSAGE_DAMAGED;
	*why = "its first line is not that of a queue file";
	r = queue_read_head(m->fd, &m->head);
	if (r == 0) {
		*why = "its envelope is cut off or fails its checksum";
		r = queue_read_envelope(m->fd, &m->head, &m->bytes);
	}
	if (r == QUEUE_VERSION)
		return MESSAGE_VERSION;
	if (r == -1)
		return MESSAGE_UNREADABLE;
	if (r < 0 && !m->in_cur && queue_unfinished(m->fd))
		return MESSAGE_UNFINISHED;
	if (r < 0 || envelope_parse(buf_span(&m->bytes), &m->env, why) < 0)
		return MESSAGE_DAMAGED;
	/* an id made from its parent's tells the parent's time */
	m->arrived = m->env.class == CLASS_REPORT ? (int64_t)st.st_mtime :
	    queue_id_time(m->name.id);
	if (class_add(&class, m->env.class, m->env.class_arg) == 0)
		(void)span_str(buf_span(&class), m->class, sizeof m->class);
	buf_free(&class);
	if (named(m) < 0)
		return MESSAGE_MEMORY;
	return message_read_state(m, q) < 0 ? MESSAGE_UNREADABLE : MESSAGE_OK;
}

static int
named(struct message *m)
{
	struct rcpt *r;
	size_t i;

	for (i = 0; i < m->env.nrcpt; i++) {
		if ((r = add(m, m->env.rcpt[i].address)) == NULL)
			return -1;
		r->notify = m->env.rcpt[i].notify;
		r->orcpt = m->env.rcpt[i].orcpt;
	}
	return 0;
}

static struct rcpt *
add(struct message *m, struct span to)
{
	struct rcpt **p, *r;
	unsigned size;

	if (m->n == m->size) {
		size = m->size ? 2 * m->size : (unsigned)m->env.nrcpt + 1;
		if ((p = realloc(m->rcpt, size * sizeof *p)) == NULL)
			return NULL;
		m->rcpt = p;
		m->size = size;
	}
	if ((r = message_alloc(m, sizeof *r)) == NULL)
		return NULL;
	*r = (struct rcpt){ .m = m, .nr = m->n + 1, .to = to };
	r->fate.via = "queue";
	return m->rcpt[m->n++] = r;
}

static struct span
without_success(struct message *m, struct span list)
{
	struct buf b = { .max = 256 };
	struct span word;

	if (list.n == 0)
		return list;
	while (list.n) {
		span_cut(&list, ',', &word);
		if (span_case_eq(word, SPAN("SUCCESS")))
			continue;
		if (b.n)
			buf_addc(&b, ',');
		buf_addspan(&b, word);
	}
	word = b.n ? message_keep(m, buf_span(&b)) : SPAN("NEVER");
	buf_free(&b);
	return word;
}

/* "|" ENTRY ":" FILE */
static int
is_run(struct span s, unsigned *run, struct span *file)
{
	struct span entry;

	s = span_from(s, 1);
	if (!span_cut(&s, ':', &entry) || s.n == 0 ||
	    scan_uint(entry, 100000, run) < 0 || *run == 0)
		return -1;
	*file = s;
	return 0;
}
