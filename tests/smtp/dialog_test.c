/*
 * dialog - the scripts of tests/smtp/ against session_serve, with real tables
 * and a real writer.  links: smtpd
 *
 * Each case is a session in a child, with a second child that is listener and
 * writer.  The client's socket keeps the bounds of writes (SOCK_SEQPACKET), so
 * that a burst of replies can be seen to leave in one.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <cdb.h>
#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "run/writer.h"
#include "smtpd/session.h"
#include "store/queue_scratch.h"
#include "sys/log.h"
#include "tests/smtp/script.h"

enum { ANSWER_MS = 20000, RUN_S = 60, PACKET = 16384 };

static const struct {
	enum directory_table table;
	const char *key, *value;
} entry[] = {
	{ TABLE_DOMAINS, "example.test", "local" },
	{ TABLE_DOMAINS, "example.net", "alias example.test" },
	{ TABLE_DOMAINS, "backup.example", "relay" },
	{ TABLE_ALIASES, "info@example.test", "alice@example.test" },
	{ TABLE_ALIASES, "\xc3\xa4@example.test", "alice@example.test" },
	{ TABLE_USERS, "alice@example.test", "70001:70001:/m/alice:" },
	{ TABLE_USERS, "bob@example.test", "70002:70002:/m/bob:" },
	{ TABLE_RELAY, "list backup.example", "" },
	{ TABLE_RELAY, "rcpt user1@backup.example", "" },
};

/* One run of one case. */
struct run {
	const struct script *s;
	int cut;
	int client, log;
	pid_t session, helper;
	struct queue queue;
	char in[1 << 20];		/* replies not yet looked at */
	size_t n;
	unsigned writes;
	int ended;
};

static int tables[TABLE_COUNT];

static int
make_table(enum directory_table table)
{
	struct cdb_make m;
	size_t i;
	int fd = memfd_create("table", 0);

	cdb_make_start(&m, fd);
	for (i = 0; i < sizeof entry / sizeof *entry; i++)
		if (entry[i].table == table)
			cdb_make_add(&m, entry[i].key,
			    (unsigned)strlen(entry[i].key), entry[i].value,
			    (unsigned)strlen(entry[i].value));
	return cdb_make_finish(&m) == 0 ? fd : -1;
}

static void
read_conf(const struct script *s, struct site *site, struct smtpd_conf *conf)
{
	const struct conf_key *const keys[] = { site_keys, smtpd_keys };
	void *const out[] = { site, conf };
	struct buf errors = { .max = 4096 };
	int fd = memfd_create("conf", 0);

	if (write(fd, s->conf.p, s->conf.n) < 0 ||
	    write(fd, "hostname mx.example.test\n", 25) < 0 ||
	    conf_read(fd, "conf", keys, 2, out, &errors) < 0)
		fail_msg("%s: %.*s", s->name, SPAN_ARG(buf_span(&errors)));
	close(fd);
}

/* Listener and writer: gives what the session asks for, until it is gone.
 * given: of a writer that it has from the start, or -1. */
static void
help(struct run *r, int control, int given, const struct smtpd_conf *conf,
    const struct facts *f)
{
	struct writer_limits limits = { .message_bytes = conf->max_size + 4096,
	    .recipients = (unsigned)conf->max_recipients,
	    .floor_bytes = r->s->writer == WRITER_FULL ? UINT64_MAX / 2 : 0 };
	struct note n;
	int ch[2];

	if (r->s->writer == WRITER_GIVEN)
		writer_serve(&r->queue, -1, "mx.example.test", &limits, f,
		    given);
	close(given);
	while (note_recv(control, &n, NULL, 1) > 0) {
		if (n.kind == NOTE_AUTH) {
			note_say(control, NOTE_AUTH, NULL, NULL, 0);
			continue;
		}
		if (n.kind == NOTE_STARTTLS)
			continue;
		if (n.kind != NOTE_WRITER)
			_exit(1);
		if (r->s->writer == WRITER_NONE ||
		    r->s->writer == WRITER_GIVEN) {
			note_say(control, NOTE_WRITER, NULL, NULL, 0);
			continue;
		}
		if (chan_pair(CHAN_STREAM, ch) < 0)
			_exit(1);
		note_say(control, NOTE_WRITER, NULL, &ch[1], 1);
		close(ch[1]);
		if (r->s->writer == WRITER_DIES) {
			send(ch[0], "18:room 9:999999999,\n,", 22, 0);
			usleep(10000);
		} else
			writer_serve(&r->queue, -1, "mx.example.test",
			    &limits, f, ch[0]);
		close(ch[0]);
	}
	_exit(0);
}

