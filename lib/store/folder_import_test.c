/* folder_import_test - a folder that was another server's keeps its numbers and
 * keywords. */
#include <sys/stat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/folder_scratch.h"

static void
test_import(void **state)
{
	struct folder *f;
	struct folder_totals t;

	(void)state;
	put("cur", "100.a,S=2:2,S", "a\n");
	put("cur", "101.b:2,b", "b\n");
	put("cur", "102.c:2,", "c\n");
	put("", "dovecot-uidlist", "3 V1275660208 N25022 "
	    "G3085f01b7f11094c501100008c4a11c1\n"
	    "25006 :100.a,S=2:2,S\n25017 W2 P0 :101.b\n25020 :gone\n");
	put("", "dovecot-keywords", "0 NonJunk\n1 $Label1\n");
	f = opened("INBOX", FOLDER_WRITE);
	folder_totals(f, &t);
	assert_int_equal(t.uidvalidity, 1275660208);
	assert_int_equal(t.uidnext, 25023);
	assert_int_equal(folder_count(f), 3);
	assert_int_equal(mail(f, 1).uid, 25006);
	assert_int_equal(mail(f, 1).flags, FLAG_SEEN);
	assert_int_equal(mail(f, 2).uid, 25017);
	assert_int_equal(mail(f, 3).uid, 25022);
	assert_int_equal(mail(f, 2).flags, 2 << FLAG_KEYWORD);
	assert_true(span_eq(folder_keyword(f, 1), SPAN("$Label1")));
	folder_close(f);
}

static void
test_import_courier(void **state)
{
	struct folder *f;
	struct folder_totals t;
	char p[512];

	(void)state;
	put("cur", "100.a:2,S", "a\n");
	put("cur", "101.b:2,", "b\n");
	put("", "courierimapuiddb", "1 77 12\n3 100.a\n9 101.b\n");
	path(p, "", "courierimapkeywords");
	assert_int_equal(mkdir(p, 0700), 0);
	put("courierimapkeywords", ":list", "work\nhome\n\n101.b:1\n");
	put("", "courierimapsubscribed", "INBOX\nINBOX.Sent\n");
	f = opened("INBOX", FOLDER_WRITE);
	folder_totals(f, &t);
	assert_int_equal(t.uidvalidity, 77);
	assert_int_equal(mail(f, 1).uid, 3);
	assert_int_equal(mail(f, 2).uid, 9);
	assert_true(there("cur", "101.b:2,b"));
	assert_int_equal(mail(f, 2).flags, 2 << FLAG_KEYWORD);
	assert_true(span_eq(folder_keyword(f, 1), SPAN("home")));
	folder_close(f);
}

/* Nobody writes into them: they are not waited for. */
static void
test_fifos(void **state)
{
	static const char *const names[] = { "dovecot-uidlist",
	    "dovecot-keywords", "courierimapuiddb", "subscriptions",
	    "courierimapsubscribed", "correo-index", "correo-cache" };
	struct tree_list l;
	struct folder *f;
	char p[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		path(p, "", names[i]);
		assert_int_equal(mkfifo(p, 0600), 0);
	}
	put("cur", "100.a:2,S", "a\n");
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_count(f), 1);
	folder_close(f);
	assert_int_equal(tree_list(&tree, &l), 0);
	tree_list_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_import), TEST(test_import_courier),
		TEST(test_fifos)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
