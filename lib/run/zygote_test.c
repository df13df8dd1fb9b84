#include <sys/resource.h>
#include <sys/wait.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "run/zygote.h"
#include "sys/stream.h"

enum { CHILD_MS = 300, PATIENCE_S = 60, BURST = 60 };

/* Says that it is there, or ends the family; hears SIGTERM, and takes its
 * time. */
static int
serve(struct role_env *env, const struct note *n, int fd[CHAN_FDS])
{
	(void)env;
	if (n->arg)
		kill(0, SIGTERM);
	else
		(void)!write(fd[0], "", 1);
	while (!stream_ended)
		usleep(1000);
	usleep(CHILD_MS * 1000);
	return 0;
}

/* alone: that may fork no child. */
static pid_t
zygote(int control[2], int link[2], int alone)
{
	static const struct role role = { .name = "test" };
	struct role_env env = { .role = &role };
	pid_t pid;
	int i;

	assert_int_equal(chan_pair(CHAN_PACKETS, control), 0);
	assert_int_equal(chan_pair(CHAN_PACKETS, link), 0);
	if ((pid = fork()) != 0) {
		assert_true(pid > 0);
		close(control[1]);
		close(link[1]);
		return pid;
	}
	close(control[0]);
	close(link[0]);
	setpgid(0, 0);
	for (i = 0; i < ROLE_LINKS; i++)
		env.link[i].fd = i ? -1 : link[1];
	env.control = control[1];
	if (alone) {
		/* for root the limit does not hold */
		assert_true(geteuid() != 0 || setuid(65534) == 0);
		(void)setrlimit(RLIMIT_NPROC, &(struct rlimit){ 0, 0 });
	}
	alarm(PATIENCE_S);
	_exit(zygote_run(&env, serve));
}

/* A monitor that is killed hangs up, and the kernel sends SIGTERM: whichever
 * comes first, nobody stays. */
static void
test_monitor_killed(void **state)
{
	int control[2], link[2], there[2], st, hang_up_first;
	char c;
	pid_t pid;

	(void)state;
	for (hang_up_first = 0; hang_up_first < 2; hang_up_first++) {
		pid = zygote(control, link, 0);
		assert_int_equal(pipe(there), 0);
		assert_int_equal(note_say(link[0], NOTE_SPAWN, "", &there[1],
		    1), 0);
		close(there[1]);
		assert_int_equal(read(there[0], &c, 1), 1);
		if (hang_up_first)
			close(control[0]);
		kill(pid, SIGTERM);
		if (!hang_up_first) {
			usleep(1000);
			close(control[0]);
		}
		assert_int_equal(waitpid(pid, &st, 0), pid);
		assert_true(WIFEXITED(st));
		/* the last descriptor of its child, too */
		assert_int_equal(read(there[0], &c, 1), 0);
		close(there[0]);
		close(link[0]);
	}
}

/* Of a family that is ended while its zygote forks: who comes behind the signal
 * hears of it as well. */
static void
test_ended_in_a_burst(void **state)
{
	struct note n = { .kind = NOTE_SPAWN };
	int control[2], link[2], there[2], st, i;
	char c;
	pid_t pid;

	(void)state;
	pid = zygote(control, link, 0);
	assert_int_equal(pipe(there), 0);
	assert_int_equal(note_send(link[0], &n, &there[1], 1), 0);
	assert_int_equal(read(there[0], &c, 1), 1);
	kill(pid, SIGSTOP);
	for (i = 0; i < BURST; i++) {
		n.arg = i == 0;
		assert_int_equal(note_send(link[0], &n, &there[1], 1), 0);
	}
	close(there[1]);
	kill(pid, SIGCONT);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st));
	while (read(there[0], &c, 1) > 0)
		;
	close(there[0]);
	close(control[0]);
	close(link[0]);
}

/* Who waits for a child hears that there is none, and the log once. */
static void
test_no_child(void **state)
{
	int control[2], link[2], log[2], i, st;
	int err = dup(STDERR_FILENO);
	char said[4096], *first;
	size_t have = 0;
	struct note n;
	ssize_t got;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(log), 0);
	dup2(log[1], STDERR_FILENO);
	pid = zygote(control, link, 1);
	dup2(err, STDERR_FILENO);
	close(err);
	close(log[1]);
	for (i = 0; i < 3; i++) {
		int ch[2], fd[2];

		assert_int_equal(chan_pair(CHAN_PACKETS, ch), 0);
		fd[0] = fd[1] = ch[1];
		assert_int_equal(note_say(link[0], NOTE_SPAWN, "", fd, 2), 0);
		close(ch[1]);
		assert_int_equal(note_recv(ch[0], &n, NULL, 1), 1);
		assert_int_equal(n.kind, NOTE_NONE);
		assert_int_equal(note_recv(ch[0], &n, NULL, 1), 0);
		close(ch[0]);
	}
	close(control[0]);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	while ((got = read(log[0], said + have, sizeof said - 1 - have)) > 0)
		have += (size_t)got;
	said[have] = '\0';
	assert_non_null(first = strstr(said, "event=fork"));
	assert_null(strstr(first + 1, "event=fork"));
	close(log[0]);
	close(link[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_monitor_killed),
		cmocka_unit_test(test_ended_in_a_burst),
		cmocka_unit_test(test_no_child)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
