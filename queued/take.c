/* take - a message enters an attempt: by hint, by scan, or when it is due. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "queued/attempt.h"
#include "queued/take.h"
#include "queued/waiting.h"
#include "sys/file.h"
#include "sys/log.h"

enum { DUE_AT_ONCE = 16, BACK_AT_ONCE = 200 };

static void take(struct queued *, const struct queue_name *, int);
static void complain(struct queued *, const struct queue_name *,
    enum message_result, const char *);
static void clear_away(struct queued *, const char *);
static int  old(const struct queued *, const char *);
static int  named_before(struct queued *, const char *);
static void hint(struct queued *, struct span);

int
take_room(const struct queued *q)
{
	return q->recipients < q->conf->active - q->conf->active / 4;
}

void
take_new(struct queued *q, const char *id, int hinted)
{
	struct queue_name n = { .attempts = 0 };

	if (attempt_runs(q, id))
		return;
	if (q->recipients >= q->conf->active) {
		q->want_new = 1;	/* it is found there later */
		return;
	}
	memcpy(n.id, id, QUEUE_ID + 1);
	take(q, &n, hinted);
}

/* A few at a time: new mail comes between them. */
void
take_due(struct queued *q, int64_t now)
{
	struct queue_name n;
	unsigned i;

	for (i = 0; i < DUE_AT_ONCE && take_room(q) &&
	    backlog_take(&q->backlog, now, &n); i++)
		if (!attempt_runs(q, n.id))
			take(q, &n, 0);
}

void
take_back(struct queued *q)
{
	struct queue_name n;
	unsigned i;

	for (i = 0; i < BACK_AT_ONCE && take_room(q) &&
	    deliver_back(&q->deliver, &n); i++)
		if (!attempt_runs(q, n.id))
			take(q, &n, 0);
}

/* Nobody else empties the FIFO: where it is full now, hints were lost.  What
 * these named is looked for behind all that was heard, since what no hint
 * named is looked for in its Maildir too. */
void
take_hints(struct queued *q)
{
	struct pollfd fifo = { .fd = q->trigger.fd, .events = POLLOUT };
	size_t room = sizeof q->hint - q->hints;
	struct span in, line;
	ssize_t n;

	if (poll(&fifo, 1, 0) == 0)
		q->hints_lost = 1;
	n = read(q->trigger.fd, q->hint + q->hints, room);
	if (n <= 0)
		return;
	if (q->hints_lost && (size_t)n < room) {
		q->hints_lost = 0;
		q->want_new = q->want_drop = 1;
	}
	q->hints += (size_t)n;
	in = span_mem(q->hint, q->hints);
	while (span_find(in, '\n') < in.n) {
		span_cut(&in, '\n', &line);
		hint(q, line);
	}
	/* a line that fills it all is no hint */
	q->hints = in.n < sizeof q->hint ? in.n : 0;
	memmove(q->hint, in.p, q->hints);
}

void
take_asked(struct queued *q, const char *id)
{
	unsigned i;

	for (i = 0; i < q->nasked && i < ASKED; i++)
		if (strcmp(q->asked[i], id) == 0)
			break;
	if (i < q->nasked) {
		q->nasked = 0;
		deliver_forgive(&q->deliver);
	}
}

void
take_drop(struct queued *q, const char *name)
{
	unsigned i;

	for (i = 0; i < q->nrefused; i++)
		if (strcmp(q->refused[i], name) == 0)
			return;
	if (errand_drop(&q->errands, name) < 0)
		q->want_drop = 1;	/* found there again */
}

/* What is refused is named, and looked at again with the next clean. */
void
take_drop_heard(struct queued *q, const struct errand *e,
    const struct verdict *v)
{
	if (v->kind == VERDICT_DONE)
		return;
	log_warn(v->kind == VERDICT_NEVER ? "drop-refused" : "drop", "%s",
	    v->text);
	if (v->kind == VERDICT_NEVER)
		(void)snprintf(q->refused[q->nrefused < NAMED_ONCE ?
		    q->nrefused++ : 0], ERRAND_NAME, "%s", e->name);
}

