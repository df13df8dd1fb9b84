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
#include "admin/dialogue.h"
#include "admin/handin.h"
#include "admin/say.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { BLOCK = 65536 };

struct mail {
	struct sendmail_args a;
	struct config config;
	struct handin h;
};

static int as_correo(const struct mail *);
static int send_mail(struct mail *);
static int who(struct mail *);
static void full_name(struct mail *, const char *);
static int recipients(struct mail *);
static int take_message(struct mail *);

int
main(int argc, char **argv)
{
	static struct mail m;
	struct buf why = { .max = 1024 };
	gid_t drop = getegid();
	int r;

	say_name("sendmail");
	log_program("sendmail");
	clock_init();
	signal(SIGPIPE, SIG_IGN);
	umask(027);
	if (setegid(getgid()) < 0)
		return say_errno(EX_OSERR, "setegid");
	if (sendmail_args(argc, argv, &m.a, &why) < 0)
		return say(EX_USAGE, "%.*s", SPAN_ARG(buf_span(&why)));
	if (config_read(m.a.config, &m.config) < 0)
		return EX_CONFIG;
	if (m.a.mode != SENDMAIL_SEND && m.a.mode != SENDMAIL_DIALOGUE)
		return as_correo(&m);
	handin_init(&m.h, &m.config, &m.a, drop);
	if ((r = who(&m)) != EX_OK)
		return r;
	return m.a.mode == SENDMAIL_SEND ? send_mail(&m) :
	    dialogue_serve(&m.h, STDIN_FILENO, STDOUT_FILENO);
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
	struct handin *h = &m->h;
	int r;

	if ((r = recipients(m)) == EX_OK && (r = handin_open(h)) == EX_OK &&
	    (r = take_message(m)) == EX_OK)
		r = handin_end(h);
	if (h->v.code && (r != EX_OK || m->a.verbose))
		say(0, "%s", h->v.text);
	handin_forget(h);
	return r;
}

/* Who calls; and the envelope's sender: -f, or that user. */
static int
who(struct mail *m)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *host = m->config.site.hostname, *why;
	char number[32];

	if (gethostname(m->h.nodename, sizeof m->h.nodename - 1) < 0 ||
	    strchr(m->h.nodename, '.'))
		*m->h.nodename = '\0';
	full_name(m, pw ? pw->pw_gecos : "");
	snprintf(number, sizeof number, "uid%u", (unsigned)getuid());
	if (compose_qualify(span_of(pw ? pw->pw_name : number), host,
	    &m->h.caller, &why) < 0)
		return say(EX_OSERR, "user %s: %s", pw ? pw->pw_name : number,
		    why);
	if (m->a.sender == NULL)
		buf_addspan(&m->h.sender, buf_span(&m->h.caller));
	else if (compose_sender(span_of(m->a.sender), host, m->h.nodename,
	    &m->h.sender, &why) < 0)
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
	(void)span_str(s, m->h.name, sizeof m->h.name);
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
		before = m->h.rcpts.n;
		if (compose_recipients(span_of(m->a.rcpt[i]),
		    m->config.site.hostname, &m->h.rcpts, &why) < 0)
			return say(EX_USAGE, "recipient %.*s: %s",
			    SPAN_ARG(buf_span(&m->h.rcpts)), why);
		if (m->h.rcpts.n == before)
			return say(EX_USAGE, "recipient \"%s\": no address",
			    m->a.rcpt[i]);
	}
	return EX_OK;
}

static int
take_message(struct mail *m)
{
	static unsigned char block[BLOCK];
	struct crlf crlf = { .dot_ends = m->a.dot_ends };
	struct buf text = { .max = 2 * BLOCK + 16 };
	ssize_t n;
	int r;

	do {
		if ((n = read(STDIN_FILENO, block, sizeof block)) < 0) {
			r = say_errno(EX_IOERR, "standard input");
			break;
		}
		buf_reset(&text);
		(void)crlf_add(&crlf, &text, span_mem(block, (size_t)n));
		if (n == 0)
			(void)crlf_end(&crlf, &text);
		r = buf_ok(&text) ? handin_text(&m->h, buf_span(&text)) :
		    say(EX_OSERR, "no memory");
	} while (r == EX_OK && n > 0 && !crlf.ended);
	buf_free(&text);
	return r;
}
