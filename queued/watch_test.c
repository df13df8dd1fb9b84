/* SIGTERM is heard by a loop that never waits, too. */
#include <sys/eventfd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "queued/watch.h"
#include "sys/stream.h"

static int called;

static void
ready(struct watch *w)
{
	(void)w;
	called = stream_ended ? 2 : 1;
}

/* With news in each round, or with more to do behind it. */
static void
busy(void **state)
{
	struct watch w = { ready, eventfd(1, EFD_CLOEXEC) };
	struct watches s;
	int news;

	(void)state;
	assert_true(w.fd >= 0);
	stream_init();
	assert_int_equal(watch_open(&s), 0);
	for (news = 0; news < 2; news++) {
		if (news)
			assert_int_equal(watch_begin(&s, &w), 0);
		stream_ended = called = 0;
		kill(getpid(), SIGTERM);
		assert_int_equal(stream_ended, 0);
		assert_int_equal(watch_round(&s, 0), 0);
		assert_int_equal(stream_ended, 1);
		assert_int_equal(called, news ? 2 : 0);
	}
	watch_end(&s, &w);
	close(s.ep);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(busy) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
