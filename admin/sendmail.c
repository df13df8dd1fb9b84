/*
 * sendmail - a program on this host hands in a message.  sendmail(8).
 *
 * Setgid correo-drop: that group may make files in drop/ and nothing else.  It
 * is laid aside while anything is read that the caller names, and taken up
 * again for the drop.
 */
#include <sys/stat.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin/commands.h"
#include "admin/compose.h"
#include "admin/config.h"
#include "admin/crlf.h"
#include "admin/say.h"
#include "admin/sendmail_args.h"
#include "admin/source.h"
#include "admin/spool.h"
#include "admin/via.h"
#include "base/utf8.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { HEADER_MAX = 1 << 20, RCPTS_MAX = 4 << 20, BLOCK = 65536 };

struct mail {
	struct sendmail_args a;
	struct config config;
	gid_t drop;			/* the group that we were given */
	struct buf caller, sender, rcpts;	/* rcpts: each with LF */
	char name[128];			/* full name of who calls */
	char nodename[65];		/* of this machine; empty: has a dot */
	struct spool spool;
	struct crlf crlf;
	int by_via;
};

static int as_correo(const struct mail *);
static int send_mail(struct mail *);
static int who(struct mail *);
static void full_name(struct mail *, const char *);
static int recipients(struct mail *);
static int open_spool(struct mail *);
static int take_message(struct mail *);
static int take_header(struct mail *, struct buf *);
static size_t header_end(struct span);
static int take_body(struct mail *, struct buf *);
static int put(struct mail *, struct span);
static int make_envelope(struct mail *, struct envelope *);
static int hand_over(struct mail *, const struct envelope *);
static int by_via(struct mail *, const struct envelope *);

int
main(int argc, char **argv)
{
	static struct mail m;
	struct buf why = { .max = 1024 };

	say_name("sendmail");
	log_program("sendmail");
	clock_init();
	signal(SIGPIPE, SIG_IGN);
	umask(027);
	m.drop = getegid();
	if (setegid(getgid()) < 0)
		return say_errno(EX_OSERR, "setegid");
	if (sendmail_args(argc, argv, &m.a, &why) < 0)
		return say(EX_USAGE, "%.*s", SPAN_ARG(buf_span(&why)));
	if (config_read(m.a.config, &m.config) < 0)
		return EX_CONFIG;
	if (m.a.mode != SENDMAIL_SEND)
		return as_correo(&m);
	return send_mail(&m);
}

/* mailq and the like are correo's own words, with no group of ours. */
static int
as_correo(const struct mail *m)
{
	static const struct {
		const char *word[2];
		size_t n;
		int (*run)(const struct site *, const struct args *);
	} command[] = {
		[SENDMAIL_QUEUE] = { { "queue", "list" }, 2, cmd_queue_list },
		[SENDMAIL_ALIASES] = { { "tables" }, 1, cmd_tables },
		[SENDMAIL_FLUSH] = { { "queue", "retry" }, 2,
		    cmd_queue_change }
	};
	struct args a = { .config = m->a.config, .all = 1,
	    .word = command[m->a.mode].word, .nwords = command[m->a.mode].n };

	if (setregid(getgid(), getgid()) < 0)
		return say_errno(EX_OSERR, "setregid");
	switch (command[m->a.mode].run(&m->config.site, &a)) {
	case SAY_OK:
		return EX_OK;
	case SAY_FOUND:
		return EX_DATAERR;
	case SAY_FIX:
		return EX_NOPERM;
	default:
		return EX_TEMPFAIL;
	}
}

/* Each step returns EX_OK, or what sendmail exits with. */
static int
send_mail(struct mail *m)
{
	struct envelope e = { .class = CLASS_LOCAL };
	int r;

	m->caller.max = m->sender.max = ADDRESS_MAX + 256;
	m->rcpts.max = RCPTS_MAX;
	if ((r = who(m)) != EX_OK || (r = recipients(m)) != EX_OK ||
	    (r = open_spool(m)) != EX_OK)
		return r;
	if ((r = take_message(m)) == EX_OK && (r = make_envelope(m, &e)) ==
	    EX_OK)
		r = hand_over(m, &e);
	if (m->spool.fd >= 0)
		spool_abort(&m->spool);
	return r;
}

/* Who calls; and the envelope's sender: -f, or that user. */
static int
who(struct mail *m)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *host = m->config.site.hostname, *why;
	char number[32];

	if (gethostname(m->nodename, sizeof m->nodename - 1) < 0 ||
	    strchr(m->nodename, '.'))
		*m->nodename = '\0';
	full_name(m, pw ? pw->pw_gecos : "");
	snprintf(number, sizeof number, "uid%u", (unsigned)getuid());
	if (compose_qualify(span_of(pw ? pw->pw_name : number), host,
	    &m->caller, &why) < 0)
		return say(EX_OSERR, "user %s: %s", pw ? pw->pw_name : number,
		    why);
	if (m->a.sender == NULL)
		buf_addspan(&m->sender, buf_span(&m->caller));
	else if (compose_sender(span_of(m->a.sender), host, m->nodename,
	    &m->sender, &why) < 0)
		return say(EX_USAGE, "sender %s: %s", m->a.sender, why);
	return EX_OK;
}

