/* What waits: by a clock that was set back, with a state cut off, for a
 * destination that is dead, and by a route that is another one now. */
#include <sys/socket.h>

#include "queued/dest.h"
#include "queued/message_state.h"
#include "queued/world.h"
#include "run/jobs.h"

static void
waits_until(int64_t due, char id[QUEUE_ID + 1])
{
	struct queue_name n = { .attempts = 1, .due = due };
	char file[QUEUE_NAME];

	put(&(struct mail){ .sender = "s@x.test", .rcpt = {
	    "ok@example.test", "ok2@example.test" } }, NULL, id);
	memcpy(n.id, id, QUEUE_ID + 1);
	queue_name_format(&n, file);
	assert_int_equal(renameat(q->queue->new, id, q->queue->cur, file), 0);
}

static void
say(const char *id, const char *text)
{
	int fd = openat(q->queue->state, id, O_WRONLY | O_CREAT | O_APPEND,
	    0640);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
until_sent(const char *to)
{
	uint64_t end = clock_mono_ms() + 10000;

	while (times(text(jobs_fd, NULL), to) == 0) {
		loop_turn(q, 20);
		assert_true(clock_mono_ms() < end);
	}
	run();
}

/* So many recipients, and no more. */
static void
until_waiting(unsigned n)
{
	uint64_t end = clock_mono_ms() + 10000;
	int calm = 0;

	while (calm < 5) {
		loop_turn(q, 20);
		calm = q->recipients == n && q->errands.running == 0 ?
		    calm + 1 : 0;
		assert_true(clock_mono_ms() < end);
	}
}

/* No wait of ours reaches ten years on. */
static void
set_back(void **state)
{
	char far[QUEUE_ID + 1], near[QUEUE_ID + 1], file[64] = "";

	(void)state;
	q->queue = &q->places.queue;
	waits_until(clock_s() + 10LL * 365 * 86400, far);
	waits_until(clock_s() + 3000, near);
	loop_begin(q, trigger_fd);
	until_sent(far);
	assert_int_equal(times(text(jobs_fd, NULL), near), 0);
	assert_int_equal(count(q->queue->cur), 1);
	(void)file_each(q->queue->cur, last_name, file);
	assert_memory_equal(file, near, QUEUE_ID);
}

/* Half a line is none; a line that came twice is one. */
static void
cut_off(void **state)
{
	static const struct {
		const char *state, *sent;
	} row[] = {
		{ "1 r1 done 250 2.0.0 local - ok\n"
		    "1 r2 to 2 ok@example.te", "to=ok2@example.test" },
		{ "1 r1 done 250 2.0.0 local - ok\n"
		    "1 r2 done 2", "to=ok2@example.test" },
		{ "1 r1 done 250 2.0.0 local - ok\n"
		    "1 r2 to 1 full@example.test\n"
		    "1 r2 to 1 full@example.test\n"
		    "1 r3 done 250 2.0.0 local", "to=full@example.test" }
	};
	char id[QUEUE_ID + 1];
	size_t i;

	(void)state;
	q->queue = &q->places.queue;
	loop_begin(q, trigger_fd);
	run();
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		assert_int_equal(ftruncate(jobs_fd, 0), 0);
		waits_until(clock_s(), id);
		say(id, row[i].state);
		hint_for(id);
		until_sent(id);
		has(text(jobs_fd, NULL), row[i].sent);
		assert_int_equal(times(text(jobs_fd, NULL), id), 1);
	}
	has(text(q->queue->state, id), "r3 done 250 2.0.0 local \\\n");
	has(text(q->queue->state, id), " r3 later 452 4.2.2 local - ");
}

/* Who waits for ever does not make it grow for ever: one too large to be read
 * would keep the message from everybody. */
static void
bounded(void **state)
{
	static const char line[] = "1 r1 later 452 4.2.2 local - full\n";
	struct buf b = { .max = STATE_MAX };
	char id[QUEUE_ID + 1], *p;

	(void)state;
	while (b.n <= STATE_LATER)
		buf_adds(&b, line);
	buf_addc(&b, '\0');
	q->queue = &q->places.queue;
	put(&(struct mail){ .sender = "s@x.test", .rcpt = {
	    "full@example.test", "ok@example.test" } }, NULL, id);
	say(id, (const char *)b.p);
	loop_begin(q, trigger_fd);
	hint_for(id);
	until_sent(id);
	p = text(q->queue->state, id);
	has(p + b.n - 1, " r2 done 250 2.0.0 local - ");
	assert_int_equal(times(p + b.n - 1, "\n"), 1);
	assert_int_equal(count(q->queue->cur), 1);
	buf_free(&b);
}

/* Of a directory that cannot be listed nobody knows what is not in it: who has
 * had a message that is held must not get it again. */
