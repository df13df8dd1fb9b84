/* deliver_test - a delivery child at the end of a channel: what it writes and
 * what it answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>

#include "localdeliver/scratch.h"

#define ALICE "alice@example.test"
#define HELLO "From: a@s.test\r\nSubject: x\r\n\r\nhello\r\n"

struct row {
	const char *name;
	const char *file, *text;	/* forwarding file, %H: the home */
	const char *ext;
	const char *via;
	const char *message;		/* NULL: HELLO */
	unsigned code;			/* 0: kind to */
	const char *enhanced, *says;
	const char *to;			/* joined by spaces */
	int kept, lists;		/* files in Maildir/new, lists/new */
};

static struct scratch s;
static struct answer a;
static struct job j;

static unsigned
count_in(const char *name)
{
	char path[256];
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof path, "%s/%s", s.home, name);
	if ((d = opendir(path)) == NULL)
		return 0;
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* The only file in a directory: its text; its name in *name. */
static void
the_file(const char *dir, char *name, size_t nname, struct buf *text)
{
	char path[256];
	struct dirent *e;
	int fd;
	DIR *d;

	snprintf(path, sizeof path, "%s/%s", s.home, dir);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL && e->d_name[0] == '.')
		;
	assert_non_null(e);
	strlcpy(name, e->d_name, nname);
	fd = openat(dirfd(d), e->d_name, O_RDONLY);
	assert_int_equal(file_read(fd, text), 0);
	close(fd);
	closedir(d);
}

/* One job to a child of its own, whose exit status it is; no answer: code 0. */
static int
hand_over(int fd)
{
	memset(&a, 0, sizeof a);
	scratch_child(&s, 0, !SANITIZED);
	scratch_send(&s, &j, fd);
	close(fd);
	(void)scratch_answer(&s, &a);
	return scratch_close(&s);
}

static void
deliver(struct span message)
{
	assert_int_equal(hand_over(scratch_message(&s, message)), 0);
	assert_int_not_equal(a.nr, 0);
}

static void
put_forward(const char *file, const char *text)
{
	char out[1024];
	struct buf b = { .max = sizeof out - 1 };

	for (; *text; text++)
		if (text[0] == '%' && text[1] == 'H') {
			buf_adds(&b, s.home);
			text++;
		} else
			buf_addc(&b, (unsigned char)*text);
	assert_int_equal(span_str(buf_span(&b), out, sizeof out), 0);
	buf_free(&b);
	scratch_put(&s, file, out);
}

