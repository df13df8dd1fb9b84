/* keyholder: channels that end, and what it signs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>
#include <string.h>
#include <unistd.h>

#include "tls/keyholder.h"

static pid_t
start(int *control, int *link)
{
	static const struct site site = { .hostname = "mx.test",
	    .empty_dir = "/" };
	static const struct role role = { .name = "keyholder" };
	struct role_env env = { .role = &role, .site = &site };
	int c[2], l[2];
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
		_exit(keyholder_role(&env));
	}
	assert_int_equal(note_say(c[0], NOTE_LINK, "relay", &l[1], 1), 0);
	assert_int_equal(note_say(c[0], NOTE_GO, NULL, NULL, 0), 0);
	close(c[1]);
	close(l[1]);
	*control = c[0];
	*link = l[0];
	return pid;
}

/* A question about a key that is not held: it has an answer, of no bytes. */
static void
asks(int link)
{
	static const struct key_request q;
	struct key_reply r = { .n = 1 };
	int ch[2];

	assert_int_equal(chan_pair(CHAN_PACKETS, ch), 0);
	assert_int_equal(note_say(link, NOTE_SPAWN, NULL, &ch[1], 1), 0);
	close(ch[1]);
	assert_int_equal(chan_send(ch[0], span_mem(&q, sizeof q), NULL, 0), 0);
	assert_int_equal(chan_recv(ch[0], &r, sizeof r, NULL, 1), sizeof r);
	assert_int_equal(r.n, 0);
	close(ch[0]);
}

/* A relay that ends at once, while the listener, out of its turn, still holds
 * the end that it has sent. */
static void
end_still_held(void **state)
{
	int control, link, ch[2], i, st;
	pid_t pid = start(&control, &link);

	(void)state;
	assert_int_equal(chan_pair(CHAN_PACKETS, ch), 0);
	assert_int_equal(note_say(link, NOTE_SPAWN, NULL, &ch[1], 1), 0);
	close(ch[0]);
	for (i = 0; i < 3; i++)
		asks(link);
	close(ch[1]);
	close(control);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	close(link);
}

/* TLS 1.3: spaces, a context, and its NUL with the hash. */
static void
what_tls_1_3_signs(void **state)
{
	static const char server[] = "TLS 1.3, server CertificateVerify";
	static const struct {
		size_t spaces;
		const char *context;
		size_t rest;
		int is;
	} t[] = {
		{ 64, server, 1 + 32, 1 }, { 64, server, 1 + 48, 1 },
		{ 64, server, 1 + 31, 0 }, { 64, server, 1 + 33, 0 },
		{ 64, server, 1, 0 }, { 63, server, 1 + 32, 0 },
		{ 65, server, 32, 0 }, { 0, server, 1 + 32, 0 },
		{ 64, "TLS 1.3, client CertificateVerify", 1 + 32, 0 },
		{ 64, "", 34 + 32, 0 }, { 64, "", 0, 0 }, { 0, "", 0, 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		unsigned char b[256] = { 0 };
		size_t n = strlen(t[i].context);

		memset(b, ' ', t[i].spaces);
		memcpy(b + t[i].spaces, t[i].context, n);
		n += t[i].spaces + t[i].rest;
		if (keyholder_is_tls(span_mem(b, n)) != t[i].is)
			fail_msg("row %zu", i);
	}
}

/* TLS 1.2: randoms, a named curve, and a point as long as it says. */
static void
what_tls_1_2_signs(void **state)
{
	static const struct {
		unsigned char type, length;
		size_t n;
		int is;
	} t[] = {
		{ 3, 32, 68 + 32, 1 }, { 3, 65, 68 + 65, 1 },
		{ 3, 97, 68 + 97, 1 }, { 3, 32, 68 + 33, 0 },
		{ 3, 33, 68 + 32, 0 }, { 3, 31, 68 + 31, 0 },
		{ 1, 32, 68 + 32, 0 }, { 3, 0, 68, 0 }, { 3, 0, 64, 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		unsigned char b[256] = { 0 };

		b[64] = t[i].type;
		b[67] = t[i].length;
		if (keyholder_is_tls(span_mem(b, t[i].n)) != t[i].is)
			fail_msg("row %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(end_still_held),
		cmocka_unit_test(what_tls_1_3_signs),
		cmocka_unit_test(what_tls_1_2_signs)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
