/* charset: our own and iconv's, and what is not valid. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sys/charset.h"

static const struct {
	const char *charset, *in, *out;	/* out NULL: not known */
} cases[] = {
	{ "UTF-8", "\303\251x", "\303\251x" },
	{ "utf-8", "a\377b\303", "a\357\277\275b\357\277\275" },
	{ "US-ASCII", "abc", "abc" }, { "us-ascii", "a\223", "a\342\200\234" },
	{ "iso-8859-1", "\351\377", "\303\251\303\277" },
	{ "", "\351", "\303\251" }, { "", "\303\251x", "\303\251x" },
	{ "us-ascii", "\303\251x", "\303\251x" },
	{ "Windows-1252", "\200\201", "\342\202\254\357\277\275" },
	{ "iso-8859-15", "\244", "\342\202\254" },
	{ "koi8-r", "\360\322\311", "\320\237\321\200\320\270" },
	{ "iso-2022-jp", "\033$B4A\033(Bx", "\346\274\242x" },
	{ "shift_jis", "\212\277", "\346\274\242" },
	{ "gb18030", "\272\272\377", "\346\261\211\357\277\275" },
	{ "big5", "\264\362", "\346\271\226" },
	{ "euc-kr", "\307\321", "\355\225\234" },
	{ "utf-16", "\377\376-N", "\344\270\255" },
	{ "UTF-16", "\376\377N-", "\344\270\255" },
	{ "utf-16", "N-", "\344\270\255" },
	{ "gb2312", "\272\272", "\346\261\211" },
	{ "ks_c_5601-1987", "\307\321", "\355\225\234" },
	{ "ISO-8859-7", "\341", "\316\261" },
	{ "iso_8859-5", "\320", "\320\260" }, { "cp866", "\240", "\320\260" },
	{ "x-koi", "\360", NULL }, { "windows-1250", "\236", "\305\276" },
	{ "Latin5", "\375", "\304\261" }, { "ibm037", "\301", "A" },
	{ "windows-1255", "\340", "\327\220" },
	{ "windows-1258", "a\354", "\303\241" },
	{ "unknown-8bit", "\351", "\303\251" },
	{ "utf-7", "+AOk-", "\303\251" }, { "x-none", "a", NULL },
	{ "UTF-16BE", "\330\101N-", "\357\277\275\344\270\255" },
	{ "UTF-16BE", "N-N", "\344\270\255\357\277\275" },
	{ "iso-2022-jp-2", "\033$B4\033(Bx", "\357\277\275x" },
	{ "iso-2022-kr", "\033$)C\016GQ\017x", "\355\225\234x" },
	{ "gb18030", "\272\272\2010\201", "\346\261\211\357\277\2750"
	    "\357\277\275" },
	{ "IBM939", "\016OX\017\201", "\346\274\242a" },
	{ "x-sjis", "\212\277", "\346\274\242" },
	{ "x-x-big5", "\264\362", "\346\271\226" },
	{ "iso-8859-8-i", "\340", "\327\220" },
	{ "ISO-10646/UTF8/", "\303\251", "\303\251" },
	{ "utf-8//IGNORE", "a", NULL }, { "ISO-10646/UTF8/X", "a", NULL },
	{ "../x", "a", NULL }, { "koi8-r,", "a", NULL },
	{ "//", "a", NULL }, { "/", "a", NULL }, { ",", "a", NULL },
};

static void
test_charsets(void **state)
{
	struct charset_cache *c = charset_new();
	struct charset cs = charset_of(c);
	struct buf b = { .max = 1000 };
	size_t i;

	(void)state;
	free(charset_warm());
	for (i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
		size_t k = i % (sizeof cases / sizeof *cases);
		int r;

		buf_reset(&b);
		r = cs.utf8(cs.arg, span_of(cases[k].charset),
		    span_of(cases[k].in), &b);
		if (cases[k].out == NULL ? r == 0 : r < 0 ||
		    !span_eq(buf_span(&b), span_of(cases[k].out)) ||
		    !charset_known(c, span_of(cases[k].charset)))
			fail_msg("case %zu: %d %.*s", k, r,
			    SPAN_ARG(buf_span(&b)));
	}
	buf_free(&b);
	charset_free(c);
}

/* A character that is none costs no more than itself. */
static void
test_wide(void **state)
{
	static const unsigned char in[] = { 0, 0, 0, 'a', 0, 0, 0xd8, 0,
	    0, 0x11, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 'b', 0, 0 };
	static const char *const names[] = { "UCS-4", "UTF-32BE",
	    "ISO-10646/UCS4/" };
	struct charset_cache *c = charset_new();
	struct charset cs = charset_of(c);
	struct buf b = { .max = 1000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		buf_reset(&b);
		assert_int_equal(cs.utf8(cs.arg, span_of(names[i]),
		    span_mem(in, sizeof in), &b), 0);
		if (!span_eq(buf_span(&b), SPAN("a\357\277\275\357\277\275"
		    "\357\277\275b\357\277\275")))
			fail_msg("%s: %.*s", names[i], SPAN_ARG(buf_span(&b)));
	}
	buf_free(&b);
	charset_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_charsets), cmocka_unit_test(test_wide)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