static const struct row rows[] = {
	{ "kept", .code = 250, .enhanced = "2.0.0", .kept = 1 },
	{ "empty file", ".forward", "# nothing\n", .code = 250, .kept = 1 },
	{ "address", ".forward", "Bob@Elsewhere.TEST\n",
	    .to = "bob@elsewhere.test" },
	{ "bare name", ".forward", "bob, carol\n",
	    .to = "bob@example.test carol@example.test" },
	{ "kept too", ".forward", "\\alice, bob@x.test\n", .to = "bob@x.test",
	    .kept = 1 },
	{ "own address is kept", ".forward", "alice@example.test\n",
	    .code = 250, .kept = 1 },
	{ "own name is kept", ".forward", "alice\n", .code = 250, .kept = 1 },
	{ "twice is once", ".forward", "bob\nbob\n\\alice\nalice\n",
	    .to = "bob@example.test", .kept = 1 },
	{ "folder", ".forward", "%H/lists/\n", .code = 250, .lists = 1 },
	{ "folder of own", ".forward", "%H/Maildir/\n", .code = 250,
	    .kept = 1 },
	{ "all of them", ".forward",
	    "\\alice, bob\n%H/lists/\n\"|one\"\n|two\n",
	    .to = "bob@example.test |4 |5", .kept = 1, .lists = 1 },
	{ "ext has its file", ".forward+l", "bob\n", .ext = "l",
	    .to = "bob@example.test" },
	{ "ext without a file", ".forward", "bob\n", .ext = "l",
	    .to = "bob@example.test" },
	{ "ext's file is only for it", ".forward+l", "bob\n", .code = 250,
	    .kept = 1 },
	{ "ext that is a path", .ext = "../x", .code = 250, .kept = 1 },
	{ "folder outside", ".forward", "/tmp/\n", .code = 451,
	    .enhanced = "4.3.5", .says = "line 1" },
	{ "folder up", ".forward", "%H/../other/\n", .code = 451,
	    .enhanced = "4.3.5", .says = "leads out" },
	{ "folder of a shell", ".forward", "~/Maildir/\n", .code = 451,
	    .enhanced = "4.3.5", .says = "begins with /" },
	{ "folder by a link", ".forward", "%H/away/\n", .code = 451,
	    .enhanced = "4.3.5" },
	{ "folder in no directory", ".forward", "%H/no/lists/\n", .code = 451,
	    .enhanced = "4.3.5" },
	{ "nowhere", ".forward", "/dev/null\n", .code = 250 },
	{ "nowhere else", ".forward", "/dev/null, bob@example.test\n",
	    .to = "bob@example.test" },
	{ "nowhere, went round", ".forward", "/dev/null\n",
	    .via = "alice@example.test", .code = 554, .enhanced = "5.4.6" },
	{ "mbox", ".forward", "%H/mbox\n", .code = 451, .enhanced = "4.3.5",
	    .says = "mbox" },
	{ "bad line", ".forward", "bob\n@@\n", .code = 451,
	    .enhanced = "4.3.5", .says = ".forward line 2" },
	{ "include", ".forward", ":include:/etc/passwd\n", .code = 451,
	    .enhanced = "4.3.5" },
	{ "was here", .message = "Delivered-To: ALICE@example.test\r\n\r\n",
	    .code = 554, .enhanced = "5.4.6" },
	{ "was here, forwarded on", ".forward", "bob\n",
	    .message = "X: y\r\nDelivered-To: alice@example.test\r\n\r\n",
	    .code = 554, .enhanced = "5.4.6" },
	{ "was elsewhere", .message = "Delivered-To: bob@example.test\r\n\r\n",
	    .code = 250, .kept = 1 },
	{ "in the body", .message =
	    "A: b\r\n\r\nDelivered-To: alice@example.test\r\n",
	    .code = 250, .kept = 1 },
	{ "came by here", .via = "alice@example.test", .code = 554,
	    .enhanced = "5.4.6" },
	{ "came by bob", .via = "bob@example.test", .code = 250, .kept = 1 },
	{ "empty message", .message = "", .code = 250, .kept = 1 }
};

static void
check_answer(const struct row *r)
{
	struct buf to = { .max = 4096 };
	char text[4096];
	size_t i;

	for (i = 0; i < a.nto; i++)
		buf_addf(&to, "%s%.*s", i ? " " : "", SPAN_ARG(a.to[i]));
	assert_int_equal(span_str(buf_span(&to), text, sizeof text), 0);
	buf_free(&to);
	if (r->code == 0 ? a.verdict.kind != VERDICT_TO ||
	    strcmp(text, r->to) != 0 || !span_eq(a.sender, SPAN("a@s.test"))
	    || a.kept != (r->kept || r->lists)
	    : a.verdict.code != r->code)
		fail_msg("%s: %u %s, to %s", r->name, a.verdict.code,
		    a.verdict.text, text);
	if ((r->enhanced && strcmp(r->enhanced, a.verdict.enhanced) != 0) ||
	    (r->says && strstr(a.verdict.text, r->says) == NULL))
		fail_msg("%s: %s %s", r->name, a.verdict.enhanced,
		    a.verdict.text);
	if (count_in("Maildir/new") != (unsigned)r->kept ||
	    count_in("lists/new") != (unsigned)r->lists ||
	    count_in("Maildir/tmp") || count_in("lists/tmp"))
		fail_msg("%s: files", r->name);
}