static void
unlisted(void **state)
{
	struct queue_name n = { .attempts = 0 };
	struct message *m;
	struct queue odd;
	const char *why;
	int held, fd;

	(void)state;
	q->queue = &q->places.queue;
	odd = *q->queue;
	fd = openat(q->queue->dir, "file", O_RDWR | O_CREAT, 0600);
	odd.hold = fd;			/* no directory at all */
	put(&(struct mail){ .sender = "s@x.test", .rcpt = {
	    "ok@example.test", "ok2@example.test" } }, NULL, n.id);
	say(n.id, "1 r1 done 250 2.0.0 local - ok\n");
	assert_int_equal(message_open(q->queue, &n, &m, &why), MESSAGE_OK);
	assert_int_equal(renameat(q->queue->new, n.id, q->queue->hold, n.id),
	    0);
	assert_int_equal(message_defer(m, &odd, 1, 1000, &held), -1);
	assert_int_equal(message_remove(m, &odd), -1);
	has(text(q->queue->state, n.id), "r1 done");
	assert_int_equal(count(q->queue->hold), 1);
	assert_int_equal(message_defer(m, q->queue, 1, 1000, &held), 1);
	assert_int_equal(held, 1);
	has(text(q->queue->state, n.id), "r1 done");
	assert_int_equal(message_remove(m, q->queue), 0);
	assert_int_equal(count(q->queue->hold) + count(q->queue->state), 0);
	assert_int_equal(message_defer(m, q->queue, 1, 1000, &held), 1);
	assert_int_equal(held, 0);
	message_free(m);
	unlinkat(q->queue->dir, "file", 0);
	close(fd);
}

/* What an alias takes away meanwhile is not from a program that waits. */
static void
program_of_an_alias(void **state)
{
	char id[QUEUE_ID + 1];

	(void)state;
	loop_begin(q, trigger_fd);
	run();
	put(&(struct mail){ .sender = "s@x.test",
	    .rcpt = { "self@example.test" } }, NULL, id);
	say(id, "1 r1 to 1 |1:.forward\n");
	hint_for(id);
	until_sent("to=self@example.test run=1");
	assert_int_equal(count(q->queue->new), 0);
}

/* Where the alias is gone that an earlier attempt expanded, its mailbox has not
 * had what the alias, or another, left for that. */
static void
alias_gone(void **state)
{
	static const char *const row[] = {
		"1 r1 to 2 \\x5cok@example.test,ok2@example.test\n"
		"1 r3 later 452 4.2.2 local - full\n"
		"1 r4 done 250 2.0.0 local - ok\n",
		"1 r1 to 1 ok2@example.test\n"
		"1 r2 to 1 \\x5cok@example.test\n"
		"1 r3 done 250 2.0.0 local - ok\n"
	};
	char id[QUEUE_ID + 1];
	int i;

	(void)state;
	loop_begin(q, trigger_fd);
	run();
	for (i = 0; i < 2; i++) {
		put(&(struct mail){ .sender = "s@x.test", .rcpt = {
		    "ok@example.test", "one@example.test" } }, NULL, id);
		say(id, row[i]);
		hint_for(id);
		run();
		assert_int_equal(times(text(jobs_fd, NULL),
		    "to=ok@example.test"), i + 1);
	}
}

/* Nor has it the mailbox that became an alias's target again, through one who
 * is the same as another. */
static void
alias_gone_cycle(void **state)
{
	char id[QUEUE_ID + 1];

	(void)state;
	loop_begin(q, trigger_fd);
	run();
	put(&(struct mail){ .sender = "s@x.test", .rcpt = {
	    "ok@example.test", "late@example.test" } }, NULL, id);
	say(id, "1 r1 to 1 late@example.test\n"
	    "1 r3 done 250 2.0.0 queue - the same as recipient 2\n"
	    "1 r2 later 452 4.2.2 local - full\n");
	hint_for(id);
	run();
	assert_int_equal(times(text(jobs_fd, NULL), "to=ok@example.test"), 1);
}

/* In one line, or more where a second passed meanwhile. */
static int
counted(const char *log)
{
	static const char line[] = "event=put-off mailbox=ok@example.test "
	    "count=";
	int n = 0;

	while (log && (log = strstr(log, line)) != NULL) {
		log += sizeof line - 1;
		n += *log - '0';
	}
	return n;
}

