/*
 * accept_kill - what accept does when it is stopped or refused at any call.
 *
 *	accept_kill order|kill|faults WRITER DIR one|two
 *
 * WRITER (accept_writer, or a mutant of it) runs under strace and gets three
 * messages that wait on its channel before it starts, so that each run makes
 * the same system calls.  The answers are noted.
 *
 * order:  the calls of an undisturbed run stand in the order of the promise.
 * kill:   one run for each call, killed there; what was answered with 250 is
 *	   whole in new/, nothing in new/ is torn, leftovers are in tmp/ only.
 * faults: one run for each call of accept and each error it may have; that
 *	   message is refused with the right code and leaves nothing behind, the
 *	   others are accepted.
 *
 * One line for each thing that is wrong, then a line of counts; exit 0 or 1.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "store/queue.h"
#include "sys/file.h"
#include "tests/kill/trace.h"
#include "wire/intake.h"
#include "wire/record.h"

enum { MESSAGES = 3 };

struct outcome {
	unsigned answers;
	struct intake_answer answer[MESSAGES];
	int killed;
	int status;
};

static const size_t size[MESSAGES] = { 900, 140000, 1100 };
static struct buf message[MESSAGES];
static struct buf session = { .max = 1 << 20 };
static const char *writer, *flushes;
static int one_flush;

static void make_session(void);
static void run(const char *inject, struct outcome *);
static void order(void);
static void kill_each(void);
static void faults(void);

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 5)
		errx(1, "usage: accept_kill order|kill|faults WRITER DIR "
		    "one|two");
	writer = argv[2];
	dir = argv[3];
	flushes = argv[4];
	one_flush = strcmp(flushes, "one") == 0;
	make_session();
	if (strcmp(argv[1], "order") == 0)
		order();
	else if (strcmp(argv[1], "kill") == 0)
		kill_each();
	else
		faults();
	return wrong != 0;
}

/* What the client says, whole: head, recipients, body, commit, three times. */
static void
make_session(void)
{
	static const struct envelope_rcpt rcpt = {
		.address = { (const unsigned char *)"alice@example.test", 18 }
	};
	struct buf *m;
	char prefix[48];
	size_t i, k, n;

	for (i = 0; i < MESSAGES; i++) {
		struct envelope e = { .helo = SPAN("sender.test"),
		    .proto = SPAN("ESMTP"), .sender = SPAN("a@sender.test") };

		m = &message[i];
		m->max = 1 << 20;
		buf_addf(m, "Subject: message %zu\r\n\r\n", i);
		while (m->n < size[i])
			buf_addf(m, "%zu bytes of text so far\r\n", m->n);
		intake_add_head(&session, &e);
		for (k = 0; k <= i; k++)
			intake_add_rcpt(&session, &rcpt);
		if (i == 1)	/* as behind DATA; the others as BDAT */
			buf_addspan(&session, INTAKE_NO_DATA);
		for (k = 0; k < m->n; k += n) {
			n = m->n - k < INTAKE_DATA ? m->n - k : INTAKE_DATA;
			buf_add(&session, prefix,
			    intake_data_prefix(prefix, n));
			buf_add(&session, m->p + k, n);
			buf_add(&session, intake_data_suffix,
			    sizeof intake_data_suffix);
		}
		intake_add_commit(&session);
	}
	if (!buf_ok(&session))
		errx(1, "session too long");
}

static void
make_queue(void)
{
	static const char *const name[] = { "queue", "queue/tmp", "queue/new",
	    "queue/cur", "queue/hold", "queue/bad", "queue/state" };
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof name / sizeof *name; i++)
		if (mkdir(path(name[i]), 0700) < 0 &&
		    stat(path(name[i]), &st) < 0)
			err(1, "%s", name[i]);
	if (stat(path("hint"), &st) < 0 && mkfifo(path("hint"), 0600) < 0)
		err(1, "hint");
}

static int
remove_it(void *arg, const char *name)
{
	unlinkat(*(int *)arg, name, 0);
	return 0;
}

static void
empty_queue(const struct queue *q)
{
	const int d[] = { q->tmp, q->new, q->cur, q->hold, q->bad, q->state };
	size_t i;

	for (i = 0; i < sizeof d / sizeof *d; i++)
		file_each(d[i], remove_it, (void *)(size_t)&d[i]);
}

