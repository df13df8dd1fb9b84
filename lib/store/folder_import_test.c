/* folder_import_test - a folder that was another server's keeps its numbers and
 * keywords. */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/folder_scratch.h"

static const char *unreadable;

int
openat(int at, const char *name, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	if (unreadable && strcmp(name, unreadable) == 0) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_openat, at, name, flags, mode);
}

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
	    "courierimapsubscribed", "correo-index", "correo-cache",
	    "correo-uids.first", "correo-folders.tmp" };
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
	assert_int_equal(tree_subscribe(&tree, "a", 1), -1);
	assert_int_equal(unlinkat(tree.root, "correo-folders.tmp", 0), 0);
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_count(f), 1);
	folder_close(f);
	assert_int_equal(tree_list(&tree, &l), 0);
	tree_list_free(&l);
}

/* What its names would be is not to be forgotten because of one moment. */
static void
test_keywords_that_cannot_be_read(void **state)
{
	struct folder *f;

	(void)state;
	put("cur", "100.a:2,a", "a\n");
	put("", "dovecot-keywords", "0 NonJunk\n");
	unreadable = "dovecot-keywords";
	assert_int_equal(folder_open(&f, &tree, "INBOX", FOLDER_WRITE), -1);
	unreadable = NULL;
	f = opened("INBOX", FOLDER_WRITE);
	assert_true(span_eq(folder_keyword(f, 0), SPAN("NonJunk")));
	folder_close(f);
}

/* A name that IMAP has no words for keeps its letter. */
static void
test_keywords_that_are_none(void **state)
{
	struct folder *f;
	char text[300];

	(void)state;
	snprintf(text, sizeof text, "0 a b)\r\n1 \\Seen\n2 \xc3\xa9\"{]\n"
	    "3 %0120d\n", 0);
	put("cur", "100.a:2,a", "a\n");
	put("", "dovecot-keywords", text);
	f = opened("INBOX", FOLDER_WRITE);
	assert_true(span_eq(folder_keyword(f, 0), SPAN("a_b_")));
	assert_true(span_eq(folder_keyword(f, 1), SPAN("_Seen")));
	assert_true(span_eq(folder_keyword(f, 2), SPAN("_____")));
	assert_int_equal(folder_keyword(f, 3).n, KEYWORD_MAX);
	folder_close(f);
}

/* Where no UIDs are left all begins anew, here as well as there. */
static void
test_last_uids(void **state)
{
	static const char *const lists[] = {
		"3 V77 N4294967295\n1 :100.a\n",
		"3 V77 N5\n4294967295 :100.a\n4294967290 :101.b\n",
		"1 77 4294967290\n",
	};
	struct line l = { .kind = LINE_NEXT, .uid = UINT32_MAX - 10 };
	struct buf b = { .max = 1000 };
	struct folder *f;
	struct folder_totals t, u;
	size_t i;

	(void)state;
	put("cur", "100.a:2,", "a\n");
	put("cur", "101.b:2,", "b\n");
	for (i = 0; i < sizeof lists / sizeof *lists; i++) {
		put("", "dovecot-uidlist", lists[i]);
		f = opened("INBOX", FOLDER_WRITE);
		folder_totals(f, &t);
		assert_int_equal(folder_count(f), 2);
		assert_int_equal(t.uidnext, 3);
		assert_true(t.uidvalidity > 77);
		folder_close(f);
		assert_int_equal(unlinkat(tree.root, "correo-uids", 0), 0);
	}
	put("", "dovecot-uidlist", "3 V77 N5\n1 :100.a\n");
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(mail(f, 2).uid, 5);
	assert_int_equal(line_format(&b, &l), 0);
	assert_int_equal(folder_lock(f), 0);
	assert_int_equal(folder_log_append(&f->log, &f->table, buf_span(&b),
	    0, 0, -1), 0);
	folder_unlock(f);
	folder_totals(f, &t);
	folder_close(f);
	buf_free(&b);
	for (i = 0; i < 2; i++) {
		f = opened("INBOX", FOLDER_WRITE);
		folder_totals(f, &u);
		assert_true(u.uidvalidity > t.uidvalidity);
		assert_int_equal(u.uidnext, 3 + i);
		assert_int_equal(append(f, "c\r\n", 0), 3 + i);
		folder_close(f);
	}
}

/* Since a list was taken over others got numbers under its UIDVALIDITY: where
 * ours are lost it is not taken once more.  A take-over that was cut off is. */
static void
test_taken_over_once(void **state)
{
	struct folder *f;
	struct folder_totals t;

	(void)state;
	put("cur", "100.a:2,S", "a\n");
	put("", "dovecot-uidlist", "3 V77 N5\n2 :100.a\n");
	put("", "dovecot-keywords", "0 NonJunk\n");
	put("", "correo-lock", "");
	unreadable = "correo-uids.first";
	assert_int_equal(folder_open(&f, &tree, "INBOX", FOLDER_WRITE), -1);
	unreadable = NULL;
	f = opened("INBOX", FOLDER_WRITE);
	folder_totals(f, &t);
	assert_int_equal(t.uidvalidity, 77);
	assert_int_equal(mail(f, 1).uid, 2);
	assert_int_equal(append(f, "b\r\n", 0), 5);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "e2");
	assert_int_equal(folder_expunge(f, (uint32_t []){ 2 }, 1), 0);
	assert_int_equal(append(f, "c\r\n", 0), 6);
	folder_close(f);
	assert_int_equal(unlinkat(tree.root, "correo-uids", 0), 0);
	f = opened("INBOX", FOLDER_WRITE);
	folder_totals(f, &t);
	if (t.uidvalidity <= 77)
		fail_msg("UID 5 is another's under %u", t.uidvalidity);
	assert_true(span_eq(folder_keyword(f, 0), SPAN("NonJunk")));
	assert_int_equal(folder_count(f), 2);
	folder_close(f);
	/* who wants it once more removes all that is ours */
	assert_int_equal(unlinkat(tree.root, "correo-uids", 0), 0);
	assert_int_equal(unlinkat(tree.root, "correo-lock", 0), 0);
	f = opened("INBOX", FOLDER_WRITE);
	folder_totals(f, &t);
	assert_int_equal(t.uidvalidity, 77);
	folder_close(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_import), TEST(test_import_courier),
		TEST(test_fifos), TEST(test_keywords_that_cannot_be_read),
		TEST(test_keywords_that_are_none), TEST(test_last_uids),
		TEST(test_taken_over_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
