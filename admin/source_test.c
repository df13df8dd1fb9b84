/* source: lines, comments and entries of each table. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "admin/source.h"
#include "store/alias.h"

#define SCRAM "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$" \
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:" \
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define HASH "$y$j9T$abcdefgh$0123456789"

static const struct {
	int table;
	const char *in, *key, *value;	/* key NULL: refused, value in why */
} rows[] = {
	{ TABLE_DOMAINS, "example.test local", "example.test", "local" },
	{ TABLE_DOMAINS, "Example.TEST.", "example.test", "local" },
	{ TABLE_DOMAINS, "a.test relay", "a.test", "relay" },
	{ TABLE_DOMAINS, "a.test  alias\tB.test ", "a.test", "alias b.test" },
	{ TABLE_DOMAINS, "[192.0.2.1] local", "[192.0.2.1]", "local" },
	{ TABLE_DOMAINS, "a.test alias", NULL, "" },
	{ TABLE_DOMAINS, "a.test virtual", NULL, "local, relay" },
	{ TABLE_DOMAINS, "a.test local local", NULL, "words behind" },
	{ TABLE_DOMAINS, "a..test", NULL, "" },
	{ TABLE_DOMAINS, " a.test", NULL, "not there" },
	{ TABLE_DOMAINS, "a.te\001st", NULL, "control" },
	{ TABLE_ALIASES, "postmaster: alice", "postmaster", "alice" },
	{ TABLE_ALIASES, "Info@Example.TEST:a@b.test,c d", "info@example.test",
	    "a@b.test, c, d" },
	{ TABLE_ALIASES, "@example.net : x@y.test", "@example.net",
	    "x@y.test" },
	{ TABLE_ALIASES, "\"a b\": x", "\"a b\"", "x" },
	{ TABLE_ALIASES, "\"a:b\"@c.test: x", "\"a:b\"@c.test", "x" },
	{ TABLE_ALIASES, "\"abc\": \\abc, \"d e\"@f.test", "abc",
	    "\\abc, \"d e\"@f.test" },
	{ TABLE_ALIASES, "a: |cat", NULL, ".forward" },
	{ TABLE_ALIASES, "a: \"|cat x\"", NULL, ".forward" },
	{ TABLE_ALIASES, "a: b, |\"cat x\"", NULL, ".forward" },
	{ TABLE_ALIASES, "a: /var/mail/x", NULL, ".forward" },
	{ TABLE_ALIASES, "a: /dev/null", "a", "/dev/null" },
	{ TABLE_ALIASES, "a: b,:include:/etc/list c", "a",
	    "b, :include:/etc/list, c" },
	{ TABLE_ALIASES, "a: :include:list", NULL, "begins with /" },
	{ TABLE_ALIASES, "a: <b@c.test>, d, <e@f.test>", "a",
	    "<b@c.test>, d, <e@f.test>" },
	{ TABLE_ALIASES, "a: Jane Doe <jane@a.test>", NULL, "a name before" },
	{ TABLE_ALIASES, "a: b@", NULL, "" },
	{ TABLE_ALIASES, "@a.test: @b.test", NULL, "DOMAIN alias DOMAIN" },
	{ TABLE_ALIASES, "a:", NULL, "no target" },
	{ TABLE_ALIASES, "a b", NULL, "colon" },
	{ TABLE_ALIASES, ": b", NULL, "" },
	{ TABLE_ALIASES, "@: b", NULL, "" },
	{ TABLE_ALIASES, "*: b", NULL, "@DOMAIN" },
	{ TABLE_ALIASES, "*@a.test: b", NULL, "@DOMAIN" },
	{ TABLE_ALIASES, "*a: b", "*a", "b" },
	{ TABLE_USERS, "Alice@a.test:70001:70001:/m/a:quota=2G",
	    "alice@a.test", "70001:70001:/m/a:quota=2G" },
	{ TABLE_USERS, "carol:1003:1003:/home/carol:system", "carol",
	    "1003:1003:/home/carol:system" },
	{ TABLE_USERS, "root:0:0:/root:system", NULL, "uid 0" },
	{ TABLE_USERS, "carol", NULL, "KEY:UID" },
	{ TABLE_USERS, "carol:x:1:/h", NULL, "numbers" },
	{ TABLE_RELAY, "net 192.0.2.0/24", "net 192.0.2.0/24", "" },
	{ TABLE_RELAY, "net 192.0.2.7", "net 192.0.2.7/32", "" },
	{ TABLE_RELAY, "net 2001:DB8::/32", "net 2001:db8::/32", "" },
	{ TABLE_RELAY, "net ::1", "net ::1/128", "" },
	{ TABLE_RELAY, "rcpt Backup.example User1", "rcpt user1@backup.example",
	    "" },
	{ TABLE_RELAY, "net 192.0.2.1/24", NULL, "network" },
	{ TABLE_RELAY, "net 192.0.2.0/24 x", NULL, "words behind" },
	{ TABLE_RELAY, "rcpt backup.example a@b", NULL, "without @" },
	{ TABLE_RELAY, "rcpt backup.example a b", NULL, "words behind" },
	{ TABLE_RELAY, "host x", NULL, "net NETWORK" },
	{ TABLE_ROUTES, "* mx", "*", "mx" },
	{ TABLE_ROUTES, "from:News.test mx source=192.0.2.7",
	    "from:news.test", "mx source=192.0.2.7" },
	{ TABLE_ROUTES, "from:.A.test mx", "from:.a.test", "mx" },
	{ TABLE_ROUTES, "from:* mx", NULL, "domain" },
	{ TABLE_ROUTES, "from: mx", NULL, "domain" },
	{ TABLE_ROUTES, ".Internal smtp://10.0.0.1:2525", ".internal",
	    "smtp://10.0.0.1:2525" },
	{ TABLE_ROUTES, "a.test lmtp+unix:///run/lmtp", "a.test",
	    "lmtp+unix:///run/lmtp" },
	{ TABLE_ROUTES, "a.test smtps://mail.test", "a.test",
	    "smtps://mail.test" },
	{ TABLE_ROUTES, "a.test lmtp://[2001:db8::1]:24", "a.test",
	    "lmtp://[2001:db8::1]:24" },
	{ TABLE_ROUTES, "a.test  smtps://h.test  tls=verify login=far", "a.test",
	    "smtps://h.test tls=verify login=far" },
	{ TABLE_ROUTES, "a.test mx tls=maybe", NULL, "tls= is may" },
	{ TABLE_ROUTES, "a.test mx tls=may tls=may", NULL, "each once" },
	{ TABLE_ROUTES, "a.test mx rate=0", NULL, "rate= is 1" },
	{ TABLE_ROUTES, "a.test mx :b.test", NULL, "may follow" },
	{ TABLE_ROUTES, "a.test smtp://[::1", NULL, "smtp://" },
	{ TABLE_ROUTES, "a.test smtp://x:0", NULL, "smtp://" },
	{ TABLE_ROUTES, "a.test http://x", NULL, "smtp://" },
	{ TABLE_ROUTES, "a.test", NULL, "smtp://" },
	{ TABLE_ROUTES, "a.test lmtp+unix:///", NULL, "smtp://" },
	{ SOURCE_PASSWORDS, "alice@a.test:" HASH, "alice@a.test", HASH },
	{ SOURCE_PASSWORDS, "a@b.test:" SCRAM, "a@b.test scram", SCRAM },
	{ SOURCE_PASSWORDS, "a@b.test:SCRAM-SHA-256$4096:QQ==$QQ==:QQ==", NULL,
	    "RFC 5803" },
	{ SOURCE_PASSWORDS, "a@b.test:app:k3f9:imap,smtp:HMAC:"
	    "2026-11-22T09:00:00Z:phone", "a@b.test app k3f9",
	    "imap,smtp:HMAC:2026-11-22T09:00:00Z:phone" },
	{ SOURCE_PASSWORDS, "a@b.test:app:k3f9:imap:HMAC:phone", NULL,
	    "app:ID" },
	{ SOURCE_PASSWORDS, "a@b.test:app::i:H:2026Z:p", NULL, "app:ID" },
	{ SOURCE_PASSWORDS, "a@b.test:*", NULL, "hash" },
	{ SOURCE_PASSWORDS, "a@b.test:{BLF-CRYPT}" HASH, NULL, "{SCHEME}" },
	{ SOURCE_PASSWORDS, "a@b.test", NULL, "KEY:HASH" }
};

