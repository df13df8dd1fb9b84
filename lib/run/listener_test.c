/* The listener in a process of its own; the test is everybody around it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "run/ask.h"
#include "run/listener.h"
#include "sys/log.h"
#include "sys/net.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

enum { PATIENCE_S = 60 };
enum link { SESSION, WRITER, RELAY, KEYHOLDER, LINKS };

static const char *const name[LINKS] = {
	"session", "writer", "relay", "keyholder"
};
static pid_t listener;
static int monitor, link_to[LINKS], said, client;
static struct sockaddr_in at;
static rlim_t files;			/* the listener may have, if not 0 */
static uint64_t per_address = 1000, per_network = 1000;

static void
be_listener(int control, int fd, const int *end, int tls)
{
	static const struct role role = { .name = "listener" };
	static const struct site site = { .empty_dir = "/" };
	static struct role_env env;
	const struct listener_service service = { .name = "smtp", .proto = "smtp",
	    .busy = "421\r\n", .tls = tls, .alpn = "" };
	struct ip_net local, proxy;
	int i;

	if (files)
		(void)setrlimit(RLIMIT_NOFILE, &(struct rlimit){ files,
		    files });
	env = (struct role_env){ .role = &role, .site = &site,
	    .control = control, .listen = { fd }, .nlisten = 1 };
	for (i = 0; i < TABLE_COUNT; i++)
		env.table[i] = -1;
	for (i = 0; i < ROLE_LINKS; i++)
		env.link[i].fd = -1;
	for (i = 0; i < LINKS; i++) {
		snprintf(env.link[i].name, sizeof env.link[i].name, "%s",
		    name[i]);
		env.link[i].fd = end[i];
	}
	(void)ip_net_parse(SPAN("127.0.0.0/8"), &local);
	(void)ip_net_parse(SPAN("127.1.0.0/16"), &proxy);
	listener_run(&env, &(struct listener_conf){
	    .local_networks = { 1, &local }, .max_connections = 1000,
	    .max_per_address = per_address, .max_per_network = per_network,
	    .proxies = { 1, &proxy }, .service = &service });
	_exit(1);
}

static void
begin(int tls)
{
	struct ip local;
	socklen_t n = sizeof at;
	int fd, i, ch[2], log[2], end[LINKS];

	alarm(PATIENCE_S);
	assert_int_equal(ip_parse(SPAN("127.0.0.1"), &local), 0);
	assert_true((fd = net_listen(&local, 0)) >= 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	for (i = 0; i < LINKS; i++) {
		assert_int_equal(chan_pair(CHAN_PACKETS, ch), 0);
		link_to[i] = ch[0];
		end[i] = ch[1];
	}
	assert_int_equal(chan_pair(CHAN_PACKETS, ch), 0);
	assert_int_equal(pipe(log), 0);
	if ((listener = fork()) == 0) {
		dup2(log[1], STDERR_FILENO);
		close(ch[0]);
		be_listener(ch[1], fd, end, tls);
	}
	close(ch[1]);
	close(log[1]);
	close(fd);
	for (i = 0; i < LINKS; i++)
		close(end[i]);
	monitor = ch[0];
	said = log[0];
	assert_int_equal(note_say(monitor, NOTE_GO, NULL, NULL, 0), 0);
}

static void
end(void)
{
	int i;

	close(client);
	close(said);
	for (i = 0; i < LINKS; i++)
		close(link_to[i]);
	alarm(0);
}

static void
finish(void)
{
	close(monitor);
	assert_int_equal(waitpid(listener, NULL, 0), listener);
	end();
}

static void
connect_client(void)
{
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&at, sizeof at),
	    0);
}

/* From now on it gets no descriptor more. */
static void
no_more(void)
{
	struct rlimit none = { 0, 0 };

	assert_int_equal(prlimit(listener, RLIMIT_NOFILE, &none, NULL), 0);
}

