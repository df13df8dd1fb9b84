/* message - one message of the queue, as an operator asks for it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/message.h"
#include "admin/say.h"
#include "base/encode.h"
#include "mail/outcome.h"
#include "store/alias.h"
#include "sys/file.h"

enum {
	STORY_MAX = 64 << 20,
	RCPTS_MAX = ENVELOPE_RCPTS + ALIAS_TARGETS + 100	/* of queued's */
};

struct oddities {
	struct buf *lines;
	enum message_state state;	/* of the directory that is read */
};

struct reading {
	struct message_listed v[MESSAGE_LIST];
	size_t n;
	enum message_state state;	/* of the directory that is read */
	int (*call)(void *, const struct message_listed *, size_t);
	void *arg;
};

static int read_file(int, struct message *);
static int add_rcpts(struct message *, size_t);
static int story_line(struct message *, struct span, size_t);
static int adds(const struct message *, const struct outcome *, size_t);
static int add_targets(struct message *, size_t, struct span);
static int list_name(void *, const char *);
static int list_end(struct reading *);
static int by_name(const void *, const void *);
static int add_odd(void *, const char *);

static const char *const state_name[MESSAGE_STATES] = {
	"new", "deferred", "hold", "bad"
};

const char *
message_state(const struct message *m, int64_t now)
{
	return m->active || (m->state == MESSAGE_DEFERRED &&
	    m->name.due <= now) ? "active" : state_name[m->state];
}

int
message_dir(const struct queue *q, enum message_state s)
{
	switch (s) {
	case MESSAGE_NEW:
		return q->new;
	case MESSAGE_DEFERRED:
		return q->cur;
	case MESSAGE_HOLD:
		return q->hold;
	default:
		return q->bad;
	}
}

int
message_read(const struct queue *q, enum message_state s, const char *file,
    struct message *m)
{
	int fd, r;

	*m = (struct message){ .state = s, .trouble = "",
	    .bytes = { .max = QUEUE_ENVELOPE_MAX },
	    .story = { .max = STORY_MAX } };
	if (queue_name_parse(span_of(file), &m->name) < 0 ||
	    strlcpy(m->file, file, sizeof m->file) >= sizeof m->file)
		return -1;
	m->arrived = queue_id_time(m->name.id);
	fd = openat(message_dir(q, s), file, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		if (errno == ENOENT)
			return 1;
		m->trouble = errno == EACCES ? "no right to read it" :
		    strerror(errno);
		return 0;
	}
	r = read_file(fd, m);
	m->active = file_locked(fd) == FILE_SHARED;
	close(fd);
	if (r < 0)
		return 0;
	m->readable = 1;
	if (file_read_at(q->state, m->name.id, &m->story) < 0)
		buf_reset(&m->story);
	return message_story(m) < 0 ? -1 : 0;
}

void
message_free(struct message *m)
{
	envelope_free(&m->env);
	buf_free(&m->bytes);
	buf_free(&m->story);
	free(m->rcpt);
	*m = (struct message){ .trouble = "" };
}

int
message_story(struct message *m)
{
	struct span in = buf_span(&m->story), line;
	size_t named = m->nrcpt;

	m->reason = (struct span){ 0 };
	while (in.n) {
		/* a torn last line says nothing */
		if (!span_cut(&in, '\n', &line))
			break;
		if (story_line(m, line, named) < 0)
			return -1;
	}
	return 0;
}

int
message_lists(const struct queue *q, unsigned states, int (*call)(void *,
    const struct message_listed *, size_t), void *arg)
{
	static struct reading r;
	unsigned s;
	int e;

	r.n = 0;
	r.call = call;
	r.arg = arg;
	for (s = 0; s < MESSAGE_STATES; s++) {
		r.state = (enum message_state)s;
		if ((states & 1U << s) == 0)
			continue;
		e = file_each(message_dir(q, r.state), list_name, &r);
		if (e < 0)
			return say_errno(-1, "the queue's directory of %s mail",
			    state_name[s]);
		if (e > 0)
			return 0;
	}
	(void)list_end(&r);
	return 0;
}

int
message_odd(const struct queue *q, struct buf *lines)
{
	struct oddities o = { .lines = lines };
	unsigned s;

	for (s = MESSAGE_NEW; s <= MESSAGE_HOLD; s++) {
		o.state = (enum message_state)s;
		if (file_each(message_dir(q, o.state), add_odd, &o) != 0)
			return -1;
	}
	return 0;
}

