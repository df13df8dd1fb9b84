/* The loop from end to end: what is sent where, and what waits. */
#include "queued/world.h"

/* All done at the first attempt: nothing is left, and no state was made. */
static void
delivered(void **state)
{
	static const struct mail m = { .sender = "sender@example.test",
	    .rcpt = { "ok@example.test", "ok+x@example.test",
	    "Team@Example.TEST", NULL } };
	char id[QUEUE_ID + 1];

	(void)state;
	loop_begin(q, trigger_fd);
	put(&(struct mail){ .sender = "s@x.test",
	    .rcpt = { "ok@example.test" } }, NULL, id);
	hint_for(id);
	run();
	assert_int_equal(count(q->queue->new), 0);
	assert_int_equal(count(q->queue->cur), 0);
	assert_int_equal(count(q->queue->state), 0);
	has(text(jobs_fd, NULL), "to=ok@example.test run=0 ext= via=0 "
	    "from=s@x.test repeat=0");
	/* part of an alias is full, part does not exist */
	put(&m, NULL, id);
	hint_for(id);
	run();
	assert_int_equal(times(text(jobs_fd, NULL), "to=ok@example.test"), 2);
	has(text(jobs_fd, NULL), "to=ok+x@example.test run=0 ext=x");
	has(text(jobs_fd, NULL), "to=gone@example.test run=0 ext= via=1");
	assert_int_equal(count(q->queue->cur), 1);
	has(text(q->queue->state, id), " r3 to 3 ok@example.test,"
	    "full@example.test,gone@example.test\n");
	has(text(q->queue->state, id), " r1 done 250 2.0.0 local - ");
	has(text(q->queue->state, id), " r4 done 250 2.0.0 queue - the same "
	    "as recipient 1\n");
	has(text(q->queue->state, id), " r5 later 452 4.2.2 local - over its "
	    "quota\n");
	has(text(q->queue->state, id), " r6 never 550 5.1.1 local - nobody");
	/* and the sender got a report of it, here */
	has(text(jobs_fd, NULL), "to=sender@example.test run=0 ext= via=0 "
	    "from= repeat=0");
}

/* What a power cut tore was never accepted; a file that is just being copied
 * there, or a rotten one, is the operator's business. */
static void
unfinished(void **state)
{
	static const struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	static const struct {
		off_t size;
		int old, to_bad;
	} row[] = {
		{ 0, 1, 0 }, { 40, 1, 0 }, { QUEUE_HEAD + 1, 1, 0 },
		{ QUEUE_HEAD + 1, 0, 1 }, { 4000, 1, 1 }
	};
	char id[QUEUE_ID + 1];
	size_t i;
	int fd, bad = 0, tmp = 0;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		put(&(struct mail){ .sender = "s@x.test",
		    .rcpt = { "ok@example.test" } }, NULL, id);
		fd = openat(q->places.queue.new, id, O_WRONLY);
		assert_int_equal(ftruncate(fd, row[i].size), 0);
		if (row[i].old)
			assert_int_equal(futimens(fd, old), 0);
		else		/* of a clock ahead: not before this life */
			assert_int_equal(futimens(fd, (struct timespec[2]){
			    { clock_s() + 9, 0 }, { clock_s() + 9, 0 } }), 0);
		close(fd);
		bad += row[i].to_bad;
		tmp += !row[i].to_bad;
	}
	loop_begin(q, trigger_fd);
	run();
	assert_int_equal(count(q->queue->new), 0);
	assert_int_equal(count(q->queue->bad), bad);
	assert_int_equal(count(q->queue->tmp), tmp);
	assert_int_equal(times(text(jobs_fd, NULL), "to="), 0);
}

/* An operator's `retry`: due now, and a hint. */
static void
retry(const char *id, const char *file)
{
	struct queue_name n;
	char now[QUEUE_NAME];

	assert_int_equal(queue_name_parse(span_of(file), &n), 0);
	n.due = clock_s();
	queue_name_format(&n, now);
	assert_int_equal(renameat(q->queue->cur, file, q->queue->cur, now), 0);
	assert_int_equal(ftruncate(jobs_fd, 0), 0);
	hint_for(id);
	sleep(1);
	run();
	sleep(1);
	run();
}