static void
table(void **state)
{
	const struct row *r;
	char path[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		r = &rows[i];
		scratch_begin(&s);
		snprintf(path, sizeof path, "%s/away", s.home);
		assert_int_equal(symlink("/tmp", path), 0);
		if (r->file)
			put_forward(r->file, r->text);
		scratch_job(&j, ALICE);
		if (r->ext)
			j.rcpt[0].ext = span_of(r->ext);
		if (r->via) {
			j.rcpt[0].via[0] = span_of(r->via);
			j.rcpt[0].nvia = 1;
		}
		deliver(span_of(r->message ? r->message : HELLO));
		check_answer(r);
		scratch_end(&s);
	}
}

static void
the_message(void **state)
{
	struct buf text = { .max = 1 << 20 };
	char name[256];

	(void)state;
	scratch_begin(&s);
	scratch_job(&j, ALICE);
	j.rcpt[0].via[0] = SPAN("info@example.test");
	j.rcpt[0].via[1] = SPAN("staff@example.test");
	j.rcpt[0].nvia = 2;
	deliver(SPAN("A: b\r\n\r\nlone \r cr\r\n\r\r\nno end"));
	assert_int_equal(a.verdict.code, 250);
	the_file("Maildir/new", name, sizeof name, &text);
	buf_addc(&text, 0);
	assert_string_equal((char *)text.p, "Return-Path: <a@s.test>\n"
	    "Delivered-To: alice@example.test\n"
	    "Delivered-To: staff@example.test\n"
	    "Delivered-To: info@example.test\n"
	    "A: b\n\nlone \r cr\n\r\nno end");
	assert_string_equal(name, "1795300000.Q" SCRATCH_ID
	    "R1.mx.example.test,S=146,W=153");
	buf_free(&text);
	scratch_end(&s);
}

/* Many jobs that stand in the channel are one batch; a repeat is harmless. */
static void
batch(void **state)
{
	unsigned i, round, seen[201];
	int fd;

	(void)state;
	scratch_begin(&s);
	for (round = 0; round < 2; round++) {
		memset(seen, 0, sizeof seen);
		fd = scratch_message(&s, SPAN(HELLO));
		scratch_child(&s, 0, !SANITIZED);
		for (i = 1; i <= 200; i++) {
			scratch_job(&j, ALICE);
			j.rcpt[0].nr = i;
			j.repeat = round > 0 && i % 2;
			scratch_send(&s, &j, fd);
		}
		close(fd);
		for (i = 1; i <= 200; i++) {
			assert_int_equal(scratch_answer(&s, &a), 1);
			assert_int_equal(a.verdict.code, 250);
			assert_in_range(a.nr, 1, 200);
			assert_int_equal(seen[a.nr]++, 0);
		}
		assert_int_equal(scratch_close(&s), 0);
		assert_int_equal(count_in("Maildir/new"), 200);
		assert_int_equal(count_in("Maildir/tmp"), 0);
	}
	scratch_end(&s);
}

/* One that comes when another is in new/ already, its answer held or not. */
static void
held(void **state)
{
	unsigned i;
	int fd;

	(void)state;
	scratch_begin(&s);
	fd = scratch_message(&s, SPAN(HELLO));
	scratch_child(&s, 0, !SANITIZED);
	scratch_job(&j, ALICE);
	for (i = 1; i <= 10; i++) {
		j.rcpt[0].nr = i;
		scratch_send(&s, &j, fd);
		while (count_in("Maildir/new") < i)
			usleep(1000);
	}
	close(fd);
	for (i = 1; i <= 10; i++) {
		assert_int_equal(scratch_answer(&s, &a), 1);
		assert_int_equal(a.verdict.code, 250);
		assert_int_equal(a.nr, i);
	}
	assert_int_equal(scratch_close(&s), 0);
	assert_int_equal(count_in("Maildir/new"), 10);
	assert_int_equal(count_in("Maildir/tmp"), 0);
	scratch_end(&s);
}

