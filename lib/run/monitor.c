/*
 * monitor - the main pid of a program.
 *
 * From its children it takes nothing but notes of fixed size; from the
 * configuration, paths and addresses.  It never reads a table or a key: it
 * opens them and hands the descriptors on.
 */
#include <sys/prctl.h>
#include <sys/wait.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "run/monitor.h"
#include "run/sockets.h"
#include "run/watched.h"
#include "sys/chan.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { MEMBERS = 12, END_S = 10, PAUSE_MS = 100, LOOK_MS = 250 };

/* A running role.  One that was replaced is not among them: it ends by itself,
 * when nobody is left whom it serves. */
struct member {
	const struct role *role;
	pid_t pid;			/* 0: it rests */
	int control;			/* -1: the role has closed it */
	int link;			/* ROLE_RESTS: where it is asked, for the
					 * next one; else -1 */
};

struct monitor {
	const struct family *family;
	const struct site *site;
	const char *conf_path;
	int conf_fd;
	pid_t group;			/* all roles and their children */
	struct member member[MEMBERS], *end;
};

static void start_all(struct monitor *);
static void start_role(struct monitor *, struct member *);
static void execute(const struct monitor *, const struct role *, int)
	    __attribute__((noreturn));
static void equip(struct monitor *, struct member *);
static int  linked(const struct role *, const struct role *);
static void join(const struct member *, struct member *);
static void go(const struct member *);
static int  watch(struct monitor *);
static int  ear(const struct member *);
static void heard(struct monitor *, struct member *);
static int  reap(struct monitor *);
static void give_changed(struct monitor *, unsigned);
static void end_all(struct monitor *);
static void on_signal(int);

static volatile int asked_to_end;

int
monitor_run(const struct family *family, const struct site *site,
    const char *conf_path, int conf_fd)
{
	static struct monitor m;
	struct sigaction a = { .sa_handler = on_signal };
	int status;

	m = (struct monitor){ .family = family, .site = site,
	    .conf_path = conf_path, .conf_fd = conf_fd, .end = m.member };
	/* here and in all roles: a write fails instead, and new connections
	 * see what is new */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGINT, &a, NULL);
	/* who outlives his parent is waited for here: pid 1 may do so never,
	 * and then the group would not be seen to end */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	watched_init(site);
	start_all(&m);
	log_note("started", "pid %d%s", (int)getpid(), geteuid() == 0 ? "" :
	    ", not as root: all processes share one user, no chroot");
	status = watch(&m);
	end_all(&m);
	log_note("ended", "%s", family->program);
	return status;
}

/* ------------------------------------------------ starting roles */

/* What is not configured is not started. */
static void
start_all(struct monitor *m)
{
	const struct role *r;
	struct member *b;

	for (r = m->family->role; r->name; r++) {
		if (r->wanted && !r->wanted(m->site, m->family->conf))
			continue;
		b = m->end++;
		assert(b < m->member + MEMBERS);
		b->role = r;
		b->link = -1;
		start_role(m, b);
	}
	for (b = m->member; b < m->end; b++)
		go(b);
}

static void
start_role(struct monitor *m, struct member *b)
{
	int ch[2];

	if (chan_pair(CHAN_PACKETS, ch) < 0)
		log_die(LOG_AGAIN, "channel");
	b->control = ch[0];
	/* the first: if they cannot be had, no process has been started */
	if (b->role->flags & ROLE_LISTENS)
		sockets_give(b->control, m->family);
	if ((b->pid = fork()) < 0)
		log_die(LOG_AGAIN, "fork");
	if (b->pid == 0)
		execute(m, b->role, ch[1]);
	close(ch[1]);
	/* here and in the child: whoever comes first */
	(void)setpgid(b->pid, m->group);
	if (m->group == 0)
		m->group = b->pid;
	equip(m, b);
}

/* In the child: another program, or the file that runs, also when a new one
 * stands at its path.  No environment, but for the doors of a test build. */
static void
execute(const struct monitor *m, const struct role *r, int control)
{
	const char *argv[] = { r->program ? r->program : m->family->program,
	    "-c", m->conf_path, "-r", r->name, NULL };
	char path[PATH_MAX] = "/proc/self/exe", *none[] = { NULL }, **e = none;
	int conf = role_move(m->conf_fd, 16);

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	(void)setpgid(0, m->group);
	control = role_move(control, 16);
	if (dup2(control, ROLE_CONTROL) < 0 || dup2(conf, ROLE_CONFIG) < 0)
		log_die(LOG_AGAIN, "descriptors");
	close_range(ROLE_CONFIG + 1, ~0U, 0);
	if (r->program && snprintf(path, sizeof path, "%s/%s",
	    m->site->libexec_dir, r->program) >= PATH_MAX)
		log_die(LOG_FIX, "path of %s is too long", r->program);
#ifdef CORREO_TEST
	e = environ;
#endif
	execve(path, (char *const *)argv, e);
	log_die(LOG_FIX, "%s", path);
}

