/* The loop from end to end: reports, drops, and what operators do. */
#include "queued/world.h"

/* Reports: to the sender, of the right form; whose own failure goes to
 * postmaster; and none where none is wanted. */
static void
reports(void **state)
{
	char id[QUEUE_ID + 1], file[64] = "";
	const char *p;

	(void)state;
	loop_begin(q, trigger_fd);
	put(&(struct mail){ .sender = "far@elsewhere.test", .ret = "HDRS",
	    .envid = "env 1", .rcpt = { "gone@example.test" },
	    .orcpt = "rfc822;old@x.test" }, NULL, id);
	hint_for(id);
	run();
	/* the report waits: elsewhere does not want it yet */
	assert_int_equal(count(q->queue->cur), 1);
	(void)file_each(q->queue->cur, last_name, file);
	p = text(q->queue->cur, file);
	has(p, "multipart/report");
	has(p, "To: <far@elsewhere.test>");
	has(p, "Original-Envelope-Id: env 1\r\n");
	has(p, "Original-Recipient: rfc822;old@x.test\r\n");
	has(p, "Final-Recipient: rfc822; gone@example.test\r\n");
	has(p, "Action: failed\r\nStatus: 5.1.1\r\n");
	has(p, "In-Reply-To: <m@x>\r\n");
	has(p, "text/rfc822-headers");
	assert_int_equal(times(p, "\r\nbody\r\n"), 0);
	file[QUEUE_ID] = '\0';
	has(text(q->queue->state, file),
	    " r1 later 451 4.7.1 smtp - come back");
	/* not wanted */
	put(&(struct mail){ .sender = "far@elsewhere.test",
	    .notify = "NEVER", .rcpt = { "gone@example.test" } }, NULL, id);
	hint_for(id);
	run();
	assert_int_equal(count(q->queue->cur), 1);
	assert_int_equal(count(q->queue->new), 0);
	/* wanted of a success */
	put(&(struct mail){ .sender = "sender@example.test",
	    .notify = "SUCCESS,FAILURE", .rcpt = { "ok@example.test" } },
	    NULL, id);
	hint_for(id);
	run();
	has(text(jobs_fd, NULL), "to=sender@example.test");
	/* a report that fails: postmaster */
	put(&(struct mail){ .class = CLASS_REPORT,
	    .arg = "0f2k8r1q3m5hj9ab2c7d", .sender = "",
	    .notify = "NEVER", .rcpt = { "gone@example.test" } }, NULL, id);
	hint_for(id);
	run();
	has(text(jobs_fd, NULL), "to=postmaster@mx.example.test");
	assert_int_equal(count(q->queue->new), 0);
}

/* What is over its time gets its last words; late ones a warning, once. */
static void
expiry(void **state)
{
	char id[QUEUE_ID + 1];

	(void)state;
	conf.lifetime = 0;
	loop_begin(q, trigger_fd);
	put(&(struct mail){ .sender = "far@elsewhere.test",
	    .rcpt = { "full@example.test" } }, NULL, id);
	hint_for(id);
	run();
	assert_int_equal(count(q->queue->new), 0);
	assert_int_equal(count(q->queue->cur), 1);	/* the report */
	conf.lifetime = 432000;
	put(&(struct mail){ .sender = "far@elsewhere.test",
	    .rcpt = { "full@example.test" } }, "0000000000000aaaaaaa",
	    id);
	conf.lifetime = UINT32_MAX;
	hint_for(id);
	run();
	has(text(q->queue->state, id), " r0 report delay ");
	has(text(q->queue->state, id), " r1 later 452 4.2.2 ");
}

