/* zygote - forks a confined child for each request. */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/zygote.h"
#include "sys/log.h"
#include "sys/stream.h"

enum {
	REST_S = 10,			/* a start takes 20 ms of CPU */
	LULL_S = 1			/* children wait so long to be reaped */
};

struct zygote {
	struct role_env *env;
	int (*serve)(struct role_env *, const struct note *, int *);
	unsigned children;
	int retired;			/* has asked for its replacement */
	int ending;			/* takes no more requests */
	int refused;			/* the last fork was, and that was said */
	sigset_t term;
	pid_t self;
};

static void requests(struct zygote *, int);
static void child(struct zygote *, const struct note *, int *)
	    __attribute__((noreturn));
static void reap(struct zygote *);
static void retire(struct zygote *);
static void on_child(int);

int
zygote_run(struct role_env *env, int (*serve)(struct role_env *,
    const struct note *, int *))
{
	struct zygote z = { .env = env, .serve = serve, .self = getpid() };
	struct sigaction a = { .sa_handler = on_child };
	const struct timespec lull = { .tv_sec = LULL_S },
	    rest = { .tv_sec = REST_S };
	struct pollfd p[1 + ROLE_LINKS];
	sigset_t block, normal, busy;
	nfds_t n, i;
	int kind, r, quiet = 0;

	/* SIGTERM comes only while ppoll waits, and at a fork; SIGCHLD only in
	 * a lull: else children are reaped when the next request comes, and
	 * their ends wake nobody */
	sigemptyset(&z.term);
	sigaddset(&z.term, SIGTERM);
	block = z.term;
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, &normal);
	busy = normal;
	sigaddset(&busy, SIGCHLD);
	sigaction(SIGCHLD, &a, NULL);
	stream_init();
	/* where a child closes all in one call */
	env->control = role_move(env->control, ROLE_PRIVATE_FD);
	while (!z.ending || z.children) {
		p[0] = (struct pollfd){ .fd = env->control, .events = POLLIN };
		for (n = 1, i = 0; i < ROLE_LINKS && !z.ending; i++)
			if (env->link[i].fd >= 0)
				p[n++] = (struct pollfd){
				    .fd = env->link[i].fd, .events = POLLIN };
		if (!quiet)
			r = ppoll(p, n, &lull, &busy);
		else if ((r = ppoll(p, n, env->role->flags & ROLE_RESTS &&
		    !z.children ? &rest : NULL, &normal)) == 0)
			return 0;
		if (r < 0 && errno != EINTR)
			log_die(LOG_AGAIN, "ppoll");
		quiet = r <= 0;
		reap(&z);
		z.ending |= stream_ended;
		while (p[0].revents && (kind = role_note(env, 0)) >= 0) {
			if (kind == 0 && !z.retired)
				return 0;	/* children follow by signal */
			if (kind == 0) {
				close(env->control);
				env->control = -1;
				break;
			}
		}
		for (i = 1; i < n; i++)
			if (p[i].revents)
				requests(&z, p[i].fd);
		/* its askers have gone over to the one in its place */
		if (z.retired && n == 1)
			z.ending = 1;
	}
	return 0;
}

/* All that wait on this link, a few at a time. */
static void
requests(struct zygote *z, int link)
{
	struct note n;
	int fd[CHAN_FDS], i, k, r;
	pid_t pid;

	for (k = 0; !(z->ending |= stream_ended) && k < 64; k++) {
		r = note_recv(link, &n, fd, 0);
		if (r == 0) {
			for (i = 0; i < ROLE_LINKS; i++)
				if (z->env->link[i].fd == link)
					z->env->link[i].fd = -1;
			close(link);
			return;
		}
		if (r < 0) {
			if (errno == EPROTO || errno == EMSGSIZE)
				log_die(LOG_AGAIN, "link");
			return;
		}
		if (n.kind == NOTE_SPAWN) {
			if (z->env->stale && z->env->stale())
				retire(z);
			/* not fork(), which dirties what it looks after:
			 * there is one thread, and no lock is held; a child
			 * behind a SIGTERM that waits would not hear of it */
			sigprocmask(SIG_UNBLOCK, &z->term, NULL);
			pid = _Fork();
			if (pid == 0)
				child(z, &n, fd);
			sigprocmask(SIG_BLOCK, &z->term, NULL);
			z->children += pid > 0;
			/* each asker is told, the log once in a row */
			if (pid < 0 && !z->refused)
				log_warn("fork", "%s: %s", z->env->role->name,
				    strerror(errno));
			if (pid < 0)
				(void)note_say(fd[1], NOTE_NONE, NULL, NULL, 0);
			z->refused = pid < 0;
		}
		for (i = 0; i < CHAN_FDS; i++)
			if (fd[i] >= 0)
				close(fd[i]);
	}
}

static void
child(struct zygote *z, const struct note *n, int *fd)
{
	struct rlimit none = { 0, 0 };
	sigset_t empty;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != z->self)
		_exit(LOG_AGAIN);
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	close_range(ROLE_PRIVATE_FD, ~0U, 0);
	/* no forks from here on: the filter cannot tell clone from clone;
	 * localdeliver's see to it themselves, as some run programs */
	if (!(z->env->role->flags & ROLE_KEEPS_ROOT))
		setrlimit(RLIMIT_NPROC, &none);
	_exit(z->serve(z->env, n, fd));
}

static void
reap(struct zygote *z)
{
	pid_t pid;
	int st, sig;

	while (z->children && (pid = waitpid(-1, &st, WNOHANG)) > 0) {
		z->children--;
		sig = WIFSIGNALED(st) ? WTERMSIG(st) : 0;
		if (sig == 0 || sig == SIGTERM || sig == SIGKILL ||
		    sig == SIGALRM)
			continue;
		log_warn("crashed", "%s %d died by signal %d",
		    z->env->role->name, (int)pid, sig);
		/* what lies where in memory must not be learned by trying */
		retire(z);
	}
}

static void
retire(struct zygote *z)
{
	if (z->retired)
		return;
	z->retired = 1;
	if (note_say(z->env->control, NOTE_RETIRE, NULL, NULL, 0) < 0)
		log_die(LOG_AGAIN, "control channel");
	/* then the one in its place reads on in the same link */
	if (z->env->role->flags & ROLE_RESTS)
		z->ending = 1;
}

/* Only ends the wait. */
static void
on_child(int sig)
{
	(void)sig;
}
