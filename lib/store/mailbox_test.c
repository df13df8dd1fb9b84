/* mailbox: the value of users.cdb. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "store/mailbox.h"

static const struct {
	const char *in;
	int result;
	unsigned uid, gid;
	const char *home, *maildir;
	uint64_t quota, count;
	int system;
} rows[] = {
	{ "1:2:/h", 0, 1, 2, "/h", "/h/Maildir", 0, 0, 0 },
	{ "1:2:/h:", 0, 1, 2, "/h", "/h/Maildir", 0, 0, 0 },
	{ "4294967294:0:/h/x", 0, 4294967294, 0, "/h/x", "/h/x/Maildir", 0, 0,
	    0 },
	{ "1:2:/h:quota=2G,count=1000,system", 0, 1, 2, "/h", "/h/Maildir",
	    (uint64_t)2 << 30, 1000, 1 },
	{ "1:2:/h:maildir=/m/x", 0, 1, 2, "/h", "/m/x", 0, 0, 0 },
	{ "0:0:/root:system", 0, 0, 0, "/root", "/root/Maildir", 0, 0, 1 },
	{ .in = "", .result = -1 },
	{ .in = "1:2", .result = -1 },
	{ .in = "1:2:", .result = -1 },
	{ .in = "1:2:h", .result = -1 },
	{ .in = "1:2:/", .result = -1 },
	{ .in = "1:2:/a/../b", .result = -1 },
	{ .in = "1:2:/a/./b", .result = -1 },
	{ .in = "1:2:/a//b", .result = -1 },
	{ .in = "1:2:/a\nb", .result = -1 },
	{ .in = "4294967295:2:/h", .result = -1 },
	{ .in = "1:4294967295:/h", .result = -1 },
	{ .in = "-1:2:/h", .result = -1 },
	{ .in = "x:2:/h", .result = -1 },
	{ .in = ":2:/h", .result = -1 },
	{ .in = "1:2:/h:quota=", .result = -1 },
	{ .in = "1:2:/h:quota=x", .result = -1 },
	{ .in = "1:2:/h:maildir=x", .result = -1 },
	{ .in = "1:2:/h:maildir=/x/..", .result = -1 },
	{ .in = "1:2:/h:sytem", .result = -1 },
	{ .in = "1:2:/h:system,,", .result = -1 }
};

static void
test_rows(void **state)
{
	struct mailbox m;
	const char *why = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (mailbox_parse(span_of(rows[i].in), &m, &why) !=
		    rows[i].result)
			fail_msg("%zu: %s", i, rows[i].in);
		if (rows[i].result < 0)
			continue;
		if (m.uid != rows[i].uid || m.gid != rows[i].gid ||
		    strcmp(m.home, rows[i].home) != 0 ||
		    strcmp(m.maildir, rows[i].maildir) != 0 ||
		    m.quota_bytes != rows[i].quota ||
		    m.quota_count != rows[i].count ||
		    m.system != rows[i].system)
			fail_msg("%zu: fields", i);
	}
}

static void
test_long(void **state)
{
	char in[1200] = "1:2:/";
	struct mailbox m;
	const char *why;

	(void)state;
	memset(in + 5, 'a', 1014);
	assert_int_equal(mailbox_parse(span_of(in), &m, &why), 0);
	in[5 + 1014] = 'a';
	assert_int_equal(mailbox_parse(span_of(in), &m, &why), -1);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_long)
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