/* Only the first time has each recipient a line of its own. */
static void
put_off_again(void **state)
{
	char id[QUEUE_ID + 1], *log;
	const struct verdict silent = verdict_make(451, "4.4.1", "silent");
	uint64_t end = clock_mono_ms() + 10000;
	struct dest *t;
	int i, out, err = dup(2);

	(void)state;
	q->queue = &q->places.queue;
	out = openat(q->queue->tmp, "log", O_RDWR | O_CREAT | O_APPEND, 0600);
	assert_int_equal(dup2(out, 2), 2);
	for (i = 0; i < 4; i++) {
		waits_until(clock_s(), id);
		if (i < 3)
			say(id, "1 r1 later 451 4.4.1 local - silent\n");
		say(id, "1 r2 done 250 2.0.0 local - ok\n");
	}
	loop_begin(q, trigger_fd);
	t = dest_get(&q->deliver, DEST_LOCAL, "ok@example.test");
	for (i = 0; i < DEST_FAILURES; i++)
		dest_learn(t, &silent, &(int){ 0 });
	while (counted(text(out, NULL)) < 3 && clock_mono_ms() < end)
		loop_turn(q, 20);
	run();
	assert_int_equal(dup2(err, 2), 2);
	assert_int_equal(times(text(jobs_fd, NULL), "to="), 0);
	log = text(out, NULL);
	assert_int_equal(counted(log), 3);
	assert_int_equal(times(log, "event=deferred"), 1);
	has(log, id);
}

/* The first success brings all of it back, long before its time. */
static void
lives_again(void **state)
{
	const struct verdict silent = verdict_make(451, "4.4.1", "silent");
	uint64_t end = clock_mono_ms() + 10000;
	char id[QUEUE_ID + 1];
	struct dest *t;
	int i;

	(void)state;
	q->queue = &q->places.queue;
	for (i = 0; i < 20; i++) {
		waits_until(clock_s(), id);
		say(id, "1 r1 later 450 4.2.1 local - busy\n"
		    "1 r2 done 250 2.0.0 local - ok\n");
	}
	loop_begin(q, trigger_fd);
	t = dest_get(&q->deliver, DEST_LOCAL, "ok@example.test");
	for (i = 0; i < DEST_FAILURES; i++)
		dest_learn(t, &silent, &(int){ 0 });
	while (q->deliver.away < 20 && clock_mono_ms() < end)
		loop_turn(q, 20);
	assert_int_equal(times(text(jobs_fd, NULL), "to="), 0);
	has(text(q->queue->state, id), " r1 later 451 4.4.1 local - put off, "
	    "not asked: ok@example.test fails, last with: silent\n");
	t->until = clock_mono_s();
	while (times(text(jobs_fd, NULL), "to=") < 20 && clock_mono_ms() < end)
		loop_turn(q, 20);
	run();
	assert_int_equal(times(text(jobs_fd, NULL), "to="), 20);
	assert_int_equal(count(q->queue->cur), 0);
	assert_int_equal(q->deliver.away, 0);
}

/* Whose file system hangs is put off, and counts no more; nothing else is sent
 * there until that process has ended, whoever asks. */
static void
hangs(void **state)
{
	static const char key[] = "ok@example.test";
	uint64_t end = clock_mono_ms() + 10000;
	char id[2][QUEUE_ID + 1];
	struct dest *t;

	(void)state;
	loop_begin(q, trigger_fd);
	put(&(struct mail){ .sender = "hangs@x.test", .rcpt = { key } }, NULL,
	    id[0]);
	hint_for(id[0]);
	until_waiting(1);
	t = dest_get(&q->deliver, DEST_LOCAL, key);
	assert_int_equal(t->child->inflight, 1);
	assert_int_equal(t->standing, STANDING_LOCAL);
	t->child->since -= JOBS_SILENT_S;
	run();
	has(text(q->queue->state, id[0]), " r1 later 451 4.3.2 local - the "
	    "delivering process has not answered for 300 seconds\n");
	assert_int_equal(share_all(&q->deliver.share), 0);
	assert_int_equal(q->deliver.share.apart, 1);
	assert_int_equal(t->standing, STANDING_SLOW);
	t->until = 0;
	deliver_tick(&q->deliver);
	assert_true(dest_dead(t, clock_mono_s()) > 0);
	deliver_forgive(&q->deliver);
	put(&(struct mail){ .sender = "s@x.test", .rcpt = { key } }, NULL,
	    id[1]);
	hint_for(id[1]);
	run();
	has(text(q->queue->state, id[1]), "put off, not asked");
	assert_int_equal(times(text(jobs_fd, NULL), "to="), 1);
	/* the signal has reached it at last */
	shutdown(t->child->w.fd, SHUT_WR);
	while (t->hung && clock_mono_ms() < end)
		loop_turn(q, 20);
	assert_int_equal(q->deliver.share.apart, 0);
	assert_null(t->child);
	deliver_forgive(&q->deliver);
	while (times(text(jobs_fd, NULL), id[1]) == 0 && clock_mono_ms() < end)
		loop_turn(q, 20);
	run();
	assert_null(text(q->queue->state, id[1]));
	assert_int_equal(t->standing, STANDING_LOCAL);
}

/* Of those that hang half as many as there may be count no more, then all do;
 * and none that has ended. */
