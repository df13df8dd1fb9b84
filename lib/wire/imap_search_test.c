/* imap_search: keys, trees, and how they are run. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "wire/imap_search.h"

/* out: AND as (..), OR as |(..), NOT as !(..), other keys by number; "-": the
 * rule has that word. */
static const struct {
	const char *in, *out;
} cases[] = {
	{ "ALL", "(3)" }, { "all seen", "(3 \\Seen)" },
	{ "UNSEEN", "(-\\Seen)" }, { "KEYWORD $x UNKEYWORD y", "($x -y)" },
	{ "OLD RECENT NEW", "(-5 5 6)" },
	{ "1,3:5 UID 7:*", "(7[1,3:5] 8[7:0])" }, { "$", "(7$)" },
	{ "UID $", "(8$)" }, { "FROM \"Smith\"", "(11Smith)" },
	{ "FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"",
	    "(\\Flagged 19<760060800:> !(11Smith))" },
	{ "OR SEEN (ANSWERED DRAFT)",
	    "(|(\\Seen (\\Answered \\Draft)))" },
	{ "OR OR 1 2 OR 3 4",
	    "(|(|(7[1] 7[2]) |(7[3] 7[4])))" },
	{ "NOT NOT (NOT 1)", "(!(!((!(7[1])))))" },
	{ "OR NOT 1 NOT 2 3", "(|(!(7[1]) !(7[2])) 7[3])" },
	{ "((1 2) 3)", "(((7[1] 7[2]) 7[3]))" },
	{ "HEADER Message-ID <x@y>", "(16Message-ID:<x@y>)" },
	{ "SUBJECT {2}\r\na) BODY \"\" TEXT NIL BCC b CC c TO d",
	    "(13a) 14 15NIL 9b 10c 12d)" },
	{ "BEFORE 2-Feb-1994 ON \"1-Feb-1994\"",
	    "(19<:760147200> 19<760060800:760147200>)" },
	{ "SENTSINCE 1-Feb-1994 SAVEDBEFORE 1-Feb-1994 SAVEDATESUPPORTED",
	    "(20<760060800:> 21<:760060800> 22)" },
	{ "LARGER 5 SMALLER 1000000 OLDER 60 YOUNGER 259200",
	    "(23=5 24=1000000 25=60 26=259200)" },
	{ "MODSEQ 620162338", "(27=620162338)" },
	{ "MODSEQ \"/flags/\\\\draft\" all 620162338", "(27=620162338)" },
	{ "EMAILID M6d99 THREADID T64b", "(17M6d99 18T64b)" },
	{ "", "-search-key" }, { "FOO", "-search-key" },
	{ "NOT", "-search-key" },
	{ "OR 1", "-search-key" }, { "()", "-search-key" },
	{ "(NOT)", "-search-key" }, { "(OR 1) 2", "-search-key" },
	{ "\"ALL\"", "-search-key" }, { "FROM", "-string" },
	{ "FROM (a)", "-string" }, { "FROM *", "-string" },
	{ "HEADER x", "-string" }, { "HEADER", "-field" },
	{ "KEYWORD", "-atom" }, { "KEYWORD \"a\"", "-atom" },
	{ "SINCE x", "-date" }, { "SINCE", "-date" },
	{ "UID", "-sequence-set" },
	{ "UID x", "-sequence-set" }, { "0", "-sequence-set" },
	{ "1,", "-sequence-set" }, { "LARGER x", "-number" },
	{ "LARGER -1", "-number" }, { "OLDER 0", "-seconds" },
	{ "MODSEQ x", "-MODSEQ" }, { "MODSEQ \"/flags/x\" foo 1", "-MODSEQ" },
	{ "MODSEQ /flags/x 1", "-MODSEQ" }, { "FUZZY TEXT x", "-search-key" },
};

static void
dump_key(struct buf *b, const struct imap_search_key *k)
{
	buf_adds(b, k->not ? "-" : "");
	if (k->key != IMAP_KEY_FLAG)
		buf_addu(b, k->key);
	buf_addspan(b, k->flag);
	if (k->key == IMAP_KEY_HEADER)
		buf_addc(b, ':');
	buf_addspan(b, k->text);
	if (k->set.saved)
		buf_addc(b, '$');
	if (k->set.n) {
		buf_addc(b, '[');
		imap_set_format(&k->set, b);
		buf_addc(b, ']');
	}
	if (k->from || k->to) {
		buf_addc(b, '<');
		if (k->from != INT64_MIN)
			buf_addu(b, (uint64_t)k->from);
		buf_addc(b, ':');
		if (k->to != INT64_MAX)
			buf_addu(b, (uint64_t)k->to);
		buf_addc(b, '>');
	}
	if (k->number)
		buf_addf(b, "=%u", (unsigned)k->number);
}

