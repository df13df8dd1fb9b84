/* worker - the processes that hash passwords. */
#include <sys/wait.h>
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/worker.h"
#include "base/sha256.h"
#include "sys/chan.h"
#include "sys/clock.h"
#include "sys/heap.h"
#include "sys/log.h"
#include "wire/saslprep.h"

static void work(const struct role_env *, const struct auth_conf *, int)
	    __attribute__((noreturn));
static enum worker_answer check(struct worker_ask *);
static enum worker_answer compare(const struct worker_ask *);
static enum worker_answer none_fits(const struct worker_ask *,
	    struct crypt_data *);
static enum worker_answer ask_program(const struct worker_ask *,
	    const struct auth_conf *);
static void run_program(const char *, const struct worker_ask *, int)
	    __attribute__((noreturn));
static int  wait_for(pid_t, uint64_t, int *);

static char dummy[CRYPT_OUTPUT_SIZE];

int
worker_start(const struct role_env *env, const struct auth_conf *conf)
{
	int ch[2];
	pid_t pid;

	if (chan_pair(CHAN_PACKETS, ch) < 0)
		return -1;
	if ((pid = fork()) == 0) {
		close(ch[0]);
		close(env->control);
		work(env, conf, ch[1]);
	}
	close(ch[1]);
	if (pid < 0) {
		close(ch[0]);
		return -1;
	}
	return ch[0];
}

const char *
worker_dummy(void)
{
	struct crypt_data d = { 0 };
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *h;

	if (dummy[0] == '\0' && crypt_gensalt_rn(NULL, 0, NULL, 0, salt,
	    sizeof salt) != NULL && (h = crypt_r("", salt, &d)) != NULL)
		snprintf(dummy, sizeof dummy, "%s", h);
	return dummy;
}

static void
work(const struct role_env *env, const struct auth_conf *conf, int ch)
{
	struct confine c = { .name = "worker", .data_bytes = 256 << 20 };
	struct worker_ask q;
	unsigned char a;
	ssize_t n;

	/* a program of the operator's needs the system; a hash nothing */
	c.ids_only = conf->checkpassword[0] != '\0';
	role_confine(env, &c);
	heap_settle();
	for (;;) {
		n = chan_recv(ch, &q, sizeof q, NULL, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof q)
			_exit(0);
		q.user[sizeof q.user - 1] = q.hash[sizeof q.hash - 1] = '\0';
		q.password[sizeof q.password - 1] = '\0';
		q.proto[sizeof q.proto - 1] = '\0';
		a = (unsigned char)(conf->checkpassword[0] ?
		    ask_program(&q, conf) : check(&q));
		explicit_bzero(&q, sizeof q);
		if (chan_send(ch, span_mem(&a, 1), NULL, 0) < 0)
			_exit(0);
	}
}

/*
 * RFC 4616 2: a password is looked for in its prepared form, but hashes that
 * came from elsewhere may be of what was typed.  Whether there are two tries
 * depends on what the client sent alone.
 */
static enum worker_answer
check(struct worker_ask *q)
{
	struct buf b = { .max = sizeof q->password - 1 };
	enum worker_answer a = compare(q);
	const char *why;

	if (a == WORKER_WRONG && buf_room(&b, b.max) == 0 &&
	    saslprep(span_of(q->password), &b, &why) == 0 &&
	    !span_eq(buf_span(&b), span_of(q->password)) &&
	    span_str(buf_span(&b), q->password, sizeof q->password) == 0)
		a = compare(q);
	freezero(b.p, b.size);
	return a;
}

static enum worker_answer
compare(const struct worker_ask *q)
{
	static struct crypt_data d;
	const char *h;
	int same;

	memset(&d, 0, sizeof d);
	errno = 0;
	h = crypt_r(q->password, q->hash, &d);
	if (h == NULL || h[0] == '*')
		return errno == ENOMEM ? WORKER_LATER : none_fits(q, &d);
	same = secret_equal(span_of(h), span_of(q->hash));
	explicit_bzero(&d, sizeof d);
	return same ? WORKER_GOOD : WORKER_WRONG;
}

/* What another system hashed, and crypt(3) here has no method for: as long an
 * answer, and the same one, as for a user who is not there. */
static enum worker_answer
none_fits(const struct worker_ask *q, struct crypt_data *d)
{
	log_warn("passwords", "the hash of %s is of no method that crypt(3) "
	    "has here", q->user);
	(void)crypt_r(q->password, dummy, d);
	explicit_bzero(d, sizeof *d);
	return WORKER_WRONG;
}

/*
 * checkpassword: the program reads "user NUL password NUL time NUL" on
 * descriptor 3, and would run a further program when it is right; that one is
 * `true` here.  Status 0: right, 1: wrong, 111 and all else: cannot say.
 */
static enum worker_answer
ask_program(const struct worker_ask *q, const struct auth_conf *conf)
{
	char text[sizeof q->user + sizeof q->password + 32];
	int p[2], st = 0, n;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return WORKER_LATER;
	if ((pid = fork()) == 0)
		run_program(conf->checkpassword, q, p[0]);
	close(p[0]);
	n = snprintf(text, sizeof text, "%s%c%s%c%lld%c", q->user, 0,
	    q->password, 0, (long long)clock_s(), 0);
	/* less than a pipe holds: this cannot wait */
	if (pid > 0 && write(p[1], text, (size_t)n) != n)
		log_warn("checkpassword", "%s", strerror(errno));
	explicit_bzero(text, sizeof text);
	close(p[1]);
	if (pid < 0 || wait_for(pid, conf->checkpassword_timeout, &st) < 0)
		return WORKER_LATER;
	if (WIFEXITED(st) && WEXITSTATUS(st) == 0)
		return WORKER_GOOD;
	if (WIFEXITED(st) && WEXITSTATUS(st) == 1)
		return WORKER_WRONG;
	log_warn("checkpassword", "ended with %s %d", WIFSIGNALED(st) ?
	    "signal" : "status", WIFSIGNALED(st) ? WTERMSIG(st) :
	    WEXITSTATUS(st));
	return WORKER_LATER;
}

static void
run_program(const char *command, const struct worker_ask *q, int in)
{
	const char *argv[CHECK_WORDS + 2];
	static char word[CHECK_WORDS][CHECK_WORD];
	char proto[sizeof q->proto + 8];
	char *env[] = { proto, NULL };
	struct span s = span_of(command), w;
	size_t n = 0;

	setpgid(0, 0);
	snprintf(proto, sizeof proto, "PROTO=%s", q->proto);
	while (n < CHECK_WORDS && span_word(&s, &w) &&
	    span_str(w, word[n], sizeof word[n]) == 0) {
		argv[n] = word[n];
		n++;
	}
	argv[n++] = "/bin/true";
	argv[n] = NULL;
	/* in may be 3 itself: dup2 would leave it to be closed by execve */
	if (dup2(in, 3) == 3 && fcntl(3, F_SETFD, 0) == 0 &&
	    close_range(4, ~0U, 0) == 0)
		execve(argv[0], (char *const *)argv, env);
	_exit(111);
}

/* 0, or -1: it took too long and was ended, with all its group. */
static int
wait_for(pid_t pid, uint64_t seconds, int *st)
{
	uint64_t end = clock_mono_ms() + seconds * 1000;

	for (;;) {
		if (waitpid(pid, st, WNOHANG) == pid)
			return 0;
		if (clock_mono_ms() >= end)
			break;
		poll(NULL, 0, 5);
	}
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, st, 0);
	log_warn("checkpassword", "took longer than %llu s",
	    (unsigned long long)seconds);
	return -1;
}
