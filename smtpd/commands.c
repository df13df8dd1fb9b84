/* commands - what each command of SMTP does. */
#include <stdio.h>

#include "run/ask.h"
#include "smtpd/commands.h"
#include "smtpd/login.h"
#include "sys/clock.h"
#include "wire/smtp_reply.h"

static struct verdict out_of_order(const struct session *,
    const struct smtp_command *);
static struct verdict always(enum smtp_verb);
static struct verdict do_helo(struct session *, const struct smtp_command *);
static struct verdict do_ehlo(struct session *, const struct smtp_command *);
static struct verdict do_mail(struct session *, const struct smtp_command *);
static struct verdict do_rcpt(struct session *, const struct smtp_command *);
static struct verdict do_bdat(struct session *, const struct smtp_command *);
static struct verdict do_rset(struct session *, const struct smtp_command *);
static struct verdict do_quit(struct session *, const struct smtp_command *);
static struct verdict do_help(struct session *, const struct smtp_command *);
static struct verdict do_starttls(struct session *,
    const struct smtp_command *);
static struct verdict do_auth(struct session *, const struct smtp_command *);
static void greeted(struct session *, struct span);
static int  tls_offered(const struct session *);
static void offer_login(struct session *);
static void auth_line(struct session *, struct span);
static struct verdict room_for(struct session *, uint64_t);
static struct verdict no_utf8(void);
static struct verdict not_owned(struct session *, const struct smtp_command *);
static int  owns(void *, struct span);
static int  put_head(struct session *, const struct smtp_command *);
static const char *proto(const struct session *);
static int  put_rcpt(struct session *, const struct smtp_command *);
static struct verdict no_memory(void);

enum {
	ANY = STAGE_START | STAGE_READY | STAGE_MAIL | STAGE_RCPT | STAGE_BDAT
};

static const struct {
	struct verdict (*run)(struct session *, const struct smtp_command *);
	unsigned stages;		/* in which it is allowed */
	unsigned code;			/* without run: the same each time */
	const char *enhanced, *text;
} verbs[SMTP_VERBS] = {
	[SMTP_HELO] = { .run = do_helo, .stages = ANY },
	[SMTP_EHLO] = { .run = do_ehlo, .stages = ANY },
	[SMTP_MAIL] = { .run = do_mail, .stages = STAGE_READY },
	[SMTP_RCPT] = { .run = do_rcpt, .stages = STAGE_MAIL | STAGE_RCPT },
	[SMTP_DATA] = { NULL, STAGE_RCPT, 354, "",
	    "end with a line of one dot" },
	[SMTP_BDAT] = { .run = do_bdat, .stages = STAGE_RCPT | STAGE_BDAT },
	[SMTP_RSET] = { .run = do_rset, .stages = ANY },
	[SMTP_NOOP] = { NULL, ANY, 250, "2.0.0", "ok" },
	[SMTP_QUIT] = { .run = do_quit, .stages = ANY },
	/* RFC 5321 7.3: who is here is told where mail is at stake */
	[SMTP_VRFY] = { NULL, ANY, 252, "2.5.0",
	    "not verified here; try RCPT (RFC 5321 3.5.3)" },
	[SMTP_HELP] = { .run = do_help, .stages = ANY },
	[SMTP_STARTTLS] = { .run = do_starttls, .stages = ANY },
	[SMTP_AUTH] = { .run = do_auth, .stages = ANY },
	[SMTP_OTHER] = { NULL, ANY, 502, "5.5.1",
	    "command not offered here (RFC 5321 4.2.4)" }
};

struct verdict
commands_run(struct session *s, const struct smtp_command *c)
{
	if (!(verbs[c->verb].stages & s->stage))
		return out_of_order(s, c);
	return verbs[c->verb].run ? verbs[c->verb].run(s, c) :
	    always(c->verb);
}

void
commands_forget(struct session *s)
{
	receive_forget(&s->message);
	s->rcpts = 0;
	s->utf8 = 0;
	if (s->stage != STAGE_START)
		s->stage = STAGE_READY;
}