/* A request for a process: what it gets, in fd. */
static void
asked(enum link l, int fd[CHAN_FDS])
{
	struct note n;

	assert_int_equal(note_recv(link_to[l], &n, fd, 1), 1);
	assert_int_equal(n.kind, NOTE_SPAWN);
}

/* Until the log has the word. */
static void
wait_for(const char *word)
{
	static char log[65536];
	size_t n = 0;
	ssize_t r;

	log[0] = '\0';
	while (strstr(log, word) == NULL) {
		r = read(said, log + n, sizeof log - 1 - n);
		assert_true(r > 0);
		log[n += (size_t)r] = '\0';
	}
}

static int64_t
cpu_ms(void)
{
	struct timespec t;
	clockid_t c;

	assert_int_equal(clock_getcpuclockid(listener, &c), 0);
	assert_int_equal(clock_gettime(c, &t), 0);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
test_nothing_is_done_while_there_is_no_descriptor(void **state)
{
	int session[CHAN_FDS];
	int64_t before;

	(void)state;
	begin(0);
	connect_client();
	asked(SESSION, session);
	no_more();
	close(client);
	connect_client();
	wait_for("event=paused");
	before = cpu_ms();
	poll(NULL, 0, 1000);
	assert_true(cpu_ms() - before < 50);
	close(session[0]);
	close(session[1]);
	finish();
}

static void
test_a_writer_that_gets_no_work_ends(void **state)
{
	int session[CHAN_FDS], writer[CHAN_FDS], fd[CHAN_FDS];
	struct note n;

	(void)state;
	begin(0);
	connect_client();
	asked(SESSION, session);
	assert_int_equal(note_say(session[1], NOTE_WRITER, NULL, NULL, 0), 0);
	asked(WRITER, writer);
	assert_int_equal(note_recv(writer[0], &n, fd, 1), 1);
	assert_true(fd[0] >= 0);
	close(fd[0]);
	assert_int_equal(note_recv(session[1], &n, fd, 1), 1);
	assert_true(fd[0] >= 0);
	close(fd[0]);
	assert_int_equal(note_say(writer[0], NOTE_IDLE, NULL, NULL, 0), 0);
	no_more();
	assert_int_equal(note_say(session[1], NOTE_WRITER, NULL, NULL, 0), 0);
	assert_int_equal(note_recv(session[1], &n, fd, 1), 1);
	assert_int_equal(n.kind, NOTE_WRITER);
	assert_int_equal(fd[0], -1);
	assert_int_equal(note_recv(writer[0], &n, fd, 1), 0);
	close(session[0]);
	close(session[1]);
	close(writer[0]);
	finish();
}

/* What one has found out holds for all: no other may take a message. */
static void
test_a_queue_that_cannot_be_flushed_ends_the_service(void **state)
{
	int session[CHAN_FDS], writer[CHAN_FDS], st;

	(void)state;
	begin(0);
	connect_client();
	asked(SESSION, session);
	assert_int_equal(note_say(session[1], NOTE_WRITER, NULL, NULL, 0), 0);
	asked(WRITER, writer);
	assert_int_equal(note_say(writer[0], NOTE_STOP, NULL, NULL, 0), 0);
	assert_int_equal(waitpid(listener, &st, 0), listener);
	assert_true(WIFEXITED(st) && WEXITSTATUS(st) == LOG_AGAIN);
	close(session[0]);
	close(session[1]);
	close(writer[0]);
	close(monitor);
	end();
}

/* It waits for an answer as long as it takes. */
static void
test_a_session_that_cannot_be_told_is_over(void **state)
{
	int session[CHAN_FDS], writer[CHAN_FDS];
	char c;

	(void)state;
	begin(0);
	connect_client();
	asked(SESSION, session);
	assert_int_equal(shutdown(session[1], SHUT_RD), 0);
	assert_int_equal(note_say(session[1], NOTE_WRITER, NULL, NULL, 0), 0);
	asked(WRITER, writer);
	assert_int_equal(read(client, &c, 1), 0);
	close(session[0]);
	close(session[1]);
	close(writer[0]);
	finish();
}

/* However many connect: there is room for new tables. */
static void
test_descriptors_are_left_for_the_monitor(void **state)
{
	enum { ROOM = 5, MORE = 60 };
	int session[CHAN_FDS], of[ROOM], control[ROOM], busy[MORE], i;
	char c[8];

	(void)state;
	files = 3 * ROOM + 128;
	begin(0);
	files = 0;
	for (i = 0; i < ROOM; i++) {
		connect_client();
		of[i] = client;
		asked(SESSION, session);
		control[i] = session[1];
		close(session[0]);
	}
	for (i = 0; i < MORE; i++) {
		connect_client();
		busy[i] = client;
		assert_int_equal(read(client, c, sizeof c), 5);
	}
	wait_for("ulimit -n");
	for (i = 0; i < TABLE_COUNT; i++)
		note_tell(monitor, NOTE_TABLE, (unsigned)i, "",
		    STDIN_FILENO);
	note_tell(monitor, NOTE_GO, 0, "", -1);
	wait_for("event=tables");	/* that is none; it lives to say so */
	for (i = 0; i < ROOM; i++) {
		close(of[i]);
		close(control[i]);
	}
	for (i = 0; i < MORE; i++)
		close(busy[i]);
	connect_client();
	asked(SESSION, session);
	close(session[0]);
	close(session[1]);
	finish();
}

/* Who shakes hands says that they are shaken, and nothing else. */
static void
test_a_relay_asks_for_nothing(void **state)
{
	int relay[CHAN_FDS], i;
	struct note n;

	(void)state;
	begin(1);
	connect_client();
	asked(RELAY, relay);
	assert_int_equal(note_say(relay[1], NOTE_STARTTLS, NULL, NULL, 0), 0);
	assert_int_equal(note_recv(relay[1], &n, NULL, 1), 0);
	wait_for("note out of order");
	for (i = 0; i < 4; i++)
		close(relay[i]);
	finish();
}

/* By STARTTLS: what the relay gets, and the fresh session. */
static void
to_tls(int session[CHAN_FDS], int relay[CHAN_FDS])
{
	assert_int_equal(note_say(session[1], NOTE_STARTTLS, NULL, NULL, 0),
	    0);
	close(session[0]);
	close(session[1]);
	asked(RELAY, relay);
	assert_int_equal(note_say(relay[1], NOTE_UP, NULL, NULL, 0), 0);
	asked(SESSION, session);
}

/* Its fresh session asks for as many writers as the first one did. */
static void
test_writers_are_counted_anew_after_starttls(void **state)
{
	int session[CHAN_FDS], relay[CHAN_FDS], writer[CHAN_FDS];
	int fd[CHAN_FDS], i, tls;
	struct note n;

	(void)state;
	begin(0);
	connect_client();
	asked(SESSION, session);
	for (tls = 0; tls < 2; tls++) {
		for (i = 0; i < ASK_WRITERS; i++) {
			assert_int_equal(note_say(session[1], NOTE_WRITER,
			    NULL, NULL, 0), 0);
			asked(WRITER, writer);
			assert_int_equal(note_recv(session[1], &n, fd, 1), 1);
			assert_int_equal(n.kind, NOTE_WRITER);
			close(fd[0]);
			close(writer[0]);
		}
		if (tls)
			break;
		to_tls(session, relay);
	}
	assert_int_equal(note_say(session[1], NOTE_WRITER, NULL, NULL, 0), 0);
	wait_for("note out of order");
	for (i = 0; i < 4; i++)
		close(relay[i]);
	close(session[0]);
	close(session[1]);
	finish();
}

static void
test_logins_are_counted_anew_after_starttls(void **state)
{
	int session[CHAN_FDS], relay[CHAN_FDS], fd[CHAN_FDS], i, tls;
	struct note n;

	(void)state;
	begin(0);
	connect_client();
	asked(SESSION, session);
	for (tls = 0; tls < 2; tls++) {
		for (i = 0; i < ASK_LOGINS; i++) {
			assert_int_equal(note_say(session[1], NOTE_AUTH,
			    NULL, NULL, 0), 0);
			assert_int_equal(note_recv(session[1], &n, fd, 1), 1);
			assert_int_equal(n.kind, NOTE_AUTH);
		}
		if (tls)
			break;
		to_tls(session, relay);
	}
	assert_int_equal(note_say(session[1], NOTE_AUTH, NULL, NULL, 0), 0);
	wait_for("note out of order");
	for (i = 0; i < 4; i++)
		close(relay[i]);
	close(session[0]);
	close(session[1]);
	finish();
}

/* No process could be forked for it: it hears what it hears at a limit. */
static void
test_who_has_no_process_is_told(void **state)
{
	int session[CHAN_FDS];
	char said[16];

	(void)state;
	begin(0);
	connect_client();
	asked(SESSION, session);
	assert_int_equal(note_say(session[1], NOTE_NONE, NULL, NULL, 0), 0);
	close(session[0]);
	close(session[1]);
	assert_int_equal(recv(client, said, 5, MSG_WAITALL), 5);
	assert_memory_equal(said, "421\r\n", 5);
	assert_int_equal(read(client, said, 1), 0);
	wait_for("rule=processes");
	finish();
}

static void
connect_from(uint32_t address)
{
	struct sockaddr_in from = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(address) };

	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(client, (struct sockaddr *)&from, sizeof from),
	    0);
	assert_int_equal(connect(client, (struct sockaddr *)&at, sizeof at),
	    0);
}