static void
start(struct run *r)
{
	struct site site = { 0 };
	struct smtpd_conf conf = { 0 };
	struct role_env env = { .site = &site, .conf = &conf, .control = -1 };
	struct note n = { .kind = NOTE_SPAWN, .facts.tls = r->s->tls != 0,
	    .facts.service = r->s->submission ? SERVICE_SUBMISSION :
	    SERVICE_SMTP,
	    .facts.class = (uint8_t)(r->s->net ? CLASS_NET : r->s->user ?
	    CLASS_USER : CLASS_STRANGER) };
	int p[2], c[2], w[2] = { -1, -1 }, fd[CHAN_FDS];
	struct timeval short_time = { .tv_usec = 10000 };

	read_conf(r->s, &site, &conf);
	ip_parse(SPAN("192.0.2.7"), &n.facts.client);
	n.facts.may_login = r->s->local != 0;
	n.facts.phase = r->s->login ? PHASE_LOGIN : PHASE_START;
	if (r->s->user)
		memcpy(n.facts.user, "alice@example.test", 19);
	memcpy(n.facts.tls_version, "TLSv1.3", 8);
	memcpy(n.facts.tls_cipher, "CIPHER", 7);
	memcpy(env.table, tables, sizeof tables);
	r->log = memfd_create("log", 0);
	if (socketpair(AF_UNIX, r->s->stream ? SOCK_STREAM : SOCK_SEQPACKET,
	    0, p) < 0 || chan_pair(CHAN_PACKETS, c) < 0)
		abort();
	if (r->s->writer >= WRITER_GIVEN && chan_pair(CHAN_STREAM, w) < 0)
		abort();
	r->client = p[0];
	/* as the session before the login may leave it */
	if (r->s->login)
		setsockopt(p[1], SOL_SOCKET, SO_RCVTIMEO, &short_time,
		    sizeof short_time);
	/* early input must be there when the session begins */
	if (r->s->nstep && r->s->step[0].verb == 'R')
		send(p[0], r->s->step[0].text.p, r->s->step[0].text.n, 0);
	if ((r->session = fork()) == 0) {
		dup2(r->log, STDERR_FILENO);
		close(p[0]);
		close(c[0]);
		close(w[0]);
		fd[0] = p[1];
		fd[1] = c[1];
		fd[2] = w[1];
		log_program("smtpd");
		stream_init();
		_exit(session_serve(&env, &n, fd));
	}
	close(p[1]);
	close(c[1]);
	close(w[1]);
	if ((r->helper = fork()) == 0) {
		dup2(r->log, STDERR_FILENO);
		close(p[0]);
		help(r, c[0], w[0], &conf, &n.facts);
	}
	close(c[0]);
	close(w[0]);
}

static void
say(struct run *r, struct span s)
{
	size_t n, at, cut = (size_t)r->cut;

	for (at = 0; at < s.n; at += n) {
		n = s.n - at < PACKET ? s.n - at : PACKET;
		if (r->cut == CUT_EVERYWHERE && s.n < PACKET)
			n = 1;
		else if (r->cut > 0 && at < cut && at + n > cut)
			n = cut - at;
		if (send(r->client, s.p + at, n, MSG_NOSIGNAL) < 0)
			return;		/* what it says is still looked at */
	}
}

