/*
 * receive - a message on its way from the client to the writer.
 *
 * The client's buffer, while text comes:
 *
 *	r         r+kept        r+seen            w
 *	| to be sent | dots gone  | not looked at  |
 *
 * Where dots were taken out the text moves down over them, so that it is one
 * piece.  It is sent when the buffer is half full or at its end, and eaten;
 * nothing of it is needed after that.  A header that has rules (a user's) is
 * held until it ends, and goes on, edited, behind the envelope.
 */
#include <string.h>
#include <unistd.h>

#include "run/ask.h"
#include "smtpd/receive.h"
#include "sys/clock.h"
#include "wire/intake.h"
#include "wire/record.h"

enum {
	WRITER_TIMEOUT = 600,		/* seconds; disks under load are slow */
	ENVELOPE_MAX = 8 << 20,
	SLICES = RECEIVE_BUFFER / INTAKE_DATA + 1
};

/* How fast a text comes, for min_rate. */
struct pace {
	uint64_t since_ms, bytes;
};

static int  meet(struct receive *, int);
static void begin(struct receive *, struct stream *,
    const struct smtpd_conf *, int);
static int  text(struct receive *, struct stream *, const struct smtpd_conf *,
    uint64_t *);
static void take(struct receive *, struct stream *, struct span);
static struct span hold(struct receive *, struct span);
static void end_header(struct receive *);
static int  more(struct stream *, const struct smtpd_conf *, struct pace *);
static void flush(struct receive *, struct stream *, struct span);
static struct iovec vec(const void *, size_t);
static int  unwanted(const struct receive *, const struct smtpd_conf *,
    struct verdict *);
static void finish(struct receive *, struct stream *,
    const struct smtpd_conf *, struct verdict *);
static void end_text(struct receive *, struct buf *);
static void take_answer(struct receive *, const struct intake_answer *,
    struct verdict *);
static int  hear(struct receive *, struct span *);

int
receive_writer(struct receive *r, int control)
{
	int given = r->given;

	if (r->writer.fd >= 0)
		return 0;
	r->given = -1;
	if (given >= 0 && meet(r, given) == 0)
		return 0;
	return r->asked++ < ASK_WRITERS ? meet(r, ask_writer(control)) : -1;
}

void
receive_drop(struct receive *r)
{
	if (r->writer.fd >= 0)
		close(r->writer.fd);
	r->writer.fd = -1;
	r->lost = 1;
}

struct verdict
receive_rewritten(struct receive *r, struct span local, struct verdict yes)
{
	struct buf b = { .max = 2 * RECORD_MAX };
	struct intake_answer a;
	struct span fields;
	const char *why;
	int heard = r->writer.fd >= 0 &&
	    intake_add_rewritten(&b, local) == 0 &&
	    stream_write(&r->writer, buf_span(&b)) == 0 &&
	    hear(r, &fields) == 0;

	buf_free(&b);
	if (heard && intake_parse_room(fields, &r->room, &why) == 0)
		return yes;
	if (heard && intake_parse_answer(fields, &a, &why) == 0)
		return a.verdict;
	receive_drop(r);
	return verdict_make(451, "4.3.0",
	    "nobody can tell now whether we rewrote that");
}

int
receive_head(struct receive *r, const struct envelope *e)
{
	receive_forget(r);
	r->records.max = ENVELOPE_MAX;
	return intake_add_head(&r->records, e);
}

int
receive_rcpt(struct receive *r, const struct envelope_rcpt *rcpt)
{
	return intake_add_rcpt(&r->records, rcpt);
}

void
receive_forget(struct receive *r)
{
	struct buf b = { .max = 64 };

	if (r->sent && r->writer.fd >= 0) {
		intake_add_reset(&b);
		if (!buf_ok(&b) || stream_write(&r->writer, buf_span(&b)) < 0)
			receive_drop(r);
		buf_free(&b);
	}
	buf_reset(&r->records);
	buf_free(&r->header);
	r->no.code = 0;
	r->sent = r->lost = r->begun = 0;
	r->seen = r->kept = 0;
}