/* 1 = there is a process for the client, 0 = it is refused. */
static int
served(int session[CHAN_FDS])
{
	struct pollfd p[2];

	p[0] = (struct pollfd){ .fd = link_to[SESSION], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = client, .events = POLLIN };
	assert_true(poll(p, 2, -1) > 0);
	if (p[0].revents == 0)
		return 0;
	asked(SESSION, session);
	close(session[0]);
	return 1;
}

/* From 127.0.0.LAST. */
static int
served_from(unsigned last, int session[CHAN_FDS])
{
	connect_from(0x7f000000 + last);
	return served(session);
}

/* The same by a proxy: 1 = there is a session for its client. */
static int
served_by_proxy(unsigned last, int session[CHAN_FDS])
{
	struct note n = { .kind = NOTE_PROXY };
	uint32_t address = htonl(0x7f000000 + last);

	connect_from(0x7f010001);
	assert_true(served(session));
	n.facts.client = ip_from_v4(&address);
	assert_int_equal(note_send(session[1], &n, NULL, 0), 0);
	close(session[1]);
	return served(session);
}

/* With nothing left of the heap but what an old connection had: that is not
 * enough for a new one and the count of a new address. */
static void
test_no_memory_ends_one_connection(void **state)
{
	enum { MOST = 900, ADDRESSES = 200 };
	static int of[MOST + ADDRESSES], control[MOST + ADDRESSES];
	struct rlimit none = { 0, 0 };
	int session[CHAN_FDS], n = 0, old;
	char c[8];

	(void)state;
	if (SANITIZED) {
		printf("skip: no memory: a sanitizer needs some itself\n");
		skip();
	}
	begin(0);
	while (n < MOST && served_from(1, session)) {
		of[n] = client;
		control[n++] = session[1];
		if (n == ADDRESSES)
			assert_int_equal(prlimit(listener, RLIMIT_DATA, &none,
			    NULL), 0);
	}
	assert_in_range(n, ADDRESSES, MOST - 1);
	assert_int_equal(read(client, c, sizeof c), 5);
	close(client);
	for (old = 0; old < ADDRESSES; old++) {
		close(control[old]);
		assert_int_equal(read(of[old], c, 1), 0);
		close(of[old]);
		if (served_from((unsigned)old + 2, session)) {
			of[old] = client;
			control[old] = session[1];
		} else {
			assert_int_equal(read(client, c, sizeof c), 5);
			close(client);
			of[old] = control[old] = -1;
		}
	}
	wait_for("rule=memory");
	while (n-- > 0) {
		close(of[n]);
		close(control[n]);
	}
	finish();
}