/* The next reply line, without CR LF.  1, or 0 at the end. */
static int
hear(struct run *r, struct span *line)
{
	struct pollfd p = { .fd = r->client, .events = POLLIN };
	ssize_t n;
	size_t i;

	for (;;) {
		i = span_search(span_mem(r->in, r->n), SPAN("\r\n"));
		if (i < r->n) {
			*line = span_mem(r->in, i);
			return 1;
		}
		if (r->ended || poll(&p, 1, ANSWER_MS) <= 0)
			return 0;
		n = recv(r->client, r->in + r->n, sizeof r->in - r->n, 0);
		if (n <= 0)
			r->ended = 1;
		else {
			r->n += (size_t)n;
			r->writes++;
		}
	}
}

static void
heard(struct run *r, size_t n)
{
	memmove(r->in, r->in + n, r->n - n);
	r->n -= n;
}

static void
wrong(const struct run *r, const struct step *t, struct span got)
{
	fail_msg("line %d (%s, cut %d): %c: %.*s: got \"%.*s\"", t->line,
	    r->s->name, r->cut, t->verb, SPAN_ARG(t->text), SPAN_ARG(got));
}

/* The newest message in the queue. */
static struct span
newest(struct run *r)
{
	static unsigned char text[1 << 20];
	char name[QUEUE_NAME];
	struct dirent *e;
	DIR *d = fdopendir(openat(r->queue.new, ".", O_RDONLY));
	ssize_t n = 0;
	int fd;

	for (name[0] = '\0'; (e = readdir(d)) != NULL; )
		if (e->d_name[0] != '.' && strcmp(e->d_name, name) > 0)
			snprintf(name, sizeof name, "%.60s", e->d_name);
	closedir(d);
	if (name[0] && (fd = openat(r->queue.new, name, O_RDONLY)) >= 0) {
		n = read(fd, text, sizeof text);
		close(fd);
	}
	return span_mem(text, n > 0 ? (size_t)n : 0);
}

static int
holds(struct span all, const struct step *t)
{
	struct step raw = *t;
	struct buf b = { .max = 65536 };
	int found;

	raw.verb = 'R';
	script_bytes(&b, &raw);
	found = span_search(all, buf_span(&b)) < all.n;
	buf_free(&b);
	return found;
}

static unsigned
number(const struct step *t)
{
	unsigned v = 0;

	if (scan_uint(t->text, INT_MAX, &v) < 0)
		fail_msg("line %d: a number is wanted", t->line);
	return v;
}

static void
expect(struct run *r, const struct step *t)
{
	unsigned i;
	struct span line = SPAN("(end)");
	char log[65536];
	ssize_t n;

	switch (t->verb) {
	case 'S':
		for (i = 0; i < t->times; i++) {
			if (!hear(r, &line) || !span_starts(line, t->text))
				wrong(r, t, line);
			heard(r, line.n + 2);
		}
		break;
	case 'E':
		if (hear(r, &line) || !r->ended)
			wrong(r, t, line);
		break;
	case 'P':
		usleep(number(t) * 1000);
		break;
	case 'W':
		if (r->cut == CUT_NOWHERE && r->writes != number(t))
			fail_msg("line %d: %u writes", t->line, r->writes);
		break;
	case 'Q':
		if (scratch_count(r->queue.new) != (int)number(t))
			fail_msg("line %d (cut %d): %d in the queue", t->line,
			    r->cut, scratch_count(r->queue.new));
		break;
	case 'U':
		for (i = 0; i < 2000 &&
		    scratch_count(r->queue.tmp) != (int)number(t); i++)
			usleep(10000);
		if (i == 2000)
			fail_msg("line %d (cut %d): %d unfinished", t->line,
			    r->cut, scratch_count(r->queue.tmp));
		break;
	case 'B':
		if (!holds(newest(r), t))
			wrong(r, t, newest(r));
		break;
	case 'L':
		for (i = 0; i < 2000; i++) {
			n = pread(r->log, log, sizeof log, 0);
			if (n > 0 && holds(span_mem(log, (size_t)n), t))
				break;
			usleep(10000);
		}
		if (i == 2000)
			wrong(r, t, span_mem(log, n > 0 ? (size_t)n : 0));
		break;
	case 'T':
		usleep(50000);
		kill(r->session, SIGTERM);
	}
}