/* All that the role needs, and its channels to those that run already. */
static void
equip(struct monitor *m, struct member *b)
{
	struct member *o;

	watched_give(b->control, b->role->flags);
	for (o = m->member; o < m->end; o++)
		if (linked(b->role, o->role))
			join(b, o);
		else if (linked(o->role, b->role))
			join(o, b);
}

static int
linked(const struct role *r, const struct role *to)
{
	struct span in = span_of(r->links ? r->links : ""), word;

	while (span_word(&in, &word))
		if (span_eq(word, span_of(to->name)))
			return 1;
	return 0;
}

static void
join(const struct member *asker, struct member *asked)
{
	int ch[2];

	if (asked->link >= 0) {		/* what waits there is for it */
		note_tell(asked->control, NOTE_LINK, 0, asker->role->name,
		    asked->link);
		return;
	}
	if (chan_pair(CHAN_PACKETS, ch) < 0)
		log_die(LOG_AGAIN, "channel");
	note_tell(asker->control, NOTE_LINK, 0, asked->role->name, ch[0]);
	note_tell(asked->control, NOTE_LINK, 0, asker->role->name, ch[1]);
	close(ch[0]);
	if (asked->role->flags & ROLE_RESTS)
		asked->link = ch[1];
	else
		close(ch[1]);
}

static void
go(const struct member *b)
{
	note_tell(b->control, NOTE_GO, 0, "", -1);
}

/* ------------------------------------------------ the loop */

/* Until the family is to end: returns its exit status. */
static int
watch(struct monitor *m)
{
	struct pollfd p[MEMBERS];
	nfds_t i, n = (nfds_t)(m->end - m->member);
	uint64_t since = 0, now;
	unsigned changed = 0, more;
	int status;

	for (;;) {
		for (i = 0; i < n; i++)
			p[i] = (struct pollfd){ .fd = ear(&m->member[i]),
			    .events = POLLIN };
		if (poll(p, n, LOOK_MS) < 0 && errno != EINTR)
			log_die(LOG_AGAIN, "poll");
		if (asked_to_end)
			return 0;
		for (i = 0; i < n; i++)
			if (p[i].revents)
				heard(m, &m->member[i]);
		if ((status = reap(m)) != 0)
			return status;
		now = clock_mono_ms();
		if ((more = watched_changed()) != 0 && changed == 0)
			since = now;
		changed |= more;
		if (changed && now - since >= m->family->lag_ms) {
			give_changed(m, changed);
			changed = 0;
		}
	}
}

/* Where it may be heard of: one that rests, by those who ask it. */
static int
ear(const struct member *b)
{
	return b->pid == 0 && b->control < 0 ? b->link : b->control;
}

/* The one thing that a role ever says, a zygote's NOTE_RETIRE; or its end; or
 * one that rests is asked, and reads itself for what. */
static void
heard(struct monitor *m, struct member *b)
{
	struct note n;
	int r;

	if (b->control >= 0) {
		r = note_recv(b->control, &n, NULL, 0);
		close(b->control);
		b->control = -1;
		if (r <= 0 || !(b->role->flags & ROLE_FRESH))
			return;
		log_warn("replaced", "%s starts afresh", b->role->name);
		poll(NULL, 0, PAUSE_MS);
	}
	start_role(m, b);
	go(b);
}

/* 0; or the exit status that follows from it that a role has ended. */
static int
reap(struct monitor *m)
{
	struct member *b;
	pid_t pid;
	int st, r = 0;

	while ((pid = waitpid(-1, &st, WNOHANG)) > 0)
		for (b = m->member; b < m->end; b++) {
			if (b->pid != pid)
				continue;
			if (b->role->flags & ROLE_RESTS && st == 0) {
				b->pid = 0;
				continue;
			}
			log_warn("ended", "%s ended with %s %d; so does all of "
			    "%s", b->role->name, WIFSIGNALED(st) ? "signal" :
			    "status", WIFSIGNALED(st) ? WTERMSIG(st) :
			    WEXITSTATUS(st), m->family->program);
			/* what has to be mended is not mended by a restart */
			r = WIFEXITED(st) && WEXITSTATUS(st) == LOG_FIX ?
			    LOG_FIX : r ? r : LOG_AGAIN;
		}
	return r;
}

/* In the order of the table: the key holder before the relay. */
static void
give_changed(struct monitor *m, unsigned changed)
{
	const struct member *b;

	for (b = m->member; b < m->end; b++)
		if (b->role->flags & changed) {
			watched_give(b->control, b->role->flags);
			go(b);
		}
}

/* Every role and its children finish the step they are at. */
static void
end_all(struct monitor *m)
{
	int tick;

	kill(-m->group, SIGTERM);
	for (tick = 0; tick < END_S * 50; tick++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (kill(-m->group, 0) < 0)
			return;
		poll(NULL, 0, 20);
	}
	kill(-m->group, SIGKILL);
}

static void
on_signal(int sig)
{
	(void)sig;
	asked_to_end = 1;
}