/* RFC 5321 4.1.4 */
static struct verdict
out_of_order(const struct session *s, const struct smtp_command *c)
{
	const char *text = "a message is begun already (RFC 5321 4.1.4)";

	switch (s->stage) {
	case STAGE_START:
		text = "EHLO or HELO comes first (RFC 5321 4.1.4)";
		break;
	case STAGE_READY:
		text = "MAIL comes first (RFC 5321 4.1.4)";
		break;
	case STAGE_BDAT:
		text = "only BDAT or RSET may follow BDAT (RFC 3030 2)";
		break;
	default:
		if (c->verb != SMTP_MAIL)
			return verdict_make(554, "5.5.1",
			    "no valid recipients (RFC 5321 3.3)");
	}
	return verdict_make(503, "5.5.1", "%s", text);
}

static struct verdict
always(enum smtp_verb verb)
{
	return verdict_make(verbs[verb].code, verbs[verb].enhanced, "%s",
	    verbs[verb].text);
}

static struct verdict
do_helo(struct session *s, const struct smtp_command *c)
{
	greeted(s, c->arg);
	s->esmtp = 0;
	return verdict_make(250, "", "%s", s->env->site->hostname);
}

static struct verdict
do_ehlo(struct session *s, const struct smtp_command *c)
{
	static const char *const keyword[] = { "8BITMIME", "SMTPUTF8",
	    "PIPELINING", "CHUNKING", "ENHANCEDSTATUSCODES", "DSN" };
	char line[64];
	unsigned i;

	greeted(s, c->arg);
	s->esmtp = 1;
	session_line(s, 250, span_of(s->env->site->hostname));
	snprintf(line, sizeof line, "SIZE %llu",
	    (unsigned long long)s->conf->max_size);
	session_line(s, 250, span_of(line));
	for (i = 0; i < sizeof keyword / sizeof *keyword; i++)
		session_line(s, 250, span_of(keyword[i]));
	if (tls_offered(s))
		session_line(s, 250, SPAN("STARTTLS"));
	if (login_mechanism(s, 0))
		offer_login(s);
	if (s->conf->max_messages == 0)
		return verdict_make(250, "", "LIMITS RCPTMAX=%llu",
		    (unsigned long long)s->conf->max_recipients);
	return verdict_make(250, "", "LIMITS MAILMAX=%llu RCPTMAX=%llu",
	    (unsigned long long)s->conf->max_messages,
	    (unsigned long long)s->conf->max_recipients);
}

/* The writer is asked for here: what it may accept is known before any
 * recipient is. */
static struct verdict
do_mail(struct session *s, const struct smtp_command *c)
{
	struct verdict v;

	if (s->facts->service != SERVICE_SMTP &&
	    s->facts->class != CLASS_USER)
		return verdict_make(530, "5.7.0", "%s", s->facts->may_login ?
		    "log in first (RFC 6409 4.3)" :
		    "STARTTLS and a login come first (RFC 3207 4)");
	if (c->address.utf8 && !c->utf8)
		return no_utf8();
	if (c->size > s->conf->max_size)
		return verdict_make(552, "5.3.4",
		    "no message over %llu octets (RFC 1870 6.1)",
		    (unsigned long long)s->conf->max_size);
	if (s->conf->max_messages && s->messages >= s->conf->max_messages)
		return verdict_make(421, "4.7.0",
		    "%llu messages in one connection (RFC 9422 4.1)",
		    (unsigned long long)s->conf->max_messages);
	v = not_owned(s, c);
	if (v.kind != VERDICT_DONE)
		return v;
	v = room_for(s, c->size);
	if (v.kind != VERDICT_DONE)
		return v;
	s->utf8 = c->utf8;
	if (put_head(s, c) < 0)
		return no_memory();
	s->messages++;
	s->stage = STAGE_MAIL;
	return verdict_make(250, "2.1.0", "sender ok");
}

static struct verdict
do_rcpt(struct session *s, const struct smtp_command *c)
{
	struct verdict v;
	int rewritten;

	if (c->address.utf8 && !s->utf8)
		return no_utf8();
	if (s->rcpts >= s->conf->max_recipients)
		return verdict_make(452, "4.5.3",
		    "%llu recipients in one message (RFC 5321 4.5.3.1.10)",
		    (unsigned long long)s->conf->max_recipients);
	v = policy_rcpt(&s->policy, s->env, s->facts, &c->address, &rewritten);
	if (rewritten)
		v = receive_rewritten(&s->message, c->address.local, v);
	if (v.kind != VERDICT_DONE)
		return v;
	if (put_rcpt(s, c) < 0)
		return no_memory();
	s->rcpts++;
	s->stage = STAGE_RCPT;
	return v;
}

