/* imap_name: UTF-7 both ways, what a name may be, wildcards. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "wire/imap_name.h"

static const struct {
	const char *utf8, *utf7;
} pairs[] = {
	{ "", "" }, { "INBOX", "INBOX" }, { "a&b", "a&-b" },
	{ "~peter/mail/\345\217\260\345\214\227/\346\227\245\346\234\254"
	    "\350\252\236", "~peter/mail/&U,BTFw-/&ZeVnLIqe-" },
	{ "Entw\303\274rfe", "Entw&APw-rfe" },
	{ "\303\211l\303\251ments", "&AMk-l&AOk-ments" },
	{ "\350\277\267\346\203\221", "&j,dg0Q-" },
	{ "\360\237\230\200", "&2D3eAA-" }, { "\n", "&AAo-" },
	{ "\303\251&\303\251", "&AOk-&-&AOk-" }, { "~", "~" },
};
static const char *const bad_utf7[] = {
	"&", "a&", "&U,BTFw", "&!-", "&Jjo!", "&U,BTFw-&ZeVnLIqe-", "\303\251",
	"&AEE-", "&AGE", "&2D0-", "&3gA-", "&AOk=-", "&AO-", "&AOl-", "a\tb",
	"&AOkA-", "&2D0A6Q-", "\177", "a&AAA-b", "&AAAA6Q-",
};

static void
test_utf7(void **state)
{
	struct buf a = { .max = 1000 }, b = { .max = 1000 };
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		buf_reset(&a);
		buf_reset(&b);
		if (imap_name_to_utf7(span_of(pairs[i].utf8), &a, &why) < 0 ||
		    !span_eq(buf_span(&a), span_of(pairs[i].utf7)) ||
		    imap_name_from_utf7(span_of(pairs[i].utf7), &b, &why) < 0 ||
		    !span_eq(buf_span(&b), span_of(pairs[i].utf8)))
			fail_msg("pair %zu: %.*s", i, SPAN_ARG(buf_span(&a)));
	}
	for (i = 0; i < sizeof bad_utf7 / sizeof *bad_utf7; i++)
		if (imap_name_from_utf7(span_of(bad_utf7[i]), &a, &why) == 0)
			fail_msg("bad %zu", i);
	assert_int_equal(imap_name_to_utf7(SPAN("\377"), &a, &why), -1);
	assert_int_equal(imap_name_to_utf7(SPAN("a\0b"), &a, &why), -1);
	buf_free(&a);
	buf_free(&b);
}

static const struct {
	const char *name;
	unsigned char separator;
	int result;
} names[] = {
	{ "INBOX", '.', 0 }, { "a.b.c", '.', 0 }, { "a b", '.', 0 },
	{ "\303\251t\303\251", '.', 0 }, { "&", '.', 0 }, { "[x]", '.', 0 },
	{ "a/b", '/', 0 }, { "a.b/c", '/', 0 }, { "~x", '/', 0 },
	{ "\\Sent", '\\', -1 },
	{ "", '.', -1 }, { ".", '.', -1 }, { "..", '.', -1 }, { ".a", '.', -1 },
	{ "a.", '.', -1 }, { "a..b", '.', -1 }, { "../x", '/', -1 },
	{ "a/../b", '/', -1 }, { "a/./b", '/', -1 }, { "/a", '/', -1 },
	{ "a/", '/', -1 }, { "a//b", '/', -1 }, { "a/b", '.', -1 },
	{ "a\\b", '.', -1 }, { "a\nb", '.', -1 }, { "a\177", '.', -1 },
	{ "a\302\205", '.', -1 }, { "\342\200\250", '.', -1 },
	{ "a*", '.', -1 }, { "%", '.', -1 }, { "\377", '.', -1 },
	{ "\355\240\200", '.', -1 }, { "\300\257", '.', -1 },
};

static void
test_valid(void **state)
{
	unsigned char big[IMAP_NAME + 1];
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (imap_name_valid(span_of(names[i].name), names[i].separator,
		    &why) != names[i].result)
			fail_msg("name %zu", i);
	memset(big, 'a', sizeof big);
	assert_int_equal(imap_name_valid(span_mem(big, IMAP_NAME), '.', &why),
	    0);
	assert_int_equal(imap_name_valid(span_mem(big, IMAP_NAME + 1), '.',
	    &why), -1);
	big[3] = 0;
	assert_int_equal(imap_name_valid(span_mem(big, 9), '.', &why), -1);
}

static const struct {
	const char *pattern, *name;
	int result;
} matches[] = {
	{ "*", "", 1 }, { "%", "", 1 }, { "", "", 1 }, { "", "a", 0 },
	{ "*", "a/b/c", 1 }, { "%", "a", 1 }, { "%", "a/b", 0 },
	{ "a/%", "a/b", 1 }, { "a/%", "a/b/c", 0 }, { "a/%", "a", 0 },
	{ "a/*", "a/b/c", 1 }, { "%/%", "a/b", 1 }, { "%/%", "a", 0 },
	{ "%%", "ab", 1 }, { "%*", "a/b", 1 }, { "*%", "a/b", 1 },
	{ "*b", "a/b", 1 }, { "*b", "a/bc", 0 }, { "%b%", "abc", 1 },
	{ "*a*a*a", "aaa", 1 }, { "*a*a*a", "aa", 0 },
	{ "~/Mail/%", "~/Mail/foo", 1 }, { "~/Mail/%", "~/Mail/x/y", 0 },
	{ "comp.mail.*", "comp.mail.mime", 1 }, { "inbox", "INBOX", 1 },
	{ "INBOX", "InBox", 1 }, { "in%", "INBOX", 1 },
	{ "inbox/a", "INBOX/a", 1 }, { "inbox/A", "INBOX/a", 0 },
	{ "a", "A", 0 }, { "INBOXx", "inboxX", 0 }, { "*/b", "a/b", 1 },
	{ "%/b/%", "a/b/c", 1 }, { "%/b/%", "a/x/b/c", 0 },
	{ "*/b/%", "a/x/b/c", 1 }, { "ab", "abc", 0 }, { "abc", "ab", 0 },
};

static void
test_match(void **state)
{
	unsigned char p[IMAP_NAME], n[IMAP_NAME];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof matches / sizeof *matches; i++)
		if (imap_name_match(span_of(matches[i].pattern),
		    span_of(matches[i].name), '/') != matches[i].result)
			fail_msg("match %zu", i);
	/* what would be exponential when tried one by one */
	for (i = 0; i < IMAP_NAME; i++) {
		p[i] = i % 2 ? 'a' : i / 2 % 2 ? '*' : '%';
		n[i] = 'a';
	}
	n[IMAP_NAME - 1] = 'b';
	assert_false(imap_name_match(span_mem(p, sizeof p),
	    span_mem(n, sizeof n), '/'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf7), cmocka_unit_test(test_valid),
		cmocka_unit_test(test_match)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
