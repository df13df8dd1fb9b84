/*
 * dialogue - sendmail -bs: SMTP with the program that started us.
 *
 * It may send all at once and read later, as with any pipe: there is nobody
 * in between who could smuggle something behind DATA.  But it may send text of
 * others, so that lines end as in all SMTP here: by CR LF, and nothing else.
 */
#include <stdio.h>
#include <sysexits.h>

#include "admin/compose.h"
#include "admin/dialogue.h"
#include "mail/envelope.h"
#include "sys/file.h"
#include "sys/stream.h"
#include "wire/smtp_command.h"
#include "wire/smtp_data.h"
#include "wire/smtp_reply.h"

enum { INPUT = 65536, ERRORS_MAX = 100 };

/* bits, so that a verb can be allowed in several */
enum stage { READY = 1, MAIL = 2, RCPT = 4, ANY = READY | MAIL | RCPT };

struct dialogue {
	struct handin *h;
	struct stream in;
	int out;
	enum stage stage;
	unsigned rcpts, errors;		/* errors: since a message was taken */
	int over, status;
};

static int next_line(struct dialogue *, struct span *);
static void obey(struct dialogue *, struct span);
static struct verdict out_of_order(const struct dialogue *, enum smtp_verb);
static struct verdict do_hello(struct dialogue *, const struct smtp_command *);
static struct verdict do_mail(struct dialogue *, const struct smtp_command *);
static struct verdict do_rcpt(struct dialogue *, const struct smtp_command *);
static struct verdict do_data(struct dialogue *, const struct smtp_command *);
static struct verdict do_rset(struct dialogue *, const struct smtp_command *);
static struct verdict do_quit(struct dialogue *, const struct smtp_command *);
static struct verdict take_text(struct dialogue *);
static struct verdict offered(const struct smtp_command *, int);
static void forget(struct dialogue *);
static void end(struct dialogue *, unsigned, const char *, const char *);
static int fill(struct dialogue *);
static void reply(struct dialogue *, const struct verdict *);
static void put(struct dialogue *, const char *, size_t);

static const struct {
	struct verdict (*run)(struct dialogue *, const struct smtp_command *);
	int stages;			/* in which it is allowed */
	unsigned code;			/* without run: the same each time */
	const char *enhanced, *text;
} verbs[SMTP_VERBS] = {
	/* HELO need not come first: we know who calls */
	[SMTP_HELO] = { .run = do_hello, .stages = ANY },
	[SMTP_EHLO] = { .run = do_hello, .stages = ANY },
	[SMTP_MAIL] = { .run = do_mail, .stages = READY },
	[SMTP_RCPT] = { .run = do_rcpt, .stages = MAIL | RCPT },
	[SMTP_DATA] = { .run = do_data, .stages = ANY },
	[SMTP_RSET] = { .run = do_rset, .stages = ANY },
	[SMTP_NOOP] = { NULL, ANY, 250, "2.0.0", "ok" },
	[SMTP_QUIT] = { .run = do_quit, .stages = ANY },
	[SMTP_VRFY] = { NULL, ANY, 252, "2.5.0",
	    "not verified here; a report says whom mail did not reach" },
	[SMTP_HELP] = { NULL, ANY, 214, "2.0.0", "EHLO HELO MAIL RCPT DATA "
	    "RSET NOOP QUIT VRFY HELP (RFC 5321)" }
};

int
dialogue_serve(struct handin *h, int in, int out)
{
	static unsigned char input[INPUT];
	struct dialogue d = { .h = h, .out = out, .stage = READY,
	    .in = { .fd = in, .b = input, .size = sizeof input } };
	struct verdict v = verdict_make(220, "", "%s ESMTP correo",
	    h->config->site.hostname);
	struct span line;

	reply(&d, &v);
	while (!d.over && next_line(&d, &line))
		obey(&d, line);
	handin_forget(h);
	return d.status;
}

/* Without CR LF; it stands until the buffer is filled again.  1, or 0 and it
 * is over. */
