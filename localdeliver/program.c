/* program - runs an entry `|command` of a forwarding file, as its owner. */
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "localdeliver/copy.h"
#include "localdeliver/environ.h"
#include "localdeliver/plan.h"
#include "localdeliver/program.h"
#include "run/jobs.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stream.h"
#include "wire/record.h"

enum { END_MS = 5000 };

struct run {
	pid_t pid;
	int in, out;			/* our ends of its pipes, -1: closed */
	int ended, status;
	uint64_t deadline_ms;
	unsigned char said[VERDICT_TEXT];
	size_t nsaid;
};

static struct verdict run_entry(struct owner *, const struct job *,
    const struct job_rcpt *, int);
static int  start(struct run *, const struct owner *, const char *,
    char *const *);
static void be_program(int, int, const char *, const char *, char *const *)
    __attribute__((noreturn));
static int  feed(struct run *, int, const struct queue_head *,
    const struct job *, const struct job_rcpt *);
static int  put(void *, struct span);
static int  finish(struct run *);
static int  turn(struct run *, int);
static void stop(struct run *);
static void wait_for_end(struct run *);
static void listen_to(struct run *);
static void on_child(int);

static const struct {
	int status;
	unsigned code;
	char enhanced[8];
	const char *text;
} meaning[] = {				/* as Postfix reads sysexits.h */
	{ 0, 250, "2.0.0", "delivered to a program" },
	{ 99, 250, "2.0.0", "delivered to a program" },	/* qmail: and stop */
	{ EX_USAGE, 550, "5.3.0", "command line usage error" },
	{ EX_DATAERR, 550, "5.6.0", "data format error" },
	{ EX_NOINPUT, 550, "5.3.0", "cannot open input" },
	{ EX_NOUSER, 550, "5.1.1", "user unknown" },
	{ EX_NOHOST, 550, "5.1.2", "host name unknown" },
	{ EX_UNAVAILABLE, 550, "5.3.0", "service unavailable" },
	{ EX_SOFTWARE, 550, "5.3.0", "internal software error" },
	{ EX_OSERR, 451, "4.3.0", "system resource problem" },
	{ EX_OSFILE, 550, "5.3.0", "critical file missing" },
	{ EX_CANTCREAT, 550, "5.2.0", "cannot create output file" },
	{ EX_IOERR, 451, "4.3.0", "input/output error" },
	{ EX_TEMPFAIL, 451, "4.3.0", "temporary failure" },
	{ EX_PROTOCOL, 550, "5.5.0", "remote error in protocol" },
	{ EX_NOPERM, 550, "5.7.0", "permission denied" },
	{ EX_CONFIG, 550, "5.3.5", "local configuration error" },
	{ 100, 550, "5.3.0", "permanent failure" },
	{ 111, 451, "4.3.0", "temporary failure" },
	/* of the shell: a fault of that line, not of the mailbox's programs */
	{ 126, 451, "4.3.5", "program cannot be run" },
	{ 127, 451, "4.3.5", "program not found" }
};

int
program_serve(struct owner *o, int ch)
{
	static struct job j;
	struct sigaction a = { .sa_handler = on_child };
	struct verdict v;
	sigset_t block;
	size_t i;
	int fd, r = 0;

	/* SIGCHLD comes only while ppoll waits */
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, NULL);
	sigaction(SIGCHLD, &a, NULL);
	signal(SIGPIPE, SIG_IGN);
	o->home = open(o->box.home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->home < 0 || fchdir(o->home) < 0) {
		v = verdict_make(451, "4.3.5", "%s: %s", o->box.home,
		    strerror(errno));
		return deliver_refuse(ch, &v);
	}
	(void)alarm(0);
	while (r == 0 && jobs_take(ch, &j, &fd, -1) == 1) {
		(void)alarm(o->program_timeout_s + JOBS_KILLED_S);
		for (i = 0; r == 0 && i < j.nrcpt; i++) {
			v = run_entry(o, &j, &j.rcpt[i], fd);
			r = deliver_answer(ch, j.id, j.rcpt[i].nr, &v);
		}
		close(fd);
		(void)alarm(0);
	}
	return r < 0 ? LOG_AGAIN : 0;
}

