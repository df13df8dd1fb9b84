#include <sys/wait.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "run/zygote.h"
#include "sys/stream.h"

enum { CHILD_MS = 300, PATIENCE_S = 60 };

/* Says that it is there, hears SIGTERM, and takes its time. */
static int
serve(struct role_env *env, const struct note *n, int fd[CHAN_FDS])
{
	(void)env;
	(void)n;
	(void)!write(fd[0], "", 1);
	while (!stream_ended)
		usleep(1000);
	usleep(CHILD_MS * 1000);
	return 0;
}

static pid_t
zygote(int control[2], int link[2])
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
	for (i = 0; i < ROLE_LINKS; i++)
		env.link[i].fd = i ? -1 : link[1];
	env.control = control[1];
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
		pid = zygote(control, link);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_monitor_killed)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
