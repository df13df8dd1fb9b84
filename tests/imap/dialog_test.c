/*
 * dialog - the scripts of tests/imap/ against loop_session and session_serve,
 * each case with a Maildir of its own.  links: imapd
 *
 *	case NAME		a fresh Maildir, no connection
 *	set KEY VALUE		a line of its configuration
 *	quota BYTES COUNT	of the mailbox
 *	before [tls | far]	connections are such before their login; over
 *				TLS; from where no login is without TLS
 *	mail FOLDER FLAGS	a message whose lines begin with `| `; FLAGS
 *				letters of a file name, `-` none, `new`: in new/
 *	C: TEXT  C2: TEXT	a connection sends TEXT CR LF (\r \n \\ \xHH)
 *	R: TEXT  R2: TEXT	the same without CR LF
 *	S: TEXT  S2: TEXT	the next line it gets; ~ in it is anything, {a}
 *				(to {z}) a number: where it stands first, with
 *				no ~ before, whichever; from then on, in C too,
 *				the same
 *	U: TEXT  U2: TEXT	some line it gets; those before it are skipped
 *	E:  E2:			the connection ends here
 *	X: deliver FOLDER	another program puts a message into new/
 *	X: remove FOLDER N	removes the N-th of cur/, by name
 *	X: flag FOLDER N FLAGS	renames the N-th of cur/
 *	X: long FOLDER N	to a name that has no room for flags
 *	X: count FOLDER N	N files are in new/ and cur/
 *	X: folders FOLDER N	makes N folders below it
 *	X: deep FOLDER N	a message, N multiparts within each other
 *	X: wide FOLDER N	a message, within it one to N lines of addresses
 *	X: block FOLDER FILE	a directory stands in the place of a file, until
 *				the next time
 *	X: away FOLDER FILE	a file is not there, until the next time
 *	X: none FOLDER		it is not there
 *	X: full N		the first connection's process can write no file
 *				beyond that size
 *	X: end			the first connection's process gets SIGTERM
 *
 * A case, as they are counted, is a command with its whole answer: each line
 * from the command to the tagged reply stands in the script.
 *
 * A connection is opened when it is first named; the greeting, or the reply to
 * the login, waits to be read by S.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
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
#include "base/buf.h"
#include "base/scan.h"
#include "imapd/loop.h"
#include "imapd/session.h"
#include "store/mailbox.h"
#include "sys/log.h"
#include "sys/remove_tree.h"
#include "tests/imap/dialog_disk.h"

enum { ANSWER_MS = 60000, CONNECTIONS = 3, LINE = 70000 };

struct connection {
	int fd;				/* -1: none */
	pid_t pid;
	struct buf in;
	int skipped;			/* something of this answer */
};

static struct {
	char file[80], name[200];
	int line, scripts, cases, checks;
	struct buf conf;
	int before, tls, far;
	struct mailbox mailbox;
	struct connection c[CONNECTIONS];
	struct span in, folder, flags;	/* of the script; of a mail */
	struct buf mail;
	char number[26][24];		/* {a} to {z} of this case */
	int skip, failed;		/* up to the next case; cases */
	jmp_buf next_case;
	FILE *told;			/* IMAP_TOLD: all that was answered */
} run;

/* The case has failed: on with the next. */
static void
broken(const char *what, struct span s)
{
	print_error("tests/imap/%s:%d (%s): %s%.*s\n", run.file, run.line,
	    run.name, what, SPAN_ARG(s));
	run.skip = 1;
	run.failed++;
	longjmp(run.next_case, 1);
}

/* ------------------------------------------------------ connections */

static void
child(int fd)
{
	const struct conf_key *const keys[] = { site_keys, imapd_keys };
	static struct site site;
	static struct imapd_conf conf;
	static struct note n = { .kind = NOTE_SPAWN };
	void *const out[] = { &site, &conf };
	struct buf errors = { .max = 4096 };
	struct role_env env = { .site = &site, .conf = &conf, .control = -1 };
	int file = memfd_create("conf", 0), devnull, ends[CHAN_FDS], i;

	if (write(file, run.conf.p, run.conf.n) < 0 ||
	    conf_read(file, "conf", keys, 2, out, &errors) < 0) {
		fprintf(stderr, "%.*s", SPAN_ARG(buf_span(&errors)));
		_exit(1);
	}
	devnull = open("/dev/null", O_WRONLY);
	if (getenv("IMAP_LOG") == NULL)
		dup2(devnull, 2);
	ip_parse(SPAN("192.0.2.7"), &n.facts.client);
	n.facts.tls = run.tls != 0;
	n.facts.may_login = !run.far;
	stream_init();
	signal(SIGXFSZ, SIG_IGN);
	memcpy(n.facts.user, "alice", 6);
	memcpy(n.facts.helo, "login PLAIN", 12);
	if (!run.before)
		_exit(loop_session(&env, &n, fd, &run.mailbox, 0));
	for (i = 0; i < CHAN_FDS; i++)
		ends[i] = -1;
	ends[0] = fd;
	ends[1] = devnull;
	_exit(session_serve(&env, &n, ends));
}