struct verdict
program_verdict(int status, struct span said)
{
	unsigned code = 451;
	const char *enhanced = "4.3.0", *text = "program failed";
	unsigned char space[VERDICT_TEXT];
	struct buf b = { .p = space, .size = sizeof space,
	    .max = sizeof space };
	size_t i;

	said = span_trim(said);
	if (!WIFEXITED(status)) {
		buf_addf(&b, "program died by signal %d", WTERMSIG(status));
	} else {
		for (i = 0; i < sizeof meaning / sizeof *meaning; i++)
			if (meaning[i].status == WEXITSTATUS(status)) {
				code = meaning[i].code;
				enhanced = meaning[i].enhanced;
				text = meaning[i].text;
			}
		buf_adds(&b, text);
		if (code != 250)
			buf_addf(&b, " (exit status %d)", WEXITSTATUS(status));
	}
	if (said.n && code != 250) {
		buf_adds(&b, ": ");
		buf_addspan(&b, span_sub(said, 0, b.max - b.n));
	}
	return verdict_words(code, span_of(enhanced), buf_span(&b));
}

static struct verdict
run_entry(struct owner *o, const struct job *j, const struct job_rcpt *r,
    int fd)
{
	static struct plan p = { .text.max = FORWARD_MAX,
	    .addresses.max = PLAN_ADDRESSES };
	static struct facts_env env = { .text.max = RECORD_MAX };
	struct run run = { .in = -1, .out = -1 };
	struct queue_head head;
	struct span command;
	struct verdict v;
	int e = 0;

	if (r->run == 0)
		return verdict_make(451, "4.3.0",
		    "this child runs programs only");
	if (plan_command(&p, o, r, &command, &v) < 0)
		return v;
	if (queue_read_head(fd, &head) != 0)
		return verdict_make(451, "4.3.0", "the message in the queue "
		    "cannot be read");
	if (environ_make(&env, o, j, r) < 0 ||
	    start(&run, o, (const char *)command.p, env.var) < 0)
		return verdict_make(451, "4.3.2", "program not started: %s",
		    strerror(errno));
	if (feed(&run, fd, &head, j, r) < 0 || finish(&run) < 0)
		e = errno;
	if (run.in >= 0)
		close(run.in);
	if (run.out >= 0)
		close(run.out);
	if (e == EILSEQ)
		return verdict_make(451, "4.6.0", "the message in the queue "
		    "does not have its checksum any more");
	if (e == ETIMEDOUT)
		return verdict_make(451, "4.3.2", "program ran longer than %u "
		    "seconds, and was killed", o->program_timeout_s);
	if (e)
		return verdict_make(451, "4.3.2", "program ended by us: %s",
		    strerror(e));
	return program_verdict(run.status, span_mem(run.said, run.nsaid));
}

static int
start(struct run *run, const struct owner *o, const char *command,
    char *const *env)
{
	int in[2], out[2], e;

	if (pipe2(in, O_CLOEXEC) < 0)
		return -1;
	if (pipe2(out, O_CLOEXEC) < 0) {
		e = errno;
		close(in[0]);
		close(in[1]);
		errno = e;
		return -1;
	}
	run->pid = fork();
	if (run->pid == 0)
		be_program(in[0], out[1], o->box.home, command, env);
	e = errno;
	close(in[0]);
	close(out[1]);
	run->in = in[1];
	run->out = out[0];
	if (run->pid < 0) {
		close(run->in);
		close(run->out);
		errno = e;
		return -1;
	}
	(void)setpgid(run->pid, run->pid);
	(void)fcntl(run->in, F_SETFL, O_NONBLOCK);
	(void)fcntl(run->out, F_SETFL, O_NONBLOCK);
	run->deadline_ms = clock_mono_ms() + 1000ULL * o->program_timeout_s;
	return 0;
}

static void
be_program(int in, int out, const char *home, const char *command,
    char *const *env)
{
	char sh[] = "sh", c[] = "-c", *arg[] = { sh, c, NULL, NULL };
	sigset_t none;

	arg[2] = strdup(command);
	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (setpgid(0, 0) == 0 && arg[2] && chdir(home) == 0 &&
	    dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(out, STDERR_FILENO) >= 0) {
		closefrom(STDERR_FILENO + 1);
		execve("/bin/sh", arg, env);
	}
	_exit(EX_OSERR);
}