int
receive_data(struct receive *r, struct stream *c,
    const struct smtpd_conf *conf, struct verdict *v)
{
	int got;

	begin(r, c, conf, 0);
	/* the writer makes its file while the client hears the 354 */
	flush(r, c, INTAKE_NO_DATA);
	if ((got = text(r, c, conf, NULL)) == 1)
		finish(r, c, conf, v);
	return got;
}

int
receive_chunk(struct receive *r, struct stream *c,
    const struct smtpd_conf *conf, uint64_t n, int last, struct verdict *v)
{
	uint64_t left = n;
	int got;

	begin(r, c, conf, 1);
	/* its bytes may be here already: then nothing else looks at the time */
	if (clock_mono_ms() >= c->deadline_ms)
		return STREAM_TIMEOUT;
	if ((got = text(r, c, conf, &left)) != 1)
		return got;
	if (last)
		finish(r, c, conf, v);
	else {
		flush(r, c, SPAN(""));
		*v = verdict_make(250, "2.0.0", "%llu octets",
		    (unsigned long long)n);
	}
	return 1;
}

int
receive_discard(struct stream *c, const struct smtpd_conf *conf, uint64_t n)
{
	struct pace pace = { .since_ms = clock_mono_ms() };
	size_t have;
	int got;

	c->deadline_ms = pace.since_ms + conf->message_time * 1000;
	for (;;) {
		have = stream_have(c).n;
		if (have > n)
			have = (size_t)n;
		stream_eat(c, have);
		n -= have;
		if (n == 0)
			return 1;
		if ((got = more(c, conf, &pace)) <= 0)
			return got;
	}
}

/* It speaks first, of its room.  0, or -1: there is no writer. */
static int
meet(struct receive *r, int fd)
{
	struct span fields;
	const char *why;

	r->writer = (struct stream){ .fd = fd, .b = r->writer.b,
	    .size = r->writer.size, .timeout_s = WRITER_TIMEOUT };
	if (fd < 0 || hear(r, &fields) < 0)
		return -1;
	if (intake_parse_room(fields, &r->room, &why) < 0) {
		receive_drop(r);
		return -1;
	}
	return 0;
}

/* The first bytes of a text, or of its next chunk. */
static void
begin(struct receive *r, struct stream *c, const struct smtpd_conf *conf,
    int bdat)
{
	if (!r->begun) {
		smtp_data_start(&r->text, bdat);
		r->begun = 1;
		r->head = r->submit ? HEADER_HELD : HEADER_PASSES;
		r->header.max = conf->max_header;
		r->began_ms = clock_mono_ms();
	}
	c->deadline_ms = r->began_ms + conf->message_time * 1000;
}

/* Takes text up to its end, or *left bytes of it (BDAT).  1, or the client is
 * lost. */
static int
text(struct receive *r, struct stream *c, const struct smtpd_conf *conf,
    uint64_t *left)
{
	struct pace pace = { .since_ms = r->began_ms,
	    .bytes = r->text.size };
	struct span in, piece;
	enum smtp_data_end e;
	struct verdict v;
	size_t n;
	int got;

	for (;;) {
		in = span_from(stream_have(c), r->seen);
		if (left && in.n > *left)
			in.n = (size_t)*left;
		n = in.n;
		while ((e = smtp_data_next(&r->text, &in, &piece)) ==
		    SMTP_DATA_PIECE)
			take(r, c, piece);
		n -= in.n;
		r->seen += n;
		if (left)
			*left -= n;
		if (unwanted(r, conf, &v))
			r->kept = 0;
		if (e == SMTP_DATA_END || (left && *left == 0))
			return 1;
		/* stream_fill must have room and move nothing that is kept */
		if (r->kept >= INTAKE_DATA || r->kept == 0 || c->w == c->size)
			flush(r, c, SPAN(""));
		if ((got = more(c, conf, &pace)) <= 0)
			return got;
	}
}

/* Joins a piece to those that are kept.  The one piece that is not from the
 * buffer is a bare CR, with which the message is not wanted any more. */