static void
hint(struct queued *q, struct span line)
{
	char word[ERRAND_NAME];

	if (queue_id_valid(line) && span_str(line, word, sizeof word) == 0)
		take_new(q, word, 1);
	else if (span_starts(line, SPAN("drop ")) &&
	    span_str(span_from(line, 5), word, sizeof word) == 0 &&
	    word[0] && word[0] != '.' && strchr(word, '/') == NULL)
		take_drop(q, word);
	else if (span_eq(line, SPAN("waiting")) &&
	    waiting_tell(&q->deliver, q->queue) < 0)
		log_warn("state", "queue/state/waiting: %s", strerror(errno));
}

static void
take(struct queued *q, const struct queue_name *n, int hinted)
{
	enum message_result r;
	const char *why = "";
	struct message *m;

	r = message_open(q->queue, n, &m, &why);
	if (r == MESSAGE_OK && !hinted && !n->due &&
	    file_locked(m->fd) == FILE_LOCKED) {
		/* its writer has not flushed the directory: a hint follows */
		message_free(m);
	} else if (r == MESSAGE_OK) {
		/* whatever an earlier life may have delivered of it */
		m->repeat = m->known || n->due || !hinted ||
		    queue_id_ns(m->name.id) < q->doubt;
		attempt_begin(q, m);
	} else if (r == MESSAGE_GONE && hinted) {
		/* done already, or an operator's about one that waits */
		places_stay(&q->places);
		if (q->nasked < ASKED)
			memcpy(q->asked[q->nasked], n->id, QUEUE_ID + 1);
		q->nasked++;
		q->want_cur = 1;
	} else if (r == MESSAGE_UNFINISHED && old(q, n->id))
		clear_away(q, n->id);
	else if (r != MESSAGE_GONE)
		complain(q, n, r, why);
}

/* Older than this life: not what an operator is just copying there. */
static int
old(const struct queued *q, const char *id)
{
	struct stat st;

	return fstatat(q->queue->new, id, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_mtime < q->began;
}

/* The power failed before its flush was over: nobody was promised anything, and
 * in tmp/ it is rubbish like any other that a dead writer left. */
static void
clear_away(struct queued *q, const char *id)
{
	if (renameat(q->queue->new, id, q->queue->tmp, id) == 0)
		log_note("unfinished", "queue/tmp/%s, from new: never accepted",
		    id);
	else if (errno != ENOENT)
		log_warn("unfinished", "queue/new/%s: moving it to queue/tmp: "
		    "%s", id, strerror(errno));
}

static void
complain(struct queued *q, const struct queue_name *n, enum message_result r,
    const char *why)
{
	const char *dir = n->due ? "cur" : "new";
	char file[QUEUE_NAME];
	int e = errno;

	if (n->due)
		queue_name_format(n, file);
	else
		memcpy(file, n->id, QUEUE_ID + 1);
	switch (r) {
	case MESSAGE_UNFINISHED:
	case MESSAGE_DAMAGED:
		if (file_move(n->due ? q->queue->cur : q->queue->new, file,
		    q->queue->bad, file) < 0)
			log_warn("damaged", "queue/%s/%s: %s; moving it to "
			    "queue/bad: %s", dir, file, why, strerror(errno));
		else
			log_warn("damaged", "queue/bad/%s, from %s: %s; look "
			    "at the disk, and what can be saved of the "
			    "message", file, dir, why);
		break;
	case MESSAGE_VERSION:
		if (!named_before(q, n->id))
			log_warn("version", "queue/%s/%s has a form that this "
			    "queued does not know; the cure: the version of "
			    "correo that wrote it", dir, file);
		break;
	case MESSAGE_UNREADABLE:
		log_warn("unreadable", "queue/%s/%s: %s; the cure: chown it "
		    "to the owner of queue/%s, chmod 600", dir, file,
		    strerror(e), dir);
		break;
	default:
		log_warn("memory", "queue/%s/%s waits for memory", dir, file);
	}
}

static int
named_before(struct queued *q, const char *id)
{
	unsigned i, n = q->nnamed < NAMED_ONCE ? q->nnamed : NAMED_ONCE;

	for (i = 0; i < n; i++)
		if (strcmp(q->named[i], id) == 0)
			return 1;
	memcpy(q->named[q->nnamed++ % NAMED_ONCE], id, QUEUE_ID + 1);
	return 0;
}
