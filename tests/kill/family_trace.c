/*
 * family_trace - counts the system calls of one kind of process in a running
 * family, and kills the process that is about to make the N-th.
 *
 *	family_trace MONITOR KIND N
 *
 * MONITOR is the main pid of a service.  KIND is "monitor", the name of a role
 * (its first process), or that name and "/child" for all that this process
 * forks; the calls of all processes of the kind are counted together, from
 * when "ready" is printed.  N 0: only counts.  At SIGTERM, or after the kill,
 * everything is let go and goes on by itself: "seen COUNT hit 0|1".
 */
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MEMBERS = 512, OPTIONS = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD };

struct member {
	pid_t pid;
	char role[20];			/* "" : the monitor */
	int depth;			/* 0 monitor, 1 role, ...; -1 unknown */
	int inside;			/* of a system call */
};

struct stat_line {
	char comm[20];
	pid_t parent, session;
};

static struct member member[MEMBERS];
static size_t members;
static const char *kind;
static unsigned long want, seen;
static int hit;
static volatile sig_atomic_t asked_to_end;

static void find_all(pid_t);
static struct member *find(pid_t);
static int  read_stat(pid_t, struct stat_line *);
static void seize(pid_t, const struct stat_line *, pid_t);
static struct member *adopt(pid_t, const struct member *);
static int  counts(const struct member *);
static void stopped(pid_t, int);
static void forget(pid_t);

static void
on_term(int sig)
{
	(void)sig;
	asked_to_end = 1;
}

int
main(int argc, char **argv)
{
	struct sigaction a = { .sa_handler = on_term };
	int status;
	pid_t pid;

	if (argc != 4)
		errx(2, "usage: family_trace MONITOR KIND N");
	kind = argv[2];
	want = strtoul(argv[3], NULL, 10);
	sigaction(SIGTERM, &a, NULL);
	find_all((pid_t)strtol(argv[1], NULL, 10));
	printf("ready\n");
	fflush(stdout);
	while (!asked_to_end && !hit) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == ECHILD)
			break;
		if (pid < 0)
			continue;
		if (WIFSTOPPED(status))
			stopped(pid, status);
		else
			forget(pid);
	}
	printf("seen %lu hit %d\n", seen, hit);
	return 0;		/* which lets go of all that lives */
}

/* Those that fork while they are looked for are found by the next round. */
static void
find_all(pid_t monitor)
{
	struct stat_line s;
	struct dirent *e;
	size_t before;
	pid_t pid;
	DIR *d;

	do {
		before = members;
		if ((d = opendir("/proc")) == NULL)
			err(2, "/proc");
		while ((e = readdir(d)) != NULL) {
			if (!isdigit((unsigned char)e->d_name[0]))
				continue;
			pid = (pid_t)strtol(e->d_name, NULL, 10);
			if (find(pid) == NULL && read_stat(pid, &s) == 0 &&
			    s.session == monitor)
				seize(pid, &s, monitor);
		}
		closedir(d);
	} while (members != before);
	if (members == 0)
		errx(2, "no process of %d", (int)monitor);
}

static struct member *
find(pid_t pid)
{
	size_t i;

	for (i = 0; i < members; i++)
		if (member[i].pid == pid)
			return &member[i];
	return NULL;
}

static int
read_stat(pid_t pid, struct stat_line *s)
{
	char path[64], line[1024], *p, *open;
	int parent, session, r = -1;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		return -1;
	if (fgets(line, sizeof line, f) && (p = strrchr(line, ')')) &&
	    (open = strchr(line, '(')) && p[2] != 'Z' &&
	    sscanf(p + 2, "%*c %d %*d %d", &parent, &session) == 2) {
		*p = '\0';
		snprintf(s->comm, sizeof s->comm, "%s", open + 1);
		s->parent = parent;
		s->session = session;
		r = 0;
	}
	fclose(f);
	return r;
}

static void
seize(pid_t pid, const struct stat_line *s, pid_t monitor)
{
	struct stat_line up;
	struct member *m;
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(long)OPTIONS) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		return;
	if ((m = adopt(pid, NULL)) == NULL)
		errx(2, "more processes than expected");
	m->depth = 0;
	if (pid != monitor && s->parent == monitor) {
		m->depth = 1;
		snprintf(m->role, sizeof m->role, "%s", s->comm);
	} else if (pid != monitor) {
		m->depth = 2;
		if (read_stat(s->parent, &up) == 0)
			snprintf(m->role, sizeof m->role, "%s", up.comm);
	}
	/* stopped once, it may be asked to stop at calls */
	if (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
		ptrace(counts(m) ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL,
		    NULL);
}

static struct member *
adopt(pid_t pid, const struct member *parent)
{
	struct member *m = find(pid);

	if (m == NULL) {
		if (members == MEMBERS)
			return NULL;
		m = &member[members++];
		*m = (struct member){ .pid = pid, .depth = -1 };
	}
	/* one whose parent's kind is not known stays unknown itself */
	if (parent && parent->depth >= 0) {
		memcpy(m->role, parent->role, sizeof m->role);
		m->depth = parent->depth + 1;
	}
	return m;
}

static int
counts(const struct member *m)
{
	size_t n = strlen(m->role);

	if (m->depth == 0)
		return strcmp(kind, "monitor") == 0;
	return m->depth > 0 && n && strncmp(kind, m->role, n) == 0 &&
	    strcmp(kind + n, m->depth == 1 ? "" : m->depth == 2 ? "/child" :
	    "/program") == 0;
}

/* One stop of one process, of whatever sort; it goes on. */
static void
stopped(pid_t pid, int status)
{
	struct member *m = find(pid);
	int sig = WSTOPSIG(status), event = status >> 16;
	unsigned long child;

	if (m == NULL && (m = adopt(pid, NULL)) == NULL)
		errx(2, "more processes than expected");
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
	    event == PTRACE_EVENT_CLONE) {
		if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child) == 0)
			(void)adopt((pid_t)child, m);
	} else if (sig == (SIGTRAP | 0x80)) {
		m->inside = !m->inside;
		if (m->inside && counts(m) && ++seen == want) {
			hit = 1;
			kill(pid, SIGKILL);
			return;
		}
	}
	if (event || sig == (SIGTRAP | 0x80) || sig == SIGSTOP)
		sig = 0;
	/* a child may be seen before its parent's event names its kind */
	ptrace(counts(m) || m->depth < 0 ? PTRACE_SYSCALL : PTRACE_CONT, pid,
	    NULL, (void *)(long)sig);
}

static void
forget(pid_t pid)
{
	struct member *m = find(pid);

	if (m)
		*m = member[--members];
}
