/*
 * dialog - the scripts of tests/pop3/ against session_serve and drop_session,
 * with a real Maildir.  links: pop3d
 *
 *	case NAME		a fresh connection begins
 *	set KEY VALUE		a line of its configuration
 *	fact tls | clear	what the listener says: TLS; no login allowed
 *	login			it begins after a login
 *	M: NAME TEXT		before it begins: a message new/NAME or cur/NAME
 *	C: TEXT			send TEXT CR LF; R: without CR LF.  Lines that
 *				follow one another go in one write
 *	S: TEXT			a reply line must begin so; =: must be so
 *	E:			the connection must end here
 *	T:			SIGTERM to the process
 *	X: VERB NAME [NAME]	in the Maildir: unlink, rename, mkdir, symlink,
 *				empty
 *	N: NUMBER		messages in the Maildir
 *	L: TEXT			the log holds TEXT
 *
 * \r \n \0 \xHH \\ in TEXT; a number before the colon of C, R, S: so many
 * times.  Each case runs as written, and with each byte sent alone.  The
 * password check here knows alice with secret; STLS brings a fresh session,
 * which is told that there is TLS.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/ascii.h"
#include "base/scan.h"
#include "pop3d/drop.h"
#include "pop3d/session.h"
#include "store/maildir.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/remove_tree.h"
#include "wire/login.h"
#include "wire/record.h"

enum { ANSWER_MS = 20000, RUN_S = 60, STEPS = 200 };

struct step {
	unsigned char verb;
	unsigned times;
	struct span text;
	int line;
};

struct script {
	struct span name;
	struct buf conf;
	int tls, clear, login;
	size_t n;
	struct step step[STEPS];
};

struct run {
	const struct script *s;
	int slow;
	int client, log;
	pid_t helper;
	char dir[64];
	struct mailbox box;
	struct site site;
	struct pop3d_conf conf;
	char in[1 << 16];
	size_t n;
	int ended;
};

static pid_t *serving;			/* shared with the helper */

/* ------------------------------------------------ scripts */

static void
unescape(struct buf *b, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (c == '\\' && i + 1 < s.n) {
			c = s.p[++i];
			if (c == 'x') {
				c = (unsigned char)(ascii_hex(s.p[i + 1]) << 4 |
				    ascii_hex(s.p[i + 2]));
				i += 2;
			} else
				c = c == 'r' ? '\r' : c == 'n' ? '\n' :
				    c == '0' ? '\0' : c;
		}
		buf_addc(b, c);
	}
}

static void
setting(struct script *s, struct span l, int line)
{
	if (span_starts(l, SPAN("set "))) {
		buf_addspan(&s->conf, span_from(l, 4));
		buf_adds(&s->conf, "\n");
	} else if (span_eq(l, SPAN("fact tls")))
		s->tls = 1;
	else if (span_eq(l, SPAN("fact clear")))
		s->clear = 1;
	else if (span_eq(l, SPAN("login")))
		s->login = 1;
	else
		fail_msg("line %d: not a setting", line);
}

static int
script_next(struct span *in, int *line, struct script *s)
{
	struct span rest = *in, l, head;
	struct step *t;

	*s = (struct script){ .conf = { .max = 4096 } };
	while (rest.n) {
		span_cut(&rest, '\n', &l);
		if (span_starts(l, SPAN("case ")) && s->name.n)
			break;
		*in = rest;
		++*line;
		if (l.n == 0 || l.p[0] == '#')
			continue;
		if (span_starts(l, SPAN("case ")))
			s->name = span_from(l, 5);
		else if (l.p[0] != '=' && (l.p[0] < 'A' || l.p[0] > 'Z'))
			setting(s, l, *line);
		else {
			t = &s->step[s->n++];
			assert_in_range(s->n, 1, STEPS - 1);
			span_cut(&l, ':', &head);
			*t = (struct step){ .verb = head.p[0], .times = 1,
			    .line = *line, .text = span_from(l, l.n > 0) };
			head = span_trim(span_from(head, 1));
			if (head.n && scan_uint(head, 1 << 20, &t->times) < 0)
				fail_msg("line %d: times", *line);
		}
	}
	return s->name.n > 0;
}

/* ------------------------------------------------ listener and others */

