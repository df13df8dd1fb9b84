/*
 * writer - the process that writes the queue.
 *
 * It believes its channel's stamp, counts everything itself, and writes each
 * message once, straight from the buffer that it was read into: of a small one
 * nothing is copied and all of it goes out in one call.  So records that were
 * parsed stay in the buffer (`parsed` bytes behind its front) until a flush,
 * and the pieces of the body are kept as offsets, since the stream may move
 * what it holds.
 *
 * What is too much or fails on the way is remembered and told at commit, as
 * the session has no answer before; until then records are passed over.
 */
#include <sys/statvfs.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mail/srs.h"
#include "mail/trace.h"
#include "run/note.h"
#include "run/rates.h"
#include "run/writer.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stream.h"
#include "wire/intake.h"
#include "wire/record.h"

enum {
	BUFFER = 131072,
	PIECES = 64,
	KEEP = 65536		/* an envelope's memory that is kept */
};

enum phase { NOTHING = 1, HEAD = 2, RCPT = 4, BODY = 8 };

struct piece {
	size_t at, n;		/* at: behind the stream's front */
};

struct writer {
	const struct queue *q;
	int hint;
	const char *hostname;
	const struct writer_limits *limits;
	const struct facts *stamp;
	char client[IP_TEXT];
	struct stream in;
	size_t parsed;
	int stop;			/* what writer_serve returns: not 0, and
					 * no further message is taken */

	/* the message in hand */
	enum phase phase;
	struct verdict verdict;		/* code 0: well so far */
	struct buf fields;		/* its head record, for head's spans */
	struct envelope head;
	struct buf envelope;
	size_t first_rcpt;		/* where recipients begin in it */
	unsigned nrcpt;
	struct buf received;		/* not yet written */
	struct accept file;
	uint64_t bytes;			/* of the message, written or not */
	struct piece piece[PIECES];
	size_t npiece;
};

static int  next(struct writer *);
static int  more(struct writer *);
static int  take(struct writer *, struct span);
static int  take_head(struct writer *, struct span);
static int  take_rcpt(struct writer *, struct span);
static int  take_body(struct writer *, struct span);
static int  take_commit(struct writer *, struct span);
static int  take_reset(struct writer *, struct span);
static int  take_rewritten(struct writer *, struct span);
static struct verdict rewritten(struct writer *, struct span);
static int  broken(const char *);
static void add_rcpt(struct writer *, const struct envelope_rcpt *);
static void begin(struct writer *);
static struct span only_rcpt(const struct writer *);
static void flush(struct writer *);
static int  gather(struct writer *, struct iovec *);
static int  commit(struct writer *);
static int  in_place(struct writer *);
static int  within_rate(struct writer *);
static int  answer(struct writer *);
static int  say_room(struct writer *);
static void tell_queued(struct writer *);
static void log_accepted(const struct writer *);
static void forget(struct writer *);
static void refuse(struct writer *, struct verdict);
static void fault(struct writer *);
static int  has_room(const struct writer *);
static uint64_t room(const struct writer *);

/* By enum intake_kind: when a record may come, and what takes it. */
static const struct {
	unsigned phases;
	int (*take)(struct writer *, struct span);
} record[] = {
	[INTAKE_HEAD] = { NOTHING, take_head },
	[INTAKE_RCPT] = { HEAD | RCPT, take_rcpt },
	[INTAKE_BODY] = { RCPT | BODY, take_body },
	[INTAKE_COMMIT] = { RCPT | BODY, take_commit },
	[INTAKE_RESET] = { NOTHING | HEAD | RCPT | BODY, take_reset },
	[INTAKE_REWRITTEN] = { NOTHING, take_rewritten }
};

#define SLOT(s, f) { #f, offsetof(struct s, f) }
static const struct field_slot of_head[] = {
	SLOT(envelope, helo), SLOT(envelope, proto), SLOT(envelope, tls),
	SLOT(envelope, sender), SLOT(envelope, ret), SLOT(envelope, envid),
	SLOT(envelope, body), { NULL, 0 }
}, of_rcpt[] = {
	SLOT(envelope_rcpt, notify), SLOT(envelope_rcpt, orcpt), { NULL, 0 }
};

int
writer_serve(const struct queue *q, int hint, const char *hostname,
    const struct writer_limits *limits, const struct facts *stamp, int ch)
{
	static unsigned char buffer[BUFFER];
	struct writer w = {
		.q = q, .hint = hint, .hostname = hostname, .limits = limits,
		.stamp = stamp, .phase = NOTHING, .file.fd = -1,
		.in = { .fd = ch, .b = buffer, .size = sizeof buffer },
		.fields.max = RECORD_MAX, .received.max = 8192,
		.envelope.max = QUEUE_ENVELOPE_MAX
	};

	ip_format(&stamp->client, w.client);
	if (say_room(&w))
		while (next(&w) > 0)
			;
	forget(&w);
	buf_free(&w.fields);
	buf_free(&w.received);
	buf_free(&w.envelope);
	return w.stop;
}

