/* directory: who an address is, and what an alias stands for (alias), over real
 * tables. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/alias.h"
#include "store/directory.h"

struct pair {
	int table;
	struct span key, value;
};

#define ROW(t, k, v) { t, { (const unsigned char *)(k), sizeof(k) - 1 }, \
	{ (const unsigned char *)(v), sizeof(v) - 1 } }

static const struct pair pairs[] = {
	ROW(TABLE_DOMAINS, "example.test", "local"),
	ROW(TABLE_DOMAINS, "example.net", "alias example.test"),
	ROW(TABLE_DOMAINS, "example.org", "alias example.net"),
	ROW(TABLE_DOMAINS, "ring1.test", "alias ring2.test"),
	ROW(TABLE_DOMAINS, "ring2.test", "alias ring1.test"),
	ROW(TABLE_DOMAINS, "backup.example", "relay"),
	ROW(TABLE_DOMAINS, "open.example", "relay"),
	ROW(TABLE_DOMAINS, "odd.test", "lcoal"),
	ROW(TABLE_DOMAINS, "[192.0.2.1]", "local"),
	ROW(TABLE_ALIASES, "info@example.test", "alice@example.test, b@c.d"),
	ROW(TABLE_ALIASES, "sales", "alice"),
	ROW(TABLE_ALIASES, "alice+x@example.test", "bob"),
	ROW(TABLE_ALIASES, "list@example.test", "\\list"),
	ROW(TABLE_ALIASES, "@catch.test", "alice@example.test"),
	ROW(TABLE_ALIASES, "postmaster", "root, carol"),
	ROW(TABLE_ALIASES, "abuse@example.test", "carol"),
	/* as postalias makes them */
	ROW(TABLE_ALIASES, "nulled\0", "alice\0"),
	ROW(TABLE_USERS, "alice@example.test", "70001:70001:/m/alice"),
	ROW(TABLE_USERS, "list@example.test", "70002:70002:/m/list"),
	ROW(TABLE_USERS, "a+b@example.test", "70003:70003:/m/ab"),
	ROW(TABLE_USERS, "sales@catch.test", "70004:70004:/m/sales"),
	ROW(TABLE_USERS, "carol", "1003:1003:/home/carol:system"),
	ROW(TABLE_USERS, "bad", "x"),
	ROW(TABLE_USERS, "postmaster", "70000:70000:/s/postmaster"),
	ROW(TABLE_RELAY, "bits", "4/24 4/32 6/32 4/8"),
	ROW(TABLE_RELAY, "net 192.0.2.0/24", ""),
	ROW(TABLE_RELAY, "net 198.51.100.7/32", ""),
	ROW(TABLE_RELAY, "net 10.0.0.0/8", ""),
	ROW(TABLE_RELAY, "net 2001:db8::/32", ""),
	ROW(TABLE_RELAY, "list backup.example", ""),
	ROW(TABLE_RELAY, "rcpt user1@backup.example", "")
};