static void
check_login(int ch)
{
	unsigned char b[LOGIN_RECORD + 64];
	struct login_answer a;
	struct login_ask ask;
	struct span in, fields;
	struct buf out = { .max = LOGIN_RECORD };
	const char *why;
	ssize_t n;
	int step = 0;

	while ((n = chan_recv(ch, b, sizeof b, NULL, 1)) > 0) {
		in = span_mem(b, (size_t)n);
		if (record_next(&in, LOGIN_RECORD, &fields, &why) != 1 ||
		    login_parse_ask(fields, &ask, &why) < 0)
			_exit(1);
		a = (struct login_answer){ .result = LOGIN_BAD,
		    .text = SPAN("bad name or password") };
		if (!ask.has_response || (ask.mech.n == 0 && step++ == 0 &&
		    span_eq(ask.response, SPAN("more")))) {
			a.result = LOGIN_CHALLENGE;
			a.challenge = SPAN("go on");
		} else if (span_eq(ask.response,
		    span_mem("\0alice\0secret", 13)) ||
		    span_eq(ask.response, SPAN("first")))
			a.result = LOGIN_OK;
		else if (span_eq(ask.response, SPAN("last"))) {
			a.result = LOGIN_OK;
			a.challenge = SPAN("v=proof");
		} else if (span_eq(ask.response,
		    span_mem("\0later\0secret", 13)))
			a.result = LOGIN_LATER;
		buf_reset(&out);
		login_add_answer(&out, &a);
		chan_send(ch, buf_span(&out), NULL, 0);
	}
	buf_free(&out);
}

static pid_t
serve(struct run *r, struct note *n, int stream, int control)
{
	struct role_env env = { .site = &r->site, .conf = &r->conf,
	    .control = -1 };
	int fd[CHAN_FDS] = { stream, control, -1, -1, -1, -1, -1, -1 };
	pid_t pid = fork();

	if (pid == 0) {
		stream_init();
		_exit(n->facts.phase == PHASE_LOGIN ?
		    drop_session(&env, n, stream, &r->box, 0) :
		    session_serve(&env, n, fd));
	}
	*serving = pid;
	return pid;
}

/* The listener: who asks for the next process is followed by it. */
static void
help(struct run *r, int stream)
{
	struct note n = { .kind = NOTE_SPAWN }, got;
	int ch[2], auth[2], more, st = 0;
	pid_t pid;

	ip_parse(SPAN("192.0.2.7"), &n.facts.client);
	memcpy(n.facts.user, "alice", 6);
	memcpy(n.facts.tls_version, "TLSv1.3", 8);
	n.facts.tls = r->s->tls != 0;
	n.facts.may_login = !r->s->clear;
	n.facts.phase = r->s->login ? PHASE_LOGIN : PHASE_START;
	for (;;) {
		if (chan_pair(CHAN_PACKETS, ch) < 0)
			_exit(1);
		pid = serve(r, &n, stream, ch[1]);
		close(ch[1]);
		more = 0;
		while (note_recv(ch[0], &got, NULL, 1) > 0)
			if (got.kind == NOTE_AUTH) {
				chan_pair(CHAN_PACKETS, auth);
				note_say(ch[0], NOTE_AUTH, NULL, &auth[1], 1);
				close(auth[1]);
				check_login(auth[0]);
				close(auth[0]);
			} else if (got.kind == NOTE_STARTTLS) {
				more = 1;
				n.facts.phase = PHASE_TLS;
				n.facts.tls = n.facts.may_login = 1;
			} else if (got.kind == NOTE_LOGIN) {
				more = 1;
				n.facts.phase = PHASE_LOGIN;
				memcpy(n.facts.helo, got.text, 64);
			}
		close(ch[0]);
		waitpid(pid, &st, 0);
		if (!more || st != 0)
			_exit(st != 0);
	}
}

/* ------------------------------------------------ one run of one case */