static struct verdict
do_bdat(struct session *s, const struct smtp_command *c)
{
	(void)c;
	s->stage = STAGE_BDAT;
	return verdict_make(250, "2.0.0", "ok");
}

static struct verdict
do_rset(struct session *s, const struct smtp_command *c)
{
	(void)c;
	commands_forget(s);
	return verdict_make(250, "2.0.0", "forgotten");
}

static struct verdict
do_quit(struct session *s, const struct smtp_command *c)
{
	(void)c;
	s->over = "quit";
	s->polite = 1;
	return verdict_make(221, "2.0.0", "%s closes the connection",
	    s->env->site->hostname);
}

static struct verdict
do_help(struct session *s, const struct smtp_command *c)
{
	(void)c;
	return verdict_make(214, "2.0.0", "EHLO HELO MAIL RCPT DATA BDAT "
	    "RSET NOOP QUIT VRFY HELP%s%s (RFC 5321)",
	    tls_offered(s) ? " STARTTLS" : "",
	    login_mechanism(s, 0) ? " AUTH" : "");
}

static struct verdict
do_starttls(struct session *s, const struct smtp_command *c)
{
	(void)c;
	if (s->facts->tls)
		return verdict_make(503, "5.5.1",
		    "this is TLS already (RFC 3207 4.2)");
	if (!tls_offered(s))
		return always(SMTP_OTHER);
	return verdict_make(220, "2.0.0", "begin the handshake");
}

static struct verdict
do_auth(struct session *s, const struct smtp_command *c)
{
	const char *why = s->facts->class == CLASS_USER ? "logged in already" :
	    s->stage == STAGE_START || !s->esmtp ? "EHLO comes first" :
	    s->stage != STAGE_READY ? "not while a message is begun" : NULL;

	if (s->facts->service == SERVICE_SMTP)
		return always(SMTP_OTHER);
	if (why)
		return verdict_make(503, "5.5.1", "%s (RFC 4954 4)", why);
	if (!s->facts->may_login)
		return verdict_make(538, "5.7.11",
		    "STARTTLS comes first (RFC 4954 4)");
	return login_run(s, c);
}

/* RFC 5321 4.1.4: EHLO in the middle is also a RSET. */
static void
greeted(struct session *s, struct span name)
{
	(void)span_str(name, s->helo, sizeof s->helo);
	s->stage = STAGE_READY;
	commands_forget(s);
}

static int
tls_offered(const struct session *s)
{
	return s->env->site->tls_cert.n && !s->facts->tls;
}

/*
 * RFC 4954 4.  A second line leaves -PLUS out: mutt, which looks at the last
 * one only, has GNU SASL choose, which takes -PLUS wherever it sees it, and
 * then cannot bind a channel.  Others take the first, the last or both.
 */
static void
offer_login(struct session *s)
{
	struct buf all = { .max = SMTP_REPLY }, rest = { .max = SMTP_REPLY };
	const char *m;
	size_t i;

	for (i = 0; (m = login_mechanism(s, i)); i++) {
		buf_addf(&all, " %s", m);
		if (!span_ends(span_of(m), SPAN("-PLUS")))
			buf_addf(&rest, " %s", m);
	}
	auth_line(s, buf_span(&all));
	if (rest.n && rest.n < all.n)
		auth_line(s, buf_span(&rest));
	buf_free(&all);
	buf_free(&rest);
}

static void
auth_line(struct session *s, struct span mechanisms)
{
	char line[SMTP_REPLY];

	snprintf(line, sizeof line, "AUTH%.*s", SPAN_ARG(mechanisms));
	session_line(s, 250, span_of(line));
}

/* 250, or 451 without a writer, 452 without room.  A writer that had no room
 * is let go: the next one looks at the disk again.  421 when none is left to
 * be asked for. */
