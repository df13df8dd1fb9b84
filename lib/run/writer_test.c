/* Sessions as strings of records, cut in pieces of several sizes. */
#include <sys/socket.h>
#include <sys/wait.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "mail/srs.h"
#include "run/writer.h"
#include "store/queue_scratch.h"
#include "sys/clock.h"
#include "sys/stream.h"
#include "wire/intake.h"
#include "wire/record.h"

enum { ANSWERS = 8 };

struct said {
	uint64_t room;
	int n, ours;			/* answers; times it was room again */
	struct intake_answer answer[ANSWERS];
	int result;			/* of writer_serve, without its - */
};

static struct queue q;
static const struct writer_limits small = {
	.message_bytes = 50000, .recipients = 3, .srs = SPAN("key\n")
};
static struct facts stamp = {
	.client.b = { [10] = 0xff, 0xff, 192, 0, 2, 7 },
	.class = CLASS_STRANGER
};

static void
add_data(struct buf *b, size_t n)
{
	static const char text[INTAKE_DATA];
	char prefix[48];

	buf_add(b, prefix, intake_data_prefix(prefix, n));
	buf_add(b, text, n);
	buf_add(b, intake_data_suffix, sizeof intake_data_suffix);
}

/* H head, R recipient, T two of them in a record, D data, B much, S many small
 * pieces, E empty data, C commit, X reset, K a sender that we rewrote, F one
 * that is forged, other bytes as they are. */
static void
add_session(struct buf *b, const char *s)
{
	struct envelope e = { .helo = SPAN("sender.test"),
	    .proto = SPAN("ESMTP"), .sender = SPAN("a@sender.test"),
	    .tls = SPAN("TLSv1.3 AES"), .utf8 = 1 };
	struct envelope_rcpt r = { .address = SPAN("alice@example.test"),
	    .notify = SPAN("NEVER") };
	struct buf two = { .max = 1000 }, srs = { .max = 1000 };
	int i;

	for (; *s; s++)
		switch (*s) {
		case 'H':
			intake_add_head(b, &e);
			break;
		case 'R':
			intake_add_rcpt(b, &r);
			break;
		case 'T':
			envelope_add_rcpt(&two, &r);
			envelope_add_rcpt(&two, &r);
			record_close(b, &two);
			break;
		case 'D':
			add_data(b, 1000);
			break;
		case 'B':
			add_data(b, 30000);
			break;
		case 'S':
			for (i = 0; i < 200; i++)
				add_data(b, 10);
			break;
		case 'E':
			add_data(b, 0);
			break;
		case 'C':
			intake_add_commit(b);
			break;
		case 'X':
			intake_add_reset(b);
			break;
		case 'K':
		case 'F':
			assert_int_equal(srs_forward(*s == 'K' ? SPAN("key") :
			    SPAN("other"), SPAN("a@s.test"), SPAN("us.test"),
			    clock_s(), &srs), 1);
			intake_add_rewritten(b, span_sub(buf_span(&srs), 0,
			    srs.n - 8));
			buf_free(&srs);
			break;
		default:
			buf_addc(b, (unsigned char)*s);
		}
	assert_true(buf_ok(b));
}

