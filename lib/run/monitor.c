/*
 * monitor - the main pid of a program.
 *
 * This file, main.c and what they call run as root.  From its children it
 * takes nothing but notes of fixed size; from the configuration, paths and
 * addresses.  It never reads a table or a key: it opens them and hands the
 * descriptors on.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/monitor.h"
#include "run/monitor_family.h"
#include "run/watched.h"
#include "sys/chan.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { MEMBERS = 32, END_S = 10, PAUSE_MS = 100, LOOK_MS = 250 };

/* A running role.  A retired one has been replaced and ends by itself. */
struct member {
	const struct role *role;	/* NULL: free; retired is 0 then */
	pid_t pid;
	int control;
	int retired;
};

struct monitor {
	const struct family *family;
	const struct start *start;
	struct member member[MEMBERS];
};

static struct member *start_role(struct monitor *, const struct role *);
static struct member *make_room(struct monitor *);
static void execute(const struct monitor *, const struct role *, int)
	    __attribute__((noreturn));
static void equip(struct monitor *, struct member *);
static void go(const struct member *);
static void join(struct member *, struct member *);
static int  linked(const struct role *, const char *);
static int  starts(const struct monitor *, const struct role *);
static void watch(struct monitor *);
static void give_changed(struct monitor *, unsigned);
static void read_notes(struct monitor *, struct member *);
static int  reap(struct monitor *);
static int  end(struct monitor *, int);
static void on_signal(int);

static volatile int asked_to_end;

int
monitor_run(const struct family *family, const struct start *start)
{
	static struct monitor m;
	const struct role *r;
	struct member *b;
	struct sigaction a = { .sa_handler = on_signal };

	m.family = family;
	m.start = start;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);	/* new connections see what is new */
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGINT, &a, NULL);
	a.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &a, NULL);
	watched_init(start->site);
	for (r = family->role; r->name; r++)
		if (starts(&m, r))
			equip(&m, start_role(&m, r));
	for (b = m.member; b->role; b++)
		go(b);
	log_note("started", "pid %d%s", (int)getpid(), start->root ? "" :
	    ", not as root: all processes share one user, no chroot");
	watch(&m);
	return 0;
}

/* ------------------------------------------------ starting a role */

static struct member *
start_role(struct monitor *m, const struct role *r)
{
	struct member *b = m->member;
	int ch[2];

	while (b < m->member + MEMBERS && b->role)
		b++;
	if (b == m->member + MEMBERS)
		b = make_room(m);
	if (chan_pair(CHAN_PACKETS, ch) < 0)
		log_die(LOG_AGAIN, "channel");
	*b = (struct member){ .role = r, .control = ch[0] };
	if ((b->pid = fork()) < 0)
		log_die(LOG_AGAIN, "fork");
	if (b->pid == 0)
		execute(m, r, ch[1]);
	close(ch[1]);
	return b;
}

/* A crash a moment, and children that stay: the first retired role is ended,
 * with all that it still serves. */
static struct member *
make_room(struct monitor *m)
{
	struct member *b = m->member;

	while (b < m->member + MEMBERS && !b->retired)
		b++;
	if (b == m->member + MEMBERS)
		log_die(LOG_FIX, "more roles than room");
	kill(-b->pid, SIGKILL);
	waitpid(b->pid, NULL, 0);
	if (b->control >= 0)
		close(b->control);
	return b;
}

/* In the child: its own process group, so that all of a role can be ended. */
static void
execute(const struct monitor *m, const struct role *r, int control)
{
	char path[1024];
	const char *argv[] = { r->program ? r->program : m->family->program,
	    "-c", m->start->conf_path, "-r", r->name, NULL };
	int conf = fcntl(m->start->conf_fd, F_DUPFD, 16);
	int n;

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	setpgid(0, 0);
	control = fcntl(control, F_DUPFD, 16);
	if (control < 0 || dup2(control, ROLE_CONTROL) < 0 || conf < 0 ||
	    dup2(conf, ROLE_CONFIG) < 0)
		log_die(LOG_AGAIN, "descriptors");
	close_range(ROLE_CONFIG + 1, ~0U, 0);
	n = r->program ? snprintf(path, sizeof path, "%s/%s",
	    m->start->site->libexec_dir, r->program) :
	    snprintf(path, sizeof path, "%s", m->start->self);
	if (n < 0 || (size_t)n >= sizeof path)
		log_die(LOG_FIX, "path of %s is too long", r->name);
	execve(path, (char *const *)argv, m->start->environment);
	log_die(LOG_FIX, "%s", path);
}

/* All that the role needs, and its channels to those that run already. */
static void
equip(struct monitor *m, struct member *b)
{
	struct member *o;
	struct note n = { .kind = NOTE_LISTEN };
	size_t i;

	if (watched_give(b->control, b->role->flags) < 0)
		log_die(LOG_AGAIN, "%s", b->role->name);
	for (i = 0; b->role->flags & ROLE_LISTENS && i < m->start->nsocket;
	    i++) {
		n.arg = m->start->socket[i].service;
		if (note_send(b->control, &n, &m->start->socket[i].fd, 1) < 0)
			log_die(LOG_AGAIN, "%s", b->role->name);
	}
	for (o = m->member; o < m->member + MEMBERS; o++)
		if (o != b && o->role && !o->retired &&
		    (linked(b->role, o->role->name) ||
		    linked(o->role, b->role->name)))
			join(b, o);
}