/* -F, or the first part of the gecos field, in which & is the login name (and
 * not worth the trouble: such a name is left out). */
static void
full_name(struct mail *m, const char *gecos)
{
	struct span s = span_of(m->a.name ? m->a.name : gecos);

	if (m->a.name == NULL) {
		s = span_sub(s, 0, span_find(s, ','));
		if (span_find(s, '&') < s.n)
			s.n = 0;
	}
	(void)span_str(s, m->name, sizeof m->name);
}

static int
recipients(struct mail *m)
{
	const char *why;
	size_t i, before;

	if (m->a.nrcpt == 0 && !m->a.take_recipients)
		return say(EX_USAGE, "no recipients; name some, or -t to take "
		    "them from the header");
	for (i = 0; i < m->a.nrcpt; i++) {
		before = m->rcpts.n;
		if (compose_recipients(span_of(m->a.rcpt[i]),
		    m->config.site.hostname, &m->rcpts, &why) < 0)
			return say(EX_USAGE, "recipient %.*s: %s",
			    SPAN_ARG(buf_span(&m->rcpts)), why);
		if (m->rcpts.n == before)
			return say(EX_USAGE, "recipient \"%s\": no address",
			    m->a.rcpt[i]);
	}
	return EX_OK;
}

static int
open_spool(struct mail *m)
{
	const struct site *site = &m->config.site;

	if (setegid(m->drop) < 0)
		return say_errno(EX_OSERR, "setegid");
	if (spool_open(&m->spool, site->state_dir, m->config.max_size) == 0)
		return EX_OK;
	if (errno != EACCES && errno != EPERM && errno != ENOENT)
		return say_errno(EX_TEMPFAIL, "%s/drop", site->state_dir);
	if (*m->config.via == '\0')
		return say_errno(EX_TEMPFAIL, "%s/drop: no right to leave a "
		    "message there; make sendmail setgid %s-drop (confined "
		    "services lose that), or set sendmail.via ADDRESS:PORT to "
		    "send over SMTP", site->state_dir, site->user_prefix);
	m->by_via = 1;
	if (spool_open_nameless(&m->spool, m->config.max_size) < 0)
		return say_errno(EX_CANTCREAT, "/tmp");
	return EX_OK;
}

static int
take_message(struct mail *m)
{
	struct buf text = { .max = HEADER_MAX + 2 * BLOCK + 16 };
	int r;

	m->crlf.dot_ends = m->a.dot_ends;
	r = take_header(m, &text);
	if (r == EX_OK)
		r = take_body(m, &text);
	buf_free(&text);
	return r;
}

/* Reads until the header section is there whole, and puts it as it is to be. */
static int
take_header(struct mail *m, struct buf *text)
{
	struct compose c = {
		.hostname = m->config.site.hostname, .id = m->spool.name,
		.now = clock_s(), .name = m->name,
		.take_recipients = m->a.take_recipients,
		.nodename = m->nodename
	};
	struct buf out = { .max = 4 * HEADER_MAX }, from = { .max = 1024 };
	unsigned char block[4096];
	struct span lines;
	const char *why;
	size_t used = 0;
	ssize_t n = 1;
	int r, more;

	while ((more = n > 0 && !m->crlf.ended &&
	    header_end(buf_span(text)) == 0) && text->n <= HEADER_MAX) {
		if ((n = read(STDIN_FILENO, block, sizeof block)) < 0)
			return say_errno(EX_IOERR, "standard input");
		(void)crlf_add(&m->crlf, text, span_mem(block, (size_t)n));
	}
	if (n == 0)
		(void)crlf_end(&m->crlf, text);
	buf_addspan(&from, buf_span(m->sender.n ? &m->sender : &m->caller));
	buf_addc(&from, '\0');
	c.from = (const char *)from.p;
	/* a line that was not read to its end says nothing yet */
	lines = buf_span(text);
	if (more)
		lines = span_sub(lines, 0, span_rfind(lines, '\n') + 1);
	r = compose_header(lines, &c, &out, &m->rcpts, &used, &why);
	if (!buf_ok(text) || (r == 0 && more && used == lines.n))
		r = say(EX_DATAERR, "the header is longer than a megabyte");
	else if (r < 0)
		r = say(EX_DATAERR, "%s%.*s%s%s", m->rcpts.n ? "recipient " :
		    "", SPAN_ARG(buf_span(&m->rcpts)), m->rcpts.n ? ": " : "",
		    why);
	else
		r = put(m, buf_span(&out));
	buf_cut(text, used);
	buf_free(&out);
	buf_free(&from);
	return r;
}