/* One record.  1 = go on, 0 = the channel is done with. */
static int
next(struct writer *w)
{
	struct span in, fields;
	const char *why;
	size_t n;
	int r;

	in = span_from(stream_have(&w->in), w->parsed);
	n = in.n;
	if ((r = record_next(&in, RECORD_MAX, &fields, &why)) < 0)
		return broken(why);
	if (r == 0)
		return more(w);
	w->parsed += n - in.n;
	return take(w, fields);
}

/* At SIGTERM a message whose commit has been read is finished: it is only here
 * that the signal is asked for. */
static int
more(struct writer *w)
{
	if (w->npiece == 0 || w->in.w == w->in.size)
		flush(w);
	return stream_fill(&w->in) > 0;
}

static int
take(struct writer *w, struct span fields)
{
	enum intake_kind kind;
	const char *why;

	if (intake_kind(fields, &kind, &why) < 0)
		return broken(why);
	if (!(record[kind].phases & w->phase))
		return broken("record out of order");
	return record[kind].take(w, fields);
}

static int
take_head(struct writer *w, struct span record)
{
	const struct facts *s = w->stamp;
	struct field f;
	struct span in;
	const char *why = "no such field in a head";
	int r;

	if (buf_addspan(&w->fields, record) < 0)
		return 0;
	in = buf_span(&w->fields);
	while ((r = field_next(&in, &f, &why)) > 0)
		if (field_is(&f, "utf8"))
			w->head.utf8 = 1;
		else if (field_store(&f, of_head, &w->head, &why) <= 0)
			return broken(why);
	if (r < 0)
		return broken(why);
	w->head.class = (enum mail_class)s->class;
	if (w->head.class == CLASS_USER)
		w->head.class_arg = span_of(s->user);
	w->head.client = span_of(w->client);
	if (envelope_add_head(&w->envelope, &w->head) < 0)
		return 0;
	w->first_rcpt = w->envelope.n;
	w->phase = HEAD;
	return 1;
}

static int
take_rcpt(struct writer *w, struct span in)
{
	struct envelope_rcpt rcpt = { .address = { NULL, 0 } };
	struct field f;
	const char *why = "no such field of a recipient";
	int r, have = 0;

	while ((r = field_next(&in, &f, &why)) > 0)
		if (field_is(&f, "rcpt")) {
			if (have)
				add_rcpt(w, &rcpt);
			have = 1;
			rcpt = (struct envelope_rcpt){ .address = f.value };
		} else if (field_store(&f, of_rcpt, &rcpt, &why) <= 0)
			return broken(why);
	if (r < 0)
		return broken(why);
	add_rcpt(w, &rcpt);
	w->phase = RCPT;
	return 1;
}

static int
take_body(struct writer *w, struct span in)
{
	struct field f;
	const char *why = "more than one field of data";
	struct piece *p;

	if (field_next(&in, &f, &why) < 0 || in.n || f.value.n > INTAKE_DATA)
		return broken(why);
	if (w->phase == RCPT)
		begin(w);
	w->phase = BODY;
	w->bytes += f.value.n;
	if (w->bytes > w->limits->message_bytes)
		refuse(w, verdict_make(552, "5.3.4",
		    "message is larger than the %llu bytes taken here",
		    (unsigned long long)w->limits->message_bytes));
	if (w->verdict.code || f.value.n == 0)
		return 1;
	p = &w->piece[w->npiece++];
	p->at = (size_t)(f.value.p - stream_have(&w->in).p);
	p->n = f.value.n;
	if (w->npiece == PIECES)
		flush(w);
	return 1;
}

static int
take_commit(struct writer *w, struct span in)
{
	int accepted, sent;

	(void)in;
	if (w->phase == RCPT)
		begin(w);
	accepted = commit(w);
	sent = answer(w);
	if (accepted) {
		tell_queued(w);
		log_accepted(w);
	}
	forget(w);
	return sent && !w->stop;
}

static int
take_reset(struct writer *w, struct span in)
{
	(void)in;
	forget(w);
	return 1;
}

static int
take_rewritten(struct writer *w, struct span in)
{
	struct field f;
	const char *why = "more than one field of a rewritten sender";
	int sent;

	if (field_next(&in, &f, &why) < 0 || in.n)
		return broken(why);
	w->verdict = rewritten(w, f.value);
	sent = w->verdict.kind == VERDICT_DONE ? say_room(w) : answer(w);
	forget(w);
	return sent && !w->stop;
}

