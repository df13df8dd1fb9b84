/* chan: a descriptor of the wrong kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "sys/chan.h"

enum { LINGER_S = 3600, PATIENCE_S = 60 };

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
unwanted_socket_that_lingers(void **state)
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
		cmocka_unit_test(unwanted_socket_that_lingers)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
