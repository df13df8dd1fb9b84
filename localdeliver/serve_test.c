/*
 * serve_test - the role as its monitor and queued's loop see it: a key in, a
 * child of the right user out.  As root the ids are looked at; as an ordinary
 * user the same without them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <cdb.h>
#include <signal.h>

#include "localdeliver/config.h"
#include "localdeliver/scratch.h"
#include "localdeliver/serve.h"

enum { UID = 70001, GID = 70002, BURST = 20 };

static struct scratch s;
static pid_t parent;
static int control, link_fd;

static void
entry(struct cdb_make *m, const char *key, unsigned uid, const char *home)
{
	char value[256];
	int n = snprintf(value, sizeof value, "%u:%u:%s:", uid, GID, home);

	assert_int_equal(cdb_make_add(m, key, (unsigned)strlen(key), value,
	    (unsigned)n), 0);
}

static int
users_table(void)
{
	struct cdb_make m;
	char path[128], locked[128];
	int fd;

	snprintf(path, sizeof path, "%s/users.cdb", s.top);
	snprintf(locked, sizeof locked, "%s/locked/x", s.top);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	cdb_make_start(&m, fd);
	entry(&m, "alice@example.test", geteuid() ? geteuid() : UID, s.home);
	entry(&m, "root@example.test", 0, s.home);
	entry(&m, "gone@example.test", geteuid() ? geteuid() : UID,
	    "/nonexistent/home");
	entry(&m, "locked@example.test", geteuid() ? geteuid() : UID, locked);
	assert_int_equal(cdb_make_add(&m, "junk", 4, "junk", 4), 0);
	assert_int_equal(cdb_make_finish(&m), 0);
	return fd;
}

static void
be_role(int ch)
{
	static const struct role role = { .name = "localdeliver",
	    .flags = ROLE_KEEPS_ROOT | ROLE_TABLES };
	static const struct site site = { .hostname = "mx.example.test",
	    .delimiter = "+", .empty_dir = "/tmp" };
	static const struct config conf = { .program_timeout = 10,
	    .max_hops = 100 };
	static struct role_env env = { .role = &role, .site = &site,
	    .conf = &conf };
	size_t i;

	env.control = ch;
	env.root = geteuid() == 0;
	for (i = 0; i < TABLE_COUNT; i++)
		env.table[i] = -1;
	for (i = 0; i < ROLE_LINKS; i++)
		env.link[i].fd = -1;
	_exit(serve_role(&env));
}

static int
enter(void **state)
{
	int ch[2], link[2], table;
	struct note n = { .kind = NOTE_TABLE, .arg = TABLE_USERS };
	char path[128];

	(void)state;
	scratch_begin(&s);
	snprintf(path, sizeof path, "%s/locked", s.top);
	if (chmod(s.top, 0711) < 0 || mkdir(path, 0) < 0 ||
	    (geteuid() == 0 && chown(s.home, UID, GID) < 0) ||
	    chan_pair(CHAN_PACKETS, ch) < 0 ||
	    chan_pair(CHAN_PACKETS, link) < 0)
		return -1;
	table = users_table();
	fflush(NULL);
	if ((parent = fork()) == 0) {
		close(ch[0]);
		close(link[0]);
		be_role(ch[1]);
	}
	close(ch[1]);
	control = ch[0];
	link_fd = link[0];
	if (note_send(control, &n, &table, 1) < 0 ||
	    note_say(control, NOTE_LINK, "loop", &link[1], 1) < 0 ||
	    note_say(control, NOTE_GO, NULL, NULL, 0) < 0)
		return -1;
	close(table);
	close(link[1]);
	return 0;
}

static int
leave(void **state)
{
	int st;

	(void)state;
	close(control);
	close(link_fd);
	waitpid(parent, &st, 0);
	scratch_end(&s);
	return WIFEXITED(st) && WEXITSTATUS(st) == 0 ? 0 : -1;
}

/* One job to a child of the role; many, one by one, where it refuses. */
static void
ask(const char *key, unsigned run, struct answer *a)
{
	static struct job j;
	struct note n = { .kind = NOTE_SPAWN, .arg = run ? SPAWN_PROGRAM : 0 };
	int ch[2], fd, refused, sent = 0;

	strlcpy(n.text, key, sizeof n.text);
	assert_int_equal(chan_pair(CHAN_PACKETS, ch), 0);
	assert_int_equal(note_send(link_fd, &n, &ch[1], 1), 0);
	close(ch[1]);
	s.ch = ch[0];
	scratch_job(&j, key);
	j.rcpt[0].run = run;
	if (run)
		j.rcpt[0].file = SPAN(".forward");
	fd = scratch_message(&s, SPAN("A: b\r\n\r\nx\r\n"));
	do {
		scratch_send(&s, &j, fd);
		if (!scratch_answer(&s, a))
			fail_msg("%s: no answer", key);
		refused = run == 0 && a->verdict.kind != VERDICT_DONE &&
		    a->verdict.kind != VERDICT_TO;
	} while (refused && ++sent < BURST);
	close(fd);
	/* of a burst it refuses all, and behind that what is wrong may be
	 * mended: it is no more asked */
	if (refused)
		assert_int_equal(chan_recv(s.ch, &fd, sizeof fd, NULL, 1), 0);
	close(s.ch);
}

