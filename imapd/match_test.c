/* match_test - what a search program makes of a message's text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "imapd/match.h"
#include "sys/file.h"
#include "sys/remove_tree.h"

static char dir[64];
static struct box box;
static struct charset real;
static int decoded;			/* how often a text was */

static int
setup(void **state)
{
	(void)state;
	memcpy(dir, "/tmp/match_test.XXXXXX", 23);
	return mkdtemp(dir) ? tree_open(&box.tree, dir, "host.test") : -1;
}

static int
teardown(void **state)
{
	(void)state;
	buf_free(&box.code);
	charset_free(box.charset);
	tree_close(&box.tree);
	return remove_tree(dir);
}

static void
put(const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/cur/1.a:2,", dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, span_of(text)), 0);
	close(fd);
}

static int
counted(void *arg, struct span name, struct span in, struct buf *out)
{
	decoded += span_eq(name, SPAN("iso-8859-1"));
	return real.utf8(arg, name, in, out);
}

static int
found(const char *text)
{
	struct imap_command c;
	struct match m;
	const char *why;
	int r;

	assert_int_equal(imap_command_parse(&c, span_of(text), 0, &why), 0);
	assert_int_equal(match_begin(&m, &box, &c), 0);
	real = m.text.charset;
	m.text.charset.utf8 = counted;
	decoded = 0;
	r = match_run(&m, 1);
	match_end(&m);
	imap_command_free(&c);
	return r;
}

/* However many keys there are, no part is decoded twice, or for nothing. */
static void
test_text_is_decoded_once(void **state)
{
	static const struct {
		const char *search;
		int result, decoded;
	} t[] = {
		{ "a SEARCH BODY no", 0, 2 },
		{ "a SEARCH OR BODY no OR TEXT no OR BODY nor BODY neither",
		    0, 2 },
		{ "a SEARCH BODY one TEXT two BODY inner NOT BODY top", 1, 2 },
		{ "a SEARCH OR BODY two BODY one", 1, 2 },
		{ "a SEARCH OR BODY one BODY two", 1, 1 },
		{ "a SEARCH OR TEXT top BODY two", 1, 0 },
		{ "a SEARCH BODY one BODY no BODY two", 0, 2 },
		{ "a SEARCH BODY top", 0, 2 },
		{ "a SEARCH NOT BODY top NOT TEXT no TEXT top", 1, 2 },
		{ "a SEARCH OR BODY \"\" BODY two", 1, 0 },
		{ "a SEARCH SUBJECT top OR BODY one SUBJECT top", 1, 0 },
		{ "a SEARCH TEXT bill.pdf", 1, 0 },
		{ "a SEARCH BODY bill.pdf", 0, 2 },
		{ "a SEARCH BODY inner", 1, 1 },
	};
	size_t i;

	(void)state;
	put("Subject: top\nMIME-Version: 1.0\n"
	    "Content-Type: multipart/mixed; boundary=x\n\n"
	    "--x\nContent-Type: text/plain; charset=iso-8859-1;\n"
	    " name=bill.pdf\n\n\311 one\n"
	    "--x\nContent-Type: message/rfc822\n\nSubject: inner\n"
	    "Content-Type: text/plain; charset=iso-8859-1\n\n\311 two\n"
	    "--x--\n");
	box.code.max = BOX_CODE;
	assert_int_equal(folder_open(&box.folder, &box.tree, "INBOX",
	    FOLDER_READ), 0);
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		int r = found(t[i].search);

		if (r != t[i].result || decoded != t[i].decoded)
			fail_msg("%s: %d, decoded %d", t[i].search, r,
			    decoded);
	}
	folder_close(box.folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_text_is_decoded_once,
		    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