/* After a restart only what was open is tried again. */
static void
restarted(void **state)
{
	static const struct mail m = { .sender = "s@x.test",
	    .rcpt = { "full@example.test", "ok@example.test",
	    "fwd@example.test" } };
	char id[QUEUE_ID + 1], file[64] = "";
	struct queue_name n;

	(void)state;
	put(&m, NULL, id);
	loop_begin(q, trigger_fd);
	run();
	assert_int_equal(count(q->queue->new), 0);
	assert_int_equal(count(q->queue->cur), 1);
	has(text(jobs_fd, NULL), "to=full@example.test run=0 ext= via=0 "
	    "from=s@x.test repeat=1");
	(void)file_each(q->queue->cur, last_name, file);
	assert_int_equal(queue_name_parse(span_of(file), &n), 0);
	assert_int_equal(n.attempts, 1);
	assert_true(n.due >= clock_s() + 200 && n.due <= clock_s() + 350);
	has(text(q->queue->state, id), " r3 to 2 ok2@example.test,"
	    "|1:.forward\n");
	has(text(jobs_fd, NULL), "to=fwd@example.test run=1");
	retry(id, file);
	assert_string_equal(text(jobs_fd, NULL) ? "x" : "", "x");
	assert_int_equal(times(text(jobs_fd, NULL), "to="), 1);
	has(text(jobs_fd, NULL), "to=full@example.test");
	(void)file_each(q->queue->cur, last_name, file);
	assert_int_equal(queue_name_parse(span_of(file), &n), 0);
	assert_int_equal(n.attempts, 2);
}

/* One of two who are the same stands for both, until he has it. */
static void
same_and_late(void **state)
{
	char id[QUEUE_ID + 1], file[64] = "";
	int i;

	(void)state;
	put(&(struct mail){ .sender = "s@x.test", .rcpt = {
	    "full@example.test", "full@example.test" } }, NULL, id);
	loop_begin(q, trigger_fd);
	run();
	for (i = 0; i < 3; i++) {
		assert_int_equal(times(text(jobs_fd, NULL), "to=full@"), 1);
		(void)file_each(q->queue->cur, last_name, file);
		retry(id, file);
	}
	has(text(q->queue->state, id), " r2 done 250 2.0.0 queue - the same "
	    "as recipient 1\n");
}

/* That an alias of several was expanded is told, and of none of them, at a
 * later attempt neither. */
static void
told_once(void **state)
{
	static const char job[] = "to=full@example.test run=0 ext= via=1 "
	    "from=sender@example.test repeat=1 notify=NEVER\n";
	char id[QUEUE_ID + 1], file[64] = "";

	(void)state;
	put(&(struct mail){ .sender = "sender@example.test",
	    .notify = "SUCCESS", .rcpt = { "team@example.test" } }, NULL, id);
	loop_begin(q, trigger_fd);
	run();
	has(text(jobs_fd, NULL), job);
	has(text(jobs_fd, NULL), "to=sender@example.test");
	(void)file_each(q->queue->cur, last_name, file);
	retry(id, file);
	has(text(jobs_fd, NULL), job);
}

/* A list of one that has an owner is a list, and the owner its sender. */
static void
owned(void **state)
{
	char id[QUEUE_ID + 1];

	(void)state;
	put(&(struct mail){ .sender = "sender@example.test",
	    .notify = "SUCCESS", .rcpt = { "solo@example.test" } }, NULL, id);
	loop_begin(q, trigger_fd);
	run();
	has(text(jobs_fd, NULL), "to=ok@example.test run=0 ext= via=1 "
	    "from=owner-solo@example.test repeat=1 notify=\n");
	has(text(jobs_fd, NULL), "to=sender@example.test");
}