/* Behind the blank line, or 0: it is not there yet. */
static size_t
header_end(struct span s)
{
	size_t at;

	if (span_starts(s, SPAN("\r\n")))
		return 2;
	at = span_search(s, SPAN("\r\n\r\n"));
	return at < s.n ? at + 4 : 0;
}

static int
take_body(struct mail *m, struct buf *text)
{
	static unsigned char block[BLOCK];
	ssize_t n = 1;
	int r = put(m, buf_span(text));

	while (r == EX_OK && n > 0 && !m->crlf.ended) {
		if ((n = read(STDIN_FILENO, block, sizeof block)) < 0)
			return say_errno(EX_IOERR, "standard input");
		buf_reset(text);
		(void)crlf_add(&m->crlf, text, span_mem(block, (size_t)n));
		if (n == 0 && !m->crlf.ended)
			(void)crlf_end(&m->crlf, text);
		r = buf_ok(text) ? put(m, buf_span(text)) :
		    say(EX_OSERR, "no memory");
	}
	return r;
}

static int
put(struct mail *m, struct span s)
{
	if (spool_add(&m->spool, s) == 0)
		return EX_OK;
	if (errno == EFBIG)
		return say(EX_UNAVAILABLE, "the message is larger than "
		    "sendmail.max_size (%llu bytes)",
		    (unsigned long long)m->config.max_size);
	return say_errno(EX_TEMPFAIL, "the message cannot be written");
}

/* Each recipient once. */
static int
make_envelope(struct mail *m, struct envelope *e)
{
	struct span in = buf_span(&m->rcpts), one;
	size_t i;

	if (!buf_ok(&m->rcpts))
		return say(EX_USAGE, "too many recipients");
	e->sender = buf_span(&m->sender);
	e->body = m->crlf.eight_bit ? SPAN("8BITMIME") : (struct span){ 0 };
	e->ret = span_of(m->a.ret ? m->a.ret : "");
	e->envid = span_of(m->a.envid ? m->a.envid : "");
	e->utf8 = !utf8_is_ascii(e->sender) || !utf8_is_ascii(in);
	e->rcpt = calloc(ENVELOPE_RCPTS, sizeof *e->rcpt);
	if (e->rcpt == NULL)
		return say(EX_OSERR, "no memory");
	while (span_cut(&in, '\n', &one)) {
		for (i = 0; i < e->nrcpt; i++)
			if (span_eq(one, e->rcpt[i].address))
				break;
		if (i < e->nrcpt)
			continue;
		if (e->nrcpt == ENVELOPE_RCPTS)
			return say(EX_USAGE, "more than %d recipients",
			    ENVELOPE_RCPTS);
		e->rcpt[e->nrcpt].address = one;
		e->rcpt[e->nrcpt++].notify = span_of(m->a.notify);
	}
	return e->nrcpt ? EX_OK : say(EX_USAGE, "no recipients in the header");
}

static int
hand_over(struct mail *m, const struct envelope *e)
{
	struct envelope head = *e;
	struct buf b = { .max = QUEUE_ENVELOPE_MAX };
	char uid[24];
	size_t i;
	int r;

	if (m->by_via)
		return by_via(m, e);
	/* queued believes the file's owner, not this */
	snprintf(uid, sizeof uid, "%u", (unsigned)getuid());
	head.class_arg = span_of(uid);
	r = envelope_add_head(&b, &head);
	for (i = 0; i < e->nrcpt && r == 0; i++)
		r = envelope_add_rcpt(&b, &e->rcpt[i]);
	if (r < 0)
		return say(EX_USAGE, "an envelope too long");
	if (spool_commit(&m->spool, buf_span(&b)) < 0)
		return say_errno(EX_TEMPFAIL, "%s/drop",
		    m->config.site.state_dir);
	buf_free(&b);
	if (m->a.verbose)
		say(0, "left as %s for queued", m->spool.name);
	return EX_OK;
}

static int
by_via(struct mail *m, const struct envelope *e)
{
	const char *via = m->config.via;
	size_t refused;
	struct verdict v = via_send(via, m->config.site.hostname, e,
	    &m->spool, &refused);

	if (v.kind == VERDICT_DONE && refused)
		return say(EX_UNAVAILABLE, "%s took the message, but not for "
		    "%zu of the recipients", via, refused);
	if (v.kind != VERDICT_DONE || m->a.verbose)
		say(0, "%s: %u %s %s", via, v.code, v.enhanced, v.text);
	return v.kind == VERDICT_DONE ? EX_OK :
	    v.kind == VERDICT_NEVER ? EX_UNAVAILABLE : EX_TEMPFAIL;
}
