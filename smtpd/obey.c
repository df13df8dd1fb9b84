/* obey - a session that has been taken over, for the tests. */
#include "smtpd/obey.h"

#ifdef CORREO_TEST
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/ask.h"
#include "run/note.h"
#include "sys/net.h"
#include "wire/intake.h"
#include "wire/record.h"

static int
try_open(struct session *s, const char *arg)
{
	(void)s;
	return open(arg, O_RDONLY) < 0 ? errno : 0;
}

static int
try_create(struct session *s, const char *arg)
{
	(void)s;
	return open(arg, O_WRONLY | O_CREAT, 0600) < 0 ? errno : 0;
}

/* Any path from any descriptor that is held: a way out of a chroot. */
static int
try_escape(struct session *s, const char *arg)
{
	int fd;

	(void)s;
	(void)arg;
	for (fd = 0; fd < 64; fd++)
		if (openat(fd, "../../../../etc/passwd", O_RDONLY) >= 0)
			return 0;
	return ENOTDIR;
}

static int
try_connect(struct session *s, const char *arg)
{
	struct ip ip;
	unsigned port;

	(void)s;
	if (conf_address(span_of(arg), &ip, &port) < 0)
		return EINVAL;
	return net_connect(&ip, port, 2) < 0 ? errno : 0;
}

static int
try_fork(struct session *s, const char *arg)
{
	pid_t p = fork();

	(void)s;
	(void)arg;
	if (p == 0)
		_exit(0);
	return p < 0 ? errno : 0;
}

static int
try_exec(struct session *s, const char *arg)
{
	const char *argv[] = { arg, NULL };
	char *env[] = { NULL };

	(void)s;
	return execve(arg, (char *const *)argv, env) < 0 ? errno : 0;
}

static int
try_trace(struct session *s, const char *arg)
{
	(void)s;
	(void)arg;
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) < 0 ? errno : 0;
}

static int
try_kill(struct session *s, const char *arg)
{
	(void)s;
	(void)arg;
	return kill(getppid(), SIGTERM) < 0 ? errno : 0;
}

static int
try_root(struct session *s, const char *arg)
{
	(void)s;
	(void)arg;
	return setresuid(0, 0, 0) < 0 ? errno : 0;
}

/* The listener is told of a login that never was. */
static int
try_login(struct session *s, const char *arg)
{
	char c;

	if (ask_logged_in(s->control, arg) < 0)
		return errno;
	/* the control channel ends when the listener has dropped us */
	return recv(s->control, &c, 1, 0) <= 0 ? EPERM : 0;
}

/* A message for elsewhere, past every policy, straight to the writer: the
 * class is stamped and cannot be said. */
static int
submit(struct session *s, const char *rcpt, const char *claim)
{
	struct envelope e = { .helo = SPAN("evil"), .proto = SPAN("SMTP"),
	    .sender = SPAN("evil@evil.test") };
	struct envelope_rcpt r = { .address = span_of(rcpt) };
	struct buf b = { .max = 4096 }, f = { .max = 1024 };
	char room[4096], head[48];
	int w = ask_writer(s->control);
	ssize_t n;

	if (w < 0)
		return EIO;
	if (claim) {
		field_adds(&f, "class", claim);
		field_adds(&f, "helo", "evil");
		field_adds(&f, "proto", "SMTP");
		field_adds(&f, "sender", "evil@evil.test");
		record_add(&b, buf_span(&f));
	} else
		intake_add_head(&b, &e);
	intake_add_rcpt(&b, &r);
	buf_add(&b, head, intake_data_prefix(head, 6));
	buf_adds(&b, "\r\nhi\r\n");
	buf_add(&b, intake_data_suffix, sizeof intake_data_suffix);
	intake_add_commit(&b);
	if (send(w, b.p, b.n, MSG_NOSIGNAL) != (ssize_t)b.n)
		return errno;
	while ((n = recv(w, room, sizeof room - 1, 0)) > 0) {
		room[n] = '\0';
		if (strstr(room, "kind 4:done"))
			return 0;
		if (strstr(room, "kind "))
			return EACCES;
	}
	return EPIPE;
}

static int
try_relay(struct session *s, const char *arg)
{
	return submit(s, arg, NULL);
}

static int
try_claim(struct session *s, const char *arg)
{
	return submit(s, arg, "user alice@example.test");
}

/* Asks, and takes no answer: the listener must not wait for us. */
static int
flood(struct session *s, enum note_kind kind)
{
	int i;

	for (i = 0; i < 1000; i++)
		if (note_say(s->control, kind, NULL, NULL, 0) < 0)
			return errno;
	return 0;
}

static int
try_logins(struct session *s, const char *arg)
{
	(void)arg;
	return flood(s, NOTE_AUTH);
}

static int
try_writers(struct session *s, const char *arg)
{
	(void)arg;
	return flood(s, NOTE_WRITER);
}

/* Out of the listener's sight, with the client kept. */
static int
try_hide(struct session *s, const char *arg)
{
	char c;

	(void)arg;
	close(s->control);
	return recv(s->client.fd, &c, 1, 0) < 0 ? errno : 0;
}

static const struct {
	const char *name;
	int (*run)(struct session *, const char *);
} attempt[] = {
	{ "open", try_open }, { "create", try_create },
	{ "escape", try_escape }, { "connect", try_connect },
	{ "fork", try_fork }, { "exec", try_exec }, { "trace", try_trace },
	{ "kill", try_kill }, { "root", try_root }, { "login", try_login },
	{ "relay", try_relay }, { "claim", try_claim },
	{ "logins", try_logins }, { "writers", try_writers },
	{ "hide", try_hide }
};

int
obey_test(struct session *s, struct span line, struct verdict *v)
{
	struct span verb, word;
	char arg[256] = "";
	size_t i;
	int e;

	if (getenv("CORREO_TEST_OBEY") == NULL || !span_word(&line, &verb) ||
	    !span_eq(verb, SPAN("OBEY")) || !span_word(&line, &word))
		return 0;
	(void)span_str(span_trim(line), arg, sizeof arg);
	for (i = 0; i < sizeof attempt / sizeof *attempt; i++)
		if (span_eq(word, span_of(attempt[i].name))) {
			e = attempt[i].run(s, arg);
			*v = e ? verdict_make(550, "", "errno %d", e) :
			    verdict_make(250, "", "done");
			return 1;
		}
	*v = verdict_make(500, "", "no such attempt");
	return 1;
}
#else
int
obey_test(struct session *s, struct span line, struct verdict *v)
{
	(void)s;
	(void)line;
	(void)v;
	return 0;
}
#endif