/* Sends the session, step bytes at a time, to a writer in another process. */
static void
converse(const char *session, size_t step, const struct writer_limits *l,
    int hint, struct said *said)
{
	static unsigned char in[65536];
	struct buf b = { .max = 1 << 20 };
	struct span s, fields;
	const char *why;
	int ch[2], status;
	pid_t pid;
	ssize_t r;

	memset(said, 0, sizeof *said);
	add_session(&b, session);
	assert_int_equal(chan_pair(CHAN_STREAM, ch), 0);
	if ((pid = fork()) == 0) {
		close(ch[0]);
		_exit(-writer_serve(&q, hint, "mx.example.test", l, &stamp,
		    ch[1]));
	}
	close(ch[1]);
	for (s = buf_span(&b); s.n; s = span_from(s, (size_t)r))
		if ((r = send(ch[0], s.p, s.n < step ? s.n : step,
		    MSG_NOSIGNAL)) <= 0)
			break;
	shutdown(ch[0], SHUT_WR);
	for (s = span_mem(in, 0); (r = recv(ch[0], in + s.n, sizeof in - s.n,
	    0)) > 0;)
		s.n += (size_t)r;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	said->result = WEXITSTATUS(status);
	close(ch[0]);
	buf_free(&b);

	assert_int_equal(record_next(&s, RECORD_MAX, &fields, &why), 1);
	assert_int_equal(intake_parse_room(fields, &said->room, &why), 0);
	while (record_next(&s, RECORD_MAX, &fields, &why) == 1) {
		if (intake_parse_room(fields, &said->room, &why) == 0) {
			said->ours++;
			continue;
		}
		assert_true(said->n < ANSWERS);
		assert_int_equal(intake_parse_answer(fields,
		    &said->answer[said->n++], &why), 0);
	}
	assert_int_equal(s.n, 0);
}

static void
sessions(void **state)
{
	static const struct {
		const char *in;
		unsigned code[ANSWERS];
	} t[] = {
		{ "", { 0 } },
		{ "HRDC", { 250 } },
		{ "HRC", { 250 } },			/* no body */
		{ "HREC", { 250 } },
		{ "HRSC", { 250 } },
		{ "HRTDDDCHRDC", { 250, 250 } },
		{ "HRBSDBC", { 552 } },
		{ "HRBBCHRDC", { 552, 250 } },
		{ "HRRRDCHRDC", { 250, 250 } },
		{ "HRRRRDDDCHRDC", { 452, 250 } },
		{ "HTTDC", { 452 } },
		{ "XHXHRXHRDXHRDCX", { 250 } },
		{ "HRD", { 0 } },			/* session gone */
		{ "HRDCHRBS", { 250 } },
		{ "HRDCH", { 250 } },
		{ "RDC", { 0 } },			/* out of order */
		{ "DC", { 0 } },
		{ "C", { 0 } },
		{ "HC", { 0 } },
		{ "HDC", { 0 } },
		{ "HHRDC", { 0 } },
		{ "HRDRC", { 0 } },
		{ "HRDCDC", { 250 } },
		{ "HRDC9:", { 250 } },
		{ "HRDx", { 0 } },
		{ "HRD3:abc,C", { 0 } },
		{ "21:helo 1:x,\nclass 1:y,\n,RC", { 0 } },
		{ "20:helo 1:x,\nhelo 1:y,\n,RC", { 0 } },
		{ "KHRDC", { 250 } },
		{ "FKFHRDC", { 550, 550, 250 } },
		{ "HRFDC", { 0 } },
		{ "H20:rcpt 1:x,\nsize 1:1,\n,C", { 0 } },
		{ "HR20:data 1:x,\ndata 1:y,\n,C", { 0 } }
	};
	static const size_t step[] = { 1 << 20, 4097, 100, 1 };
	struct said s;
	size_t i, k;
	int n, good;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		for (k = 0; k < sizeof step / sizeof *step; k++) {
			scratch_open(&q);
			converse(t[i].in, step[k], &small, -1, &s);
			for (n = good = 0; n < s.n; n++) {
				if (s.answer[n].verdict.code != t[i].code[n])
					fail_msg("%zu %s, by %zu: %u", i,
					    t[i].in, step[k],
					    s.answer[n].verdict.code);
				good += s.answer[n].verdict.code == 250;
			}
			if (t[i].code[n] || s.result != 0 ||
			    scratch_count(q.new) != good ||
			    scratch_count(q.tmp) != 0)
				fail_msg("%zu %s, by %zu", i, t[i].in,
				    step[k]);
			scratch_close(&q);
		}
}

