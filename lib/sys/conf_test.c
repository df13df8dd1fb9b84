/* conf: lines, comments, types, ranges, and all errors at once. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/conf.h"
#include "sys/file.h"

const char *__asan_default_options(void);

/* What is read lives until exit, as in the programs. */
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

struct a {
	const char *name, *path;
	uint64_t n, size, time;
	int yes;
	const char *host, *address;
};

struct b {
	struct conf_words words, listen, named, hosts;
	struct conf_times times;
	struct conf_nets nets;
};

#define A(f) offsetof(struct a, f)
#define B(f) offsetof(struct b, f)

static const struct conf_key keys_a[] = {
	{ "name", CONF_TEXT, A(name), NULL, 0, 0, "The name." },
	{ "path", CONF_PATH, A(path), "/var", 0, 0, "A path." },
	{ "n", CONF_NUMBER, A(n), "7", 1, 100, "A number." },
	{ "size", CONF_SIZE, A(size), "1M", 1024, 0, "A size." },
	{ "time", CONF_TIME, A(time), "5m", 0, 86400, "A time." },
	{ "yes", CONF_YES, A(yes), "no", 0, 0, "A choice." },
	{ "host", CONF_HOST, A(host), "localhost", 0, 0, "A host." },
	{ "address", CONF_ADDRESS, A(address), "", 0, 0, "Where." },
	{ NULL, 0, 0, NULL, 0, 0, NULL }
};

static const struct conf_key keys_b[] = {
	{ "smtpd.words", CONF_WORDS, B(words), "", 0, 0, "Words." },
	{ "smtpd.listen", CONF_LISTEN, B(listen), "", 0, 0, "Where." },
	{ "smtpd.retry", CONF_TIMES, B(times), "1m 2h", 0, 0, "When." },
	{ "smtpd.nets", CONF_NETS, B(nets), "127.0.0.0/8", 0, 0, "Whom." },
	{ "smtpd.named", CONF_NAMED, B(named), "", 0, 0, "Who." },
	{ "smtpd.hosts", CONF_HOSTS, B(hosts), "", 0, 0, "Hosts." },
	{ NULL, 0, 0, NULL, 0, 0, NULL }
};

static int
read_text(const char *text, struct a *a, struct b *b, struct buf *errors)
{
	const struct conf_key *const table[] = { keys_a, keys_b };
	void *const out[] = { a, b };
	FILE *f = tmpfile();
	int r;

	assert_non_null(f);
	assert_int_equal(file_write(fileno(f), span_of(text)), 0);
	buf_reset(errors);
	r = conf_read(fileno(f), "c", table, 2, out, errors);
	buf_addc(errors, '\0');
	fclose(f);
	return r;
}

static const struct {
	const char *in, *errors;
} bad[] = {
	{ "", "c:0: name: must be named\n" },
	{ "name x\nnme y\n", "c:2: nme: unknown key\n" },
	{ "name x\nsmtpd.wrods y\n", "c:2: smtpd.wrods: unknown key\n" },
	{ "name x\nfoo.bar y\n", "c:2: foo.bar: unknown key\n" },
	{ "name x\nname y\n", "c:2: name: named twice\n" },
	{ " x\nname x\n",
	    "c:1: goes on with a line that is not there\n" },
	{ "name x\nn 0\n", "c:2: n: no number, or out of range\n" },
	{ "name x\nn 101\n", "c:2: n: no number, or out of range\n" },
	{ "name x\nn 1x\n", "c:2: n: no number, or out of range\n" },
	{ "name x\nn\n", "c:2: n: no number, or out of range\n" },
	{ "name x\nyes maybe\n", "c:2: yes: yes or no is wanted\n" },
	{ "name x\npath var\n",
	    "c:2: path: a path that begins with / is wanted\n" },
	{ "\xef\xbb\xbfname x\nb c\n", "c:1: begins with a byte order "
	    "mark; save it without\nc:2: b: unknown key\n" },
	{ "name x\001\n", "c:1: name: control byte in the value\n" },
	{ "a b\nc d\nyes 1\n", "c:1: a: unknown key\nc:2: c: unknown key\n"
	    "c:3: yes: yes or no is wanted\nc:0: name: must be named\n" },
	{ "name x\nsmtpd.listen 127.0.0.1\n", "c:2: smtpd.listen: "
	    "ADDRESS:PORT is wanted, [ADDRESS]:PORT for IPv6\n" },
	{ "name x\nsmtpd.listen ::1:25\n", "c:2: smtpd.listen: "
	    "ADDRESS:PORT is wanted, [ADDRESS]:PORT for IPv6\n" },
	{ "name x\nsmtpd.listen 127.0.0.1:0\n", "c:2: smtpd.listen: "
	    "ADDRESS:PORT is wanted, [ADDRESS]:PORT for IPv6\n" },
	{ "name x\nsmtpd.retry\n",
	    "c:2: smtpd.retry: at least one time is wanted\n" },
	{ "name x\nsmtpd.named x=y\n", "c:2: smtpd.named: ADDRESS or "
	    "ADDRESS=NAME is wanted\n" },
	{ "name x\nsmtpd.named ::1=\n", "c:2: smtpd.named: ADDRESS or "
	    "ADDRESS=NAME is wanted\n" },
	{ "name x\nsmtpd.named 192.0.2.1=a_b\n", "c:2: smtpd.named: ADDRESS "
	    "or ADDRESS=NAME is wanted\n" },
	{ "name x\nsmtpd.nets 192.0.2.1/24\n", "c:2: smtpd.nets: no network "
	    "(192.0.2.0/24, 2001:db8::/32), or bits set behind its length\n" },
	{ "name x\n\nsmtpd.words a\n b\n# c\n c\nsmtpd.q r\n",
	    "c:7: smtpd.q: unknown key\n" },
	{ "name x\nhost\n", "c:2: host: a name like mx.example.test is "
	    "wanted\n" },
	{ "name x\nhost a b\n", "c:2: host: a name like mx.example.test is "
	    "wanted\n" },
	{ "name x\nhost a..b\n", "c:2: host: a name like mx.example.test is "
	    "wanted\n" },
	{ "name x\nhost 0123456789012345678901234567890123456789012345678901234"
	    "567890123\n", "c:2: host: a name like mx.example.test is "
	    "wanted\n" },
	{ "name x\nsmtpd.hosts a.b c_d-e \303\274.x .f\n", "c:2: smtpd.hosts: "
	    "a name like mx.example.test is wanted\n" },
	{ "name x\naddress here:25\n", "c:2: address: "
	    "ADDRESS:PORT is wanted, [ADDRESS]:PORT for IPv6\n" },
	{ "name x\ntime 2d\n", "c:2: time: no time (digits and s, m, h, d or "
	    "w), or out of range\n" },
	{ "name x\nsize 1\n", "c:2: size: no size (digits and k, M or G), or "
	    "out of range\n" }
};