static struct verdict
room_for(struct session *s, uint64_t size)
{
	struct receive *r = &s->message;
	int there = receive_writer(r, s->control) == 0;

	if (there && r->room > 0 && r->room >= size)
		return verdict_make(250, "2.0.0", "ok");
	receive_drop(r);
	if (r->asked >= ASK_WRITERS)
		return verdict_make(421, there ? "4.3.1" : "4.3.0",
		    "mail cannot be stored now; try again later");
	return there ? verdict_make(452, "4.3.1",
	    "not enough room on the disk") : verdict_make(451, "4.3.0",
	    "mail cannot be stored now");
}

static struct verdict
no_utf8(void)
{
	return verdict_make(553, "5.6.7",
	    "this address needs SMTPUTF8 with MAIL (RFC 6531 3.2)");
}

/* RFC 6409 6.1.  The null path is of receipts (RFC 8098 2.1); what they say
 * in From is looked at all the same. */
static struct verdict
not_owned(struct session *s, const struct smtp_command *c)
{
	char normal[ADDRESS_MAX + 1];
	int r = 1;

	if (s->facts->class == CLASS_USER && c->path.n) {
		address_normal(&c->address, normal);
		r = owns(s, span_of(normal));
	}
	if (r < 0)
		return verdict_make(451, "4.3.5",
		    "our address tables cannot be read now");
	if (r == 0)
		return verdict_make(553, "5.7.1", "the sender is not an "
		    "address of this login (RFC 6409 6.1)");
	return verdict_make(250, "2.1.0", "ok");
}

static int
owns(void *arg, struct span address)
{
	struct session *s = arg;

	return policy_owns(&s->policy, s->env, s->facts->user, address);
}

static int
put_head(struct session *s, const struct smtp_command *c)
{
	struct buf envid = { .max = SMTP_ENVID };
	const struct facts *f = s->facts;
	char tls[sizeof f->tls_version + sizeof f->tls_cipher + 1] = "";
	struct envelope e = { .helo = span_of(s->helo), .sender = c->path,
	    .ret = c->ret, .body = c->body, .utf8 = c->utf8,
	    .proto = span_of(proto(s)) };
	int r;

	if (f->tls) {
		snprintf(tls, sizeof tls, "%s %s", f->tls_version,
		    f->tls_cipher);
		e.tls = span_of(tls);
	}
	if (f->class == CLASS_USER) {
		s->submit = (struct submit){ .owns = owns, .arg = s,
		    .hostname = s->env->site->hostname, .time = clock_s() };
		s->message.submit = &s->submit;
	}
	if ((r = smtp_xtext(&envid, c->envid)) == 0) {
		e.envid = buf_span(&envid);
		r = receive_head(&s->message, &e);
	}
	buf_free(&envid);
	return r;
}

/* As Received says it (RFC 3848, RFC 6531 4.3). */
static const char *
proto(const struct session *s)
{
	static const char *const name[2][4] = {
		{ "ESMTP", "ESMTPS", "ESMTPA", "ESMTPSA" },
		{ "UTF8SMTP", "UTF8SMTPS", "UTF8SMTPA", "UTF8SMTPSA" }
	};

	if (!s->esmtp)
		return "SMTP";
	return name[s->utf8 != 0][(s->facts->tls != 0) +
	    2 * (s->facts->class == CLASS_USER)];
}

/* <postmaster> without a domain is ours (RFC 5321 4.5.1). */
static int
put_rcpt(struct session *s, const struct smtp_command *c)
{
	struct buf orcpt = { .max = SMTP_ORCPT }, path = { .max = 1024 };
	struct envelope_rcpt rcpt = { .notify = c->notify };
	int r = -1;

	buf_addspan(&path, c->path);
	if (c->address.domain.n == 0) {
		buf_addc(&path, '@');
		buf_adds(&path, s->env->site->hostname);
	}
	if (smtp_xtext(&orcpt, c->orcpt) == 0 && buf_ok(&path)) {
		rcpt.address = buf_span(&path);
		rcpt.orcpt = buf_span(&orcpt);
		r = receive_rcpt(&s->message, &rcpt);
	}
	buf_free(&path);
	buf_free(&orcpt);
	return r;
}

static struct verdict
no_memory(void)
{
	return verdict_make(452, "4.3.1", "not enough memory now");
}
