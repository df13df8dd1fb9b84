/* names_test - commands with many names: what they cost, counted. */
#include <dirent.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "imapd/box_scratch.h"
#include "imapd/list.h"
#include "imapd/notify.h"

enum { MANY = 20 };

static int listed, folded;

DIR *
fdopendir(int fd)
{
	void *p = dlsym(RTLD_NEXT, "fdopendir");
	DIR *(*next)(int);

	memcpy(&next, &p, sizeof next);
	listed++;
	return next(fd);
}

/* Enough for what nothing has to be combined in. */
utf8proc_ssize_t
utf8proc_decompose_custom(const utf8proc_uint8_t *p, utf8proc_ssize_t n,
    utf8proc_int32_t *v, utf8proc_ssize_t size, utf8proc_option_t how,
    utf8proc_custom_func f, void *arg)
{
	struct span s = span_mem(p, (size_t)n);
	utf8proc_ssize_t i = 0;
	uint32_t c;
	size_t k;

	(void)how;
	(void)f;
	(void)arg;
	for (folded++; i < size && (k = utf8_get(s, &c)) > 0;
	    s = span_from(s, k))
		v[i++] = (utf8proc_int32_t)c;
	return i;
}

static int
setup(void **state)
{
	(void)state;
	return box_setup(65536);
}

static int
teardown(void **state)
{
	(void)state;
	notify_free(&box);
	buf_free(&box.reader.text);
	return box_teardown();
}

/* The head, so many names with a letter that is no ASCII, the tail. */
static void
obey(enum answer run(struct box *, struct imap_command *), const char *head,
    int names, const char *tail)
{
	struct buf *text = &box.reader.text;
	int i;

	text->max = 65536;
	buf_reset(text);
	buf_adds(text, head);
	for (i = 0; i < names; i++)
		buf_addf(text, "%s\"&AOk-%d\"", i ? " " : "", i);
	buf_adds(text, tail);
	listed = folded = 0;
	assert_int_equal(box_obey(run, buf_span(text)), ANSWER_OK);
}

static void
test_notify_lists_the_folders_once(void **state)
{
	static const char tail[] = ") (MessageNew MessageExpunge))";
	int one;

	(void)state;
	obey(notify_run, "a NOTIFY SET (mailboxes (", 1, tail);
	one = listed;
	obey(notify_run, "a NOTIFY SET (mailboxes (", MANY, tail);
	assert_int_equal(listed, one);
}

static void
test_list_folds_names_and_patterns_once(void **state)
{
	char name[FOLDER_NAME];
	int i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "x&AOk-%d", i);
		assert_int_equal(tree_create(&box.tree, name), 0);
	}
	obey(list_run, "a LIST \"\" (", MANY, ")");
	assert_int_equal(folded, 2 * MANY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_notify_lists_the_folders_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_list_folds_names_and_patterns_once, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