static void
take(struct receive *r, struct stream *c, struct span piece)
{
	unsigned char *to = c->b + c->r + r->kept;

	if (r->text.flaws || r->lost)
		return;
	if (r->head == HEADER_HELD)
		piece = hold(r, piece);
	if (to != piece.p)
		memmove(to, piece.p, piece.n);
	r->kept += piece.n;
}

/* Takes what is header; what is left of the piece is body. */
static struct span
hold(struct receive *r, struct span piece)
{
	size_t n = (size_t)(r->text.header - r->header.n);

	if (n > piece.n)
		n = piece.n;
	if (buf_addspan(&r->header, span_sub(piece, 0, n)) < 0)
		r->no = verdict_make(451, "4.3.0", "no memory now");
	else if (r->text.in_body)
		end_header(r);
	return span_from(piece, n);
}

/* The header, as its rules make it, goes to the records of the envelope. */
static void
end_header(struct receive *r)
{
	struct buf out = { .max = 0 };
	char prefix[48];
	struct span s, part;

	r->head = HEADER_DONE;
	r->no = submit_header(r->submit, buf_span(&r->header), &out);
	if (r->no.code == 250)
		r->no.code = 0;
	r->records.max += out.n + out.n / 256 + sizeof prefix;
	for (s = buf_span(&out); s.n; s = span_from(s, part.n)) {
		part = span_sub(s, 0, INTAKE_DATA);
		buf_add(&r->records, prefix,
		    intake_data_prefix(prefix, part.n));
		buf_addspan(&r->records, part);
		buf_add(&r->records, intake_data_suffix,
		    sizeof intake_data_suffix);
	}
	if (!buf_ok(&r->records))
		r->no = verdict_make(451, "4.3.0", "no memory now");
	buf_free(&out);
}

/* Reads more text.  > 0, or the client is lost. */
static int
more(struct stream *c, const struct smtpd_conf *conf, struct pace *p)
{
	uint64_t ms;
	long n;

	c->timeout_s = (unsigned)conf->data_timeout;
	if ((n = stream_fill(c)) <= 0)
		return (int)n;
	p->bytes += (uint64_t)n;
	ms = clock_mono_ms() - p->since_ms;
	return ms <= conf->min_rate_after * 1000 ||
	    p->bytes * 1000 / ms >= conf->min_rate ? 1 : STREAM_TIMEOUT;
}

/*
 * Sends what is kept, behind records that were not sent, and what ends it;
 * eats what was seen.  A writer that fails is dropped: the text is still
 * read to its end, so that the client stays in step.
 */
static void
flush(struct receive *r, struct stream *c, struct span end)
{
	char prefix[SLICES][48];
	struct iovec v[3 * SLICES + 2];
	const unsigned char *p = c->b + c->r;
	size_t left = r->kept, n;
	int i = 0, k;

	if (!r->lost && (r->kept || end.n)) {
		v[i++] = vec(r->records.p, r->records.n);
		for (k = 0; left; left -= n, p += n, k++) {
			n = left < INTAKE_DATA ? left : INTAKE_DATA;
			v[i++] = vec(prefix[k],
			    intake_data_prefix(prefix[k], n));
			v[i++] = vec(p, n);
			v[i++] = vec(intake_data_suffix,
			    sizeof intake_data_suffix);
		}
		v[i++] = vec(end.p, end.n);
		r->sent = 1;
		if (stream_writev(&r->writer, v, i) < 0)
			receive_drop(r);
		buf_reset(&r->records);
	}
	stream_eat(c, r->seen);
	r->seen = r->kept = 0;
}

static struct iovec
vec(const void *p, size_t n)
{
	return (struct iovec){ (void *)(uintptr_t)p, n };
}

/* Whether the text so far is refused at its end, and how. */
static int
unwanted(const struct receive *r, const struct smtpd_conf *conf,
    struct verdict *v)
{
	const struct smtp_data *t = &r->text;

