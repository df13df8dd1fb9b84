/* update_test - replies that are longer than what is kept in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "imapd/box_scratch.h"
#include "imapd/fetch.h"
#include "imapd/find.h"
#include "imapd/list.h"
#include "imapd/sort.h"
#include "imapd/status.h"
#include "imapd/update.h"

/* As where the memory is used up. */
static int
setup(void **state)
{
	int i;

	(void)state;
	if (box_setup(8) < 0)
		return -1;
	box.qresync = 1;
	for (i = 0; i < 9; i++)
		box_put_mail(100 + i);
	return folder_open(&box.folder, &box.tree, "INBOX", FOLDER_WRITE);
}

static int
teardown(void **state)
{
	(void)state;
	folder_close(box.folder);
	return box_teardown();
}

static const char *
told(void)
{
	output[box.out.n] = '\0';
	box.out.n = 0;
	return (const char *)output;
}

static void
test_vanished(void **state)
{
	uint32_t number[] = { 1, 2, 4, 6, 7, 8 };
	struct folder_totals t;

	(void)state;
	folder_totals(box.folder, &t);
	assert_int_equal(folder_expunge(box.folder, number, 6), 0);
	assert_int_equal(update_tell(&box, 1), 0);
	assert_non_null(strstr(told(), "* VANISHED 6:8,4,1:2\r\n"));
	assert_int_equal(update_earlier(&box, t.modseq, NULL), 0);
	assert_string_equal(told(), "* VANISHED (EARLIER) 1:2,4,6:8\r\n");
}

static void
obey(enum answer run(struct box *, struct imap_command *), const char *line)
{
	assert_int_equal(box_obey(run, span_of(line)), ANSWER_OK);
}

static void
test_esearch(void **state)
{
	(void)state;
	obey(find_search, "tag-of-it UID SEARCH RETURN (MAX ALL COUNT) 1,3,5:9");
	assert_string_equal(told(), "* ESEARCH (TAG \"tag-of-it\") UID MAX 9 "
	    "ALL 1,3,5:9 COUNT 7\r\n");
	obey(sort_run, "tag-of-it SORT RETURN (MIN ALL) (ARRIVAL) UTF-8 1,3,5");
	assert_string_equal(told(), "* ESEARCH (TAG \"tag-of-it\") MIN 1 "
	    "ALL 1,3,5\r\n");
}

/* Of a reply that there is no room for nothing is told, and nothing more. */
static void
test_no_room(void **state)
{
	static const char *const lines[] = {
		"a LIST \"\" *", "a STATUS INBOX (MESSAGES UIDNEXT)",
		"a FETCH 1 INTERNALDATE",
		"a FETCH 1 BODY.PEEK[HEADER.FIELDS (To From)]"
	};
	static enum answer (*const run[])(struct box *,
	    struct imap_command *) = { list_run, status_run, fetch_run,
	    fetch_run };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof run / sizeof *run; i++) {
		obey(run[i], lines[i]);
		assert_true(box.out.lost);
		assert_int_equal(out_flush(&box.out), -1);
		box.out.lost = 0;
		box.out.n = 0;
		buf_free(&box.scratch);
	}
}

/* A code that there is no room for is left out, not cut off. */
static void
test_code(void **state)
{
	(void)state;
	box_say(&box, ANSWER_OK, "READ-ONLY", "selected");
	box_answer(&box, SPAN("a"), ANSWER_OK);
	assert_string_equal(told(), "a OK selected\r\n");
	box_say(&box, ANSWER_OK, "A", "done");
	buf_adds(&box.code, "UID 12 17");
	box_answer(&box, SPAN("a"), ANSWER_OK);
	assert_string_equal(told(), "a OK done\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_vanished, setup, teardown),
		cmocka_unit_test_setup_teardown(test_esearch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_code, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