static const struct {
	const char *in;
	int aliases, result;
	enum recipient_kind kind;
	const char *key, *ext, *targets;
} lookup[] = {
	{ "alice@example.test", 1, 0, RECIPIENT_MAILBOX, "alice@example.test",
	    "", "" },
	{ "alice+y@example.test", 1, 0, RECIPIENT_MAILBOX,
	    "alice@example.test", "y", "" },
	{ "alice+y+z@example.test", 1, 0, RECIPIENT_MAILBOX,
	    "alice@example.test", "y+z", "" },
	{ "alice+@example.test", 1, 0, RECIPIENT_MAILBOX,
	    "alice@example.test", "", "" },
	{ "alice+x@example.test", 1, 0, RECIPIENT_ALIAS, "", "", "bob" },
	{ "alice+x+y@example.test", 1, 0, RECIPIENT_ALIAS, "", "y", "bob" },
	{ "alice+x@example.test", 0, 0, RECIPIENT_MAILBOX,
	    "alice@example.test", "x", "" },
	{ "a+b@example.test", 1, 0, RECIPIENT_MAILBOX, "a+b@example.test", "",
	    "" },
	{ "a+b+c@example.test", 1, 0, RECIPIENT_MAILBOX, "a+b@example.test",
	    "c", "" },
	{ "a@example.test", 1, 0, RECIPIENT_NONE, "", "", "" },
	{ "+x@example.test", 1, 0, RECIPIENT_NONE, "", "", "" },
	{ "info@example.test", 1, 0, RECIPIENT_ALIAS, "", "",
	    "alice@example.test, b@c.d" },
	{ "info+e@example.test", 1, 0, RECIPIENT_ALIAS, "", "e",
	    "alice@example.test, b@c.d" },
	{ "info@example.net", 1, 0, RECIPIENT_ALIAS, "", "",
	    "alice@example.test, b@c.d" },
	{ "info@example.org", 1, 0, RECIPIENT_ALIAS, "", "",
	    "alice@example.test, b@c.d" },
	{ "info@mx.example.test", 1, 0, RECIPIENT_NONE, "", "", "" },
	{ "list@example.test", 1, 0, RECIPIENT_ALIAS, "", "", "\\list" },
	{ "list@example.test", 0, 0, RECIPIENT_MAILBOX, "list@example.test",
	    "", "" },
	{ "sales@example.test", 1, 0, RECIPIENT_ALIAS, "", "", "alice" },
	{ "sales@localhost", 1, 0, RECIPIENT_ALIAS, "", "", "alice" },
	{ "sales@mx.example.test", 1, 0, RECIPIENT_ALIAS, "", "", "alice" },
	{ "sales", 1, 0, RECIPIENT_ALIAS, "", "", "alice" },
	/* the special before the general */
	{ "sales@catch.test", 1, 0, RECIPIENT_MAILBOX, "sales@catch.test", "",
	    "" },
	{ "nulled@example.test", 1, 0, RECIPIENT_ALIAS, "", "", "alice" },
	{ "anything@catch.test", 1, 0, RECIPIENT_ALIAS, "", "",
	    "alice@example.test" },
	{ "anything@catch.test", 0, 0, RECIPIENT_NONE, "", "", "" },
	{ "carol@catch.test", 1, 0, RECIPIENT_MAILBOX, "carol", "", "" },
	{ "carol+e@localhost", 1, 0, RECIPIENT_MAILBOX, "carol", "e", "" },
	{ "carol@conf.test", 1, 0, RECIPIENT_MAILBOX, "carol", "", "" },
	{ "x@[192.0.2.1]", 1, 0, RECIPIENT_NONE, "", "", "" },
	{ "carol@[192.0.2.1]", 1, 0, RECIPIENT_MAILBOX, "carol", "", "" },
	{ "carol@[192.0.2.2]", 1, 0, RECIPIENT_FOREIGN, "", "", "" },
	{ "alice@elsewhere.example", 1, 0, RECIPIENT_FOREIGN, "", "", "" },
	{ "postmaster@elsewhere.example", 1, 0, RECIPIENT_FOREIGN, "", "",
	    "" },
	/* names that always resolve */
	{ "postmaster@example.test", 1, 0, RECIPIENT_ALIAS, "", "",
	    "root, carol" },
	{ "postmaster", 1, 0, RECIPIENT_ALIAS, "", "", "root, carol" },
	{ "postmaster@example.test", 0, 0, RECIPIENT_MAILBOX, "postmaster",
	    "", "" },
	{ "abuse@example.test", 1, 0, RECIPIENT_ALIAS, "", "", "carol" },
	{ "abuse@localhost", 1, 0, RECIPIENT_ALIAS, "", "", "root, carol" },
	/* postmaster is an alias of root, and root of nobody: no ring */
	{ "root@example.test", 1, 0, RECIPIENT_MAILBOX, "postmaster", "",
	    "" },
	{ "mailer-daemon@example.net", 1, 0, RECIPIENT_ALIAS, "", "",
	    "root, carol" },
	{ "root@catch.test", 1, 0, RECIPIENT_ALIAS, "", "",
	    "alice@example.test" },
	/* relay domains */
	{ "user1@backup.example", 1, 0, RECIPIENT_RELAY, "", "", "" },
	{ "user1+e@backup.example", 1, 0, RECIPIENT_RELAY, "", "", "" },
	{ "user2@backup.example", 1, 0, RECIPIENT_NONE, "", "", "" },
	{ "postmaster@backup.example", 1, 0, RECIPIENT_RELAY, "", "", "" },
	{ "any@open.example", 1, 0, RECIPIENT_RELAY, "", "", "" },
	/* tables that say nonsense */
	{ "x@ring1.test", 1, -1, RECIPIENT_FOREIGN, "", "", "" },
	{ "x@odd.test", 1, -1, RECIPIENT_FOREIGN, "", "", "" },
	{ "", 1, 0, RECIPIENT_NONE, "", "", "" },
	{ "@example.test", 1, 0, RECIPIENT_NONE, "", "", "" },
	{ "x@", 1, 0, RECIPIENT_FOREIGN, "", "", "" }
};