static void
test_bad(void **state)
{
	struct buf errors = { .max = 4096 };
	struct a a;
	struct b b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (read_text(bad[i].in, &a, &b, &errors) != -1 ||
		    strcmp((char *)errors.p, bad[i].errors) != 0)
			fail_msg("%zu: %s", i, (char *)errors.p);
	buf_free(&errors);
}

static void
test_good(void **state)
{
	struct buf errors = { .max = 4096 };
	struct a a;
	struct b b;

	(void)state;
	assert_int_equal(read_text("# first\nname\tmx.example.test # it\r\n"
	    "path /a/b#c\nn 100\nsize 2k\ntime 1h\nyes yes\n"
	    "smtpd.words a\n\n# between\n  b  c # d\n\t e\n"
	    "smtpd.listen 0.0.0.0:25 [::]:25\nsmtpd.retry 5m 1w 3\n"
	    "smtpd.nets 192.0.2.0/24 2001:db8::/32 ::1\n"
	    "smtpd.named 192.0.2.1 ::1=a.test\n"
	    "host mx\naddress [::1]:53\nsmtpd.hosts a.b c_d-e \303\274.x\n"
	    "imapd.anything goes\nqueued.x", &a, &b, &errors), 0);
	assert_string_equal(a.name, "mx.example.test");
	assert_string_equal(a.path, "/a/b#c");
	assert_int_equal(a.n, 100);
	assert_int_equal(a.size, 2048);
	assert_int_equal(a.time, 3600);
	assert_int_equal(a.yes, 1);
	assert_int_equal(b.words.n, 4);
	assert_string_equal(b.words.word[3], "e");
	assert_int_equal(b.listen.n, 2);
	assert_string_equal(b.listen.word[1], "[::]:25");
	assert_int_equal(b.times.n, 3);
	assert_int_equal(b.times.s[1], 604800);
	assert_int_equal(b.named.n, 2);
	assert_string_equal(a.host, "mx");
	assert_string_equal(a.address, "[::1]:53");
	assert_int_equal(b.hosts.n, 3);
	assert_int_equal(b.nets.n, 3);
	assert_int_equal(b.nets.net[0].bits, 120);
	assert_int_equal(read_text("name x\n", &a, &b, &errors), 0);
	assert_int_equal(a.size, 1 << 20);
	assert_int_equal(a.yes, 0);
	assert_int_equal(b.words.n, 0);
	assert_int_equal(b.times.s[1], 7200);
	buf_free(&errors);
}

static void
test_address(void **state)
{
	static const struct {
		const char *in;
		int port;		/* -1: refused */
	} t[] = {
		{ "127.0.0.1:25", 25 }, { "[::1]:65535", 65535 },
		{ "127.0.0.1:65536", -1 }, { "[::1]", -1 }, { "[::1]25", -1 },
		{ ":25", -1 }, { "", -1 }, { "[:25", -1 }, { "[]:25", -1 },
		{ "localhost:25", -1 }, { "1.2.3.4:+5", -1 }
	};
	struct ip ip;
	unsigned port;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		if ((conf_address(span_of(t[i].in), &ip, &port) < 0 ? -1 :
		    (int)port) != t[i].port)
			fail_msg("%zu", i);
}

/* What is found wrong later stands where its key does, if it does. */
static void
test_place(void **state)
{
	static const char text[] = "# first\nname x\nsmtpd.words a\n b\n"
	    "time 1h\n";
	struct buf errors = { .max = 4096 };
	FILE *f = tmpfile();

	(void)state;
	assert_non_null(f);
	assert_int_equal(file_write(fileno(f), span_of(text)), 0);
	buf_adds(&errors, "time: not now\n/nowhere: No such file\n"
	    "smtpd.words: b: unknown\nsize: too much\n");
	conf_place(fileno(f), "c", &errors);
	assert_int_equal(buf_addc(&errors, 0), 0);
	assert_string_equal((char *)errors.p, "c:5: time: not now\n"
	    "/nowhere: No such file\nc:3: smtpd.words: b: unknown\n"
	    "size: too much\n");
	buf_free(&errors);
	fclose(f);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_address)
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