/* Head and envelope; the sums are looked at, the message itself is not. */
static int
read_file(int fd, struct message *m)
{
	struct stat st;
	const char *why;
	size_t i;

	switch (queue_read_head(fd, &m->head)) {
	case 0:
		break;
	case QUEUE_VERSION:
		m->trouble = "a format version that this program does not know";
		return -1;
	default:
		m->trouble = "its first line is damaged";
		return -1;
	}
	if (queue_read_envelope(fd, &m->head, &m->bytes) != 0 ||
	    envelope_parse(buf_span(&m->bytes), &m->env, &why) < 0) {
		m->trouble = "its envelope is damaged";
		return -1;
	}
	/* a report bears its parent's time in its id */
	if (m->env.class == CLASS_REPORT && fstat(fd, &st) == 0)
		m->arrived = (int64_t)st.st_mtime;
	if (add_rcpts(m, m->env.nrcpt) < 0) {
		m->trouble = "no memory";
		return -1;
	}
	for (i = 0; i < m->nrcpt; i++)
		m->rcpt[i].address = m->env.rcpt[i].address;
	return 0;
}

static int
add_rcpts(struct message *m, size_t n)
{
	struct message_rcpt *r;

	if (n > RCPTS_MAX - m->nrcpt)
		return -1;
	r = reallocarray(m->rcpt, m->nrcpt + n + 1, sizeof *r);
	if (r == NULL)
		return -1;
	memset(r + m->nrcpt, 0, n * sizeof *r);
	m->rcpt = r;
	m->nrcpt += n;
	return 0;
}

/* What is not of its grammar is passed over. */
static int
story_line(struct message *m, struct span line, size_t named)
{
	struct message_rcpt *r;
	struct outcome o;
	struct span kind;
	const char *why;

	if (outcome_parse(line, &o, &why) < 0 ||
	    (o.kind == OUTCOME_TO && !adds(m, &o, named)))
		return 0;
	if (o.kind == OUTCOME_LATER || o.kind == OUTCOME_NEVER) {
		m->reason = o.event;
		(void)span_cut(&m->reason, ' ', &kind);
	}
	if (o.nr > 0 && o.nr <= m->nrcpt) {
		r = &m->rcpt[o.nr - 1];
		r->last = o.event;
		r->when = o.when;
		r->finished = o.kind != OUTCOME_LATER;
	}
	return o.kind == OUTCOME_TO ? add_targets(m, o.nr, o.to) : 0;
}

/* As queued reads it: a line that was written again after a full disk says
 * nothing new. */
static int
adds(const struct message *m, const struct outcome *o, size_t named)
{
	if (o->nr == 0)
		return m->nrcpt == named;
	return o->nr <= m->nrcpt &&
	    !span_starts(m->rcpt[o->nr - 1].last, SPAN("to "));
}

/* They get the next numbers.  A program, "|ENTRY:FILE", is told by the address
 * whose forwarding file it stands in. */
static int
add_targets(struct message *m, size_t parent, struct span list)
{
	struct span one;

	while (list.n) {
		(void)span_cut(&list, ',', &one);
		if (add_rcpts(m, 1) < 0)
			return -1;
		if (span_starts(one, SPAN("|")) && parent > 0 &&
		    parent < m->nrcpt)
			one = m->rcpt[parent - 1].address;
		m->rcpt[m->nrcpt - 1].address = one;
	}
	return 0;
}

static int
list_name(void *arg, const char *file)
{
	struct reading *r = arg;
	struct message_listed *l = &r->v[r->n];
	struct queue_name n;

	if (queue_name_parse(span_of(file), &n) < 0)
		return 0;
	(void)strlcpy(l->file, file, sizeof l->file);
	l->state = r->state;
	return ++r->n == MESSAGE_LIST ? list_end(r) : 0;
}

/* 1: no more is wanted. */
static int
list_end(struct reading *r)
{
	size_t n = r->n;

	qsort(r->v, n, sizeof *r->v, by_name);
	r->n = 0;
	return r->call(r->arg, r->v, n) != 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct message_listed *x = a, *y = b;

	return strcmp(x->file, y->file);
}

/* correo-queue(5), Names */
static int
add_odd(void *arg, const char *file)
{
	static const char *const dir[] = {
		[MESSAGE_NEW] = "new", [MESSAGE_DEFERRED] = "cur",
		[MESSAGE_HOLD] = "hold"
	};
	const struct oddities *o = arg;
	struct queue_name n;

	if (o->state == MESSAGE_NEW ? queue_id_valid(span_of(file)) :
	    queue_name_parse(span_of(file), &n) == 0 &&
	    (o->state == MESSAGE_HOLD || n.due != 0))
		return 0;
	buf_addf(o->lines, "%s/", dir[o->state]);
	encode_log(o->lines, span_of(file), 0);
	buf_adds(o->lines, ": no name of a file there; it is passed over\n");
	return 0;
}