static int
next_line(struct dialogue *d, struct span *line)
{
	struct span have;
	size_t n;

	for (;;) {
		have = span_sub(stream_have(&d->in), 0, SMTP_LINE);
		n = span_find(have, '\n');
		if (n < have.n)
			break;
		if (n == SMTP_LINE) {
			end(d, 500, "5.5.2",
			    "command line too long (RFC 5321 4.5.3.1.4)");
			return 0;
		}
		if (fill(d) < 0)
			return 0;
	}
	if (n == 0 || have.p[n - 1] != '\r') {
		end(d, 500, "5.5.2",
		    "command ended by LF without CR (RFC 5321 2.3.8)");
		return 0;
	}
	*line = span_sub(have, 0, n - 1);
	stream_eat(&d->in, n + 1);
	return 1;
}

static void
obey(struct dialogue *d, struct span line)
{
	struct smtp_command c;
	struct verdict v;

	if (smtp_command_parse(line, &c, &v) == 0) {
		if (!(verbs[c.verb].stages & (int)d->stage))
			v = out_of_order(d, c.verb);
		else if (verbs[c.verb].run)
			v = verbs[c.verb].run(d, &c);
		else
			v = verdict_make(verbs[c.verb].code,
			    verbs[c.verb].enhanced, "%s", verbs[c.verb].text);
	}
	if (v.code == 0)
		return;
	reply(d, &v);
	if (v.code >= 500 && ++d->errors > ERRORS_MAX)
		end(d, 421, "4.7.0", "too many errors");
}

static struct verdict
out_of_order(const struct dialogue *d, enum smtp_verb verb)
{
	if (verbs[verb].stages == 0)
		return verdict_make(502, "5.5.1",
		    "command not offered here (RFC 5321 4.2.4)");
	if (verb == SMTP_MAIL)
		return verdict_make(503, "5.5.1",
		    "a message is begun already (RFC 5321 4.1.4)");
	if (d->stage == READY)
		return verdict_make(503, "5.5.1",
		    "MAIL comes first (RFC 5321 4.1.4)");
	return verdict_make(554, "5.5.1", "no valid recipients (RFC 5321 3.3)");
}

static struct verdict
do_hello(struct dialogue *d, const struct smtp_command *c)
{
	static const char *const keyword[] = { "8BITMIME", "SMTPUTF8",
	    "PIPELINING", "ENHANCEDSTATUSCODES" };
	const struct config *config = d->h->config;
	char line[SMTP_REPLY];
	size_t i;

	forget(d);
	if (c->verb == SMTP_HELO)
		return verdict_make(250, "", "%s", config->site.hostname);
	put(d, line, smtp_reply_line(line, 250,
	    span_of(config->site.hostname)));
	for (i = 0; i < sizeof keyword / sizeof *keyword; i++)
		put(d, line, smtp_reply_line(line, 250, span_of(keyword[i])));
	return verdict_make(250, "", "SIZE %llu",
	    (unsigned long long)config->max_size);
}

/* Any sender, as with -f. */
static struct verdict
do_mail(struct dialogue *d, const struct smtp_command *c)
{
	struct verdict v = offered(c, c->utf8);
	struct handin *h = d->h;
	const char *why = "no memory";

	if (v.code != 250)
		return v;
	if (c->size > h->config->max_size)
		return verdict_make(552, "5.3.4",
		    "no message over %llu octets (RFC 1870 6.1)",
		    (unsigned long long)h->config->max_size);
	forget(d);
	if (c->path.n && compose_return(c->path, h->config->site.hostname,
	    h->nodename, &h->sender, &why) < 0)
		return verdict_make(553, "5.1.7", "%s", why);
	h->utf8 = c->utf8;
	d->stage = MAIL;
	return verdict_make(250, "2.1.0", "sender ok");
}

/* Whom there is not, a report says, as to all who call sendmail. */
static struct verdict
do_rcpt(struct dialogue *d, const struct smtp_command *c)
{
	struct verdict v = offered(c, d->h->utf8);
	struct handin *h = d->h;
	const char *why = "no memory";

	if (v.code != 250)
		return v;
	if (d->rcpts == ENVELOPE_RCPTS)
		return verdict_make(452, "4.5.3", "%d recipients in one "
		    "message (RFC 5321 4.5.3.1.10)", ENVELOPE_RCPTS);
	if (compose_qualify(c->path, h->config->site.hostname, &h->rcpts,
	    &why) < 0)
		return verdict_make(553, "5.1.3", "%s", why);
	buf_addc(&h->rcpts, '\n');
	d->rcpts++;
	d->stage = RCPT;
	return verdict_make(250, "2.1.5", "recipient ok");
}