static struct verdict
rewritten(struct writer *w, struct span local)
{
	const struct writer_limits *l = w->limits;
	struct buf back = { .max = 2 * ADDRESS_MAX };
	int r;

	if (l->srs_file && held_changed(l->srs_file)) {
		w->stop = -1;
		return verdict_make(451, "4.3.0",
		    "the key of rewritten senders has changed just now");
	}
	if (l->srs.n == 0)
		return verdict_make(451, "4.3.5",
		    "no key to tell a rewritten sender of ours by");
	r = srs_reverse(l->srs, local, clock_s(), &back);
	buf_free(&back);
	return r == 1 ? verdict_make(250, "2.1.5", "ours") :
	    verdict_make(550, "5.1.1",
	    "no rewritten sender of ours, or one that is too old");
}

static int
broken(const char *why)
{
	log_warn("channel", "session's record: %s", why);
	return 0;
}

static void
add_rcpt(struct writer *w, const struct envelope_rcpt *r)
{
	if (w->nrcpt < w->limits->recipients &&
	    envelope_add_rcpt(&w->envelope, r) == 0)
		w->nrcpt++;
	else
		refuse(w, verdict_make(452, "4.5.3", "too many recipients"));
}

/* The body begins: its file, and the trace line with the file's name. */
static void
begin(struct writer *w)
{
	struct trace t = {
		.class = w->head.class, .class_arg = w->head.class_arg,
		.client = w->head.client, .helo = w->head.helo,
		.proto = w->head.proto, .tls = w->head.tls,
		.rcpt = only_rcpt(w), .hostname = w->hostname,
		.time = clock_s()
	};

	if (w->verdict.code)
		return;
	if (accept_open(&w->file, w->q, NULL) == 0) {
		t.id = w->file.id;
		if (trace_received(&w->received, &t) == 0) {
			w->bytes = w->received.n;
			return;
		}
		errno = ENOMEM;
	}
	fault(w);
}

static struct span
only_rcpt(const struct writer *w)
{
	struct span in = span_from(buf_span(&w->envelope), w->first_rcpt);
	struct field f;
	const char *why;

	if (w->nrcpt == 1 && field_next(&in, &f, &why) > 0)
		return f.value;
	return span_mem(NULL, 0);
}

/* Writes the pieces held and lets go of what was parsed. */
static void
flush(struct writer *w)
{
	struct iovec v[PIECES + 3];
	int n;

	if (w->npiece) {
		n = gather(w, v);
		if (!has_room(w) || accept_body(&w->file, v, n) < 0)
			fault(w);
		w->npiece = 0;
		buf_reset(&w->received);
	}
	stream_eat(&w->in, w->parsed);
	w->parsed = 0;
}

/* v[0] and what follows v[n) stay free, as accept wants it. */
static int
gather(struct writer *w, struct iovec *v)
{
	const unsigned char *front = stream_have(&w->in).p;
	int n = 1;
	size_t i;

	if (w->received.n)
		v[n++] = (struct iovec){ w->received.p, w->received.n };
	for (i = 0; i < w->npiece; i++)
		v[n++] = (struct iovec){
			(void *)(size_t)(front + w->piece[i].at),
			w->piece[i].n };
	return n;
}

/* 1 = the message survives power loss; 0 = the verdict says why not. */
static int
commit(struct writer *w)
{
	struct iovec v[PIECES + 3];
	int r;

	if (w->verdict.code || !in_place(w) || !within_rate(w))
		return 0;
	r = !has_room(w) ? -1 : accept_commit(&w->file, v, gather(w, v),
	    buf_span(&w->envelope));
	if (r == 0) {
		w->verdict = verdict_make(250, "2.0.0", "queued as %s",
		    w->file.id);
		return 1;
	}
	fault(w);
	if (r == ACCEPT_STOP) {
		w->verdict = verdict_make(421, "4.3.0",
		    "service stopped: the queue cannot be flushed");
		w->stop = r;
	}
	return 0;
}

/* What was moved away, maybe to be replaced by a copy of before, nobody looks
 * into.  What is moved in this very moment has the message in it. */
static int
in_place(struct writer *w)
{
	const char *path = w->limits->queue;

	if (path == NULL || queue_here(w->q, path))
		return 1;
	log_warn("queue", "message not accepted: %s is another directory, or "
	    "none, now", path);
	w->stop |= 1;
	refuse(w, verdict_make(451, "4.3.0", "the queue has been moved"));
	return 0;
}

