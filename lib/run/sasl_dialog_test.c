/* Logins: what ends them how, with a check whose answers wait in the channel
 * before they are asked for, and a client that says its lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>

#include "run/ask.h"
#include "run/note.h"
#include "run/sasl_dialog.h"
#include "wire/login.h"

struct client {
	const char *const *line;	/* what it says, NULL: it goes */
	size_t said;
};

static int
turn(void *of, struct span line, struct span *answer)
{
	struct client *c = of;

	assert_true(span_starts(line, SPAN("+ ")));
	assert_true(span_ends(line, SPAN("\r\n")));
	if (!c->line[c->said])
		return 0;
	*answer = span_of(c->line[c->said++]);
	return 1;
}

#define OK	{ LOGIN_OK, { 0 }, { 0 } }
#define GO_ON	{ LOGIN_CHALLENGE, SPAN("User"), { 0 } }

static const struct {
	const char *initial;
	struct login_answer check[3];
	const char *line[4];
	size_t said;			/* lines asked for */
	enum sasl_end end;
	const char *why;
} cases[] = {
	{ "AGEAYg==", { OK }, { NULL }, 0, SASL_DONE, "" },
	{ "=", { OK }, { NULL }, 0, SASL_DONE, "" },
	{ "AGEAYg=", { OK }, { NULL }, 0, SASL_NOT_INITIAL, "" },
	{ NULL, { GO_ON, GO_ON, OK }, { "YQ==", "Yg==" }, 2, SASL_DONE, "" },
	{ NULL, { GO_ON, OK }, { "*" }, 1, SASL_CANCELLED, "" },
	{ NULL, { GO_ON, OK }, { "YQ=" }, 1, SASL_NOT_BASE64, "" },
	{ NULL, { GO_ON, OK }, { NULL }, 0, SASL_GONE, "" },
	{ "YQ==", { { LOGIN_BAD, { 0 }, SPAN("wrong") } }, { NULL }, 0,
	    SASL_REFUSED, "wrong" },
	{ "YQ==", { { LOGIN_LATER, { 0 }, SPAN("busy") } }, { NULL }, 0,
	    SASL_LATER, "busy" },
	/* a last message with success is one more challenge */
	{ "YQ==", { { LOGIN_OK, SPAN("v=x"), { 0 } } }, { "" }, 1,
	    SASL_DONE, "" },
	{ "YQ==", { { LOGIN_OK, SPAN("v=x"), { 0 } } }, { "*" }, 1,
	    SASL_CANCELLED, "" },
	{ "YQ==", { { LOGIN_OK, SPAN("v=x"), { 0 } } }, { "YQ==" }, 1,
	    SASL_REFUSED, "" },
};

static void
ends(void **state)
{
	struct span initial, why;
	struct buf b = { .max = 4096 };
	int control[2], auth[2];
	enum sasl_end end;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct client of = { cases[i].line, 0 };
		unsigned tries = 0;
		struct sasl_client c = { .tries = &tries, .prompt = "+ ",
		    .turn = turn, .of = &of };

		assert_int_equal(chan_pair(CHAN_PACKETS, control), 0);
		assert_int_equal(chan_pair(CHAN_PACKETS, auth), 0);
		note_say(control[1], NOTE_AUTH, NULL, &auth[0], 1);
		close(auth[0]);
		for (k = 0; k < 3; k++) {
			buf_reset(&b);
			login_add_answer(&b, &cases[i].check[k]);
			chan_send(auth[1], buf_span(&b), NULL, 0);
		}
		c.control = control[0];
		initial = span_of(cases[i].initial ? cases[i].initial : "");
		end = sasl_dialog(&c, "PLAIN", cases[i].initial ? &initial :
		    NULL, &why);
		if (end != cases[i].end || of.said != cases[i].said ||
		    !span_eq(why, span_of(cases[i].why)))
			fail_msg("case %zu: end %d, %zu lines, %.*s", i, end,
			    of.said, SPAN_ARG(why));
		close(auth[1]);
		close(control[0]);
		close(control[1]);
	}
	buf_free(&b);
}

static void
without_a_check(void **state)
{
	unsigned tries = 0;
	struct sasl_client c = { .control = -1, .tries = &tries,
	    .prompt = "+ ", .turn = turn };
	struct span why;

	(void)state;
	assert_int_equal(sasl_password(&c, SPAN("a"), SPAN("b"), &why),
	    SASL_LATER);
	assert_true(why.n > 0);
	assert_int_equal(sasl_password(&c, SPAN("a\0c"), SPAN("b"), &why),
	    SASL_REFUSED);
	assert_int_equal(sasl_password(&c, SPAN("a"), SPAN("b\0"), &why),
	    SASL_REFUSED);
	/* what has not been asked does not count */
	assert_int_equal(tries, 1);
	for (; tries < ASK_LOGINS;)
		assert_int_equal(sasl_password(&c, SPAN("a"), SPAN("b"),
		    &why), SASL_LATER);
	assert_int_equal(sasl_password(&c, SPAN("a"), SPAN("b"), &why),
	    SASL_TOO_MANY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),
		cmocka_unit_test(without_a_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