/* Where there is no 354, what was sent behind it without waiting is text, and
 * no commands. */
static struct verdict
do_data(struct dialogue *d, const struct smtp_command *c)
{
	struct verdict v = verdict_make(354, "", "end with a line of one dot");

	if (d->stage != RCPT)
		v = out_of_order(d, c->verb);
	else if (handin_open(d->h) != EX_OK)
		v = d->h->v;
	else {
		reply(d, &v);
		v = take_text(d);
		forget(d);
		return v;
	}
	if (stream_have(&d->in).n) {
		d->over = 1;
		d->status = EX_PROTOCOL;
	}
	return v;
}

static struct verdict
do_rset(struct dialogue *d, const struct smtp_command *c)
{
	(void)c;
	forget(d);
	return verdict_make(250, "2.0.0", "forgotten");
}

static struct verdict
do_quit(struct dialogue *d, const struct smtp_command *c)
{
	(void)c;
	d->over = 1;
	return verdict_make(221, "2.0.0", "%s closes the connection",
	    d->h->config->site.hostname);
}

/* Up to its end, wanted or not; code 0: the client is gone. */
static struct verdict
take_text(struct dialogue *d)
{
	struct smtp_data t;
	struct span in, piece;
	enum smtp_data_end e;
	size_t had;
	int r = EX_OK;

	smtp_data_start(&t, 0);
	for (;;) {
		in = stream_have(&d->in);
		had = in.n;
		while ((e = smtp_data_next(&t, &in, &piece)) ==
		    SMTP_DATA_PIECE)
			if (r == EX_OK && !t.flaws)
				r = handin_text(d->h, piece);
		stream_eat(&d->in, had - in.n);
		if (e == SMTP_DATA_END)
			break;
		if (fill(d) < 0)
			return (struct verdict){ 0 };
	}
	if (t.flaws)
		return verdict_make(550, "5.6.0", "message has CR or LF alone, "
		    "or NUL (RFC 5321 2.3.8, 4.5.2)");
	if (r == EX_OK && handin_end(d->h) == EX_OK)
		d->errors = 0;
	return d->h->v;
}

/* Whether there is nothing with it that EHLO did not tell of; utf8: the client
 * said SMTPUTF8. */
static struct verdict
offered(const struct smtp_command *c, int utf8)
{
	if (c->ret.n || c->envid.n || c->notify.n || c->orcpt.n)
		return verdict_make(555, "5.5.4",
		    "parameter not known here (RFC 5321 4.1.1.11)");
	if (c->address.utf8 && !utf8)
		return verdict_make(553, "5.6.7",
		    "this address needs SMTPUTF8 with MAIL (RFC 6531 3.2)");
	return verdict_make(250, "2.0.0", "ok");
}

static void
forget(struct dialogue *d)
{
	handin_forget(d->h);
	d->rcpts = 0;
	d->stage = READY;
}

static void
end(struct dialogue *d, unsigned code, const char *enhanced, const char *text)
{
	struct verdict v = verdict_make(code, enhanced, "%s", text);

	reply(d, &v);
	d->over = 1;
	d->status = EX_PROTOCOL;
}

/* 0, or -1 and it is over. */
static int
fill(struct dialogue *d)
{
	long n = stream_fill(&d->in);

	if (n > 0)
		return 0;
	d->over = 1;
	d->status = n == STREAM_EOF ? EX_OK : EX_IOERR;
	return -1;
}

static void
reply(struct dialogue *d, const struct verdict *v)
{
	char line[SMTP_REPLY];

	put(d, line, smtp_reply_format(line, v));
}

static void
put(struct dialogue *d, const char *s, size_t n)
{
	if (file_write(d->out, span_mem(s, n)) == 0)
		return;
	d->over = 1;
	d->status = EX_IOERR;
}