static void
go(const struct member *b)
{
	if (note_say(b->control, NOTE_GO, NULL, NULL, 0) < 0)
		log_die(LOG_AGAIN, "%s", b->role->name);
}

static void
join(struct member *a, struct member *b)
{
	int ch[2];

	if (chan_pair(CHAN_PACKETS, ch) < 0 ||
	    note_say(a->control, NOTE_LINK, b->role->name, &ch[0], 1) < 0 ||
	    note_say(b->control, NOTE_LINK, a->role->name, &ch[1], 1) < 0)
		log_die(LOG_AGAIN, "link %s to %s", a->role->name,
		    b->role->name);
	close(ch[0]);
	close(ch[1]);
}

static int
linked(const struct role *r, const char *name)
{
	struct span in, word;

	if (r->links == NULL)
		return 0;
	in = span_of(r->links);
	while (span_word(&in, &word))
		if (span_eq(word, span_of(name)))
			return 1;
	return 0;
}

/* What is not configured is not started. */
static int
starts(const struct monitor *m, const struct role *r)
{
	if (r->wanted && !r->wanted(m->start->site, m->family->conf))
		return 0;
	return !(r->flags & ROLE_OPTIONAL) || start_has(m->start, r->program);
}

/* ------------------------------------------------ the loop */

static void
watch(struct monitor *m)
{
	struct pollfd p[MEMBERS];
	uint64_t since = 0, now;
	unsigned changed = 0, more;
	int i;

	for (;;) {
		for (i = 0; i < MEMBERS; i++)
			p[i] = (struct pollfd){ .events = POLLIN, .fd =
			    m->member[i].role ? m->member[i].control : -1 };
		if (poll(p, MEMBERS, LOOK_MS) < 0 && errno != EINTR)
			log_die(LOG_AGAIN, "poll");
		if (asked_to_end)
			exit(end(m, 0));
		for (i = 0; i < MEMBERS; i++)
			if (p[i].revents)
				read_notes(m, &m->member[i]);
		if (reap(m) < 0)
			exit(end(m, LOG_AGAIN));
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

/* In the order of the roles: the key holder before the relay. */
static void
give_changed(struct monitor *m, unsigned changed)
{
	const struct role *r;
	struct member *b;

	for (r = m->family->role; r->name; r++)
		for (b = m->member; b < m->member + MEMBERS; b++)
			if (b->role == r && !b->retired && b->control >= 0 &&
			    r->flags & changed &&
			    (watched_give(b->control, r->flags & changed) < 0 ||
			    note_say(b->control, NOTE_GO, NULL, NULL, 0) < 0))
				log_warn("file", "%s takes no files: %s",
				    r->name, strerror(errno));
}

static void
read_notes(struct monitor *m, struct member *b)
{
	const struct role *r = b->role;
	struct note n;
	int k;

	k = note_recv(b->control, &n, NULL, 0);
	if (k == 0 || (k < 0 && errno != EAGAIN && errno != EINTR)) {
		close(b->control);
		b->control = -1;
	} else if (k > 0 && n.kind == NOTE_RETIRE && !b->retired &&
	    r->flags & ROLE_FRESH) {
		log_warn("replaced", "%s starts afresh", r->name);
		b->retired = 1;
		poll(NULL, 0, PAUSE_MS);
		b = start_role(m, r);
		equip(m, b);
		go(b);
	}
}

/* -1: a role has ended that was not to. */
static int
reap(struct monitor *m)
{
	struct member *b;
	pid_t pid;
	int st, r = 0;

	while ((pid = waitpid(-1, &st, WNOHANG)) > 0)
		for (b = m->member; b < m->member + MEMBERS; b++) {
			if (b->role == NULL || b->pid != pid)
				continue;
			if (!b->retired) {
				log_warn("ended", "%s ended with %s %d; so "
				    "does all of %s", b->role->name,
				    WIFSIGNALED(st) ? "signal" : "status",
				    WIFSIGNALED(st) ? WTERMSIG(st) :
				    WEXITSTATUS(st), m->family->program);
				r = -1;
			}
			if (b->control >= 0)
				close(b->control);
			*b = (struct member){ .control = -1 };
		}
	return r;
}

/* Every role and its children finish the step they are at. */
static int
end(struct monitor *m, int status)
{
	struct member *b;
	int tick, left;
	size_t i;

	/* who starts in our place can bind while the last sessions end */
	for (i = 0; i < m->start->nsocket; i++)
		close(m->start->socket[i].fd);
	for (b = m->member; b < m->member + MEMBERS; b++)
		if (b->role)
			kill(-b->pid, SIGTERM);
	for (tick = 0; tick < END_S * 50; tick++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		for (left = 0, b = m->member; b < m->member + MEMBERS; b++)
			if (b->role && kill(-b->pid, 0) == 0)
				left = 1;
		if (!left)
			break;
		poll(NULL, 0, 20);
	}
	for (b = m->member; b < m->member + MEMBERS; b++)
		if (b->role)
			kill(-b->pid, SIGKILL);
	log_note("ended", "%s", m->family->program);
	return status;
}

static void
on_signal(int sig)
{
	(void)sig;
	asked_to_end = 1;
}