static void
operators(void **state)
{
	char id[QUEUE_ID + 1], other[QUEUE_ID + 1];
	int fd;

	(void)state;
	loop_begin(q, trigger_fd);
	/* a damaged file goes to bad/, one of a later version stays */
	put(&(struct mail){ .sender = "s@x.test",
	    .rcpt = { "ok@example.test" } }, NULL, id);
	fd = openat(q->queue->new, id, O_WRONLY);
	assert_int_equal(pwrite(fd, "X", 1, QUEUE_HEAD +
	    (off_t)sizeof message + 2), 1);
	close(fd);
	put(&(struct mail){ .sender = "s@x.test",
	    .rcpt = { "ok@example.test" } }, NULL, other);
	fd = openat(q->queue->new, other, O_WRONLY);
	assert_int_equal(pwrite(fd, "2", 1, 13), 1);
	close(fd);
	hint_for(id);
	hint_for(other);
	run();
	assert_int_equal(count(q->queue->bad), 1);
	assert_int_equal(faccessat(q->queue->new, other, F_OK, 0), 0);
	unlinkat(q->queue->new, other, 0);
	/* so does one whose message a deliverer found damaged */
	put(&(struct mail){ .sender = "s@x.test", .rcpt = {
	    "ok@example.test", "rotten@example.test" } }, NULL, id);
	hint_for(id);
	run();
	assert_int_equal(count(q->queue->bad), 2);
	assert_int_equal(count(q->queue->new) + count(q->queue->cur), 0);
	has(text(q->queue->state, id), " r1 done 250");
	/* held before it was taken; released again */
	put(&(struct mail){ .sender = "s@x.test",
	    .rcpt = { "ok@example.test" } }, NULL, id);
	assert_int_equal(renameat(q->queue->new, id, q->queue->hold, id), 0);
	hint_for(id);
	run();
	assert_null(strstr(text(jobs_fd, NULL), id));
	assert_int_equal(renameat(q->queue->hold, id, q->queue->new, id), 0);
	hint_for(id);
	run();
	has(text(jobs_fd, NULL), id);
	assert_int_equal(count(q->queue->hold), 0);
	assert_int_equal(count(q->queue->new), 0);
}

/* sendmail's drop becomes mail of the file's owner, once. */
static void
dropped(void **state)
{
	const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	char id[QUEUE_ID + 1], want[64];
	int fd;

	(void)state;
	put(&(struct mail){ .class = CLASS_STRANGER, .sender = "me@x.test",
	    .rcpt = { "full@example.test" } }, NULL, id);
	assert_int_equal(renameat(q->places.queue.new, id,
	    q->places.drop_new, "one"), 0);
	fd = openat(q->places.drop_new, "two", O_WRONLY | O_CREAT, 0640);
	assert_int_equal(write(fd, "junk\n", 5), 5);
	close(fd);
	assert_int_equal(symlinkat("one", q->places.drop_new, "three"), 0);
	loop_begin(q, trigger_fd);
	run();
	assert_int_equal(count(q->places.drop_new), 2);
	assert_int_equal(q->nrefused, 2);
	assert_int_equal(count(q->queue->cur), 1);
	(void)file_each(q->queue->cur, last_name, want);
	has(text(q->queue->cur, want), "Received: by mx.example.test");
	snprintf(want, sizeof want, "local %u,", (unsigned)geteuid());
	{
		char file[64] = "";

		(void)file_each(q->queue->cur, last_name, file);
		has(text(q->queue->cur, file), want);
	}
	assert_int_equal(write(trigger_fd, "drop two\n", 9), 9);
	run();
	assert_int_equal(count(q->places.drop_new), 2);
	/* what was refused is there for a while, not for ever */
	assert_int_equal(utimensat(q->places.drop_new, "two", old, 0), 0);
	assert_int_equal(utimensat(q->places.drop_new, "three", old,
	    AT_SYMLINK_NOFOLLOW), 0);
	q->next_clean = q->next_look = 0;
	run();
	assert_int_equal(count(q->places.drop_new), 0);
}

static void
copies(void **state)
{
	static const char *const word[] = { "ok@example.test",
	    "\xc3\xb6ther.test=ok2@example.test" };
	static const char *const sender[] = { "s@\xc3\xb6ther.test",
	    "s@XN--THER-4QA.test." };
	char id[QUEUE_ID + 1];
	size_t i;

	(void)state;
	site.always_bcc = (struct conf_words){ 2, word };
	loop_begin(q, trigger_fd);
	put(&(struct mail){ .sender = "s@x.test",
	    .rcpt = { "full@example.test" } }, NULL, id);
	hint_for(id);
	run();
	has(text(q->queue->state, id), " r0 to 1 ok@example.test\n");
	has(text(q->queue->state, id), " r2 done 250");
	for (i = 0; i < 2; i++) {
		put(&(struct mail){ .sender = sender[i],
		    .rcpt = { "full@example.test" } }, NULL, id);
		hint_for(id);
		run();
		has(text(q->queue->state, id),
		    " r0 to 2 ok@example.test,ok2@example.test\n");
	}
	/* behind a report of its delay, which the first attempt made */
	conf.lifetime = UINT32_MAX;
	put(&(struct mail){ .sender = "s@x.test",
	    .rcpt = { "full@example.test" } }, "0000000000000aaaaaaa", id);
	hint_for(id);
	run();
	has(text(q->queue->state, id), " r0 report delay ");
	has(text(q->queue->state, id), " r0 to 1 ok@example.test\n");
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		STORY(reports), STORY(expiry), STORY(operators),
		STORY(dropped), STORY(copies)
	};

	signal(SIGPIPE, SIG_IGN);
	log_program("queued");
	return cmocka_run_group_tests(test, NULL, NULL);
}
