/* confine: what each role may still do, tried by a child of its own; and that
 * a system without Landlock is named, and served by the rest. */
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/landlock.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <seccomp.h>

#include "sys/confine.h"
#include "sys/remove_tree.h"

enum outcome { DONE, REFUSED, KILLED };

static char place[] = "/tmp/correo-confine.XXXXXX";
static char shared[64];			/* beside it */

static int  read_inside(void);
static int  read_outside(void);
static int  read_shared(void);
static int  list_shared(void);
static int  make_shared(void);
static int  make_inside(void);
static int  make_outside(void);
static int  make_socket(void);
static int  run_program(void);
static int  signal_parent(void);
static int  make_child(void);
static int  trace(void);

static const struct {
	const char *name;
	unsigned may;
	int (*attempt)(void);
	enum outcome with, without;	/* Landlock */
} table[] = {
	{ "read inside", MAY_READ, read_inside, DONE, DONE },
	{ "read outside", MAY_READ, read_outside, REFUSED, DONE },
	{ "read shared", MAY_READ, read_shared, DONE, DONE },
	{ "list shared", MAY_READ, list_shared, REFUSED, DONE },
	{ "make shared", MAY_READ | MAY_WRITE, make_shared, REFUSED, DONE },
	{ "read, for what has no path", 0, read_inside, KILLED, KILLED },
	{ "make with MAY_READ", MAY_READ, make_inside, REFUSED, DONE },
	{ "make inside", MAY_READ | MAY_WRITE, make_inside, DONE, DONE },
	{ "make outside", MAY_READ | MAY_WRITE, make_outside, REFUSED, DONE },
	{ "socket", 0, make_socket, KILLED, KILLED },
	{ "socket with MAY_NET", MAY_NET, make_socket, DONE, DONE },
	{ "exec", MAY_READ, run_program, KILLED, KILLED },
	{ "kill", MAY_READ, signal_parent, KILLED, KILLED },
	{ "fork with MAY_FORK", MAY_FORK, make_child, DONE, DONE },
	{ "ptrace", MAY_READ | MAY_WRITE | MAY_NET | MAY_FORK, trace, KILLED,
	    KILLED },
};

/* As a container does that does not know of Landlock. */
static void
take_landlock(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);

	if (f == NULL || seccomp_rule_add(f, SCMP_ACT_ERRNO(1),
	    SCMP_SYS(landlock_create_ruleset), 0) < 0 || seccomp_load(f) < 0)
		_exit(70);
}

static enum outcome
outcome(size_t i, int taken)
{
	struct confine c = { .name = "test", .may = table[i].may,
	    .dir = { table[i].may & (MAY_READ | MAY_WRITE) ? place : NULL },
	    .shared = shared };
	struct buf missing = { .max = 64 };
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		if (taken)
			take_landlock();
		confine(&c, &missing);
		if ((missing.n != 0) != taken)
			_exit(71);
		_exit(table[i].attempt() < 0 ? 1 : 0);
	}
	if (waitpid(pid, &st, 0) != pid)
		fail();
	if (WIFSIGNALED(st) && WTERMSIG(st) == SIGSYS)
		return KILLED;
	if (!WIFEXITED(st) || WEXITSTATUS(st) > 1)
		fail_msg("%s, taken %d: status %x", table[i].name, taken, st);
	return WEXITSTATUS(st) ? REFUSED : DONE;
}

static void
test_table(void **state)
{
	int here = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION) >= 2, taken;
	enum outcome o;
	size_t i;

	(void)state;
	if (!here)
		print_message("no Landlock on this system: half of it\n");
	for (i = 0; i < sizeof table / sizeof *table; i++)
		for (taken = !here; taken < 2; taken++) {
			o = outcome(i, taken);
			if (o != (taken ? table[i].without : table[i].with))
				fail_msg("%s, taken %d: %d", table[i].name,
				    taken, o);
		}
}

static int
in_place(const char *name, int flags)
{
	char path[64];

	(void)strlcpy(path, place, sizeof path);
	(void)strlcat(path, name, sizeof path);
	return open(path, flags, 0600);
}

static int
read_inside(void)
{
	return in_place("/there", O_RDONLY);
}

static int
read_outside(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int
make_inside(void)
{
	return in_place("/new", O_WRONLY | O_CREAT);
}

static int
make_outside(void)
{
	return in_place(".outside", O_WRONLY | O_CREAT);
}

static int
read_shared(void)
{
	return in_place(".shared/there", O_RDONLY);
}

static int
list_shared(void)
{
	return in_place(".shared", O_RDONLY | O_DIRECTORY);
}

static int
make_shared(void)
{
	return in_place(".shared/new", O_WRONLY | O_CREAT);
}

static int
make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int
run_program(void)
{
	const char *argv[] = { "true", NULL };

	return execve("/bin/true", (char *const *)argv, NULL);
}

static int
signal_parent(void)
{
	return kill(getppid(), 0);
}

static int
make_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 || waitpid(pid, NULL, 0) < 0 ? -1 : 0;
}

static int
trace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int
make_place(void **state)
{
	int a, b;

	(void)state;
	if (mkdtemp(place) == NULL)
		return -1;
	snprintf(shared, sizeof shared, "%s.shared", place);
	if (mkdir(shared, 0700) < 0)
		return -1;
	a = in_place("/there", O_WRONLY | O_CREAT);
	b = in_place(".shared/there", O_WRONLY | O_CREAT);
	return a < 0 || b < 0 ? -1 : close(a) | close(b);
}

static int
remove_place(void **state)
{
	char outside[64];

	(void)state;
	snprintf(outside, sizeof outside, "%s.outside", place);
	(void)unlink(outside);
	return remove_tree(place) | remove_tree(shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_table) };

	return cmocka_run_group_tests(tests, make_place, remove_place);
}