/* A user's rates are counted where nobody's session can pass them by. */
static int
within_rate(struct writer *w)
{
	struct note n = { .kind = NOTE_RATE, .arg = w->nrcpt };

	if (w->stamp->class != CLASS_USER || w->limits->rates == 0)
		return 1;
	if (note_send(w->limits->rates, &n, NULL, 0) < 0 ||
	    note_recv(w->limits->rates, &n, NULL, 1) <= 0)
		refuse(w, verdict_make(451, "4.3.0",
		    "this server is stopping"));
	else if (n.arg == RATES_MESSAGES)
		refuse(w, verdict_make(450, "4.7.1", "too many messages in "
		    "an hour (smtpd.submission.max_messages)"));
	else if (n.arg == RATES_RECIPIENTS)
		refuse(w, verdict_make(450, "4.7.1", "too many recipients in "
		    "an hour (smtpd.submission.max_recipients)"));
	return w->verdict.code == 0;
}

/* 1 = sent. */
static int
answer(struct writer *w)
{
	struct intake_answer a = { .verdict = w->verdict, .room = room(w) };
	struct buf out = { .max = 4096 };
	int r;

	if (a.verdict.kind == VERDICT_DONE)
		memcpy(a.id, w->file.id, sizeof w->file.id);
	r = intake_add_answer(&out, &a) == 0 &&
	    stream_write(&w->in, buf_span(&out)) == 0;
	buf_free(&out);
	return r;
}

/* 1 = sent. */
static int
say_room(struct writer *w)
{
	struct buf out = { .max = 256 };
	int r = intake_add_room(&out, room(w)) == 0 &&
	    stream_write(&w->in, buf_span(&out)) == 0;

	buf_free(&out);
	return r;
}

/* A hint: when it is lost queued finds the file by looking. */
static void
tell_queued(struct writer *w)
{
	char line[QUEUE_ID + 1];

	memcpy(line, w->file.id, QUEUE_ID);
	line[QUEUE_ID] = '\n';
	if (w->hint >= 0 && write(w->hint, line, sizeof line) < 0)
		return;
}

static void
log_accepted(const struct writer *w)
{
	const struct envelope *e = &w->head;
	struct span tls = e->tls, version;
	struct buf class = { .max = 1024 };
	struct log l;

	log_open(&l, LOG_INFO, "accepted");
	log_id(&l, w->file.id);
	if (class_add(&class, e->class, e->class_arg) == 0)
		log_text(&l, "class", buf_span(&class));
	log_text(&l, "client", e->client);
	facts_log_rest(&l, w->stamp);
	log_text(&l, "helo", e->helo);
	log_text(&l, "tls", span_word(&tls, &version) ? version : SPAN("none"));
	log_addr(&l, "sender", e->sender);
	log_num(&l, "rcpts", w->nrcpt);
	log_num(&l, "size", w->bytes);
	log_close(&l);
	buf_free(&class);
}

/* Ready for another message; what is unfinished in tmp/ goes. */
static void
forget(struct writer *w)
{
	accept_abort(&w->file);
	stream_eat(&w->in, w->parsed);
	w->parsed = 0;
	w->npiece = 0;
	w->phase = NOTHING;
	w->verdict.code = 0;
	w->nrcpt = 0;
	w->bytes = 0;
	w->head = (struct envelope){ .utf8 = 0 };
	buf_reset(&w->fields);
	buf_reset(&w->received);
	buf_reset(&w->envelope);
	if (w->envelope.size > KEEP)
		buf_free(&w->envelope);
}

/* The first reason stays. */
static void
refuse(struct writer *w, struct verdict v)
{
	if (w->verdict.code)
		return;
	w->verdict = v;
	w->npiece = 0;
	accept_abort(&w->file);
}

/* errno as a verdict for the client and a line for the operator. */
static void
fault(struct writer *w)
{
	int e = errno;

	log_warn("queue", "message not accepted: %s%s", strerror(e),
	    e == ENOENT ? "; the queue's directory has been removed" : "");
	w->stop |= e == ENOENT;
	if (e == ENOSPC || e == EDQUOT)
		refuse(w, verdict_make(452, "4.3.1", "not enough disk space"));
	else
		refuse(w, verdict_make(451, "4.3.0", "queue write error"));
}

/* For what is written next: the file may have been there for long.  Else 0 and
 * ENOSPC. */
static int
has_room(const struct writer *w)
{
	if (room(w))
		return 1;
	errno = ENOSPC;
	return 0;
}

/* Bytes above the floor; 0 also when the free inodes are below theirs.  A file
 * system that makes inodes as it goes (btrfs) says 0 of 0. */
static uint64_t
room(const struct writer *w)
{
	const struct writer_limits *l = w->limits;
	struct statvfs s;
	uint64_t free;

	if (fstatvfs(w->q->tmp, &s) < 0)
		return 0;
	if (s.f_files && s.f_favail <= l->floor_files)
		return 0;
	if (__builtin_mul_overflow(s.f_bavail, s.f_frsize, &free))
		free = UINT64_MAX;
	return free > l->floor_bytes ? free - l->floor_bytes : 0;
}