static void
make_mail(struct run *r, const struct step *t)
{
	struct span in = t->text, name;
	struct buf b = { .max = 1 << 16 }, file = { .max = 256 };
	char path[1400];
	int fd;

	span_cut(&in, ' ', &name);
	unescape(&b, in);
	unescape(&file, name);
	snprintf(path, sizeof path, "%s/%.*s", r->box.maildir,
	    SPAN_ARG(buf_span(&file)));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || file_write(fd, buf_span(&b)) < 0)
		fail_msg("line %d: %s", t->line, path);
	close(fd);
	buf_free(&b);
	buf_free(&file);
}

static void
change(struct run *r, const struct step *t)
{
	struct span in = t->text, verb, a, b;
	char from[1400], to[1400];
	int done = -1;

	span_word(&in, &verb);
	span_word(&in, &a);
	span_word(&in, &b);
	snprintf(from, sizeof from, "%s/%.*s", r->box.maildir, SPAN_ARG(a));
	snprintf(to, sizeof to, "%s/%.*s", r->box.maildir, SPAN_ARG(b));
	if (span_eq(verb, SPAN("unlink")))
		done = unlink(from);
	else if (span_eq(verb, SPAN("rename")))
		done = rename(from, to);
	else if (span_eq(verb, SPAN("mkdir")))
		done = mkdir(from, 0700);
	else if (span_eq(verb, SPAN("symlink")))
		done = symlink("/etc/passwd", from);
	else if (span_eq(verb, SPAN("empty")))
		done = truncate(from, 0);
	if (done < 0)
		fail_msg("line %d: %s", t->line, strerror(errno));
}

static int
messages(const struct run *r)
{
	static const char *const sub[] = { "new", "cur" };
	char path[1400];
	struct dirent *e;
	int i, n = 0;
	DIR *d;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", r->box.maildir, sub[i]);
		d = opendir(path);
		while ((e = readdir(d)) != NULL)
			n += e->d_name[0] != '.';
		closedir(d);
	}
	return n;
}

static void
start(struct run *r)
{
	const struct conf_key *const keys[] = { site_keys, pop3d_keys };
	void *const out[] = { &r->site, &r->conf };
	struct buf errors = { .max = 4096 };
	struct maildir md;
	size_t i;
	int p[2], fd = memfd_create("conf", 0);

	if (write(fd, r->s->conf.p, r->s->conf.n) < 0 ||
	    write(fd, "hostname mx.example.test\n", 25) < 0 ||
	    conf_read(fd, "conf", keys, 2, out, &errors) < 0)
		fail_msg("%.*s", SPAN_ARG(buf_span(&errors)));
	close(fd);
	memcpy(r->dir, "/tmp/correo-pop3-XXXXXX", 24);
	if (mkdtemp(r->dir) == NULL)
		abort();
	snprintf(r->box.maildir, sizeof r->box.maildir, "%s/Maildir", r->dir);
	if (maildir_open(&md, AT_FDCWD, r->box.maildir) < 0)
		abort();
	maildir_close(&md);
	for (i = 0; i < r->s->n; i++)
		if (r->s->step[i].verb == 'M')
			make_mail(r, &r->s->step[i]);
		else if (r->s->step[i].verb != 'X')
			break;
		else
			change(r, &r->s->step[i]);
	r->log = memfd_create("log", 0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p) < 0)
		abort();
	r->client = p[0];
	if ((r->helper = fork()) == 0) {
		dup2(r->log, STDERR_FILENO);
		close(p[0]);
		log_program("pop3d");
		help(r, p[1]);
	}
	close(p[1]);
}

static void
say(struct run *r, struct span s)
{
	size_t n;

	for (; s.n; s = span_from(s, n)) {
		n = r->slow && s.n < 4096 ? 1 : s.n;
		if (send(r->client, s.p, n, MSG_NOSIGNAL) < 0)
			return;		/* what it says is still looked at */
	}
}

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
		else
			r->n += (size_t)n;
	}
}

static void
wrong(const struct run *r, const struct step *t, struct span got)
{
	fail_msg("line %d (%.*s%s): %c: %.*s: got \"%.*s\"", t->line,
	    SPAN_ARG(r->s->name), r->slow ? ", slow" : "", t->verb,
	    SPAN_ARG(t->text), SPAN_ARG(got));
}