static void
too_many_hang(void **state)
{
	static const char *const key[] = { "ok@example.test",
	    "ok2@example.test", "late@example.test" };
	uint64_t end = clock_mono_ms() + 10000;
	char id[QUEUE_ID + 1];
	struct dest *t;
	int i;

	(void)state;
	conf.children = 4;
	loop_begin(q, trigger_fd);
	for (i = 0; i < 3; i++) {
		put(&(struct mail){ .sender = "hangs@x.test",
		    .rcpt = { key[i] } }, NULL, id);
		hint_for(id);
	}
	until_waiting(3);
	for (i = 0; i < 3; i++) {
		t = dest_get(&q->deliver, DEST_LOCAL, key[i]);
		t->child->since -= JOBS_SILENT_S;
		deliver_tick(&q->deliver);
		assert_int_equal(t->hung, 1);
	}
	assert_int_equal(q->deliver.share.apart, 2);
	assert_int_equal(share_all(&q->deliver.share), 1);
	for (i = 0; i < 3; i++) {
		t = dest_get(&q->deliver, DEST_LOCAL, key[i]);
		shutdown(t->child->w.fd, SHUT_WR);
		while (t->child && clock_mono_ms() < end)
			loop_turn(q, 20);
		assert_null(t->child);
		assert_int_equal(t->hung, 0);
		assert_int_equal(t->children, 0);
	}
	assert_int_equal(q->deliver.share.apart, 0);
	for (i = 0; i < STANDINGS; i++)
		assert_int_equal(q->deliver.share.held[i], 0);
}

/* What was not sent yet does not wait for the rate of a route that is gone. */
static void
rerouted(void **state)
{
	static const char *const before[][2] = {
		{ "elsewhere.test", "smtp://192.0.2.1:25 rate=1" },
		{ NULL, NULL }
	}, *const after[][2] = {
		{ "elsewhere.test", "smtp://192.0.2.2:25" }, { NULL, NULL }
	};
	char id[QUEUE_ID + 1], line[64];
	int i;

	(void)state;
	env.table[TABLE_ROUTES] = table("before", before);
	loop_begin(q, trigger_fd);
	for (i = 0; i < 3; i++) {
		put(&(struct mail){ .sender = "s@example.test", .class =
		    CLASS_NET, .rcpt = { "out@elsewhere.test" } }, NULL, id);
		hint_for(id);
	}
	until_waiting(2);
	assert_int_equal(times(text(jobs_fd, NULL), "to="), 1);
	hint_for("waiting");
	until_waiting(2);
	has(text(q->queue->state, "waiting"), " for smtp://192.0.2.1:25 "
	    "rate=1: the rate= of its route is used up; 0 before it\n");
	snprintf(line, sizeof line, "%s r1 ", id);
	has(text(q->queue->state, "waiting"), line);
	has(text(q->queue->state, "waiting"), "; 1 before it\n");
	env.table[TABLE_ROUTES] = table("after", after);
	assert_int_equal(note_say(monitor_end, NOTE_GO, NULL, NULL, 0), 0);
	run();
	assert_int_equal(times(text(jobs_fd, NULL), "to="), 3);
}

/* One that is cut off, or cannot be opened, is no empty one: who is in that of
 * before gets his mail. */
static void
tables_cut_off(void **state)
{
	char id[QUEUE_ID + 1];
	int fd, kept, i;

	(void)state;
	loop_begin(q, trigger_fd);
	fd = openat(q->queue->tmp, "users", O_RDWR | O_CREAT, 0600);
	assert_int_equal(write(fd, "cut off", 7), 7);
	kept = env.table[TABLE_USERS];
	for (i = 0; i < 2; i++) {
		env.table[TABLE_USERS] = i ? TABLE_UNREADABLE : fd;
		assert_int_equal(note_say(monitor_end, NOTE_GO, NULL, NULL, 0),
		    0);
		run();
	}
	put(&(struct mail){ .sender = "s@example.test",
	    .rcpt = { "ok@example.test" } }, NULL, id);
	hint_for(id);
	until_sent("to=ok@example.test");
	assert_int_equal(count(q->queue->new) + count(q->queue->cur), 0);
	env.table[TABLE_USERS] = kept;
}

int
main(void)
{
	const struct CMUnitTest test[] = { STORY(set_back), STORY(cut_off),
	    STORY(bounded), STORY(unlisted),
	    STORY(program_of_an_alias), STORY(alias_gone), STORY(alias_gone_cycle),
	    STORY(put_off_again), STORY(lives_again), STORY(hangs),
	    STORY(too_many_hang), STORY(rerouted), STORY(tables_cut_off) };

	signal(SIGPIPE, SIG_IGN);
	log_program("queued");
	return cmocka_run_group_tests(test, NULL, NULL);
}
