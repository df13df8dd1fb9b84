/* via - a message goes to an SMTP server on this host. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "admin/via.h"
#include "base/scan.h"
#include "sys/conf.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/stream.h"

enum { VIA_TIMEOUT = 300, VIA_LINES = 100 };

struct dialog {
	struct stream s;
	int dsn, eight_bit, utf8;	/* what EHLO's reply offered */
	struct verdict last;
	unsigned char b[8192];
};

static int transaction(struct dialog *, const char *, const struct envelope *,
    struct spool *, size_t *);
static int envelope_out(struct dialog *, const struct envelope *, size_t *);
static int body_out(struct dialog *, struct spool *);
static void add_xtext(struct buf *, struct span);
static int command(struct dialog *, struct buf *, unsigned);
static int reply(struct dialog *, unsigned);
static int line_next(struct dialog *, struct span *);
static int gone(struct dialog *, const char *);
static void offered(struct dialog *, struct span);

struct verdict
via_send(const char *address, const char *hostname, const struct envelope *e,
    struct spool *spool, size_t *refused)
{
	static struct dialog d;
	struct buf quit = { .max = 64 };
	struct ip ip;
	unsigned port;

	*refused = 0;
	if (conf_address(span_of(address), &ip, &port) < 0)
		return verdict_make(451, "4.3.5", "sendmail.via: ADDRESS:PORT "
		    "is wanted");
	d.s = (struct stream){ .timeout_s = VIA_TIMEOUT, .b = d.b,
	    .size = sizeof d.b };
	if ((d.s.fd = net_connect(&ip, port, 30)) < 0)
		return verdict_make(451, "4.4.1", "%s: %s", address,
		    strerror(errno));
	if (transaction(&d, hostname, e, spool, refused) == 0) {
		struct verdict taken = d.last;

		buf_adds(&quit, "QUIT\r\n");
		(void)command(&d, &quit, 2);
		d.last = taken;
	}
	close(d.s.fd);
	return d.last;
}

/* Each step: 0, or -1 with what was said in last. */
static int
transaction(struct dialog *d, const char *hostname, const struct envelope *e,
    struct spool *spool, size_t *refused)
{
	struct buf b = { .max = 4096 };

	if (reply(d, 2) < 0)
		return -1;
	d->dsn = d->eight_bit = d->utf8 = 0;	/* a greeting offers nothing */
	buf_addf(&b, "EHLO %s\r\n", hostname);
	if (command(d, &b, 2) < 0 || envelope_out(d, e, refused) < 0)
		return -1;
	buf_adds(&b, "DATA\r\n");
	if (command(d, &b, 3) < 0)
		return -1;
	return body_out(d, spool) < 0 ? -1 : reply(d, 2);
}

static int
envelope_out(struct dialog *d, const struct envelope *e, size_t *refused)
{
	struct buf b = { .max = 4096 };
	size_t i;

	if (e->utf8 && !d->utf8) {
		d->last = verdict_make(553, "5.6.7", "an address is not ASCII, "
		    "and the server at sendmail.via takes only such");
		return -1;
	}
	buf_adds(&b, "MAIL FROM:<");
	buf_addspan(&b, e->sender);
	buf_addf(&b, ">%s%s", e->utf8 ? " SMTPUTF8" : "",
	    e->body.n && d->eight_bit ? " BODY=8BITMIME" : "");
	if (d->dsn && e->ret.n)
		buf_addf(&b, " RET=%.*s", SPAN_ARG(e->ret));
	if (d->dsn && e->envid.n) {
		buf_adds(&b, " ENVID=");
		add_xtext(&b, e->envid);
	}
	buf_adds(&b, "\r\n");
	if (command(d, &b, 2) < 0)
		return -1;
	for (i = 0; i < e->nrcpt; i++) {
		buf_adds(&b, "RCPT TO:<");
		buf_addspan(&b, e->rcpt[i].address);
		buf_addc(&b, '>');
		if (d->dsn && e->rcpt[i].notify.n)
			buf_addf(&b, " NOTIFY=%.*s",
			    SPAN_ARG(e->rcpt[i].notify));
		buf_adds(&b, "\r\n");
		if (command(d, &b, 2) < 0) {
			if (d->last.code == 0 || ++*refused == e->nrcpt)
				return -1;
		}
	}
	return 0;
}