enum way { ENDS, NO_PROCESS, OUT_OF_ORDER, WAITS, PROXIED, SHAKES, SHAKEN,
	WAYS };

/* The session, or who is in its place, is gone, in each way there is. */
static void
end_by(enum way way, int of, int session[CHAN_FDS])
{
	int relay[CHAN_FDS], last = session[1];
	char c[8];

	switch (way) {
	case NO_PROCESS:
		assert_int_equal(note_say(last, NOTE_NONE, NULL, NULL, 0), 0);
		break;
	case OUT_OF_ORDER:
		assert_int_equal(note_say(last, NOTE_UP, NULL, NULL, 0), 0);
		break;
	case WAITS:
		assert_int_equal(note_say(last, NOTE_WRITER, NULL, NULL, 0),
		    0);
		break;
	case SHAKES:
	case SHAKEN:
		assert_int_equal(note_say(last, NOTE_STARTTLS, NULL, NULL, 0),
		    0);
		close(last);
		asked(RELAY, relay);
		last = relay[1];
		close(relay[0]);
		close(relay[2]);
		close(relay[3]);
		if (way == SHAKES)
			break;
		assert_int_equal(note_say(last, NOTE_UP, NULL, NULL, 0), 0);
		close(last);
		asked(SESSION, session);
		close(session[0]);
		last = session[1];
		break;
	default:
		break;
	}
	close(last);
	while (read(of, c, sizeof c) > 0)
		;
	close(of);
}