static struct connection *
connection(unsigned char digit)
{
	struct connection *c = &run.c[ascii_digit(digit) ? digit - '1' : 0];
	int pair[2], i;

	if (c->fd >= 0)
		return c;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
	if ((c->pid = fork()) == 0) {
		close(pair[0]);
		for (i = 0; i < CONNECTIONS; i++)
			close(run.c[i].fd);
		child(pair[1]);
	}
	close(pair[1]);
	c->fd = pair[0];
	c->skipped = 0;
	c->in.max = 16 << 20;
	return c;
}

/* For grammar.py: what it got of its connection. */
static void
note_down(const struct connection *c, struct span got)
{
	if (run.told == NULL)
		return;
	fprintf(run.told, "%s: %s (%d) %zu\n", run.file, run.name,
	    (int)c->pid, got.n);
	fwrite(got.p, 1, got.n, run.told);
}

/* The next line without its CRLF.  1, or 0 at the end. */
static int
next_line(struct connection *c, char line[LINE])
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	struct span have;
	ssize_t r;
	size_t n;

	for (;;) {
		have = buf_span(&c->in);
		n = span_search(have, SPAN("\r\n"));
		if (n < have.n) {
			assert_true(n < LINE);
			if (n)
				memcpy(line, have.p, n);
			line[n] = '\0';
			buf_cut(&c->in, n + 2);
			return 1;
		}
		if (poll(&p, 1, ANSWER_MS) <= 0)
			broken("no answer; so far: ", have);
		buf_room(&c->in, 65536);
		r = read(c->fd, c->in.p + c->in.n, 65536);
		if (r <= 0)
			return 0;
		note_down(c, span_mem(c->in.p + c->in.n, (size_t)r));
		c->in.n += (size_t)r;
	}
}

static void
hang_up(struct connection *c)
{
	int status;

	if (c->fd < 0)
		return;
	close(c->fd);
	c->fd = -1;
	waitpid(c->pid, &status, 0);
	buf_free(&c->in);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		broken("the session crashed", SPAN(""));
}

static void
limit(unsigned size)
{
	struct rlimit l;

	assert_int_equal(prlimit(run.c[0].pid, RLIMIT_FSIZE, NULL, &l), 0);
	l.rlim_cur = size;
	assert_int_equal(prlimit(run.c[0].pid, RLIMIT_FSIZE, &l, NULL), 0);
}

static void
act(struct span s)
{
	struct span verb;

	span_word(&s, &verb);
	if (span_eq(verb, SPAN("end")))
		kill(run.c[0].pid, SIGTERM);
	else if (span_eq(verb, SPAN("full")))
		limit(number(span_trim(s)));
	else if (!disk_act(verb, s))
		broken("what is ", verb);
}

/* ---------------------------------------------------------- a script */

static int
matches(const char *p, const char *s)
{
	const char *star = NULL, *back = NULL;

	while (*s)
		if (*p == '~') {
			star = p++;
			back = s;
		} else if (*p == *s) {
			p++;
			s++;
		} else if (star) {
			p = star + 1;
			s = ++back;
		} else
			return 0;
	while (*p == '~')
		p++;
	return *p == '\0';
}

static void
unescape(struct span s, struct buf *b)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '\\' || i + 1 == s.n) {
			buf_addc(b, s.p[i]);
			continue;
		}
		switch (s.p[++i]) {
		case 'r': buf_addc(b, '\r'); break;
		case 'n': buf_addc(b, '\n'); break;
		case '0': buf_addc(b, '\0'); break;
		case 'x':
			assert_true(i + 2 < s.n);
			buf_addc(b, (unsigned char)(ascii_hex(s.p[i + 1]) * 16
			    + ascii_hex(s.p[i + 2])));
			i += 2;
			break;
		case '\\': buf_addc(b, '\\'); break;
		default:			/* \Seen */
			buf_addc(b, '\\');
			buf_addc(b, s.p[i]);
		}
	}
}