static struct directory dir = { .hostname = "mx.example.test",
    .domains = "catch.test Conf.test", .delimiter = '+' };

static int
setup(void **state)
{
	struct cdb_make c;
	char path[] = "/tmp/directory_test.XXXXXX";
	int fd[TABLE_COUNT], t;
	size_t i;

	(void)state;
	for (t = 0; t < TABLE_COUNT; t++) {
		memcpy(path + sizeof path - 7, "XXXXXX", 6);
		fd[t] = t == TABLE_ROUTES ? -1 : mkstemp(path);
		if (fd[t] < 0)
			continue;
		unlink(path);
		if (cdb_make_start(&c, fd[t]) < 0)
			return -1;
		for (i = 0; i < sizeof pairs / sizeof *pairs; i++)
			if (pairs[i].table == t)
				cdb_make_add(&c, pairs[i].key.p,
				    (unsigned)pairs[i].key.n, pairs[i].value.p,
				    (unsigned)pairs[i].value.n);
		if (cdb_make_finish(&c) < 0)
			return -1;
	}
	return directory_open(&dir, fd);
}

static int
teardown(void **state)
{
	(void)state;
	directory_close(&dir);
	return 0;
}

static void
test_lookup(void **state)
{
	struct recipient r;
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < sizeof lookup / sizeof *lookup; i++) {
		got = lookup[i].aliases ?
		    directory_lookup(&dir, span_of(lookup[i].in), &r) :
		    directory_lookup_user(&dir, span_of(lookup[i].in), &r);
		if (got != lookup[i].result || r.kind != lookup[i].kind)
			fail_msg("%zu: %s: %d, kind %d", i, lookup[i].in, got,
			    r.kind);
		if (strcmp(r.key, lookup[i].key) != 0 ||
		    strcmp(r.ext, lookup[i].ext) != 0 ||
		    !span_eq(r.targets, span_of(lookup[i].targets)))
			fail_msg("%zu: %s: %s +%s", i, lookup[i].in, r.key,
			    r.ext);
	}
}

static void
test_delimiter(void **state)
{
	struct directory d = dir;
	struct recipient r;

	(void)state;
	d.delimiter = 0;
	assert_int_equal(directory_lookup(&d, SPAN("alice+y@example.test"),
	    &r), 0);
	assert_int_equal(r.kind, RECIPIENT_NONE);
	assert_int_equal(directory_lookup(&d, SPAN("user1+e@backup.example"),
	    &r), 0);
	assert_int_equal(r.kind, RECIPIENT_NONE);
}

static void
test_long(void **state)
{
	char in[5000];
	struct recipient r;

	(void)state;
	memset(in, '+', sizeof in);
	assert_int_equal(directory_lookup(&dir, span_mem(in, sizeof in), &r),
	    0);
	assert_int_equal(r.kind, RECIPIENT_NONE);
	memcpy(in + sizeof in - 13, "@example.test", 13);
	assert_int_equal(directory_lookup(&dir, span_mem(in, sizeof in), &r),
	    0);
	assert_int_equal(r.kind, RECIPIENT_NONE);
}

