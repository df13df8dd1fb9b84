/*
 * program - a checkpassword program.
 *
 * It reads "user NUL password NUL time NUL" on descriptor 3, and would run a
 * further program when they are right; that one is `true` here.  Status 0:
 * right, 1: wrong, 111 and all else: cannot say.
 */
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/program.h"
#include "sys/clock.h"
#include "sys/log.h"

struct program {
	pid_t pid;
	int in, out;			/* our ends of its pipes, -1: closed */
	size_t nsaid;
	unsigned char said[LOG_VALUE];
};

static int  start(struct program *, const char *, const struct worker_ask *);
static void be_program(const char *, const struct worker_ask *, int, int)
	    __attribute__((noreturn));
static void tell(struct program *, const struct worker_ask *);
static int  wait_for(struct program *, uint64_t, int *);
static int  hear(struct program *, int);
static enum worker_answer meaning(int);

enum worker_answer
program_ask(const struct worker_ask *q, const struct auth_conf *conf)
{
	struct program g = { .in = -1, .out = -1 };
	enum worker_answer a = WORKER_LATER;
	struct log l;
	int st;

	if (start(&g, conf->checkpassword, q) == 0) {
		tell(&g, q);
		if (wait_for(&g, conf->checkpassword_timeout, &st) == 0)
			a = meaning(st);
	}
	if (g.in >= 0)
		close(g.in);
	if (g.out >= 0)
		close(g.out);
	if (g.nsaid) {
		log_open(&l, LOG_INFO, "checkpassword");
		log_str(&l, "user", q->user);
		log_text(&l, "said", span_trim(span_mem(g.said, g.nsaid)));
		log_close(&l);
	}
	return a;
}

static int
start(struct program *g, const char *command, const struct worker_ask *q)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0)
		return -1;
	g->in = in[1];
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		return -1;
	}
	g->out = out[0];
	if ((g->pid = fork()) == 0)
		be_program(command, q, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	return g->pid < 0 ? -1 : 0;
}

static void
be_program(const char *command, const struct worker_ask *q, int in, int out)
{
	const char *argv[CHECK_WORDS + 2];
	static char word[CHECK_WORDS][CHECK_WORD];
	char proto[sizeof q->proto + 8];
	char *env[] = { proto, NULL };
	struct span s = span_of(command), w;
	size_t n = 0;

	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	snprintf(proto, sizeof proto, "PROTO=%s", q->proto);
	while (n < CHECK_WORDS && span_word(&s, &w) &&
	    span_str(w, word[n], sizeof word[n]) == 0) {
		argv[n] = word[n];
		n++;
	}
	argv[n++] = "/bin/true";
	argv[n] = NULL;
	/* in may be 3 itself: dup2 would leave it to be closed by execve */
	if (dup2(out, STDOUT_FILENO) >= 0 && dup2(out, STDERR_FILENO) >= 0 &&
	    dup2(in, 3) == 3 && fcntl(3, F_SETFD, 0) == 0 &&
	    close_range(4, ~0U, 0) == 0)
		execve(argv[0], (char *const *)argv, env);
	_exit(111);
}

static void
tell(struct program *g, const struct worker_ask *q)
{
	char text[sizeof q->user + sizeof q->password + 32];
	int n = snprintf(text, sizeof text, "%s%c%s%c%lld%c", q->user, 0,
	    q->password, 0, (long long)clock_s(), 0);

	/* less than a pipe holds: this cannot wait */
	if (write(g->in, text, (size_t)n) != n)
		log_warn("checkpassword", "%s", strerror(errno));
	explicit_bzero(text, sizeof text);
	close(g->in);
	g->in = -1;
}

/* 0, or -1: it took too long.  What is in its group ends with it, and before
 * it is waited for: until then nobody else can have its number. */
static int
wait_for(struct program *g, uint64_t seconds, int *st)
{
	uint64_t end = clock_mono_ms() + seconds * 1000;
	siginfo_t ended = { 0 };

	while (waitid(P_PID, (id_t)g->pid, &ended, WEXITED | WNOHANG |
	    WNOWAIT) == 0 && ended.si_pid == 0 && clock_mono_ms() < end)
		hear(g, 5);
	kill(-g->pid, SIGKILL);
	kill(g->pid, SIGKILL);		/* it may have no group yet */
	waitpid(g->pid, st, 0);
	while (g->nsaid < sizeof g->said && hear(g, 0))
		;
	if (ended.si_pid)
		return 0;
	log_warn("checkpassword", "took longer than %llu s",
	    (unsigned long long)seconds);
	return -1;
}

/* What it prints; more than the log takes is read too, or it would wait.  0:
 * nothing within that time. */
static int
hear(struct program *g, int ms)
{
	struct pollfd p = { .fd = g->out, .events = POLLIN };
	unsigned char b[4096];
	size_t room = sizeof g->said - g->nsaid;
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return 0;
	if ((n = read(g->out, b, sizeof b)) <= 0) {
		close(g->out);
		g->out = -1;
		return 0;
	}
	if ((size_t)n < room)
		room = (size_t)n;
	memcpy(g->said + g->nsaid, b, room);
	g->nsaid += room;
	return 1;
}

static enum worker_answer
meaning(int st)
{
	if (WIFEXITED(st) && WEXITSTATUS(st) == 0)
		return WORKER_GOOD;
	if (WIFEXITED(st) && WEXITSTATUS(st) == 1)
		return WORKER_WRONG;
	log_warn("checkpassword", "ended with %s %d", WIFSIGNALED(st) ?
	    "signal" : "status", WIFSIGNALED(st) ? WTERMSIG(st) :
	    WEXITSTATUS(st));
	return WORKER_LATER;
}