	if (t->flaws & SMTP_DATA_NUL)
		*v = verdict_make(550, "5.6.0",
		    "message has a NUL byte (RFC 5321 4.5.2)");
	else if (t->flaws & SMTP_DATA_LF)
		*v = verdict_make(550, "5.6.0",
		    "message has LF without CR (RFC 5321 2.3.8)");
	else if (t->flaws & SMTP_DATA_CR)
		*v = verdict_make(550, "5.6.0",
		    "message has CR without LF (RFC 5321 2.3.8)");
	else if (t->size > conf->max_size)
		*v = verdict_make(552, "5.3.4",
		    "message has more than %llu octets (RFC 1870 6.3)",
		    (unsigned long long)conf->max_size);
	else if (t->header > conf->max_header)
		*v = verdict_make(552, "5.3.4",
		    "header has more than %llu octets (smtpd.max_header)",
		    (unsigned long long)conf->max_header);
	else if (t->hops > conf->max_hops)
		*v = verdict_make(554, "5.4.6",
		    "more than %llu Received fields: a loop (RFC 5321 6.3)",
		    (unsigned long long)conf->max_hops);
	else if (t->longest > conf->max_line || t->line > conf->max_line)
		*v = verdict_make(550, "5.6.0",
		    "a line has more than %llu octets (RFC 5321 4.5.3.1.6)",
		    (unsigned long long)conf->max_line);
	else if (r->no.code)
		*v = r->no;
	else
		return 0;
	return 1;
}

/* The end of the text: commit, and what the writer says to it. */
static void
finish(struct receive *r, struct stream *c, const struct smtpd_conf *conf,
    struct verdict *v)
{
	struct intake_answer a;
	struct buf end = { .max = 128 };
	struct span fields;
	const char *why;

	if (r->head == HEADER_HELD && !r->lost && r->no.code == 0)
		end_header(r);
	end_text(r, &end);
	if (unwanted(r, conf, v))
		r->kept = 0;
	else
		v->code = 0;
	flush(r, c, v->code ? SPAN("") : buf_span(&end));
	buf_free(&end);
	if (v->code == 0 && !r->lost && hear(r, &fields) == 0) {
		if (intake_parse_answer(fields, &a, &why) < 0)
			receive_drop(r);
		else
			take_answer(r, &a, v);
	}
	if (v->code == 0)
		*v = verdict_make(451, "4.3.0",
		    "the message cannot be stored now");
	receive_forget(r);
}

/* What completes a last line that BDAT left open (mail is kept in lines, and
 * goes on by DATA), and the commit. */
static void
end_text(struct receive *r, struct buf *end)
{
	struct span piece = { NULL, 0 };
	char prefix[48];

	if (r->text.bdat)
		smtp_data_finish(&r->text, &piece);
	if (piece.n) {
		buf_add(end, prefix, intake_data_prefix(prefix, piece.n));
		buf_addspan(end, piece);
		buf_add(end, intake_data_suffix, sizeof intake_data_suffix);
	}
	if (intake_add_commit(end) < 0)
		receive_drop(r);
}

static void
take_answer(struct receive *r, const struct intake_answer *a,
    struct verdict *v)
{
	r->sent = 0;
	r->room = a->room;
	*v = a->verdict;
	if (v->kind == VERDICT_DONE)
		*v = verdict_make(250, "2.0.0", "accepted as %s", a->id);
}

/*
 * The writer's next record.  0, or -1 and the writer is dropped.  SIGTERM does
 * not end this wait: a message whose end was read is answered.
 */
static int
hear(struct receive *r, struct span *fields)
{
	int ended = 0, got;
	const char *why;
	struct span in;
	long n;

	for (;;) {
		in = stream_have(&r->writer);
		if ((got = record_next(&in, RECORD_MAX, fields, &why)) == 1) {
			stream_eat(&r->writer, stream_have(&r->writer).n -
			    in.n);
			break;
		}
		if (got < 0)
			break;
		if (stream_ended)
			ended |= __atomic_exchange_n(&stream_ended, 0,
			    __ATOMIC_SEQ_CST);
		n = stream_fill(&r->writer);
		if (n <= 0 && n != STREAM_SIGNAL)
			break;
	}
	if (ended)
		stream_ended = 1;
	if (got == 1)
		return 0;
	receive_drop(r);
	return -1;
}
