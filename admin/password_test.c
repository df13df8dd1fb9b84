/* password: what is made is long enough, never twice the same, and its hash
 * is one that crypt(3) finds again. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <crypt.h>
#include <string.h>
#include <unistd.h>

#include "admin/password.h"
#include "admin/source.h"

static void
test_generate(void **state)
{
	const struct args a = { .generate = 1 };
	char one[PASSWORD_MAX], two[PASSWORD_MAX];

	(void)state;
	assert_int_equal(password_get(&a, one), 0);
	assert_int_equal(password_get(&a, two), 0);
	assert_int_equal(strlen(one), 20);
	assert_string_not_equal(one, two);
}

static void
test_hash(void **state)
{
	char one[PASSWORD_HASH], two[PASSWORD_HASH], line[PASSWORD_HASH + 8];
	struct buf k = { .max = SOURCE_KEY }, v = { .max = SOURCE_LINE };
	const char *why;

	(void)state;
	assert_int_equal(password_hash("secret", one), 0);
	assert_int_equal(password_hash("secret", two), 0);
	assert_string_not_equal(one, two);
	assert_string_equal(crypt("secret", one), one);
	assert_string_not_equal(crypt("Secret", one), one);
	/* and the table takes it */
	memcpy(line, "a:", 2);
	memcpy(line + 2, one, strlen(one) + 1);
	assert_int_equal(source_parse(SOURCE_PASSWORDS, span_of(line), &k, &v,
	    &why), 0);
	assert_true(span_eq(buf_span(&v), span_of(one)));
	buf_free(&k);
	buf_free(&v);
}

static void
test_stdin(void **state)
{
	static const struct {
		const char *in, *out;	/* NULL: refused */
	} t[] = {
		{ "abc\n", "abc" }, { "abc\r\n", "abc" }, { "abc", "abc" },
		{ "a b\n", "a b" }, { "", NULL }, { "\n", NULL },
		{ "a\nb\n", NULL }, { "a\tb\n", NULL },
		{ "cafe\xcc\x81\xc2\xa0\n", "caf\xc3\xa9 " },
		{ "\xc2\xad\n", NULL }, { "caf\xe9\n", NULL }
	};
	const struct args a = { .password_stdin = 1 };
	char got[PASSWORD_MAX];
	int fd[2], r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		assert_int_equal(pipe(fd), 0);
		assert_int_equal(write(fd[1], t[i].in, strlen(t[i].in)),
		    strlen(t[i].in));
		close(fd[1]);
		assert_int_equal(dup2(fd[0], STDIN_FILENO), STDIN_FILENO);
		close(fd[0]);
		r = password_get(&a, got);
		if ((r == 0) != (t[i].out != NULL) ||
		    (r == 0 && strcmp(got, t[i].out) != 0))
			fail_msg("%zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_generate),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_stdin)
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