/* With the numbers that are known, and ~ for one that is not: it is returned,
 * and where it begins. */
static char *
with_numbers(struct span text, struct buf *out, size_t *at)
{
	char *number, *unknown = NULL;
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (text.n - i < 3 || text.p[i] != '{' ||
		    !ascii_alpha(text.p[i + 1]) || text.p[i + 2] != '}') {
			buf_addc(out, text.p[i]);
			continue;
		}
		number = run.number[ascii_lower(text.p[i + 1]) - 'a'];
		if (*number == '\0') {
			unknown = number;
			*at = out->n;
		}
		buf_adds(out, *number ? number : "~");
		i += 2;
	}
	return unknown;
}

static void
learn(char *number, struct span line)
{
	size_t n = 0;

	while (n < line.n && ascii_digit(line.p[n]))
		n++;
	if (n == 0 || span_str(span_sub(line, 0, n), number,
	    sizeof run.number[0]) < 0)
		broken("no number: ", line);
}

static void
say(struct connection *c, struct span text, int line)
{
	struct buf b = { .max = 1 << 20 }, filled = { .max = 1 << 20 };
	size_t at = 0;
	ssize_t n;

	if (with_numbers(text, &filled, &at))
		broken("an unknown number: ", text);
	unescape(buf_span(&filled), &b);
	buf_free(&filled);
	if (line)
		buf_adds(&b, "\r\n");
	while (at < b.n && (n = send(c->fd, b.p + at, b.n - at,
	    MSG_NOSIGNAL)) > 0)
		at += (size_t)n;
	buf_free(&b);
}

static void
expect(struct connection *c, struct span text, int skip)
{
	static char line[LINE];
	char want[4096], *number;
	struct buf filled = { .max = sizeof want };
	size_t at = 0;

	number = with_numbers(text, &filled, &at);
	assert_int_equal(span_str(buf_span(&filled), want, sizeof want), 0);
	buf_free(&filled);
	run.checks++;
	for (;;) {
		if (!next_line(c, line))
			broken("the connection ended; wanted: ", text);
		if (matches(want, line))
			break;
		if (!skip) {
			print_error("wanted: %s\n", want);
			broken("got: ", span_of(line));
		}
		c->skipped = 1;
	}
	if (number)
		learn(number, span_from(span_of(line), at));
	if (*want == '*' || *want == '+')
		return;
	/* tagged: the answer is whole */
	run.cases += !c->skipped;
	c->skipped = 0;
}

static void
end_case(void)
{
	int i;

	for (i = 0; i < CONNECTIONS; i++)
		hang_up(&run.c[i]);
	if (disk.dir[0])
		assert_int_equal(remove_tree(disk.dir), 0);
	disk.dir[0] = '\0';
}

static void
begin_case(struct span name)
{
	end_case();
	(void)span_str(name, run.name, sizeof run.name);
	run.scripts++;
	disk.mails = run.before = run.tls = run.far = 0;
	memset(run.number, 0, sizeof run.number);
	buf_reset(&run.conf);
	run.conf.max = 65536;
	buf_adds(&run.conf, "hostname mx.example.test\n"
	    "imapd.make_folders no\nimapd.look 1s\n");
	strlcpy(disk.dir, "/tmp/correo-imap-XXXXXX", sizeof disk.dir);
	assert_non_null(mkdtemp(disk.dir));
	run.mailbox = (struct mailbox){ .uid = 1000, .gid = 1000 };
	snprintf(run.mailbox.maildir, sizeof run.mailbox.maildir,
	    "%s/Maildir", disk.dir);
	mkdir(run.mailbox.maildir, 0700);
}

