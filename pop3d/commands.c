/* commands - what a client may say before its login. */
#include "pop3d/commands.h"
#include "pop3d/login.h"

static void capa_sasl(struct out *, const struct conf_words *, int);
static void verb_auth(struct session *, const struct pop3_command *);
static void verb_capa(struct session *, const struct pop3_command *);
static void verb_lang(struct session *, const struct pop3_command *);
static void verb_pass(struct session *, const struct pop3_command *);
static void verb_quit(struct session *, const struct pop3_command *);
static void verb_stls(struct session *, const struct pop3_command *);
static void verb_user(struct session *, const struct pop3_command *);
static void verb_utf8(struct session *, const struct pop3_command *);
static int  in_the_clear(struct session *);
static int  has_tls(const struct site *);
static void refuse(struct session *, const char *, const char *);

static const struct {
	enum pop3_verb verb;
	void (*run)(struct session *, const struct pop3_command *);
} verbs[] = {
	{ POP3_AUTH, verb_auth }, { POP3_CAPA, verb_capa },
	{ POP3_LANG, verb_lang }, { POP3_PASS, verb_pass },
	{ POP3_QUIT, verb_quit }, { POP3_STLS, verb_stls },
	{ POP3_USER, verb_user }, { POP3_UTF8, verb_utf8 }
};

void
commands_run(struct session *s, struct span line)
{
	struct pop3_command c;
	const char *why;
	size_t i;

	if (pop3_command_parse(line, &c, &why) < 0) {
		refuse(s, "", why);
		return;
	}
	for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (verbs[i].verb == c.verb) {
			verbs[i].run(s, &c);
			return;
		}
	refuse(s, "", c.verb == POP3_APOP ? "APOP is not offered: it needs "
	    "passwords kept in the clear" : "log in first (RFC 1939 5)");
}

void
commands_capa(struct out *o, const struct capa *c)
{
	const struct conf_words *offered = &c->conf->reader.mechanisms;
	const struct facts *f = c->facts;

	out_ok(o, "capabilities");
	out_line(o, "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n"
	    "PIPELINING");
	out_span(o, SPAN("EXPIRE "));
	out_line(o, c->conf->expire[0] == 'n' ? "NEVER" : c->conf->expire);
	if (c->conf->login_delay) {
		out_span(o, SPAN("LOGIN-DELAY "));
		out_number(o, c->conf->login_delay);
		out_line(o, "");
	}
	if (!c->mailbox && f->may_login) {
		out_line(o, "USER");
		capa_sasl(o, offered, f->tls);
		/* as smtpd's EHLO: mutt goes by the last one */
		if (f->tls && mechanisms_plus(offered) &&
		    mechanisms_at(offered, 0, 0))
			capa_sasl(o, offered, 0);
	}
	if (!c->mailbox && !f->tls && has_tls(c->site))
		out_line(o, "STLS");
	out_line(o, "UTF8 USER\r\nLANG\r\nIMPLEMENTATION correo\r\n.");
}

static void
capa_sasl(struct out *o, const struct conf_words *offered, int plus)
{
	const char *m;
	size_t i;

	out_span(o, SPAN("SASL"));
	for (i = 0; (m = mechanisms_at(offered, plus, i)); i++) {
		out_span(o, SPAN(" "));
		out_span(o, span_of(m));
	}
	out_line(o, "");
}

/* RFC 6856 3; our words are English, and plain enough for i-default. */
int
commands_lang(struct out *o, struct span tag)
{
	if (tag.n == 0)
		out_line(o, "+OK languages\r\nen English\r\n"
		    "i-default Default language\r\n.");
	else if (span_eq(tag, SPAN("*")) ||
	    span_case_eq(tag, SPAN("i-default")))
		out_ok(o, "i-default words are plain English");
	else if (span_case_eq(tag, SPAN("en")) ||
	    span_case_starts(tag, SPAN("en-")))
		out_ok(o, "en words are English");
	else {
		out_err(o, "", "no such language (RFC 6856 3.2)");
		return -1;
	}
	return 0;
}

static void
verb_capa(struct session *s, const struct pop3_command *c)
{
	(void)c;
	commands_capa(&s->out, &(struct capa){ s->env->site, s->conf, s->facts,
	    0 });
}

static void
verb_lang(struct session *s, const struct pop3_command *c)
{
	if (commands_lang(&s->out, c->text) < 0)
		s->errors++;
}

/* RFC 2595 4.  Whether something waits behind it is seen to when the answer
 * is about to leave. */
static void
verb_stls(struct session *s, const struct pop3_command *c)
{
	(void)c;
	if (s->facts->tls)
		refuse(s, "", "TLS is there already (RFC 2595 4)");
	else if (!has_tls(s->env->site))
		refuse(s, "", "TLS is not set up here");
	else {
		out_ok(&s->out, "begin TLS");
		s->next = NEXT_TLS;
	}
}

static void
verb_user(struct session *s, const struct pop3_command *c)
{
	s->user[0] = '\0';
	if (in_the_clear(s))
		return;
	if (span_str(c->text, s->user, sizeof s->user) < 0)
		refuse(s, "", "name too long");
	else
		out_ok(&s->out, "and the password");
}

static void
verb_pass(struct session *s, const struct pop3_command *c)
{
	if (in_the_clear(s))
		return;
	if (s->user[0] == '\0') {
		refuse(s, "", "USER first (RFC 1939 7)");
		return;
	}
	login_password(s, c->text);
	s->user[0] = '\0';
}

static void
verb_auth(struct session *s, const struct pop3_command *c)
{
	const char *m;
	size_t i;

	if (in_the_clear(s))
		return;
	if (c->text.n == 0) {
		/* older than RFC 5034: some clients ask so */
		out_ok(&s->out, "mechanisms");
		for (i = 0; (m = mechanisms_at(&s->conf->reader.mechanisms,
		    s->facts->tls, i)); i++)
			out_line(&s->out, m);
		out_line(&s->out, ".");
		return;
	}
	login_sasl(s, c);
}

/* RFC 6856 2.1: what it asks for is passed on to the mailbox process. */
static void
verb_utf8(struct session *s, const struct pop3_command *c)
{
	(void)c;
	s->utf8 = 1;
	out_ok(&s->out, "UTF-8");
}

static void
verb_quit(struct session *s, const struct pop3_command *c)
{
	(void)c;
	out_ok(&s->out, "goodbye");
	s->next = NEXT_END;
	s->over = "QUIT";
}

/* RFC 2595 4, RFC 3206 4: refused by policy, whatever the password is. */
static int
in_the_clear(struct session *s)
{
	if (s->facts->may_login)
		return 0;
	refuse(s, "AUTH", has_tls(s->env->site) ?
	    "no login without TLS: STLS first (RFC 2595 2.3)" :
	    "no login without TLS");
	return 1;
}

static int
has_tls(const struct site *site)
{
	return site->tls_cert.n > 0;
}

static void
refuse(struct session *s, const char *code, const char *why)
{
	s->errors++;
	out_err(&s->out, code, "%s", why);
}