/* One connection stays, so that neither too much nor too little is taken
 * away; and whoever is refused was never counted. */
static void
limited(int same)
{
	enum { MOST = 4, REFUSED = 2 };
	int of[MOST], session[MOST][CHAN_FDS], kept, i;
	enum way way;
	char c[8];

	*(same ? &per_address : &per_network) = MOST;
	begin(0);
	per_address = per_network = 1000;
	assert_true(served_from(1, session[0]));
	kept = client;
	for (way = ENDS; way <= WAYS; way++) {
		for (i = 1; i < MOST + REFUSED; i++) {
			unsigned last = same ? 1 : (unsigned)i + 1;
			int *s = session[i < MOST ? i : 0], left = s[1];
			int there = way == PROXIED ? served_by_proxy(last, s) :
			    served_from(last, s);

			assert_int_equal(there, i < MOST);
			if (there) {
				of[i] = client;
				continue;
			}
			s[1] = left;
			assert_int_equal(read(client, c, sizeof c), 5);
			assert_int_equal(read(client, c, sizeof c), 0);
			close(client);
		}
		for (i = 1; i < MOST; i++)
			end_by(way, of[i], session[i]);
	}
	close(kept);
	close(session[0][1]);
	finish();
}

static void
test_counts_of_an_address_do_not_leak(void **state)
{
	(void)state;
	limited(1);
}

static void
test_counts_of_a_network_do_not_leak(void **state)
{
	(void)state;
	limited(0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_nothing_is_done_while_there_is_no_descriptor),
		cmocka_unit_test(test_a_writer_that_gets_no_work_ends),
		cmocka_unit_test(
		    test_a_queue_that_cannot_be_flushed_ends_the_service),
		cmocka_unit_test(test_a_session_that_cannot_be_told_is_over),
		cmocka_unit_test(test_descriptors_are_left_for_the_monitor),
		cmocka_unit_test(test_a_relay_asks_for_nothing),
		cmocka_unit_test(test_writers_are_counted_anew_after_starttls),
		cmocka_unit_test(test_logins_are_counted_anew_after_starttls),
		cmocka_unit_test(test_who_has_no_process_is_told),
		cmocka_unit_test(test_no_memory_ends_one_connection),
		cmocka_unit_test(test_counts_of_an_address_do_not_leak),
		cmocka_unit_test(test_counts_of_a_network_do_not_leak),
	};

	signal(SIGPIPE, SIG_IGN);
	log_program("listener");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