static void
setting(struct span verb, struct span s)
{
	struct span word;

	if (span_eq(verb, SPAN("case")))
		begin_case(s);
	else if (span_eq(verb, SPAN("set"))) {
		size_t n = span_find(s, ' ');
		struct span key = span_sub(s, 0, n);

		/* it takes the place of a setting of all cases */
		struct buf b = { .max = 65536 };
		struct span all = buf_span(&run.conf), line;

		while (span_cut(&all, '\n', &line))
			if (!span_starts(line, key)) {
				buf_addspan(&b, line);
				buf_addc(&b, '\n');
			}
		buf_addspan(&b, s);
		buf_addc(&b, '\n');
		buf_free(&run.conf);
		run.conf = b;
	} else if (span_eq(verb, SPAN("quota"))) {
		span_word(&s, &word);
		scan_u64(word, UINT64_MAX, &run.mailbox.quota_bytes);
		span_word(&s, &word);
		scan_u64(word, UINT64_MAX, &run.mailbox.quota_count);
	} else if (span_eq(verb, SPAN("before"))) {
		run.before = 1;
		run.tls = span_eq(s, SPAN("tls"));
		run.far = span_eq(s, SPAN("far"));
	} else
		broken("what is ", verb);
}

static void
step(struct span line)
{
	unsigned char verb = line.p[0];
	unsigned char digit = line.n > 1 ? line.p[1] : ':';
	struct span text = span_from(line, digit == ':' ? 2 : 3);
	struct connection *c;
	static char got[LINE];

	if (text.n && text.p[0] == ' ')
		text = span_from(text, 1);
	if (verb == 'X') {
		act(text);
		return;
	}
	c = connection(digit);
	switch (verb) {
	case 'C': say(c, text, 1); break;
	case 'R': say(c, text, 0); break;
	case 'S': expect(c, text, 0); break;
	case 'U': expect(c, text, 1); break;
	case 'E':
		if (next_line(c, got))
			broken("it goes on: ", span_of(got));
		break;
	default: broken("what is ", line);
	}
}

static void
line_of(struct span line)
{
	struct span rest = line, verb;

	if (line.n && line.p[0] == '|') {
		unescape(span_from(line, 2), &run.mail);
		buf_addc(&run.mail, '\n');
		return;
	}
	if (run.folder.p && !run.skip)
		put_mail(run.folder, run.flags, buf_span(&run.mail));
	run.folder.p = NULL;
	buf_reset(&run.mail);
	if (line.n == 0 || line.p[0] == '#')
		return;
	span_cut(&rest, ' ', &verb);
	if (span_eq(verb, SPAN("case")))
		run.skip = 0;
	if (run.skip)
		return;
	if (span_eq(verb, SPAN("mail"))) {
		span_word(&rest, &run.folder);
		span_word(&rest, &run.flags);
	} else if (verb.n && verb.p[verb.n - 1] == ':')
		step(line);
	else
		setting(verb, rest);
}

static void
play(const char *file)
{
	static struct buf script = { .max = 8 << 20 };
	struct span line;
	char path[200];
	ssize_t n;
	int fd, i;

	snprintf(path, sizeof path, "tests/imap/%s", file);
	(void)span_str(span_of(file), run.file, sizeof run.file);
	for (i = 0; i < CONNECTIONS; i++)
		run.c[i].fd = -1;
	buf_reset(&script);
	run.mail.max = 1 << 20;
	assert_true((fd = open(path, O_RDONLY)) >= 0);
	while (buf_room(&script, 65536) == 0 &&
	    (n = read(fd, script.p + script.n, 65536)) > 0)
		script.n += (size_t)n;
	close(fd);
	run.in = buf_span(&script);
	run.line = 0;
	(void)setjmp(run.next_case);
	while (run.in.n) {
		span_cut(&run.in, '\n', &line);
		run.line++;
		line_of(line);
	}
	run.skip = 0;
	end_case();
}

static int
is_script(const struct dirent *e)
{
	return e->d_name[0] != '.' && strchr(e->d_name, '.') == NULL;
}

static void
scripts(void **state)
{
	const char *only = getenv("IMAP_SCRIPT"), *told = getenv("IMAP_TOLD");
	struct dirent **e;
	int i, n = scandir("tests/imap", &e, is_script, alphasort);

	(void)state;
	assert_true(n > 0);
	assert_true(!told || (run.told = fopen(told, "we")) != NULL);
	for (i = 0; i < n; i++)
		if (only == NULL || strcmp(only, e[i]->d_name) == 0)
			play(e[i]->d_name);
	free_names(e, n);
	assert_true(!run.told || fclose(run.told) == 0);
	print_message("%d dialogs, %d cases, %d lines of answers\n",
	    run.scripts, run.cases, run.checks);
	assert_int_equal(run.failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(scripts) };

	log_program("imapd");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
