/* Where a message has bytes above 127. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "remoted/body.h"
#include "sys/file.h"

/* A header of that many bytes up to its blank line's end, then a body. */
static struct body
look(size_t header, unsigned char in_header, unsigned char in_body)
{
	struct buf b = { .max = 1 << 20 };
	struct body body = { .fd = memfd_create("body", 0) };
	struct verdict v;
	size_t i;

	for (i = 0; i < QUEUE_HEAD; i++)
		buf_addc(&b, ' ');
	buf_adds(&b, "A: ");
	buf_addc(&b, in_header);
	for (i = 4; i + 4 < header; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, "\r\n\r\nb");
	buf_addc(&b, in_body);
	buf_adds(&b, "\r\n");
	body.head.body = b.n - QUEUE_HEAD;
	assert_int_equal(file_write(body.fd, buf_span(&b)), 0);
	assert_int_equal(body_look(&body, &v), 0);
	close(body.fd);
	buf_free(&b);
	return body;
}

/* Also where the reading is done in pieces that cut the blank line. */
static void
test_look(void **state)
{
	static const size_t near[] = { 100, 32768, 65536, 98298 };
	struct body b;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof near / sizeof *near; i++)
		for (n = near[i] - 8; n < near[i] + 8; n++) {
			b = look(n, 'x', 'x');
			assert_false(b.header8 || b.body8);
			b = look(n, 'x', 0xe4);
			if (b.header8 || !b.body8)
				fail_msg("a header of %zu bytes", n);
			b = look(n, 0xe4, 'x');
			assert_true(b.header8 && !b.body8);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_look) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