/* The message goes in as long as it is read.  0, or -1 with errno. */
static int
feed(struct run *run, int fd, const struct queue_head *h, const struct job *j,
    const struct job_rcpt *r)
{
	static unsigned char space[COPY_LINES];
	struct buf lines = { .p = space, .size = sizeof space,
	    .max = sizeof space };
	struct copy c = { .loop.past = 1 };
	int e;

	errno = EINVAL;
	if (copy_lines(&lines, j->sender, r) < 0)
		e = -1;
	else
		e = copy_message(&c, fd, h, buf_span(&lines), put, run);
	if (e == COPY_DAMAGED)
		errno = EILSEQ;
	if (e == 0 || (e == -1 && errno == EPIPE)) {
		close(run->in);
		run->in = -1;
		return 0;
	}
	stop(run);
	return -1;
}

static int
put(void *arg, struct span s)
{
	struct run *run = arg;
	ssize_t n;

	while (s.n) {
		if (turn(run, 1) < 0)
			return -1;
		n = run->ended ? -1 : write(run->in, s.p, s.n);
		if (run->ended || (n < 0 && errno == EPIPE)) {
			errno = EPIPE;
			return -1;
		}
		if (n < 0 && errno != EAGAIN)
			return -1;
		if (n > 0)
			s = span_from(s, (size_t)n);
	}
	return 0;
}

static int
finish(struct run *run)
{
	while (!run->ended)
		if (turn(run, 0) < 0)
			return -1;
	listen_to(run);
	return 0;
}

/* Waits for something to happen and sees to what it was.  0; -1 with errno:
 * its time is over, or ours; the program and its group have been killed. */
static int
turn(struct run *run, int writing)
{
	struct pollfd p[2] = {
		{ .fd = run->out, .events = POLLIN },
		{ .fd = writing ? run->in : -1, .events = POLLOUT }
	};
	uint64_t now = clock_mono_ms();
	uint64_t left = now < run->deadline_ms ? run->deadline_ms - now : 0;
	struct timespec t = { (time_t)(left / 1000),
	    (long)(left % 1000) * 1000000 };
	sigset_t none;
	int e = 0;

	sigemptyset(&none);
	if (ppoll(p, 2, &t, &none) < 0 && errno != EINTR)
		e = errno;
	if (p[0].revents)
		listen_to(run);
	if (waitpid(run->pid, &run->status, WNOHANG) == run->pid)
		run->ended = 1;
	else if (left == 0)
		e = ETIMEDOUT;
	else if (stream_ended)
		e = ECANCELED;
	if (e == 0)
		return 0;
	errno = e;
	stop(run);
	return -1;
}

/* errno is kept. */
static void
stop(struct run *run)
{
	int e = errno;

	if (!run->ended) {
		kill(-run->pid, SIGKILL);
		/* it may have left the group, or be another user's (set-id) */
		if (kill(run->pid, SIGKILL) == 0)
			wait_for_end(run);
		run->ended = 1;
	}
	errno = e;
}

/* Not for ever: where its file system hangs it may not end. */
static void
wait_for_end(struct run *run)
{
	uint64_t end = clock_mono_ms() + END_MS, now;
	struct timespec t;
	sigset_t none;

	sigemptyset(&none);
	while (waitpid(run->pid, &run->status, WNOHANG) == 0 &&
	    (now = clock_mono_ms()) < end) {
		t = (struct timespec){ (time_t)((end - now) / 1000),
		    (long)((end - now) % 1000) * 1000000 };
		(void)ppoll(NULL, 0, &t, &none);
	}
}

/* What it prints: the first of it is kept.  One read, so that the
 * clock is looked at even when it never stops. */
static void
listen_to(struct run *run)
{
	unsigned char b[4096];
	size_t room = sizeof run->said - run->nsaid;
	ssize_t n;

	if (run->out < 0)
		return;
	n = read(run->out, b, sizeof b);
	if (n > 0) {
		if ((size_t)n < room)
			room = (size_t)n;
		memcpy(run->said + run->nsaid, b, room);
		run->nsaid += room;
	} else if (n == 0) {
		close(run->out);
		run->out = -1;
	}
}

static void
on_child(int sig)
{
	(void)sig;
}