/* What a deliverer may make of a recipient is what state/ID reads back. */
static void
longest(void **state)
{
	char id[QUEUE_ID + 1], file[64] = "";
	struct queue_name n;
	struct message *m;
	const char *why;

	(void)state;
	put(&(struct mail){ .sender = "s@x.test", .notify = "NEVER",
	    .rcpt = { "fwdmost@example.test", "fwdlong@example.test",
	    "fwdfrom@example.test" } }, NULL, id);
	loop_begin(q, trigger_fd);
	run();
	has(text(q->queue->state, id), " r2 never 554 5.4.6 local - its forw");
	has(text(q->queue->state, id), " r3 never 554 5.4.6 local - its forw");
	(void)file_each(q->queue->cur, last_name, file);
	assert_int_equal(queue_name_parse(span_of(file), &n), 0);
	assert_int_equal(message_open(q->queue, &n, &m, &why), MESSAGE_OK);
	assert_int_equal(m->n, 5);
	assert_int_equal(m->rcpt[0]->state, RCPT_SPREAD);
	assert_int_equal(m->rcpt[3]->sender.n, 1024);
	assert_int_equal(m->rcpt[4]->to.n, 1024);
	message_free(m);
}

static void
refusals(void **state)
{
	static const struct {
		enum mail_class class;
		const char *arg, *rcpt, *state;
	} row[] = {
		{ CLASS_STRANGER, NULL, "x@elsewhere.test",
		    "r1 never 550 5.7.1" },
		{ CLASS_USER, "ok@example.test", "x@elsewhere.test",
		    "r1 later 451 4.7.1" },
		{ CLASS_NET, NULL, "x@elsewhere2.test",
		    "r1 later 451 4.7.1" },
		/* what speaks to other servers cannot send mail elsewhere */
		{ CLASS_NET, NULL, "turned@elsewhere3.test",
		    "r1 later 451 4.3.0" },
		{ CLASS_STRANGER, NULL, "nobody@example.test",
		    "r1 never 550 5.1.1" },
		{ CLASS_STRANGER, NULL, "root@example.test",
		    "r1 never 550 5.2.1" },
		{ CLASS_STRANGER, NULL, "circle@example.test",
		    "r3 never 554 5.4.6" },
		{ CLASS_STRANGER, NULL, "program@example.test",
		    "r1 later 451 4.3.5" },
		{ CLASS_STRANGER, NULL, "self@example.test",
		    "r3 later 451 4.7.1" },
		{ CLASS_STRANGER, NULL, "self@example.test",
		    "r2 done 250 2.0.0 local" },
		{ CLASS_STRANGER, NULL, "fwdself@example.test",
		    "r5 done 250 2.0.0 local - program 1 of .forward" },
		{ CLASS_STRANGER, NULL, "twice@example.test",
		    "r4 done 250 2.0.0 queue - the same" },
		{ CLASS_STRANGER, NULL, "fwdbad@example.test",
		    "r4 never 550 5.3.0 local - program 2 of .forward" },
		{ CLASS_STRANGER, NULL, "dies@example.test",
		    "r1 later 451 4.3.0" },
	};
	char id[QUEUE_ID + 1];
	size_t i;

	(void)state;
	loop_begin(q, trigger_fd);
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		/* the second keeps the state file there to be looked at */
		put(&(struct mail){ .class = row[i].class, .arg = row[i].arg,
		    .sender = "sender@example.test", .notify = "NEVER",
		    .rcpt = { row[i].rcpt, "full@example.test" } }, NULL, id);
		hint_for(id);
		run();
		if (strstr(row[i].state, "r1") == NULL) {
			/* one more recipient stands before the aliases' */
			char want[128];

			snprintf(want, sizeof want, "r%d%s",
			    row[i].state[1] - '0' + 1, row[i].state + 2);
			has(text(q->queue->state, id), want);
		} else
			has(text(q->queue->state, id), row[i].state);
	}
}

static int
count_untried(void *arg, const char *name)
{
	*(int *)arg += strstr(name, ":a0,") != NULL;
	return 0;
}

