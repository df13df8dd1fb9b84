/* check: the role beside a listener that has no time for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>
#include <cdb.h>
#include <crypt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/check.h"
#include "auth/config.h"
#include "run/app_password.h"
#include "run/scram_client.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "wire/login.h"
#include "wire/record.h"

enum { LOGINS = 400, TURNS = 40, PATIENCE_S = 120 };

static const char key[] = "alice@example.test", fast[] =
    "\0alice@example.test\0abcde-secret", slow[] =
    "\0alice@example.test\0slow", cheap[] = "\0bob\0wrong";

/* A table with an app password, one that takes a while to check, and one that
 * takes none. */
static int
passwords(void)
{
	char path[] = "/tmp/check_test.XXXXXX", name[64], value[128],
	    mac[APP_MAC];
	const char *hash = crypt("slow", "$5$rounds=20000$salt$");
	struct cdb_make c;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_non_null(hash);
	unlink(path);
	app_password_mac(key, "abcde", SPAN("secret"), mac);
	snprintf(name, sizeof name, "%s app abcde", key);
	snprintf(value, sizeof value, "imap:%s:", mac);
	assert_int_equal(cdb_make_start(&c, fd), 0);
	assert_int_equal(cdb_make_add(&c, name, (unsigned)strlen(name), value,
	    (unsigned)strlen(value)), 0);
	assert_int_equal(cdb_make_add(&c, key, sizeof key - 1, hash,
	    (unsigned)strlen(hash)), 0);
	assert_non_null(hash = crypt("right", "$5$rounds=1000$salt$"));
	assert_int_equal(cdb_make_add(&c, "bob", 3, hash,
	    (unsigned)strlen(hash)), 0);
	assert_int_equal(cdb_make_finish(&c), 0);
	return fd;
}

/* With that table, or one that the monitor could not open. */
static pid_t
start(int *control, int *link, enum note_kind passwords_as)
{
	static const struct site site = { .hostname = "mx.test",
	    .empty_dir = "/", .state_dir = "/nonexistent" };
	static const struct role role = { .name = "auth" };
	static const struct auth_conf conf = { .workers = 1,
	    .waiting = LOGINS, .checkpassword = "" };
	struct role_env env = { .role = &role, .site = &site, .conf = &conf };
	int c[2], l[2], fd = passwords();
	pid_t pid;
	size_t i;

	assert_int_equal(chan_pair(CHAN_PACKETS, c), 0);
	assert_int_equal(chan_pair(CHAN_PACKETS, l), 0);
	if ((pid = fork()) == 0) {
		close(c[0]);
		close(l[0]);
		close(l[1]);		/* it comes as a note */
		env.control = c[1];
		for (i = 0; i < ROLE_LINKS; i++)
			env.link[i].fd = -1;
		_exit(check_role(&env));
	}
	note_tell(c[0], passwords_as, TABLE_COUNT, "passwords",
	    passwords_as == NOTE_FILE ? fd : -1);
	assert_int_equal(note_say(c[0], NOTE_LINK, "listener", &l[1], 1), 0);
	assert_int_equal(note_say(c[0], NOTE_GO, NULL, NULL, 0), 0);
	close(fd);
	close(c[1]);
	close(l[1]);
	*control = c[0];
	*link = l[0];
	return pid;
}

static void
ask(int session, const char *mech, struct span response)
{
	struct login_ask a = { .mech = span_of(mech), .has_response = 1,
	    .response = response };
	struct buf b = { .max = 1024 };

	assert_int_equal(login_add_ask(&b, &a), 0);
	assert_int_equal(chan_send(session, buf_span(&b), NULL, 0), 0);
	buf_free(&b);
}

/* A session's channel, on which the right password waits already. */
static int
begin(int link, uint32_t number, const char *mech, struct span response)
{
	struct note n = { .kind = NOTE_SPAWN, .text = "imap" };
	int ch[2];

	n.facts.connection = number;
	assert_int_equal(chan_pair(CHAN_PACKETS, ch), 0);
	ask(ch[0], mech, response);
	assert_int_equal(note_send(link, &n, &ch[1], 1), 0);
	close(ch[1]);
	return ch[0];
}

static int
login(int link, uint32_t number, struct span response)
{
	return begin(link, number, "PLAIN", response);
}

/* It names connections and connections, and looks at no answer: the check
 * must not wait for it, as it waits for the check. */
static void
listener_does_not_read(void **state)
{
	static int session[LOGINS];
	int control, link, st;
	pid_t pid = start(&control, &link, NOTE_FILE);
	unsigned char answer[LOGIN_RECORD];
	struct note n;
	uint32_t i;

	(void)state;
	alarm(PATIENCE_S);
	for (i = 0; i < LOGINS; i++)
		session[i] = login(link, i, span_mem(fast,
		    sizeof fast - 1));
	for (i = 0; i < LOGINS; i++) {
		assert_int_equal(note_recv(link, &n, NULL, 1), 1);
		assert_int_equal(n.kind, NOTE_USER);
		assert_string_equal(n.text, key);
	}
	for (i = 0; i < LOGINS; i++) {
		assert_true(chan_recv(session[i], answer, sizeof answer, NULL,
		    1) > 0);
		close(session[i]);
	}
	close(control);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	close(link);
}