static void
test_targets(void **state)
{
	static const struct {
		const char *alias, *list, *out;	/* "!": refused */
	} t[] = {
		{ "info@example.test", "alice, bob@far.test, \\carol",
		    "alice@example.test;bob@far.test;\\carol@example.test;" },
		/* not of the alias' domain: of the first that has it */
		{ "info@other.test", "alice", "alice@example.test;" },
		{ "sales", "list", "list@example.test;" },
		/* carol is of the system, and of each local domain */
		{ "info@example.net", "carol", "carol@example.net;" },
		/* the catch-all has it */
		{ "x@example.test", "unknown", "unknown@catch.test;" },
		{ "x@example.test", "", "" },
		{ "x@example.test", "alice, |prog", "alice@example.test;!" },
		{ "x@example.test", "/var/mail/", "!" },
		{ "x@example.test", "/dev/null", "" },
		{ "x@example.test", "/dev/null alice",
		    "alice@example.test;" },
		{ "x@example.test", "/dev/null/x", "!" },
		{ "x@example.test", ":include:/etc/list", "!" },
	};
	struct directory d = dir;
	struct buf one = { .max = 1024 }, all = { .max = 4096 };
	struct span list;
	const char *why;
	size_t i;
	int r;

	(void)state;
	d.domains = "example.test catch.test";
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		buf_reset(&all);
		list = span_of(t[i].list);
		while ((r = alias_target(&d, span_of(t[i].alias), &list,
		    &one, &why)) == 1) {
			buf_addspan(&all, buf_span(&one));
			buf_addc(&all, ';');
		}
		if (r < 0)
			buf_addc(&all, '!');
		if (!span_eq(buf_span(&all), span_of(t[i].out)))
			fail_msg("%zu: %.*s", i, SPAN_ARG(buf_span(&all)));
	}
	buf_free(&one);
	buf_free(&all);
}

static void
test_net(void **state)
{
	static const struct {
		const char *ip;
		int result;
	} t[] = {
		{ "192.0.2.0", 1 }, { "192.0.2.255", 1 }, { "192.0.3.0", 0 },
		{ "198.51.100.7", 1 }, { "198.51.100.8", 0 },
		{ "10.255.255.255", 1 }, { "11.0.0.0", 0 },
		{ "127.0.0.1", 0 }, { "2001:db8:ffff::1", 1 },
		{ "2001:db9::", 0 }, { "::1", 0 }, { "::ffff:192.0.2.9", 1 }
	};
	struct ip ip;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		assert_int_equal(ip_parse(span_of(t[i].ip), &ip), 0);
		if (directory_net(&dir, &ip) != t[i].result)
			fail_msg("%zu: %s", i, t[i].ip);
	}
}

static void
test_mailbox(void **state)
{
	struct mailbox m;

	(void)state;
	assert_int_equal(directory_mailbox(&dir, SPAN("carol"), &m), 1);
	assert_int_equal(m.uid, 1003);
	assert_int_equal(m.system, 1);
	assert_int_equal(directory_mailbox(&dir, SPAN("nobody"), &m), 0);
	assert_int_equal(directory_mailbox(&dir, SPAN("bad"), &m), -1);
	assert_int_equal(directory_mailbox(&dir, SPAN(""), &m), 0);
}

/* A file that is no cdb is refused; one that is cut off says so when asked. */
static void
test_damaged(void **state)
{
	char path[] = "/tmp/directory_test.XXXXXX";
	int i, fd[TABLE_COUNT];
	struct directory d = dir;

	(void)state;
	for (i = 0; i < TABLE_COUNT; i++)
		fd[i] = -1;
	fd[TABLE_USERS] = mkstemp(path);
	unlink(path);
	assert_int_equal(write(fd[TABLE_USERS], "no cdb", 6), 6);
	assert_int_equal(directory_open(&d, fd), -1);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_delimiter),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_net),
		cmocka_unit_test(test_mailbox),
		cmocka_unit_test(test_damaged)
	};

	return cmocka_run_group_tests(t, setup, teardown);
}