static void
test_rows(void **state)
{
	struct buf k = { .max = SOURCE_KEY }, v = { .max = SOURCE_LINE };
	const char *why;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		why = "";
		r = source_parse(rows[i].table, span_of(rows[i].in), &k, &v,
		    &why);
		if ((r == 0) != (rows[i].key != NULL))
			fail_msg("%zu: %s: %s", i, rows[i].in, why);
		if (r < 0 ? strstr(why, rows[i].value) == NULL :
		    !span_eq(buf_span(&k), span_of(rows[i].key)) ||
		    !span_eq(buf_span(&v), span_of(rows[i].value)))
			fail_msg("%zu: %s: %.*s -> %.*s %s", i, rows[i].in,
			    SPAN_ARG(buf_span(&k)), SPAN_ARG(buf_span(&v)),
			    why);
	}
	buf_free(&k);
	buf_free(&v);
}

static void
test_lines(void **state)
{
	static const struct {
		const char *text;
		unsigned nr;
	} want[] = {
		{ " odd", 1 }, { "a: b, c, d", 4 }, { "\"# x\": y", 10 },
		{ "e#f: g", 11 }, { "last", 13 }
	};
	struct span in = SPAN(" odd\n# one\n\na: b, # c\n\t\n  c,\n# not c\n"
	    "\n d\r\n\"# x\": y # z\ne#f: g\n# its own\nlast");
	struct source_line l = { 0 };
	unsigned nr = 0;
	size_t i;

	(void)state;
	for (i = 0; source_next(&in, &nr, &l); i++)
		if (i == sizeof want / sizeof *want || l.nr != want[i].nr ||
		    !span_eq(buf_span(&l.text), span_of(want[i].text)))
			fail_msg("%zu: %u '%.*s'", i, l.nr,
			    SPAN_ARG(buf_span(&l.text)));
	assert_int_equal(i, sizeof want / sizeof *want);
}

static void
test_long_alias(void **state)
{
	struct buf k = { .max = SOURCE_KEY }, v = { .max = SOURCE_LINE };
	struct buf line = { .max = SOURCE_LINE };
	const char *why = "";
	int i;

	(void)state;
	buf_adds(&line, "list:");
	for (i = 0; i < ALIAS_TARGETS; i++)
		buf_addf(&line, " m%d@example.test", i);
	assert_int_equal(source_parse(TABLE_ALIASES, buf_span(&line), &k, &v,
	    &why), 0);
	buf_adds(&line, ", /dev/null");
	assert_int_equal(source_parse(TABLE_ALIASES, buf_span(&line), &k, &v,
	    &why), -1);
	assert_string_equal(why, "alias: more than 10000 targets");
	buf_free(&line);
	buf_free(&k);
	buf_free(&v);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_alias)
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
