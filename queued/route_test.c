/* Where recipients go, by real tables. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "queued/route.h"

static const char *const table[TABLE_COUNT][8][2] = {
	[TABLE_DOMAINS] = {
		{ "example.test", "local" }, { "second.test", "local" },
		{ "other.test", "alias example.test" },
		{ "relay.test", "relay" }
	},
	[TABLE_ALIASES] = {
		{ "info@example.test", "alice, bob@far.test, \\carol" },
		{ "root", "alice@example.test" },
		{ "bad@example.test", "|/bin/sh" },
		{ "@second.test", "alice@example.test" }
	},
	[TABLE_USERS] = {
		{ "alice@example.test", "1001:1001:/h/alice" },
		{ "carol", "1002:1002:/home/carol:system" },
		{ "zero", "0:0:/root:system" },
		{ "odd@example.test", "nonsense" }
	},
	[TABLE_ROUTES] = {
		{ "fixed.test", "smtp://a.test" },
		{ ".up.test", "smtp://b.test" },
		{ "from:news.test", "mx source=192.0.2.7" },
		{ "from:.news.test", "smtp://d.test" },
		{ "from:odd.test", "nonsense" },
		{ "*", "smtp://all.test" }
	}
};

static struct directory dir = { .hostname = "mx.example.test",
    .domains = "example.test second.test", .delimiter = '+' };

static int
open_tables(void **state)
{
	int fd[TABLE_COUNT];
	struct cdb_make m;
	size_t t, i;

	(void)state;
	for (t = 0; t < TABLE_COUNT; t++) {
		char path[] = "/tmp/queued-route-XXXXXX";

		fd[t] = -1;
		if (table[t][0][0] == NULL)
			continue;
		if ((fd[t] = mkstemp(path)) < 0)
			return -1;
		unlink(path);
		cdb_make_start(&m, fd[t]);
		for (i = 0; i < 8 && table[t][i][0]; i++)
			cdb_make_add(&m, table[t][i][0],
			    (unsigned)strlen(table[t][i][0]), table[t][i][1],
			    (unsigned)strlen(table[t][i][1]));
		cdb_make_finish(&m);
	}
	return directory_open(&dir, fd);
}

static void
found(void **state)
{
	static const struct {
		enum mail_class class;
		int client, user;
		const char *address;
		enum route_kind kind;
		const char *out;	/* key+ext, or code and enhanced */
	} row[] = {
		{ CLASS_STRANGER, 1, 0, "alice@example.test", ROUTE_LOCAL,
		    "alice@example.test+" },
		{ CLASS_STRANGER, 1, 0, "Alice+Lists@EXAMPLE.test",
		    ROUTE_LOCAL, "alice@example.test+lists" },
		{ CLASS_STRANGER, 1, 0, "alice@other.test", ROUTE_LOCAL,
		    "alice@example.test+" },
		{ CLASS_STRANGER, 1, 0, "carol@second.test", ROUTE_LOCAL,
		    "carol+" },
		{ CLASS_STRANGER, 1, 0, "info@example.test", ROUTE_ALIAS,
		    "" },
		{ CLASS_STRANGER, 1, 0, "whoever@second.test", ROUTE_ALIAS,
		    "" },
		{ CLASS_STRANGER, 1, 1, "whoever@second.test", ROUTE_REFUSED,
		    "550 5.1.1" },
		{ CLASS_STRANGER, 1, 0, "x@relay.test", ROUTE_REMOTE, "" },
		{ CLASS_STRANGER, 1, 0, "x@far.test", ROUTE_REFUSED,
		    "550 5.7.1" },
		{ CLASS_STRANGER, 0, 0, "x@Far.test", ROUTE_REMOTE, "" },
		{ CLASS_USER, 1, 0, "x@far.test", ROUTE_REMOTE, "" },
		{ CLASS_NET, 1, 0, "x@far.test", ROUTE_REMOTE, "" },
		{ CLASS_LOCAL, 1, 0, "x@far.test", ROUTE_REMOTE, "" },
		{ CLASS_REPORT, 1, 0, "x@far.test", ROUTE_REMOTE, "" },
		{ CLASS_STRANGER, 1, 0, "nobody@example.test", ROUTE_REFUSED,
		    "550 5.1.1" },
		{ CLASS_STRANGER, 1, 0, "zero@example.test", ROUTE_REFUSED,
		    "550 5.2.1" },
		{ CLASS_STRANGER, 1, 0, "odd@example.test", ROUTE_REFUSED,
		    "451 4.3.5" },
		{ CLASS_STRANGER, 1, 0, "x@far.test@", ROUTE_REFUSED,
		    "553 5.1.3" },
		{ CLASS_STRANGER, 1, 0, "x y@far.test", ROUTE_REFUSED,
		    "553 5.1.3" },
		{ CLASS_STRANGER, 1, 0, "x%far.test@example.test",
		    ROUTE_REFUSED, "550 5.1.1" },
		{ CLASS_STRANGER, 1, 0, "root", ROUTE_ALIAS, "" },
		/* as the writer tells it, and not for ever: there is no key */
		{ CLASS_STRANGER, 1, 0, "SRS0=abcd=AB=far.test=a@example.test",
		    ROUTE_REFUSED, "451 4.3.5" },
		/* no table of users made by correo(8) names it here */
		{ CLASS_STRANGER, 1, 0, "postmaster", ROUTE_REFUSED,
		    "451 4.3.5" },
	};
	char got[512];
	struct route r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		route_find(&dir, row[i].class, row[i].client, row[i].user,
		    span_of(row[i].address), &r);
		got[0] = '\0';
		if (r.kind == ROUTE_LOCAL)
			snprintf(got, sizeof got, "%s+%s", r.key, r.ext);
		else if (r.kind == ROUTE_REFUSED)
			snprintf(got, sizeof got, "%u %s", r.verdict.code,
			    r.verdict.enhanced);
		if (r.kind != row[i].kind || strcmp(got, row[i].out) != 0)
			fail_msg("row %zu: %d \"%s\" %s", i, (int)r.kind, got,
			    r.verdict.text);
	}
}

/* The recipient's domain says more than the sender's, and that than "*". */
static void
hops(void **state)
{
	static const struct {
		const char *address, *sender, *key;
	} row[] = {
		{ "x@fixed.test", "a@news.test", "smtp://a.test" },
		{ "x@a.Up.test", "a@news.test", "smtp://b.test" },
		{ "x@up.test", "a@other.test", "smtp://all.test" },
		{ "x@far.test", "a@News.test", "mx:far.test source=192.0.2.7" },
		{ "x@far.test", "a@b.c.news.test", "smtp://d.test" },
		{ "x@far.test", "a@xnews.test", "smtp://all.test" },
		{ "x@far.test", "", "smtp://all.test" },
		{ "x@far.test", "a b", "smtp://all.test" },
		{ "x@far.test", "a@odd.test", "" },
		{ "x@fixed.test", "a@odd.test", "smtp://a.test" },
	};
	struct route r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		route_find(&dir, CLASS_USER, 1, 0, span_of(row[i].address),
		    &r);
		assert_int_equal(r.kind, ROUTE_REMOTE);
		route_hop(&dir, span_of(row[i].sender), &r);
		if ((r.kind == ROUTE_REMOTE) != (*row[i].key != '\0') ||
		    strcmp(r.key, row[i].key) != 0)
			fail_msg("row %zu: %s %s", i, r.key, r.verdict.text);
	}
}

static int
close_tables(void **state)
{
	(void)state;
	directory_close(&dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(found), cmocka_unit_test(hops)
	};

	return cmocka_run_group_tests(test, open_tables, close_tables);
}