/* The worker hashes for who is known in the order in which they came. */
static void
known_in_turn(void **state)
{
	int session[TURNS], control, link, st;
	pid_t pid = start(&control, &link, NOTE_FILE);
	struct note n;
	uint32_t i;

	(void)state;
	alarm(PATIENCE_S);
	for (i = 0; i < TURNS; i++) {
		session[i] = login(link, i, span_mem(slow, sizeof slow - 1));
		if (i == 0)		/* from now on she is known */
			assert_int_equal(note_recv(link, &n, NULL, 1), 1);
	}
	for (i = 1; i < TURNS; i++) {
		assert_int_equal(note_recv(link, &n, NULL, 1), 1);
		assert_int_equal(n.arg, i);
	}
	for (i = 0; i < TURNS; i++)
		close(session[i]);
	close(control);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	close(link);
}

static pid_t
worker_of(pid_t check)
{
	char path[64];
	FILE *f;
	int pid = -1;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", check, check);
	assert_non_null(f = fopen(path, "r"));
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	fclose(f);
	return pid;
}

/* The time that hides how dear a hash is begins with the hash: who fills the
 * row himself, and stands at its end, sees no shorter one. */
static void
behind_a_row(void **state)
{
	int session[2], control, link, st;
	pid_t pid = start(&control, &link, NOTE_FILE), worker;
	unsigned char answer[LOGIN_RECORD];
	uint64_t began;
	struct note n;

	(void)state;
	alarm(PATIENCE_S);
	close(login(link, 0, span_mem(fast, sizeof fast - 1)));
	assert_int_equal(note_recv(link, &n, NULL, 1), 1);
	worker = worker_of(pid);
	assert_int_equal(kill(worker, SIGSTOP), 0);
	session[0] = login(link, 1, span_mem(slow, sizeof slow - 1));
	session[1] = login(link, 2, span_mem(cheap, sizeof cheap - 1));
	usleep(300000);
	began = clock_mono_ms();
	assert_int_equal(kill(worker, SIGCONT), 0);
	assert_true(chan_recv(session[1], answer, sizeof answer, NULL, 1) > 0);
	assert_true(clock_mono_ms() - began >= 250);
	close(session[0]);
	close(session[1]);
	close(control);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	close(link);
}

/* How it ended stands in the log; without it nobody is let in. */
static void
worker_killed(void **state)
{
	int control, link, st, log[2];
	char said[4096];
	ssize_t n;
	pid_t pid;
	struct note note;
	size_t have = 0;
	int err = dup(STDERR_FILENO);

	(void)state;
	alarm(PATIENCE_S);
	assert_int_equal(pipe(log), 0);
	dup2(log[1], STDERR_FILENO);
	pid = start(&control, &link, NOTE_FILE);
	dup2(err, STDERR_FILENO);
	close(err);
	close(log[1]);
	close(login(link, 0, span_mem(fast, sizeof fast - 1)));
	assert_int_equal(note_recv(link, &note, NULL, 1), 1);
	assert_int_equal(kill(worker_of(pid), SIGKILL), 0);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st) && WEXITSTATUS(st) == LOG_AGAIN);
	while ((n = read(log[0], said + have, sizeof said - 1 - have)) > 0)
		have += (size_t)n;
	said[have] = '\0';
	assert_non_null(strstr(said, "event=worker level=warn pid="));
	assert_non_null(strstr(said, " signal=9"));
	close(log[0]);
	close(control);
	close(link);
}

static enum login_result
result(int session, struct buf *challenge)
{
	static unsigned char packet[LOGIN_RECORD + 64];
	struct login_answer a;
	struct span in, fields;
	const char *why;
	ssize_t n = chan_recv(session, packet, sizeof packet, NULL, 1);

	assert_true(n > 0);
	in = span_mem(packet, (size_t)n);
	assert_int_equal(record_next(&in, LOGIN_RECORD, &fields, &why), 1);
	assert_int_equal(login_parse_answer(fields, &a, &why), 0);
	buf_addspan(challenge, a.challenge);
	return a.result;
}

/* Nobody's password is wrong by a table that cannot be read. */
static void
unreadable(void **state)
{
	struct scram_client s = { .nonce = 0 };
	struct buf first = { .max = 1024 }, server = { .max = 1024 };
	struct buf final = { .max = 1024 };
	int session, control, link, st;
	pid_t pid = start(&control, &link, NOTE_UNREADABLE);

	(void)state;
	alarm(PATIENCE_S);
	session = login(link, 1, span_mem(cheap, sizeof cheap - 1));
	assert_int_equal(result(session, &server), LOGIN_LATER);
	close(session);
	session = login(link, 2, span_mem(fast, sizeof fast - 1));
	assert_int_equal(result(session, &server), LOGIN_LATER);
	close(session);
	assert_int_equal(scram_client_first(&s, SPAN("bob"), SPAN("nonce"),
	    &first), 0);
	session = begin(link, 3, "SCRAM-SHA-256", buf_span(&first));
	assert_int_equal(result(session, &server), LOGIN_CHALLENGE);
	assert_int_equal(scram_client_final(&s, buf_span(&server),
	    SPAN("right"), &final), 0);
	ask(session, "", buf_span(&final));
	assert_int_equal(result(session, &server), LOGIN_LATER);
	close(session);
	scram_client_free(&s);
	buf_free(&first);
	buf_free(&server);
	buf_free(&final);
	close(control);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	close(link);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listener_does_not_read),
		cmocka_unit_test(known_in_turn),
		cmocka_unit_test(behind_a_row),
		cmocka_unit_test(worker_killed),
		cmocka_unit_test(unreadable)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