static struct queue *
queue(void)
{
	static struct queue q;
	const char *missing;

	if (q.dir == 0) {
		make_queue();
		if (queue_open(&q, path("queue"), &missing) < 0)
			err(1, "queue/%s", missing);
		/* out of the way of the descriptors that a writer gets */
		q.dir = fcntl(q.dir, F_DUPFD_CLOEXEC, 10);
	}
	return &q;
}

/* Takes the room and the answers out of what the writer said. */
static void
read_answers(int ch, struct outcome *o)
{
	struct buf in = { .max = 65536 };
	struct span s, fields;
	const char *why;
	uint64_t room;
	int first = 1;
	ssize_t r;

	for (;;) {
		buf_room(&in, 4096);
		if ((r = read(ch, in.p + in.n, in.size - in.n)) <= 0)
			break;
		in.n += (size_t)r;
	}
	s = buf_span(&in);
	for (; record_next(&s, RECORD_MAX, &fields, &why) > 0; first = 0)
		if (first ? intake_parse_room(fields, &room, &why) < 0 :
		    o->answers == MESSAGES || intake_parse_answer(fields,
		    &o->answer[o->answers++], &why) < 0)
			bad("answer", "not an answer");
	buf_free(&in);
}

static void
run(const char *inject, struct outcome *o)
{
	int ch[2], hint, bytes = 4 << 20;
	pid_t pid;

	memset(o, 0, sizeof *o);
	empty_queue(queue());
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ch) < 0)
		err(1, "socketpair");
	(void)setsockopt(ch[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	if (send(ch[0], session.p, session.n, MSG_DONTWAIT) !=
	    (ssize_t)session.n)
		err(1, "the session does not fit the channel");
	shutdown(ch[0], SHUT_WR);
	if ((hint = open(path("hint"), O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
		err(1, "hint");
	if ((pid = fork()) < 0)
		err(1, "fork");
	if (pid == 0)
		trace_exec(inject, writer, path("queue"), flushes,
		    (int []){ ch[1], hint }, 2);
	close(ch[1]);
	read_answers(ch[0], o);
	if (waitpid(pid, &o->status, 0) < 0)
		err(1, "waitpid");
	close(ch[0]);
	close(hint);
	o->killed = trace_read();
}

/* Which message a queue file holds, whole; -1: it is not whole. */
static int
whole(const char *name)
{
	struct queue_head h;
	struct buf body = { .max = 1 << 20 }, env = { .max = 1 << 20 };
	int fd, i, which = -1;

	fd = openat(queue()->new, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (queue_read_head(fd, &h) == 0 && h.body < body.max &&
	    queue_read_envelope(fd, &h, &env) == 0 &&
	    buf_room(&body, (size_t)h.body) == 0 &&
	    file_pread(fd, body.p, (size_t)h.body, QUEUE_HEAD) == 0) {
		body.n = (size_t)h.body;
		for (i = 0; i < MESSAGES; i++)
			if (span_ends(buf_span(&body), buf_span(&message[i])))
				which = i;
		if (crc32c(0, buf_span(&body)) != h.bodysum ||
		    span_search(buf_span(&body), span_of(name)) == body.n ||
		    !span_starts(buf_span(&body), SPAN("Received:")) ||
		    !span_starts(buf_span(&env), SPAN("class 8:stranger,")))
			which = -1;
	}
	close(fd);
	buf_free(&body);
	buf_free(&env);
	return which;
}

struct standing {
	const char *where;
	unsigned files, promised;
	const struct outcome *o;
};

static int
check_file(void *arg, const char *name)
{
	struct standing *s = arg;
	unsigned i;
	int which;

	s->files++;
	if ((which = whole(name)) < 0)
		bad(s->where, "torn file in new/");
	for (i = 0; i < s->o->answers; i++)
		if (s->o->answer[i].verdict.code == 250 &&
		    strcmp(s->o->answer[i].id, name) == 0) {
			s->promised++;
			if (which != (int)i)
				bad(s->where, "another message than promised");
		}
	return 0;
}

static int
count_file(void *arg, const char *name)
{
	(void)name;
	++*(unsigned *)arg;
	return 0;
}

/* Files in new/, after looking at each; 250s without a file are wrong. */
static unsigned
check_queue(const char *where, const struct outcome *o, unsigned *promised)
{
	struct standing s = { .where = where, .o = o };
	const struct queue *q = queue();
	unsigned i, other = 0;

	*promised = 0;
	for (i = 0; i < o->answers; i++)
		*promised += o->answer[i].verdict.code == 250;
	file_each(q->new, check_file, &s);
	if (s.promised != *promised)
		bad(where, "answered with 250 and not in new/");
	file_each(q->cur, count_file, &other);
	file_each(q->hold, count_file, &other);
	file_each(q->bad, count_file, &other);
	file_each(q->state, count_file, &other);
	if (other)
		bad(where, "files outside of tmp/ and new/");
	return s.files;
}

static unsigned
left_in_tmp(void)
{
	unsigned n = 0;

	file_each(queue()->tmp, count_file, &n);
	return n;
}

enum { IDLE, OPEN, FLUSHED, NAMED, DURABLE, ANSWERED,
	WRITES, CLOSES, NONE };

/* What a line means to the promise.  Steps that failed count as not taken. */
static int
step_of(const struct call *c)
{
	int good = strstr(c->text, " = -1 ") == NULL;

	if (strcmp(c->name, "openat") == 0 && strstr(c->text, "O_EXCL"))
		return strstr(c->text, "/queue/tmp>") && good &&
		    strstr(c->text, "O_NOFOLLOW") ? OPEN : IDLE;
	if (strstr(c->name, "write") && (strstr(c->text, "/queue/tmp/") ||
	    strstr(c->text, "/queue/new/")))
		return WRITES;
	if (strcmp(c->name, "fsync") == 0 && good)
		return strstr(c->text, "/queue/tmp/") ? FLUSHED :
		    strstr(c->text, one_flush ? "/queue/new/" :
		    "/queue/new>") ? DURABLE : IDLE;
	if (strcmp(c->name, "close") == 0)
		return strstr(c->text, "/queue/tmp/") ||
		    strstr(c->text, "/queue/new/") ? CLOSES : NONE;
	if (strncmp(c->name, "rename", 6) == 0)
		return strstr(c->text, "RENAME_NOREPLACE") && good ? NAMED :
		    IDLE;
	if (strcmp(c->name, "sendmsg") == 0 && strstr(c->text, "kind 4:done"))
		return ANSWERED;
	if (strcmp(c->name, "write") == 0 && strstr(c->text, "(4<"))
		return IDLE;
	return strncmp(c->name, "unlink", 6) == 0 ? IDLE : NONE;
}

/* With one flush it comes after the name. */
static int
step_after(int at)
{
	return one_flush && at == OPEN ? NAMED : (at + 1) % (ANSWERED + 1);
}

/* Each step follows the one before it; writing only between the first two, and
 * the lock is kept until the name is durable. */
static void
check_order(void)
{
	unsigned i, done = 0;
	int s, at = IDLE, good;

	for (i = 0; i < calls; i++) {
		s = step_of(&call[i]);
		good = s == WRITES ? at == OPEN : s == CLOSES ? at == DURABLE :
		    s == NONE || s == step_after(at);
		if (!good) {
			bad("order", call[i].text);
			return;
		}
		if (s == IDLE)
			done++;
		if (s <= ANSWERED)
			at = s;
	}
	if (done != MESSAGES || at != IDLE)
		bad("order", "not every message went all the way");
}

static void
order(void)
{
	struct outcome o;
	unsigned promised;

	run(NULL, &o);
	if (check_queue("order", &o, &promised) != MESSAGES ||
	    promised != MESSAGES || left_in_tmp())
		bad("order", "not all three messages were accepted");
	check_order();
	printf("order: %zu calls, %d messages, %u wrong\n", calls, MESSAGES,
	    wrong);
}

static void
kill_each(void)
{
	static struct call clean[CALLS];
	unsigned seen = 0, hit = 0, leftovers = 0, promised, ahead = 0;
	char inject[64];
	struct outcome o;
	size_t i, n;

	run(NULL, &o);
	if (check_queue("kill", &o, &promised) != MESSAGES)
		bad("kill", "not all three messages were accepted");
	memcpy(clean, call, sizeof clean);
	n = calls;
	for (i = 0; i < n; i++) {
		/* before execve it is not yet the writer */
		if (strcmp(clean[i].name, "execve") == 0)
			continue;
		seen++;
		snprintf(inject, sizeof inject, "%.23s:signal=KILL:when=%u",
		    clean[i].name, clean[i].nth);
		run(inject, &o);
		hit += o.killed != 0;
		if (!o.killed)
			bad(inject, "was not killed there");
		if (check_queue(inject, &o, &promised) > promised)
			ahead++;
		leftovers += left_in_tmp();
	}
	printf("kill: points seen %u, hit %u; %u left a file in tmp/, %u a"
	    " whole one whose 250 was cut off; %u wrong\n", seen, hit,
	    leftovers, ahead, wrong);
}

struct fault {
	const char *call, *in;		/* and words of its line */
	const char *error[5];
	unsigned code;			/* 0: the message goes through */
};

static const struct fault fault[] = {
	{ "openat", "O_EXCL", { "ENOSPC", "EDQUOT" }, 452 },
	{ "openat", "O_EXCL", { "EMFILE", "EACCES", "EEXIST", "EIO" }, 451 },
	{ "fcntl", "/queue/tmp/", { "ENOLCK", "EAGAIN" }, 451 },
	{ "writev", "/queue/tmp/", { "ENOSPC", "EDQUOT" }, 452 },
	{ "writev", "/queue/tmp/", { "EIO", "EFBIG" }, 451 },
	{ "writev", "/queue/tmp/", { "EINTR" }, 0 },
	{ "pwrite64", "/queue/tmp/", { "ENOSPC", "EDQUOT" }, 452 },
	{ "pwrite64", "/queue/tmp/", { "EIO" }, 451 },
	{ "fsync", "/queue/tmp/", { "ENOSPC", "EDQUOT" }, 452 },
	{ "fsync", "/queue/tmp/", { "EIO" }, 451 },
	{ "fsync", "/queue/new/", { "ENOSPC", "EDQUOT" }, 452 },
	{ "fsync", "/queue/new/", { "EIO" }, 451 },
	{ "renameat2", "", { "ENOSPC", "EDQUOT" }, 452 },
	{ "renameat2", "", { "EIO", "EEXIST", "EROFS" }, 451 },
	{ "fsync", "/queue/new>", { "EIO", "ENOSPC" }, 421 },
	{ "write", "(4<", { "EAGAIN", "EPIPE" }, 0 }
};

/* Message m met the fault: its answer is the code, nothing of it is left, and
 * the others are as if nothing had been. */
static void
check_fault(const char *where, const struct outcome *o, unsigned m,
    unsigned code)
{
	unsigned i, want, files, promised;
	unsigned answers = code == 421 ? m + 1 : MESSAGES;

	files = check_queue(where, o, &promised);
	if (o->answers != answers)
		bad(where, "number of answers");
	for (i = 0; i < o->answers; i++) {
		want = i == m && code ? code : 250;
		if (o->answer[i].verdict.code != want)
			bad(where, "code of an answer");
	}
	if (files != promised)
		bad(where, "a refused message stands in new/");
	if (left_in_tmp())
		bad(where, "a leftover in tmp/");
	if (!WIFEXITED(o->status) || WEXITSTATUS(o->status) != (code == 421))
		bad(where, "exit status");
}

static void
faults(void)
{
	static struct call clean[CALLS];
	unsigned runs = 0;
	const struct fault *f;
	const char *const *e;
	char inject[64];
	struct outcome o;
	size_t i, n;

	run(NULL, &o);
	memcpy(clean, call, sizeof clean);
	n = calls;
	for (f = fault; f < fault + sizeof fault / sizeof *fault; f++)
		for (i = 0; i < n; i++) {
			if (strcmp(clean[i].name, f->call) != 0 ||
			    strstr(clean[i].text, f->in) == NULL)
				continue;
			for (e = f->error; *e; e++, runs++) {
				snprintf(inject, sizeof inject,
				    "%s:error=%s:when=%u", f->call, *e,
				    clean[i].nth);
				run(inject, &o);
				check_fault(inject, &o,
				    (unsigned)clean[i].files - 1, f->code);
			}
		}
	printf("faults: %u runs, %u wrong\n", runs, wrong);
}