/* Only what the key of now signed is ours; with an old one nobody can tell. */
static void
rewritten(void **state)
{
	struct writer_limits l = small;
	struct held file;
	char path[] = "/tmp/writer-XXXXXX";
	struct said s;
	int fd = mkstemp(path);

	(void)state;
	scratch_open(&q);
	held_begin(&file, path, 3);
	l.srs_file = &file;
	converse("KFK", 1000, &l, -1, &s);
	assert_int_equal(s.ours, 2);
	assert_int_equal(s.answer[0].verdict.code, 550);
	unlink(path);
	close(fd);
	converse("KK", 1000, &l, -1, &s);
	assert_int_equal(s.ours, 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.answer[0].verdict.code, 451);
	assert_int_equal(s.result, 1);
	close(file.fd);
	l = small;
	l.srs = SPAN("");
	converse("K", 1000, &l, -1, &s);
	assert_int_equal(s.ours, 0);
	assert_int_equal(s.answer[0].verdict.code, 451);
	scratch_close(&q);
}

/* What one message is in the queue: class and client from the stamp. */
static void
file_of(struct buf *body, struct buf *env, struct envelope *e)
{
	struct queue_head h;
	char name[QUEUE_NAME];
	const char *why;
	int fd;

	body->max = env->max = 1 << 20;
	assert_true((fd = scratch_first(q.new, name)) >= 0);
	assert_int_equal(queue_read_head(fd, &h), 0);
	assert_int_equal(queue_read_envelope(fd, &h, env), 0);
	assert_int_equal(file_read(fd, body), 0);
	buf_cut(body, QUEUE_HEAD);
	body->n = (size_t)h.body;
	assert_int_equal(envelope_parse(buf_span(env), e, &why), 0);
	assert_true(span_search(buf_span(body), span_of(name)) < body->n);
	close(fd);
}

static void
envelopes(void **state)
{
	static const struct {
		enum mail_class class;
		const char *session, *user, *client, *for_one;
		size_t nrcpt;
	} t[] = {
		{ CLASS_STRANGER, "HRDC", "", "192.0.2.7",
		    "for <alice@example.test>", 1 },
		{ CLASS_NET, "HRTDC", "", "192.0.2.7", "", 3 },
		{ CLASS_USER, "HRDC", "bob@example.test", "192.0.2.7", "", 1 }
	};
	struct buf body = { 0 }, env = { 0 };
	struct envelope e;
	struct said s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		scratch_open(&q);
		stamp.class = (uint8_t)t[i].class;
		assert_int_equal(span_str(span_of(t[i].user), stamp.user,
		    sizeof stamp.user), 0);
		converse(t[i].session, 1000, &small, -1, &s);
		assert_int_equal(s.n, 1);
		file_of(&body, &env, &e);
		assert_int_equal(e.class, t[i].class);
		assert_true(span_eq(e.class_arg, span_of(t[i].user)));
		assert_true(span_eq(e.client, span_of(t[i].client)));
		assert_true(span_eq(e.helo, SPAN("sender.test")));
		assert_true(span_eq(e.sender, SPAN("a@sender.test")));
		assert_true(span_eq(e.tls, SPAN("TLSv1.3 AES")));
		assert_int_equal(e.utf8, 1);
		assert_int_equal(e.nrcpt, t[i].nrcpt);
		assert_true(span_eq(e.rcpt[e.nrcpt - 1].notify,
		    SPAN("NEVER")));
		assert_true(span_starts(buf_span(&body), SPAN("Received:")));
		assert_true(span_search(buf_span(&body),
		    span_of(t[i].for_one)) < body.n);
		envelope_free(&e);
		buf_free(&body);
		buf_free(&env);
		scratch_close(&q);
	}
	stamp.class = CLASS_STRANGER;
}

static void
full_disk(void **state)
{
	struct writer_limits l = small;
	struct said s;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		l.floor_bytes = i ? 0 : UINT64_MAX;
		l.floor_files = i ? UINT64_MAX : 0;
		scratch_open(&q);
		converse("HRDCHRBBC", 5000, &l, -1, &s);
		assert_int_equal(s.room, 0);
		assert_int_equal(s.n, 2);
		assert_int_equal(s.answer[0].verdict.code, 452);
		assert_string_equal(s.answer[0].verdict.enhanced, "4.3.1");
		assert_int_equal(s.answer[1].room, 0);
		assert_int_equal(scratch_count(q.tmp), 0);
		assert_int_equal(scratch_count(q.new), 0);
		scratch_close(&q);
	}
}