static void
dump(struct buf *b, const struct imap_search *s)
{
	uint32_t open[IMAP_SEARCH_DEPTH], depth = 0, i;

	for (i = 0; i < s->n; i++) {
		while (depth && s->v[open[depth - 1]].next == i) {
			buf_addc(b, ')');
			depth--;
		}
		if (i && b->p[b->n - 1] != '(')
			buf_addc(b, ' ');
		if (s->v[i].key <= IMAP_KEY_NOT) {
			buf_adds(b, s->v[i].key == IMAP_KEY_OR ? "|(" :
			    s->v[i].key == IMAP_KEY_NOT ? "!(" : "(");
			open[depth++] = i;
		} else
			dump_key(b, &s->v[i]);
	}
	while (depth-- > 0)
		buf_addc(b, ')');
}

static int
parse(const char *in, struct imap_tokens *t, struct imap_search *s,
    const char **why)
{
	struct imap_cursor c;

	if (imap_tokens_parse(t, span_of(in), 0, why) < 0)
		return -1;
	c = imap_cursor_all(t, why);
	return imap_search_parse(&c, s);
}

static void
test_cases(void **state)
{
	struct buf b = { .max = 10000 };
	struct imap_tokens t = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct imap_search s = { 0 };
		const char *why = "", *want = cases[i].out;
		int r = parse(cases[i].in, &t, &s, &why);

		buf_reset(&b);
		if (r == 0)
			dump(&b, &s);
		if (want[0] == '-' ? r == 0 || !strstr(why, want + 1) :
		    r < 0 || !span_eq(buf_span(&b), span_of(want)))
			fail_msg("case %zu: %d %s %.*s", i, r, why,
			    SPAN_ARG(buf_span(&b)));
		imap_search_free(&s);
	}
	imap_tokens_free(&t);
	buf_free(&b);
}

/* Numbers are truths: 1 is true, 2 is false, 3 fails, 4 is not known. */
static const struct {
	const char *in;
	int result;
	unsigned asked;
} runs[] = {
	{ "1", 1, 1 }, { "2", 0, 1 }, { "1 1", 1, 2 }, { "2 1", 0, 1 },
	{ "1 2 3", 0, 2 }, { "NOT 1", 0, 1 }, { "NOT 2 1", 1, 2 },
	{ "OR 1 3", 1, 1 }, { "OR 2 1", 1, 2 }, { "OR 2 2", 0, 2 },
	{ "NOT (1 2)", 1, 2 }, { "NOT (2 3)", 1, 1 },
	{ "OR (1 2) (1 1)", 1, 4 }, { "OR (2 3) 1 1", 1, 3 },
	{ "NOT OR 2 2", 1, 2 }, { "NOT NOT 1", 1, 1 }, { "ALL", 1, 0 },
	{ "OR NOT ALL 1", 1, 1 }, { "OR OR 2 1 3 1", 1, 3 },
	{ "3", -1, 1 }, { "1 3", -1, 2 }, { "((((2)))) 3", 0, 1 },
	{ "(2) 3", 0, 1 }, { "(1) 2 (3)", 0, 2 },
	{ "NOT (NOT (1 NOT 2)) 1", 1, 3 },
	{ "4", 2, 1 }, { "4 1", 2, 2 }, { "1 4", 2, 2 }, { "4 2", 0, 2 },
	{ "NOT 4", 2, 1 }, { "OR 4 1", 1, 2 }, { "OR 4 2", 2, 2 },
	{ "OR 2 4", 2, 2 }, { "OR 1 4", 1, 1 }, { "(4 2) 1", 0, 2 },
	{ "NOT (4 2)", 1, 2 }, { "NOT OR 4 1 3", 0, 2 }, { "OR (4 1) 2", 2, 3 },
	{ "(OR 4 4) (OR 1 3)", 2, 3 }, { "4 3", -1, 2 },
};

static int
truth(void *asked, const struct imap_search_key *k)
{
	++*(unsigned *)asked;
	switch (k->set.v[0].first) {
	case 3:
		return -1;
	case 4:
		return IMAP_MAYBE;
	default:
		return k->set.v[0].first == 1;
	}
}

static void
test_runs(void **state)
{
	struct imap_tokens t = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof runs / sizeof *runs; i++) {
		struct imap_search s = { 0 };
		const char *why = "";
		unsigned asked = 0;
		int r = -2;

		if (parse(runs[i].in, &t, &s, &why) == 0)
			r = imap_search_run(&s, truth, &asked);
		if (r != runs[i].result || asked != runs[i].asked)
			fail_msg("run case %zu: %d %u %s", i, r, asked, why);
		imap_search_free(&s);
	}
	imap_tokens_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_runs)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