static void
stop(struct run *r)
{
	int st = 0;

	close(r->client);
	waitpid(r->session, &st, 0);
	if (st != 0) {
		char log[4000];
		ssize_t n = pread(r->log, log, sizeof log, 0);

		fail_msg("%s (cut %d): session ended with %x\n%.*s",
		    r->s->name, r->cut, (unsigned)st, (int)n, log);
	}
	waitpid(r->helper, &st, 0);
	if (st != 0)
		fail_msg("%s: helper ended with %x", r->s->name,
		    (unsigned)st);
	close(r->log);
}

/* Returns the longest burst that was sent. */
static size_t
play(const struct script *s, int cut)
{
	static struct run r;
	struct buf burst = { .max = 1 << 28 };
	size_t i, longest = 0;

	r.s = s;
	r.cut = cut;
	r.n = 0;
	r.writes = 0;
	r.ended = 0;
	alarm(RUN_S);		/* a run that hangs ends the test */
	scratch_open(&r.queue);
	start(&r);
	i = s->nstep && s->step[0].verb == 'R';
	while (i < s->nstep) {
		for (; i < s->nstep && (s->step[i].verb == 'C' ||
		    s->step[i].verb == 'R'); i++)
			script_bytes(&burst, &s->step[i]);
		if (burst.n) {
			longest = burst.n > longest ? burst.n : longest;
			r.writes = 0;
			say(&r, buf_span(&burst));
			buf_reset(&burst);
		} else
			expect(&r, &s->step[i++]);
	}
	stop(&r);
	scratch_close(&r.queue);
	buf_free(&burst);
	return longest;
}

static void
one_file(void **state)
{
	struct buf b = { .max = 1 << 20 };
	static struct script s;
	struct span in;
	const char *why;
	int line = 0, n, cut, cases = 0, runs = 0;
	int dir = open("tests/smtp", O_RDONLY | O_DIRECTORY);

	if (file_read_at(dir, *state, &b) < 0)
		fail_msg("tests/smtp/%s cannot be read", (char *)*state);
	in = buf_span(&b);
	while ((n = script_next(&in, &line, &s, &why)) == 1) {
		cases++;
		n = (int)play(&s, CUT_NOWHERE);
		runs++;
		if (!s.whole && n < PACKET)
			runs += play(&s, CUT_EVERYWHERE) > 0;
		for (cut = 1; s.cut && cut < n; cut++)
			runs += play(&s, cut) > 0;
		script_free(&s);
	}
	if (n < 0)
		fail_msg("tests/smtp/%s:%d: %s", (char *)*state, line, why);
	printf("%s: %d cases, %d runs\n", (char *)*state, cases, runs);
	buf_free(&b);
	close(dir);
}

int
main(void)
{
	static char file[][12] = { "order", "mail", "limits", "pipelining",
	    "smuggling", "bdat", "dsn", "utf8", "trouble", "user" };
	enum { FILES = sizeof file / sizeof *file };
	struct CMUnitTest t[FILES];
	int i;

	for (i = 0; i < TABLE_COUNT; i++)
		tables[i] = make_table((enum directory_table)i);
	for (i = 0; i < FILES; i++)
		t[i] = (struct CMUnitTest){ .name = file[i],
		    .test_func = one_file, .initial_state = file[i] };
	return cmocka_run_group_tests(t, NULL, NULL);
}
