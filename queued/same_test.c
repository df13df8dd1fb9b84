/* Who is the same as another: rings of forwards, and who is told of what. */
#include "queued/world.h"

static const char *const ring[] = { "ping@example.test", "pong@example.test",
    "pang@example.test" };

static void
say(const char *id, const char *text)
{
	int fd = openat(q->queue->state, id, O_WRONLY | O_CREAT | O_APPEND,
	    0640);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Sends it, with that state or NULL, and until it is gone once more, as after a
 * restart; where the sender is told of anything that is a job to him. */
static void
send_all(const struct mail *m, const char *state)
{
	char file[64], id[QUEUE_ID + 1];
	int n = 0;

	assert_int_equal(ftruncate(jobs_fd, 0), 0);
	put(m, NULL, id);
	if (state)
		say(id, state);
	do {
		hint_for(id);
		do
			loop_turn(q, 20);
		while (q->recipients || q->errands.running ||
		    q->errands.waiting);
		file[0] = '\0';
		(void)file_each(q->queue->cur, last_name, file);
		if (file[0])
			assert_int_equal(renameat(q->queue->cur, file,
			    q->queue->new, id), 0);
	} while (++n < 20 && file[0]);
	assert_int_equal(count(q->queue->new), 0);
}

static int
jobs_to(const char *address)
{
	char to[64];

	snprintf(to, sizeof to, "to=%s ", address);
	return times(text(jobs_fd, NULL), to);
}

/* A forwards to B, and the last to A; of each by its bit whether it keeps a
 * copy, is put off once, and is named by the sender. */
static void
go_round(unsigned n, unsigned keeps, unsigned waits_once, unsigned named)
{
	struct mail m = { .sender = "sender@example.test" };
	unsigned i, k = 0;
	int told;

	for (i = 0; i < n; i++) {
		forwards[i] = (struct forward){ .from = ring[i],
		    .to = { ring[(i + 1) % n] }, .kept = keeps >> i & 1,
		    .later = waits_once >> i & 1 };
		if (named >> i & 1)
			m.rcpt[k++] = ring[i];
	}
	send_all(&m, NULL);
	told = jobs_to("sender@example.test");
	if (keeps ? told != 0 : told == 0)
		fail_msg("ring of %u, keeps %x, waits %x, named %x: told %d",
		    n, keeps, waits_once, named, told);
	for (i = 0; i < n; i++)
		if (jobs_to(ring[i]) == 0 || (waits_once == 0 &&
		    jobs_to(ring[i]) > 1))
			fail_msg("ring of %u, keeps %x, waits %x, named %x: %s "
			    "%d times", n, keeps, waits_once, named, ring[i],
			    jobs_to(ring[i]));
}

/* Whoever is named, in whatever order they answer: somebody has it, or the
 * sender is told. */
static void
rings(void **state)
{
	unsigned n, all, keeps, waits_once, named;

	(void)state;
	loop_begin(q, trigger_fd);
	run();
	for (n = 2; n <= 3; n++)
		for (all = 1U << n, keeps = 0; keeps < all; keeps++)
			for (waits_once = 0; waits_once < all; waits_once++)
				for (named = 1; named < all; named++)
					go_round(n, keeps, waits_once, named);
}

/* What two aliases, or two users, send each other goes to others as well. */
static void
out_of_the_ring(void **state)
{
	static const struct forward f[] = {
		{ .from = "ping@example.test",
		    .to = { "ok@example.test", "pong@example.test" } },
		{ .from = "pong@example.test", .to = { "ping@example.test" } }
	};
	unsigned i;

	(void)state;
	loop_begin(q, trigger_fd);
	run();
	for (i = 0; i < 3 * 4; i++) {
		forwards[0] = f[0];
		forwards[1] = f[1];
		forwards[0].later = i & 1;
		forwards[1].later = i >> 1 & 1;
		send_all(&(struct mail){ .sender = "sender@example.test",
		    .rcpt = { ring[i / 4 == 1], i / 4 == 2 ? ring[1] : NULL }
		    }, NULL);
		if (jobs_to("sender@example.test") != 0 ||
		    jobs_to("ok@example.test") == 0)
			fail_msg("round %u:\n%s", i, text(jobs_fd, NULL));
	}
	for (i = 1; i < 4; i++) {
		send_all(&(struct mail){ .sender = "sender@example.test",
		    .rcpt = { i == 2 ? "turn@example.test" :
		    "tops@example.test", i == 3 ? "turn@example.test" : NULL }
		    }, NULL);
		if (jobs_to("sender@example.test") != 0 ||
		    jobs_to("tops@example.test") != 1 ||
		    jobs_to("turn@example.test") != 1 ||
		    jobs_to("far@remote.test") != 1)
			fail_msg("aliases, %u:\n%s", i, text(jobs_fd, NULL));
	}
}

/* Of both the sender hears, and who are in the ring are not asked twice. */
static void
both_named(void **state)
{
	char file[64] = "", *report;

	(void)state;
	loop_begin(q, trigger_fd);
	run();
	forwards[0] = (struct forward){ .from = ring[0], .to = { ring[1] } };
	forwards[1] = (struct forward){ .from = ring[1], .to = { ring[0] } };
	put(&(struct mail){ .sender = "full@example.test",
	    .rcpt = { ring[0], ring[1] } }, NULL, file);
	hint_for(file);
	run();
	assert_int_equal(count(q->queue->cur), 1);
	(void)file_each(q->queue->cur, last_name, file);
	report = text(q->queue->cur, file);
	has(report, "Final-Recipient: rfc822; pong@example.test\r\n");
	has(report, "Final-Recipient: rfc822; ping@example.test\r\n");
	assert_int_equal(times(report, "\r\nStatus: 5.4.6\r\n"), 2);
}

/* What earlier attempts left, of whatever moment. */
static void
states(void **state)
{
	static const struct {
		const char *rcpt[2], *state;
		struct forward forward[3];
		int told;
	} row[] = {
		/* it ended before they were the same */
		{ { "ping@example.test", "pong@example.test" },
		    "1 r1 to 1 pong@example.test\n"
		    "1 r2 to 1 ping@example.test\n",
		    { { .from = "ping@example.test",
		    .to = { "pong@example.test" } },
		    { .from = "pong@example.test",
		    .to = { "ping@example.test" } } },
		    1 },
		{ { "ping@example.test", "pong@example.test" },
		    "1 r1 to 1 pong@example.test\n"
		    "1 r3 done 250 2.0.0 queue - the same as recipient 2\n"
		    "1 r2 later 451 4.2.1 local - not yet\n",
		    { { .from = "ping@example.test",
		    .to = { "pong@example.test" } },
		    { .from = "pong@example.test",
		    .to = { "ping@example.test" } } },
		    1 },
		/* all of r1 that is done is the same as what is not */
		{ { "ping@example.test", "pong@example.test" },
		    "1 r1 to 2 pong@example.test,pang@example.test\n"
		    "1 r2 to 1 pang@example.test\n"
		    "1 r3 done 250 2.0.0 queue - the same as recipient 2\n"
		    "1 r5 done 250 2.0.0 queue - the same as recipient 4\n",
		    { { .from = "pang@example.test",
		    .to = { "ping@example.test" } } },
		    1 },
		{ { "ping@example.test", "pong@example.test" },
		    "1 r1 to 2 pong@example.test,pang@example.test\n"
		    "1 r2 to 1 pang@example.test kept\n"
		    "1 r3 done 250 2.0.0 queue - the same as recipient 2\n"
		    "1 r5 done 250 2.0.0 queue - the same as recipient 4\n",
		    { { .from = "pang@example.test",
		    .to = { "ping@example.test" } } },
		    0 },
		{ { "ping@example.test", NULL },
		    "1 r1 to 1 pong@example.test sender=x@y.test kept\n",
		    { { .from = "pong@example.test",
		    .to = { "ping@example.test" } } },
		    0 },
		{ { "ping@example.test", NULL },
		    "1 r1 to 1 pong@example.test\n",
		    { { .from = "pong@example.test",
		    .to = { "ping@example.test" } } },
		    1 },
		/* the mailbox has not had what its alias had */
		{ { "self@example.test", NULL },
		    "1 r1 to 2 pong@example.test,ok2@example.test\n"
		    "1 r3 done 250 2.0.0 local - ok\n",
		    { { .from = "pong@example.test",
		    .to = { "back@example.test" } } },
		    1 },
		/* nonsense */
		{ { "ping@example.test", "ok@example.test" },
		    "1 r2 done 250 2.0.0 queue - the same as recipient 2\n"
		    "1 r1 to 1 pong@example.test\n",
		    { { .from = "pong@example.test",
		    .to = { "ping@example.test" } } },
		    1 }
	};
	size_t i;

	(void)state;
	loop_begin(q, trigger_fd);
	run();
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		memcpy(forwards, row[i].forward, sizeof row[i].forward);
		send_all(&(struct mail){ .sender = "sender@example.test",
		    .rcpt = { row[i].rcpt[0], row[i].rcpt[1] } },
		    row[i].state);
		if ((jobs_to("sender@example.test") != 0) != row[i].told)
			fail_msg("row %zu:\n%s", i, text(jobs_fd, NULL));
	}
}