/* More at once than there is room for: some wait on disk, none is lost. */
static void
many(void **state)
{
	char id[QUEUE_ID + 1];
	int i, untried = 0;

	(void)state;
	conf.active = 200;
	for (i = 0; i < 600; i++)
		put(&(struct mail){ .sender = "s@x.test", .rcpt = {
		    i % 3 ? "ok@example.test" : "full@example.test" } },
		    NULL, id);
	loop_begin(q, trigger_fd);
	run();
	assert_int_equal(count(q->queue->new), 0);
	(void)file_each(q->queue->cur, count_untried, &untried);
	assert_int_equal(times(text(jobs_fd, NULL), "to=") + untried, 600);
	assert_int_equal(times(text(jobs_fd, NULL), "to=ok") +
	    count(q->queue->cur), 600);
}

/* More at once than there is room for, that have come so long ago. */
static void
many_of_age(uint64_t days)
{
	uint64_t then = clock_ns() - days * 86400 * UINT64_C(1000000000);
	char id[QUEUE_ID + 1];
	unsigned i;

	conf.active = 200;
	conf.warn = 0;
	for (i = 0; i < 300; i++) {
		queue_id_of(then + i, span_mem(&i, sizeof i), id);
		put(&(struct mail){ .sender = "s@x.test",
		    .rcpt = { "ok@example.test" } }, id, id);
	}
	loop_begin(q, trigger_fd);
	run();
}

/* Nor is any given up that was not asked, when their time is over. */
static void
many_too_late(void **state)
{
	(void)state;
	many_of_age(6);
	assert_int_equal(times(text(jobs_fd, NULL), "to=s@x.test"), 0);
	assert_int_equal(times(text(jobs_fd, NULL), "to=ok") +
	    count(q->queue->cur), 300);
}

/* But not for ever. */
static void
many_far_too_late(void **state)
{
	(void)state;
	many_of_age(11);
	assert_true(times(text(jobs_fd, NULL), "to=s@x.test") > 0);
}

/* As many as an alias may have, and the copy that the site keeps. */
static void
large_list(void **state)
{
	static const char *const copies[] = { "ok2@example.test" };
	char id[QUEUE_ID + 1];

	(void)state;
	conf.active = 20000;
	site.always_bcc = (struct conf_words){ 1, copies };
	put(&(struct mail){ .sender = "s@x.test",
	    .rcpt = { "large@example.test" } }, NULL, id);
	loop_begin(q, trigger_fd);
	run();
	assert_int_equal(count(q->queue->new) + count(q->queue->cur), 0);
	assert_int_equal(times(text(jobs_fd, NULL), "to=ok+"), ALIAS_TARGETS);
	assert_int_equal(times(text(jobs_fd, NULL), "to=ok2"), 1);
}

/* More hints than the FIFO holds: what the lost ones named does not wait for
 * the next look at the whole queue. */
static void
hints_lost(void **state)
{
	char id[QUEUE_ID + 2];
	int i, heard = 0;

	(void)state;
	loop_begin(q, trigger_fd);
	run();
	assert_true(fcntl(trigger_fd, F_SETPIPE_SZ, 4096) > 0);
	for (i = 0; i < 500; i++) {
		put(&(struct mail){ .sender = "s@x.test",
		    .rcpt = { "ok@example.test" } }, NULL, id);
		id[QUEUE_ID] = '\n';
		heard += write(trigger_fd, id, sizeof id - 1) > 0;
	}
	assert_in_range(heard, 1, 499);
	run();
	assert_int_equal(count(q->queue->new), 0);
	assert_int_equal(times(text(jobs_fd, NULL), "repeat=0"), heard);
	assert_int_equal(times(text(jobs_fd, NULL), "to="), 500);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		STORY(delivered), STORY(unfinished), STORY(restarted),
		STORY(same_and_late), STORY(told_once), STORY(owned), STORY(longest),
		STORY(refusals), STORY(many), STORY(many_too_late),
		STORY(many_far_too_late), STORY(large_list), STORY(hints_lost)
	};

	signal(SIGPIPE, SIG_IGN);
	log_program("queued");
	return cmocka_run_group_tests(test, NULL, NULL);
}