static void
mailboxes(void **state)
{
	static const struct {
		const char *key;
		unsigned code, code_root;
		const char *enhanced_root;
	} row[] = {
		{ "alice@example.test", 250, 250, "2.0.0" },
		{ "alice@example.test", 250, 250, "2.0.0" },
		{ "root@example.test", 250, 550, "5.2.1" },
		{ "gone@example.test", 451, 451, "4.3.0" },
		{ "locked@example.test", 451, 451, "4.3.5" },
		{ "nobody@example.test", 451, 451, "4.3.5" },
		{ "junk", 451, 451, "4.3.5" }
	};
	static struct answer a;
	struct stat st;
	char path[128];
	size_t i;
	int root = geteuid() == 0;

	(void)state;
	if (SANITIZED) {
		print_message("skip: mailboxes: not in a sanitizer's build\n");
		skip();
	}
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		ask(row[i].key, 0, &a);
		if (a.verdict.code != (root ? row[i].code_root : row[i].code) ||
		    (root && strcmp(a.verdict.enhanced,
		    row[i].enhanced_root) != 0))
			fail_msg("row %zu: %u %s %s", i, a.verdict.code,
			    a.verdict.enhanced, a.verdict.text);
	}
	snprintf(path, sizeof path, "%s/Maildir/new", s.home);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	if (root) {
		assert_int_equal(st.st_uid, UID);
		assert_int_equal(st.st_gid, GID);
	}
}

/* A program runs as the mailbox's user, whole, and can fork. */
static void
program(void **state)
{
	static struct answer a;
	char want[64], path[128];

	(void)state;
	if (SANITIZED) {
		print_message("skip: program: not in a sanitizer's build\n");
		skip();
	}
	scratch_put(&s, ".forward", "\"|(echo $(id -u):$(id -g):$(id -G):"
	    "$(grep -c NoNewPrivs:.0 /proc/self/status)); exit 67\"\n");
	if (geteuid() == 0) {
		snprintf(path, sizeof path, "%s/.forward", s.home);
		assert_int_equal(chown(path, UID, GID), 0);
		snprintf(want, sizeof want, "%u:%u:%u:1", UID, GID, GID);
	} else
		snprintf(want, sizeof want, "%u:", (unsigned)geteuid());
	ask("alice@example.test", 1, &a);
	if (a.verdict.code != 550 || strstr(a.verdict.text, want) == NULL)
		fail_msg("%u %s", a.verdict.code, a.verdict.text);
	/* and a delivery child runs none */
	ask("alice@example.test", 0, &a);
	assert_int_equal(a.verdict.kind, VERDICT_TO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(mailboxes, enter, leave),
		cmocka_unit_test_setup_teardown(program, enter, leave)
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
