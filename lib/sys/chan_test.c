/* chan: packets and descriptors between two processes. */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "sys/chan.h"

enum { FILES = 16, NOBODY = 65534, LINGER_S = 3600, PATIENCE_S = 60 };

static int fill(int);
static int drained(int);

static void
test_packets(void **state)
{
	int end[2], fd[CHAN_FDS];
	char b[4];

	(void)state;
	assert_int_equal(chan_pair(CHAN_PACKETS, end), 0);
	assert_int_equal(chan_send(end[0], span_of("abc"), end, 2), 0);
	assert_int_equal(chan_send(end[0], span_of("too long"), end, 1), 0);
	assert_int_equal(chan_recv(end[1], b, sizeof b, fd, 1), 3);
	assert_true(fd[0] >= 0 && fd[1] >= 0 && fd[2] == -1);
	close(fd[0]);
	close(fd[1]);
	assert_int_equal(chan_recv(end[1], b, sizeof b, fd, 1), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(fd[0], -1);
	assert_int_equal(chan_recv(end[1], b, sizeof b, fd, 0), -1);
	assert_int_equal(errno, EAGAIN);
	close(end[0]);
	assert_int_equal(chan_recv(end[1], b, sizeof b, fd, 1), 0);
	close(end[1]);
}

/* As many descriptors of this user's are under way as may be (root may have
 * more): who sends one more waits until some have arrived. */
static void
test_too_many_under_way(void **state)
{
	struct rlimit few = { FILES, FILES };
	int st;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int a[2], b[2];

		if ((geteuid() == 0 && setuid(NOBODY) < 0) ||
		    setrlimit(RLIMIT_NOFILE, &few) < 0 ||
		    chan_pair(CHAN_PACKETS, a) < 0 ||
		    chan_pair(CHAN_PACKETS, b) < 0 || fill(a[0]) < 0)
			_exit(1);
		_exit(drained(a[1]) < 0 ||
		    chan_send(b[0], span_of("x"), b, 1) < 0);
	}
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_int_equal(st, 0);
}

/* -1 unless it cannot take one more. */
static int
fill(int ch)
{
	int i, nonblock[2];

	/* who does not block is told at once */
	if (chan_pair(CHAN_PACKETS, nonblock) < 0 ||
	    fcntl(nonblock[0], F_SETFL, O_NONBLOCK) < 0)
		return -1;
	for (i = 0; i <= FILES; i++)
		if (chan_send(ch, span_of("x"), &ch, 1) < 0)
			return -1;
	return chan_send(nonblock[0], span_of("x"), &ch, 1) < 0 &&
	    errno == ETOOMANYREFS ? 0 : -1;
}

/* Another process takes what is under way, after a while. */
static int
drained(int ch)
{
	pid_t pid = fork();
	int fd[CHAN_FDS], i;
	char c;

	if (pid != 0)
		return pid < 0 ? -1 : 0;
	poll(NULL, 0, 100);
	for (i = 0; i <= FILES; i++)
		if (chan_recv(ch, &c, 1, fd, 1) == 1)
			close(fd[0]);
	_exit(0);
}

/* One end of a connection whose other reads nothing, with text on its way and
 * SO_LINGER: its close waits. */
static int
lingering(int *other)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct linger on = { 1, LINGER_S };
	socklen_t n = sizeof a;
	char text[65536] = "";
	int l = socket(AF_INET, SOCK_STREAM, 0), fd;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*other = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(l, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&a, &n), 0);
	assert_int_equal(connect(*other, (struct sockaddr *)&a, n), 0);
	assert_true((fd = accept(l, NULL, NULL)) >= 0);
	close(l);
	while (send(fd, text, sizeof text, MSG_DONTWAIT) > 0)
		;
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &on,
	    sizeof on), 0);
	return fd;
}

static void
test_unwanted_socket_that_lingers(void **state)
{
	int ch[2], other, fd;
	char b[8];

	(void)state;
	fd = lingering(&other);
	assert_int_equal(chan_pair(CHAN_PACKETS, ch), 0);
	assert_int_equal(chan_send(ch[0], SPAN("x"), &fd, 1), 0);
	close(fd);			/* not the last: one is on its way */
	alarm(PATIENCE_S);
	assert_int_equal(chan_recv(ch[1], b, sizeof b, NULL, 1), 1);
	alarm(0);
	close(other);
	close(ch[0]);
	close(ch[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_too_many_under_way),
		cmocka_unit_test(test_unwanted_socket_that_lingers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