/* A reader has moved it to cur/: only a job marked as a repeat looks there. */
static void
repeat_in_cur(void **state)
{
	struct buf text = { .max = 4096 };
	char name[256], from[512], to[512];

	(void)state;
	scratch_begin(&s);
	scratch_job(&j, ALICE);
	deliver(SPAN(HELLO));
	the_file("Maildir/new", name, sizeof name, &text);
	snprintf(from, sizeof from, "%s/Maildir/new/%s", s.home, name);
	snprintf(to, sizeof to, "%s/Maildir/cur/%s:2,S", s.home, name);
	assert_int_equal(rename(from, to), 0);
	j.repeat = 1;
	deliver(SPAN(HELLO));
	assert_int_equal(a.verdict.code, 250);
	assert_int_equal(count_in("Maildir/new"), 0);
	assert_int_equal(count_in("Maildir/cur"), 1);
	buf_free(&text);
	scratch_end(&s);
}

static void
quota(void **state)
{
	static const struct {
		uint64_t bytes, count;
		unsigned code;
	} row[] = {
		{ 10000, 0, 250 }, { 200, 0, 250 }, { 50, 0, 452 },
		{ 0, 5, 250 }, { 0, 1, 250 }
	};
	struct buf text = { .max = 4096 };
	size_t i;
	int dir;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		scratch_begin(&s);
		s.owner.box.quota_bytes = row[i].bytes;
		s.owner.box.quota_count = row[i].count;
		scratch_job(&j, ALICE);
		deliver(SPAN(HELLO));
		if (a.verdict.code != row[i].code)
			fail_msg("row %zu: %u", i, a.verdict.code);
		if (row[i].code == 452)
			assert_string_equal(a.verdict.enhanced, "4.2.2");
		scratch_end(&s);
	}
	/* the second no longer fits; the file tells of the first */
	scratch_begin(&s);
	s.owner.box.quota_bytes = 150;
	scratch_job(&j, ALICE);
	deliver(SPAN(HELLO));
	assert_int_equal(a.verdict.code, 250);
	j.rcpt[0].nr = 2;
	deliver(SPAN(HELLO));
	assert_int_equal(a.verdict.code, 452);
	assert_int_equal(count_in("Maildir/new"), 1);
	assert_int_equal(count_in("Maildir/tmp"), 0);
	dir = file_open_dir(AT_FDCWD, s.owner.box.maildir);
	assert_int_equal(file_read_at(dir, "maildirsize", &text), 0);
	assert_true(span_starts(buf_span(&text), SPAN("150S\n")));
	close(dir);
	buf_free(&text);
	scratch_end(&s);
}

/* Things that an owner, or somebody with his rights, puts in the way. */
static void
hostile(void **state)
{
	static const struct {
		const char *name;	/* in the home */
		int what;		/* l: link to /etc, f: FIFO, d, g, b */
		unsigned code;
	} row[] = {
		{ ".forward", 'l', 451 }, { ".forward", 'f', 451 },
		{ ".forward", 'd', 451 }, { ".forward", 'g', 451 },
		{ ".forward", 'b', 451 }, { ".forward", 'r', 250 },
		{ "Maildir/tmp", 'l', 0 }, { "Maildir/new", 'l', 0 },
		{ "Maildir/cur", 'l', 0 }, { "Maildir/tmp", 'f', 0 },
		{ "Maildir", 'f', 0 }, { "Maildir", 'r', 0 },
		{ "Maildir/maildirsize", 'l', 250 },
		{ "Maildir/maildirsize", 'f', 250 },
		{ "Maildir/maildirsize", 'd', 250 }
	};
	static char big[70000];
	char path[256];
	size_t i;
	int st;

	(void)state;
	memset(big, '#', sizeof big - 1);
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		scratch_begin(&s);
		s.owner.box.quota_bytes = 100000;
		snprintf(path, sizeof path, "%s/Maildir", s.home);
		if (strchr(row[i].name, '/'))
			assert_int_equal(mkdir(path, 0700), 0);
		snprintf(path, sizeof path, "%s/%s", s.home, row[i].name);
		switch (row[i].what) {
		case 'l':
			assert_int_equal(symlink("/etc", path), 0);
			break;
		case 'f':
			assert_int_equal(mkfifo(path, 0600), 0);
			break;
		case 'd':
			assert_int_equal(mkdir(path, 0700), 0);
			break;
		default:
			scratch_put(&s, row[i].name, row[i].what == 'b' ?
			    big : "#\n");
			if (row[i].what == 'g')
				assert_int_equal(chmod(path, 0660), 0);
		}
		scratch_job(&j, ALICE);
		st = hand_over(scratch_message(&s, SPAN(HELLO)));
		if (a.verdict.code != row[i].code ||
		    st != (row[i].code ? 0 : 99))
			fail_msg("row %zu: %u %s, exit %d", i, a.verdict.code,
			    a.verdict.text, st);
		scratch_end(&s);
	}
}