/* Whoever wants to hear of a failure hears of it once, and what fails is asked
 * once, whoever names it. */
static void
hearers(void **state)
{
	static const char *const copies[][1] = { { "gone@example.test" },
	    { "ping@example.test" } };
	static const struct {
		const char *rcpt[2];
		unsigned never, copy;		/* copies[copy - 1]; 0: none */
		unsigned later;			/* ping */
		int told, owner;
	} row[] = {
		{ { "gone@example.test", "lost@example.test" }, 0, 0, 0, 1, 0 },
		{ { "gone@example.test", "lost@example.test" }, 1, 0, 0, 1, 0 },
		{ { "gone@example.test", "lost@example.test" }, 2, 0, 0, 1, 0 },
		{ { "gone@example.test", "lost@example.test" }, 3, 0, 0, 0, 0 },
		{ { "gone@example.test", "ping@example.test" }, 1, 0, 0, 1, 0 },
		{ { "gone@example.test", "ping@example.test" }, 3, 0, 1, 0, 0 },
		{ { "lost@example.test", NULL }, 0, 1, 0, 1, 0 },
		{ { "lost@example.test", NULL }, 1, 1, 0, 0, 0 },
		{ { "ok@example.test", NULL }, 0, 1, 0, 0, 0 },
		{ { "ping@example.test", NULL }, 0, 1, 0, 1, 0 },
		/* the copy is forwarded to what fails */
		{ { "game@example.test", NULL }, 0, 2, 0, 1, 0 },
		{ { "game@example.test", NULL }, 0, 2, 1, 1, 0 },
		{ { "ping@example.test", NULL }, 0, 2, 1, 1, 0 },
		{ { "ping@example.test", NULL }, 1, 2, 1, 0, 0 },
		/* a list has its owner, and what it names another sender */
		{ { "owned@example.test", NULL }, 0, 0, 0, 0, 1 },
		{ { "owned@example.test", "lost@example.test" }, 0, 0, 0, 1, 1 },
		{ { "owned@example.test", "gone@example.test" }, 0, 0, 0, 1, 1 },
		{ { "owned@example.test", "gone@example.test" }, 2, 0, 0, 0, 1 },
		{ { "owned@example.test", "lost@example.test" }, 3, 1, 0, 0, 1 },
	};
	size_t i;

	(void)state;
	loop_begin(q, trigger_fd);
	run();
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		forwards[0] = (struct forward){ .from = ring[0],
		    .to = { "gone@example.test" }, .later = row[i].later };
		site.always_bcc = (struct conf_words){ row[i].copy != 0,
		    row[i].copy ? copies[row[i].copy - 1] : NULL };
		send_all(&(struct mail){ .sender = "sender@example.test",
		    .rcpt = { row[i].rcpt[0], row[i].rcpt[1] },
		    .never = row[i].never }, NULL);
		if (jobs_to("sender@example.test") != row[i].told ||
		    jobs_to("ok2@example.test") != row[i].owner ||
		    jobs_to("gone@example.test") > 1 + (int)row[i].later)
			fail_msg("row %zu:\n%s", i, text(jobs_fd, NULL));
	}
}