/* RFC 5321 4.5.2: a dot before a dot that begins a line. */
static int
body_out(struct dialog *d, struct spool *spool)
{
	static unsigned char block[32768];
	struct buf out = { .max = 2 * sizeof block + 8 };
	uint64_t done = 0;
	size_t n, i;
	int begins = 1, r = 0;

	for (; done < spool->head.body && r == 0; done += n) {
		n = spool->head.body - done < sizeof block ?
		    (size_t)(spool->head.body - done) : sizeof block;
		if (file_pread(spool->fd, block, n,
		    (off_t)(QUEUE_HEAD + done)) < 0)
			return gone(d, "the message's file cannot be read");
		for (i = 0; i < n; i++) {
			if (begins && block[i] == '.')
				buf_addc(&out, '.');
			buf_addc(&out, block[i]);
			begins = block[i] == '\n';
		}
		r = stream_write(&d->s, buf_span(&out));
		buf_reset(&out);
	}
	buf_adds(&out, ".\r\n");
	if (r == 0)
		r = stream_write(&d->s, buf_span(&out));
	buf_free(&out);
	return r < 0 ? gone(d, "the connection broke") : 0;
}

/* RFC 3461 4: + and = and what is not printable as +XX. */
static void
add_xtext(struct buf *b, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '+' ||
		    s.p[i] == '=')
			buf_addf(b, "+%02X", s.p[i]);
		else
			buf_addc(b, s.p[i]);
}

/* Sends what is in b, and empties it. */
static int
command(struct dialog *d, struct buf *b, unsigned want)
{
	int r = buf_ok(b) ? stream_write(&d->s, buf_span(b)) : -1;

	buf_reset(b);
	return r < 0 ? gone(d, "the connection broke") : reply(d, want);
}

/* A reply of one or more lines whose first digit is that. */
static int
reply(struct dialog *d, unsigned want)
{
	struct span line, text;
	unsigned code = 0;
	int i;

	for (i = 0; i < VIA_LINES; i++) {
		if (line_next(d, &line) < 0)
			return gone(d, "the connection broke");
		if (line.n < 3 || scan_uint(span_sub(line, 0, 3), 599, &code) <
		    0 || code < 200)
			return gone(d, "the server's reply is no SMTP");
		text = span_from(line, 4);
		offered(d, text);
		if (line.n == 3 || line.p[3] != '-') {
			d->last = verdict_words(code, (struct span){ 0 },
			    text);
			return code / 100 == want ? 0 : -1;
		}
	}
	return gone(d, "the server's reply has no end");
}

/* Without its CRLF; it lives until the next. */
static int
line_next(struct dialog *d, struct span *line)
{
	static unsigned char copy[1024];
	struct span have;
	size_t at;

	for (;;) {
		have = stream_have(&d->s);
		at = span_find(have, '\n');
		if (at < have.n)
			break;
		if (have.n >= sizeof copy || stream_fill(&d->s) <= 0)
			return -1;
	}
	*line = span_trim(span_sub(have, 0, at < sizeof copy ? at :
	    sizeof copy));
	if (line->n)
		memcpy(copy, line->p, line->n);
	line->p = copy;
	stream_eat(&d->s, at + 1);
	return 0;
}

static int
gone(struct dialog *d, const char *words)
{
	d->last = verdict_make(421, "4.4.2", "sendmail.via: %s", words);
	d->last.code = 0;
	return -1;
}

static void
offered(struct dialog *d, struct span text)
{
	struct span word;

	(void)span_word(&text, &word);
	d->dsn |= span_case_eq(word, SPAN("DSN"));
	d->eight_bit |= span_case_eq(word, SPAN("8BITMIME"));
	d->utf8 |= span_case_eq(word, SPAN("SMTPUTF8"));
}
