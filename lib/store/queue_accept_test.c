/* Accepting into a real directory: what stands where, and what does not. */
#include <sys/resource.h>
#include <sys/wait.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "base/crc32c.h"
#include "store/queue_scratch.h"

#define ID "1hqhsr2n466f907m4b33"
#define ENV "sender 0:,\n"

static struct iovec
piece(const char *s)
{
	return (struct iovec){ (void *)(size_t)s, strlen(s) };
}

/* The file is whole and holds that body. */
static void
holds(int fd, struct span body)
{
	struct buf got = { .max = 4 << 20 }, env = { .max = 64 };
	struct queue_head h;

	assert_int_equal(queue_read_head(fd, &h), 0);
	assert_int_equal(h.body, body.n);
	assert_int_equal(queue_read_envelope(fd, &h, &env), 0);
	assert_true(span_eq(buf_span(&env), SPAN(ENV)));
	assert_int_equal(file_read(fd, &got), 0);
	assert_true(span_eq(span_sub(buf_span(&got), QUEUE_HEAD,
	    QUEUE_HEAD + body.n), body));
	assert_int_equal(crc32c(0, body), h.bodysum);
	buf_free(&got);
	buf_free(&env);
}

static void
in_one_write(void **state)
{
	struct iovec v[4];
	struct accept a;
	struct queue q;
	struct stat st;
	int fd;

	(void)state;
	scratch_open(&q);
	assert_int_equal(accept_open(&a, &q, NULL), 0);
	assert_int_equal(scratch_count(q.tmp), 1);
	v[1] = piece("one ");
	v[2] = piece("two");
	assert_int_equal(accept_commit(&a, v, 3, SPAN(ENV)), 0);
	assert_int_equal(scratch_count(q.tmp), 0);
	assert_true((fd = openat(q.new, a.id, O_RDONLY)) >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	holds(fd, SPAN("one two"));
	close(fd);
	/* an empty message is one too */
	assert_int_equal(accept_open(&a, &q, NULL), 0);
	assert_int_equal(accept_commit(&a, v, 1, SPAN(ENV)), 0);
	assert_true((fd = openat(q.new, a.id, O_RDONLY)) >= 0);
	holds(fd, SPAN(""));
	close(fd);
	scratch_close(&q);
}

/* 3 MiB in uneven pieces: the first line is written last, over the blank. */
static void
in_many_writes(void **state)
{
	struct buf all = { .max = 4 << 20 };
	struct iovec v[4];
	struct accept a;
	struct queue q;
	size_t n, at = 0;
	int fd;

	(void)state;
	while (all.n < 3 << 20)
		buf_addf(&all, "%zu bytes\r\n", all.n);
	scratch_open(&q);
	assert_int_equal(accept_open(&a, &q, NULL), 0);
	assert_int_equal(accept_body(&a, v, 1), 0);
	for (n = 1; at < all.n / 2; at += n, n = n * 3 % 70001 + 1) {
		v[1] = (struct iovec){ all.p + at, n / 2 };
		v[2] = (struct iovec){ all.p + at + n / 2, n - n / 2 };
		assert_int_equal(accept_body(&a, v, 3), 0);
	}
	assert_true((fd = openat(q.tmp, a.id, O_RDONLY)) >= 0);
	assert_int_equal(queue_read_head(fd, &(struct queue_head){ 0 }),
	    QUEUE_DAMAGED);
	v[1] = (struct iovec){ all.p + at, all.n - at };
	assert_int_equal(accept_commit(&a, v, 2, SPAN(ENV)), 0);
	holds(fd, buf_span(&all));
	close(fd);
	buf_free(&all);
	scratch_close(&q);
}

static void
aborted(void **state)
{
	struct iovec v[3];
	struct accept a;
	struct queue q;

	(void)state;
	scratch_open(&q);
	assert_int_equal(accept_open(&a, &q, NULL), 0);
	v[1] = piece("text");
	assert_int_equal(accept_body(&a, v, 2), 0);
	errno = EDQUOT;
	accept_abort(&a);
	assert_int_equal(errno, EDQUOT);
	assert_int_equal(a.fd, -1);
	accept_abort(&a);
	assert_int_equal(scratch_count(q.tmp), 0);
	assert_int_equal(scratch_count(q.new), 0);
	scratch_close(&q);
}

/* A given id: accepted once, whatever became of it. */
static void
given_id(void **state)
{
	struct iovec v[3];
	struct accept a;
	struct queue q;
	int fd;

	(void)state;
	scratch_open(&q);
	assert_int_equal(accept_open(&a, &q, "not an id"), -1);
	assert_int_equal(errno, EINVAL);
	/* a dead process left this one */
	fd = openat(q.tmp, ID, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(file_write(fd, SPAN("rubbish")), 0);
	close(fd);
	assert_int_equal(accept_open(&a, &q, ID), 0);
	v[1] = piece("report");
	assert_int_equal(accept_commit(&a, v, 2, SPAN(ENV)), 0);
	assert_true((fd = openat(q.new, ID, O_RDONLY)) >= 0);
	holds(fd, SPAN("report"));
	close(fd);
	assert_int_equal(accept_open(&a, &q, ID), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(renameat(q.new, ID, q.cur, ID ":a1,d1"), 0);
	close(openat(q.state, ID, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(accept_open(&a, &q, ID), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(scratch_count(q.tmp), 0);
	scratch_close(&q);
}

/* Puts bytes into new/ID.  The descriptor. */
static int
stands(const struct queue *q, struct span s)
{
	int fd;

	(void)unlinkat(q->new, ID, 0);
	fd = openat(q->new, ID, O_RDWR | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, s), 0);
	return fd;
}

/* What a power cut before the one flush leaves in new/ is told from mail, and
 * from mail that was damaged; a given id is accepted in its place. */
static void
torn(void **state)
{
	static const char blank[] = { ' ', '\0' };
	struct buf all = { .max = 4096 };
	struct iovec v[3];
	struct accept a;
	struct queue q;
	size_t n;
	int fd, i;

	(void)state;
	scratch_open(&q);
	assert_int_equal(accept_open(&a, &q, ID), 0);
	v[1] = piece("report");
	assert_int_equal(accept_commit(&a, v, 2, SPAN(ENV)), 0);
	assert_int_equal(file_read_at(q.new, ID, &all), 0);
	for (n = 0; n < all.n; n++) {
		fd = stands(&q, span_sub(buf_span(&all), 0, n));
		assert_int_equal(queue_unfinished(fd), 1);
		assert_int_equal(queue_whole(fd), 0);
		close(fd);
		assert_int_equal(accept_open(&a, &q, ID), 0);
		assert_int_equal(scratch_count(q.new), 0);
		accept_abort(&a);
	}
	for (i = 0; i < 2; i++) {	/* its first line was not yet written */
		fd = stands(&q, buf_span(&all));
		for (n = 0; n < QUEUE_HEAD; n++)
			assert_int_equal(pwrite(fd, &blank[i], 1, (off_t)n), 1);
		assert_int_equal(queue_unfinished(fd), 1);
		assert_int_equal(queue_whole(fd), 0);
		close(fd);
	}
	for (n = 0; n < all.n; n++) {	/* a rotten byte */
		fd = stands(&q, buf_span(&all));
		assert_int_equal(pwrite(fd, "\1", 1, (off_t)n), 1);
		assert_int_equal(queue_unfinished(fd), 0);
		assert_int_equal(queue_whole(fd), 0);
		close(fd);
	}
	fd = stands(&q, buf_span(&all));
	assert_int_equal(queue_unfinished(fd), 0);
	assert_int_equal(queue_whole(fd), 1);
	close(fd);
	assert_int_equal(accept_open(&a, &q, ID), -1);
	assert_int_equal(errno, EEXIST);
	buf_free(&all);
	scratch_close(&q);
}

/* Either way of flushing makes the same of it. */
static void
either_flush(void **state)
{
	struct iovec v[3];
	struct accept a;
	struct queue q;
	int fd;

	(void)state;
	scratch_open(&q);
	for (q.one_flush = 0; q.one_flush < 2; q.one_flush++) {
		assert_int_equal(accept_open(&a, &q, NULL), 0);
		v[1] = piece("text");
		assert_int_equal(accept_commit(&a, v, 2, SPAN(ENV)), 0);
		assert_int_equal(scratch_count(q.tmp), 0);
		assert_true((fd = openat(q.new, a.id, O_RDONLY)) >= 0);
		holds(fd, SPAN("text"));
		close(fd);
	}
	scratch_close(&q);
}

/* The name came to stand in new/ while we wrote: nothing is replaced. */
static void
never_replaces(void **state)
{
	struct iovec v[3];
	struct accept a;
	struct queue q;
	int fd;

	(void)state;
	scratch_open(&q);
	assert_int_equal(accept_open(&a, &q, ID), 0);
	fd = openat(q.new, ID, O_WRONLY | O_CREAT, 0600);
	v[1] = piece("text");
	assert_int_equal(accept_commit(&a, v, 2, SPAN(ENV)), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	assert_int_equal(scratch_count(q.new), 1);
	assert_int_equal(scratch_count(q.tmp), 0);
	close(fd);
	scratch_close(&q);
}

/* What another process is writing is locked and not made to give way. */
static void
locked(void **state)
{
	struct accept a;
	struct queue q;
	int status, fd;
	pid_t pid;

	(void)state;
	scratch_open(&q);
	assert_int_equal(accept_open(&a, &q, ID), 0);
	if ((pid = fork()) == 0) {
		struct accept b;

		fd = openat(q.tmp, ID, O_RDWR);
		_exit(file_locked(fd) == FILE_LOCKED &&
		    file_share(fd) == -1 && file_lock(fd, 0) == -1 &&
		    errno == EAGAIN && accept_open(&b, &q, ID) == -1 &&
		    errno == EAGAIN ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	accept_abort(&a);
	scratch_close(&q);
}

/* A write that stops half way, as on a full disk (RLIMIT_FSIZE stands for it):
 * errno is told and nothing is left. */
static void
no_space(void **state)
{
	struct rlimit old, tight;
	static char big[70000];
	struct iovec v[3];
	struct accept a;
	struct queue q;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	scratch_open(&q);
	getrlimit(RLIMIT_FSIZE, &old);
	tight = old;
	tight.rlim_cur = 50000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	assert_int_equal(accept_open(&a, &q, NULL), 0);
	v[1] = (struct iovec){ big, sizeof big };
	assert_int_equal(accept_commit(&a, v, 2, SPAN(ENV)), -1);
	assert_int_equal(errno, EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(scratch_count(q.tmp) + scratch_count(q.new), 0);
	scratch_close(&q);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(in_one_write),
		cmocka_unit_test(in_many_writes), cmocka_unit_test(aborted),
		cmocka_unit_test(given_id), cmocka_unit_test(torn),
		cmocka_unit_test(either_flush),
		cmocka_unit_test(never_replaces),
		cmocka_unit_test(locked), cmocka_unit_test(no_space)
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