/* A directory that cannot be flushed: no message, and none after it. */
static void
unflushed(void **state)
{
	struct said s;
	int new;

	(void)state;
	scratch_open(&q);
	new = q.new;
	q.one_flush = 0;
	q.new = openat(new, ".", O_PATH | O_DIRECTORY);
	assert_true(q.new >= 0);
	converse("HRDCHRDC", 1 << 20, &small, -1, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.answer[0].verdict.code, 421);
	assert_int_equal(s.result, -ACCEPT_STOP);
	assert_int_equal(scratch_count(new), 0);
	close(q.new);
	q.new = new;
	scratch_close(&q);
}

/* Nothing is accepted into a queue that was moved, whether another stands in
 * its place or none. */
static void
moved(void **state)
{
	struct writer_limits l = small;
	char away[280];
	struct said s;
	int i;

	(void)state;
	scratch_open(&q);
	l.queue = scratch_path;
	converse("HRDC", 1 << 20, &l, -1, &s);
	assert_int_equal(s.answer[0].verdict.code, 250);
	snprintf(away, sizeof away, "%s.away", scratch_path);
	assert_int_equal(rename(scratch_path, away), 0);
	for (i = 0; i < 2; i++) {
		if (i)
			assert_int_equal(mkdir(scratch_path, 0700), 0);
		converse("HRDCHRDC", 1 << 20, &l, -1, &s);
		assert_int_equal(s.n, 1);
		assert_int_equal(s.answer[0].verdict.code, 451);
		assert_int_equal(s.result, 255);		/* -1 */
		assert_int_equal(scratch_count(q.tmp), 0);
		assert_int_equal(scratch_count(q.new), 1);
	}
	assert_int_equal(rmdir(scratch_path), 0);
	assert_int_equal(rename(away, scratch_path), 0);
	scratch_close(&q);
}

/* A hint for each message; a full pipe loses hints and nothing else. */
static void
hints(void **state)
{
	char line[256];
	struct said s;
	int p[2];

	(void)state;
	scratch_open(&q);
	assert_int_equal(pipe2(p, O_NONBLOCK), 0);
	converse("HRDCHRBBCHRDC", 1 << 20, &small, p[1], &s);
	assert_int_equal(s.n, 3);
	assert_int_equal(read(p[0], line, sizeof line), 2 * (QUEUE_ID + 1));
	assert_memory_equal(line, s.answer[0].id, QUEUE_ID);
	assert_memory_equal(line + QUEUE_ID + 1, s.answer[2].id, QUEUE_ID);
	assert_int_equal(line[2 * QUEUE_ID + 1], '\n');
	while (write(p[1], line, 1) == 1)
		;
	converse("HRDC", 1 << 20, &small, p[1], &s);
	assert_int_equal(s.answer[0].verdict.code, 250);
	assert_int_equal(scratch_count(q.new), 3);
	close(p[0]);
	close(p[1]);
	scratch_close(&q);
}

/* Asked to end: what is not committed goes. */
static void
ended(void **state)
{
	struct said s;

	(void)state;
	scratch_open(&q);
	stream_ended = 1;
	converse("HRDC", 1 << 20, &small, -1, &s);
	stream_ended = 0;
	assert_int_equal(s.n, 0);
	assert_int_equal(s.result, 0);
	assert_int_equal(scratch_count(q.tmp) + scratch_count(q.new), 0);
	scratch_close(&q);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(sessions), cmocka_unit_test(rewritten),
		cmocka_unit_test(envelopes),
		cmocka_unit_test(full_disk), cmocka_unit_test(unflushed),
		cmocka_unit_test(moved),
		cmocka_unit_test(hints), cmocka_unit_test(ended)
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