static void
replies(struct run *r, const struct step *t)
{
	struct span line = SPAN("(end)");
	struct buf want = { .max = 4096 };
	unsigned i;

	unescape(&want, t->text);
	for (i = 0; i < t->times; i++) {
		if (!hear(r, &line) || !(t->verb == '=' ?
		    span_eq(line, buf_span(&want)) :
		    span_starts(line, buf_span(&want))))
			wrong(r, t, line);
		r->n -= line.n + 2;
		memmove(r->in, r->in + line.n + 2, r->n);
	}
	buf_free(&want);
}

static void
logged(struct run *r, const struct step *t)
{
	static char log[65536];
	ssize_t n = 0;
	int i;

	for (i = 0; i < 200; i++) {
		n = pread(r->log, log, sizeof log, 0);
		if (n > 0 && span_search(span_mem(log, (size_t)n), t->text) <
		    (size_t)n)
			return;
		usleep(10000);
	}
	wrong(r, t, span_mem(log, n > 0 ? (size_t)n : 0));
}

static void
expect(struct run *r, const struct step *t)
{
	struct span line = SPAN("(end)");
	char number[16];

	switch (t->verb) {
	case 'S':
	case '=':
		replies(r, t);
		break;
	case 'E':
		if (hear(r, &line) || !r->ended || r->n)
			wrong(r, t, line);
		break;
	case 'X':
		change(r, t);
		break;
	case 'N':
		snprintf(number, sizeof number, "%d", messages(r));
		if (!span_eq(t->text, span_of(number)))
			wrong(r, t, span_of(number));
		break;
	case 'L':
		logged(r, t);
		break;
	case 'T':
		usleep(50000);
		kill(*serving, SIGTERM);
		break;
	default:
		wrong(r, t, SPAN("not a step"));
	}
}

static void
stop(struct run *r)
{
	char log[4000];
	ssize_t n;
	int st = 0;

	close(r->client);
	waitpid(r->helper, &st, 0);
	n = pread(r->log, log, sizeof log, 0);
	if (st != 0)
		fail_msg("%.*s: ended with %x\n%.*s", SPAN_ARG(r->s->name),
		    (unsigned)st, (int)n, log);
	close(r->log);
	assert_int_equal(remove_tree(r->dir), 0);
}

static void
play(const struct script *s, int slow)
{
	static struct run r;
	struct buf burst = { .max = 1 << 20 };
	size_t i = 0;
	unsigned k;

	r = (struct run){ .s = s, .slow = slow };
	alarm(RUN_S);		/* a run that hangs ends the test */
	start(&r);
	while (i < s->n && (s->step[i].verb == 'M' || s->step[i].verb == 'X'))
		i++;
	while (i < s->n) {
		for (; i < s->n && (s->step[i].verb == 'C' ||
		    s->step[i].verb == 'R'); i++)
			for (k = 0; k < s->step[i].times; k++) {
				unescape(&burst, s->step[i].text);
				if (s->step[i].verb == 'C')
					buf_adds(&burst, "\r\n");
			}
		if (burst.n) {
			say(&r, buf_span(&burst));
			buf_reset(&burst);
		} else
			expect(&r, &s->step[i++]);
	}
	stop(&r);
	buf_free(&burst);
}

static void
one_file(void **state)
{
	struct buf b = { .max = 1 << 20 };
	static struct script s;
	struct span in;
	int line = 0, cases = 0;
	int dir = open("tests/pop3", O_RDONLY | O_DIRECTORY);

	if (file_read_at(dir, *state, &b) < 0)
		fail_msg("tests/pop3/%s cannot be read", (char *)*state);
	in = buf_span(&b);
	while (script_next(&in, &line, &s)) {
		play(&s, 0);
		play(&s, 1);
		cases++;
		buf_free(&s.conf);
	}
	printf("%s: %d cases\n", (char *)*state, cases);
	buf_free(&b);
	close(dir);
}

int
main(void)
{
	static char file[][12] = { "login", "stls", "read", "delete",
	    "trouble", "limits" };
	enum { FILES = sizeof file / sizeof *file };
	struct CMUnitTest t[FILES];
	int i;

	serving = mmap(NULL, sizeof *serving, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < FILES; i++)
		t[i] = (struct CMUnitTest){ .name = file[i],
		    .test_func = one_file, .initial_state = file[i] };
	return cmocka_run_group_tests(t, NULL, NULL);
}