/* Mailboxes, the last of them that of an alias of its name; then aliases. */
enum { BOXES = 6, NAMES = BOXES + 4 };
static const char *const name[NAMES] = { "u0@example.test",
    "u1@example.test", "u2@example.test", "u3@example.test",
    "u4@example.test", "a2@example.test", "a0@example.test",
    "a1@example.test", "a2@example.test", "a3@example.test" };
static const unsigned of_alias[NAMES - BOXES] = { 1 << 0 | 1 << 7,
    1 << 1 | 1 << 6, 1 << 5 | 1 << 2, 1 << 3 };
/* In these a failure was told to nobody once. */
static const unsigned lost[] = { 1574, 13647 };
enum { LOST = sizeof lost / sizeof *lost, ROUNDS = 300 };
static uint64_t seed;

static unsigned
chance(unsigned n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % n;
}

/* All that it leads to, a bit for each of name. */
static unsigned
leads_to(unsigned from, const unsigned leads[NAMES])
{
	unsigned all = 1U << from, before = 0, i;

	while (all != before)
		for (before = all, i = 0; i < NAMES; i++)
			if (all >> i & 1)
				all |= leads[i];
	return all;
}

struct maze {
	struct mail mail;
	unsigned leads[NAMES];		/* bits of name */
	unsigned named[4], copy;	/* indices; copy NAMES: none */
	unsigned ends, fails;		/* of mailboxes */
	int waits;
};

