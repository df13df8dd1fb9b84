/* commands - what a client may say before its login. */
#include "imapd/capability.h"
#include "imapd/commands.h"
#include "imapd/login.h"

static void verb_capability(struct session *, const struct imap_command *);
static void verb_noop(struct session *, const struct imap_command *);
static void verb_logout(struct session *, const struct imap_command *);
static void verb_id(struct session *, const struct imap_command *);
static void verb_starttls(struct session *, const struct imap_command *);
static void verb_login(struct session *, const struct imap_command *);
static void verb_authenticate(struct session *, const struct imap_command *);
static int  in_the_clear(struct session *);
static void ok(struct session *, const char *);
static void refuse(struct session *, const char *, struct span, const char *);

static const struct {
	enum imap_verb verb;
	void (*run)(struct session *, const struct imap_command *);
} verbs[] = {
	{ IMAP_CAPABILITY, verb_capability }, { IMAP_NOOP, verb_noop },
	{ IMAP_LOGOUT, verb_logout }, { IMAP_ID, verb_id },
	{ IMAP_STARTTLS, verb_starttls }, { IMAP_LOGIN, verb_login },
	{ IMAP_AUTHENTICATE, verb_authenticate }
};

void
commands_run(struct session *s, struct span text)
{
	struct imap_command c;
	const char *why;
	size_t i;
	int r = imap_command_parse(&c, text, 0, &why);

	(void)span_str(c.tag, s->tag, sizeof s->tag);
	if (r < 0)
		refuse(s, "BAD", SPAN(""), why);
	else {
		for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
			if (verbs[i].verb == c.verb)
				break;
		if (i < sizeof verbs / sizeof *verbs)
			verbs[i].run(s, &c);
		else
			refuse(s, "BAD", SPAN(""),
			    "log in first (RFC 9051 3)");
	}
	imap_command_free(&c);
}

void
commands_id(struct out *o)
{
	out_str(o, "* ID (\"name\" \"correo\" \"version\" \"" CORREO_VERSION
	    "\")\r\n");
}

static void
verb_capability(struct session *s, const struct imap_command *c)
{
	char text[CAPABILITY_TEXT];

	(void)c;
	capability_text(&(struct capability){ s->env->site, s->conf, s->facts,
	    0 }, text);
	out_str(&s->out, "* ");
	out_str(&s->out, text);
	out_str(&s->out, "\r\n");
	ok(s, "that is all");
}

static void
verb_noop(struct session *s, const struct imap_command *c)
{
	(void)c;
	ok(s, "nothing done");
}

static void
verb_logout(struct session *s, const struct imap_command *c)
{
	(void)c;
	out_line(&s->out, "* BYE goodbye");
	ok(s, "logged out");
	s->next = NEXT_END;
	s->over = "LOGOUT";
}

static void
verb_id(struct session *s, const struct imap_command *c)
{
	(void)c;
	commands_id(&s->out);
	ok(s, "and you");
}

/* RFC 9051 6.2.1.  Whether something waits behind it is seen to when the
 * answer is about to leave. */
static void
verb_starttls(struct session *s, const struct imap_command *c)
{
	(void)c;
	if (s->facts->tls)
		refuse(s, "BAD", SPAN(""),
		    "TLS is there already (RFC 9051 6.2.1)");
	else if (s->env->site->tls_cert.n == 0)
		refuse(s, "BAD", SPAN(""), "TLS is not set up here");
	else {
		ok(s, "begin TLS");
		s->next = NEXT_TLS;
	}
}

static void
verb_login(struct session *s, const struct imap_command *c)
{
	if (!in_the_clear(s))
		login_password(s, c->user, c->password);
}

static void
verb_authenticate(struct session *s, const struct imap_command *c)
{
	if (!in_the_clear(s))
		login_sasl(s, c);
}

/* RFC 5530 3, PRIVACYREQUIRED */
static int
in_the_clear(struct session *s)
{
	if (s->facts->may_login)
		return 0;
	refuse(s, "NO", SPAN("PRIVACYREQUIRED"), s->env->site->tls_cert.n ?
	    "no login without TLS: STARTTLS first (RFC 9051 11.1)" :
	    "no login without TLS");
	return 1;
}

static void
ok(struct session *s, const char *text)
{
	out_tagged(&s->out, span_of(s->tag), "OK", SPAN(""), text);
}

static void
refuse(struct session *s, const char *word, struct span code, const char *why)
{
	s->errors++;
	out_tagged(&s->out, span_of(s->tag), word, code, why);
}