/* What the queue holds is not what it held. */
static void
rotten(void **state)
{
	static const struct {
		off_t at, cut;
		const char *says;
	} row[] = {
		{ QUEUE_HEAD + 5, -1, "checksum" }, { 3, -1, "damaged" },
		{ -1, QUEUE_HEAD + 5, "queue" }, { -1, 5, "queue" }
	};
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		scratch_begin(&s);
		scratch_job(&j, ALICE);
		fd = scratch_message(&s, SPAN(HELLO));
		if (row[i].at >= 0)
			assert_int_equal(pwrite(fd, "#", 1, row[i].at), 1);
		else
			assert_int_equal(ftruncate(fd, row[i].cut), 0);
		assert_int_equal(hand_over(fd), 0);
		if (a.nr == 0 || a.verdict.kind != VERDICT_LATER ||
		    strstr(a.verdict.text, row[i].says) == NULL)
			fail_msg("row %zu: %s", i, a.verdict.text);
		assert_int_equal(count_in("Maildir/new"), 0);
		assert_int_equal(count_in("Maildir/tmp"), 0);
		scratch_end(&s);
	}
}

/* Many recipients of one job; a record that is none ends the child. */
static void
channel(void **state)
{
	unsigned i;
	int fd;

	(void)state;
	scratch_begin(&s);
	put_forward(".forward+x", "bob\n%H/l1/, %H/l2/, \\alice\n");
	fd = scratch_message(&s, SPAN(HELLO));
	scratch_child(&s, 0, !SANITIZED);
	scratch_job(&j, ALICE);
	for (i = 0; i < JOB_RCPTS; i++) {
		j.rcpt[i] = j.rcpt[0];
		j.rcpt[i].nr = i + 1;
		if (i % 3 == 0)
			j.rcpt[i].ext = SPAN("x");
		else
			j.rcpt[i].ext = (struct span){ NULL, 0 };
	}
	j.nrcpt = JOB_RCPTS;
	scratch_send(&s, &j, fd);
	for (i = 0; i < JOB_RCPTS; i++) {
		assert_int_equal(scratch_answer(&s, &a), 1);
		assert_int_equal(a.verdict.kind, (a.nr - 1) % 3 == 0 ?
		    VERDICT_TO : VERDICT_DONE);
	}
	assert_int_equal(count_in("Maildir/new"), JOB_RCPTS);
	assert_int_equal(count_in("l2/new"), (JOB_RCPTS + 2) / 3);
	assert_int_equal(chan_send(s.ch, SPAN("9:id 2:"), &fd, 1), 0);
	close(fd);
	assert_int_equal(scratch_answer(&s, &a), 0);
	assert_int_equal(scratch_close(&s), 111);
	scratch_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(the_message),
		cmocka_unit_test(batch),
		cmocka_unit_test(held),
		cmocka_unit_test(repeat_in_cur),
		cmocka_unit_test(quota),
		cmocka_unit_test(hostile),
		cmocka_unit_test(rotten),
		cmocka_unit_test(channel)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