static void
random_maze(struct maze *z)
{
	unsigned i, k, to;

	*z = (struct maze){ .mail.sender = "sender@example.test" };
	memcpy(z->leads + BOXES, of_alias, sizeof of_alias);
	for (i = 0; i < BOXES; i++) {
		forwards[i] = (struct forward){ .from = name[i],
		    .kept = chance(6) == 0, .fails = chance(8) == 0,
		    .later = chance(4) == 0 ? 1 + chance(2) : 0 };
		for (k = 0; k < 3 && chance(3); k++) {
			to = chance(NAMES);
			if (to == 5)	/* by its name it is the alias */
				to = 8;
			if (to == i || (i == 5 && to == 8))
				break;
			forwards[i].to[k] = name[to];
			z->leads[i] |= 1U << to;
		}
		if (forwards[i].fails)
			z->leads[i] = 0;
		z->fails |= (unsigned)forwards[i].fails << i;
		z->ends |= (unsigned)(forwards[i].to[0] == NULL ||
		    forwards[i].kept || forwards[i].fails) << i;
		z->waits |= forwards[i].later != 0;
	}
	z->mail.never = chance(3) ? 0 : chance(8);
	for (i = 0; i < 1 + chance(3); i++) {
		do
			z->named[i] = chance(NAMES);
		while (z->named[i] == 5);
		z->mail.rcpt[i] = name[z->named[i]];
	}
	z->copy = chance(3) ? NAMES : chance(5);
}

/* One that does, or leads to nobody. */
static int
fails(const struct maze *z, unsigned all)
{
	unsigned i;
	int r = (all & z->fails) != 0;

	for (i = 0; i < NAMES; i++)
		r |= (all >> i & 1) && !(leads_to(i, z->leads) & z->ends);
	return r;
}

/* Whatever leads where: who is to have it is asked, once where nobody had to
 * wait, and the sender hears of each failure that he wants to hear of. */
static void
mazes(void **state)
{
	struct maze z;
	unsigned round, i, all, asked;
	int jobs, told;

	(void)state;
	loop_begin(q, trigger_fd);
	run();
	for (round = 0; round < ROUNDS; round++) {
		seed = round < LOST ? lost[round] : round;
		random_maze(&z);
		site.always_bcc = (struct conf_words){ z.copy < NAMES,
		    &name[z.copy % NAMES] };
		send_all(&z.mail, NULL);
		asked = z.copy < NAMES ? leads_to(z.copy, z.leads) : 0;
		for (told = 0, i = 0; z.mail.rcpt[i]; i++) {
			all = leads_to(z.named[i], z.leads);
			asked |= all;
			told |= !(z.mail.never >> i & 1) && fails(&z, all);
		}
		if ((jobs_to("sender@example.test") != 0) != told)
			fail_msg("round %u: told %d\n%s", round,
			    jobs_to("sender@example.test"),
			    text(jobs_fd, NULL));
		for (i = 0; i < BOXES; i++) {
			jobs = jobs_to(name[i]);
			if ((jobs > 0) != (asked >> i & 1) ||
			    (!z.waits && jobs > 1))
				fail_msg("round %u: %s %d\n%s", round, name[i],
				    jobs, text(jobs_fd, NULL));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest test[] = { STORY(rings),
	    STORY(out_of_the_ring), STORY(both_named), STORY(states),
	    STORY(hearers), STORY(mazes) };

	signal(SIGPIPE, SIG_IGN);
	log_program("queued");
	return cmocka_run_group_tests(test, NULL, NULL);
}
