/*
 * transact - one transaction.
 *
 * MAIL, each RCPT and DATA are steps; a server with PIPELINING gets as many as
 * fit a small buffer before its replies are read (RFC 2920), any other one at
 * a time.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "remoted/transact.h"
#include "sys/clock.h"
#include "wire/smtp_client_command.h"

enum { GROUP = 4096, ALL_S = 3600, WORDS_S = 1 };

struct transaction {
	struct client *c;
	const struct job *j;
	struct body *body;
	struct fate *fate;
	struct smtp_mail mail;
	int to7;
	int chunk;			/* BDAT, not DATA */
	size_t step[JOB_RCPTS + 2];	/* 0: MAIL, 1..n: RCPT, DATA */
	size_t nstep, sent, heard;
	size_t accepted;
	unsigned mail_code, data_code;
	struct buf line;
};

static int  fit(struct transaction *, struct verdict *);
static int  needs_utf8(struct transaction *, struct verdict *);
static int  unfit(struct transaction *, const struct verdict *);
static int  commands(struct transaction *, struct verdict *);
static int  may_send(const struct transaction *);
static int  send_steps(struct transaction *, struct verdict *);
static void hear_step(struct transaction *, unsigned);
static void hear_rcpt(struct transaction *, struct fate *);
static int  text(struct transaction *);
static void final(struct transaction *);
static int  chunk(struct transaction *);
static void last_words(struct transaction *);
static int  hear_end(struct transaction *);
static void all(struct transaction *, const struct verdict *,
    enum fate_state, int accepted_only);
static void know(struct transaction *, struct fate *,
    const struct verdict *);
static int  lost(struct transaction *, const struct verdict *);

int
transact(struct client *c, const struct job *j, struct body *b,
    struct fate *fate)
{
	struct transaction t = { .c = c, .j = j, .body = b, .fate = fate,
	    .line.max = 2 * GROUP + 4096 };
	struct verdict v;
	size_t i;
	int r;

	c->end_ms = clock_mono_ms() + ALL_S * 1000;
	if (c->dirty) {
		/* refused, the old transaction may be there: 503 to MAIL */
		if ((r = client_ask(c, "RSET", &v)) / 100 != 2) {
			if (r >= 0)
				v = client_refused(c, "RSET");
			return lost(&t, &v);
		}
		c->dirty = 0;
	}
	if (fit(&t, &v) < 0)
		return unfit(&t, &v);
	t.nstep = 1;
	for (i = 0; i < j->nrcpt; i++) {
		fate[i].accepted = 0;
		if (fate[i].state == FATE_KNOWN)
			continue;
		fate[i].final = 0;
		t.step[t.nstep++] = i + 1;
	}
	if (!t.chunk)
		t.step[t.nstep++] = JOB_RCPTS + 1;
	c->dirty = 1;
	r = commands(&t, &v);
	buf_free(&t.line);
	if (r < 0)
		return lost(&t, &v);
	if (t.data_code == 354)
		return text(&t);
	if (t.chunk && t.accepted)
		return chunk(&t);
	return 0;
}

void
fate_words(struct fate *f, const struct verdict *v, const char *peer)
{
	f->verdict = *v;
	(void)snprintf(f->peer, sizeof f->peer, "%s", v->quoted ? peer : "");
}

/* Can this server take this message?  -1 and *v, never or later. */
static int
fit(struct transaction *t, struct verdict *v)
{
	unsigned has = t->c->caps.has;
	uint64_t size = t->c->caps.size;

	if (has & CAP_SIZE && size && t->body->head.body > size) {
		*v = verdict_make(552, "5.3.4", "%s takes messages of up to "
		    "%llu bytes", t->c->peer, (unsigned long long)size);
		return -1;
	}
	if (needs_utf8(t, v) < 0)
		return -1;
	/* one wait less than with DATA; little for more than a buffer */
	t->chunk = has & CAP_CHUNKING && !hop_is_lmtp(t->c->hop) &&
	    t->body->head.body <= BODY_WHOLE;
	if (has & CAP_8BITMIME) {
		t->mail.body8 = !span_case_eq(t->j->body, SPAN("7BIT"));
		return 0;
	}
	if (body_look(t->body, v) < 0)
		return -1;
	t->to7 = t->body->header8 || t->body->body8;
	if (t->to7 && body_fits7(t->body, t->c->peer, v) < 0)
		return -1;
	t->chunk &= !t->to7;
	return 0;
}

/* RFC 6531 3.6, 3.7.1: only what needs it asks for it, and then gets it. */
static int
needs_utf8(struct transaction *t, struct verdict *v)
{
	const struct job *j = t->j;
	int needs = !utf8_is_ascii(j->sender);
	size_t i;

	for (i = 0; i < j->nrcpt; i++)
		needs |= t->fate[i].state != FATE_KNOWN &&
		    !utf8_is_ascii(j->rcpt[i].to);
	if (!needs && j->utf8) {
		if (body_look(t->body, v) < 0)
			return -1;
		needs = t->body->header8;
	}
	t->mail.utf8 = needs;
	if (!needs || t->c->caps.has & CAP_SMTPUTF8)
		return 0;
	*v = verdict_make(553, "5.6.7", "%s does not take international "
	    "addresses and headers (SMTPUTF8)", t->c->peer);
	return -1;
}

/* What this host never takes another one may, or may later. */
static int
unfit(struct transaction *t, const struct verdict *v)
{
	size_t i;

	if (v->kind != VERDICT_NEVER) {
		all(t, v, FATE_KNOWN, 0);
		return 0;
	}
	for (i = 0; i < t->j->nrcpt; i++) {
		struct fate *f = &t->fate[i];

		if (f->state == FATE_KNOWN)
			continue;
		if (!f->told || f->verdict.kind != VERDICT_LATER)
			fate_words(f, v, t->c->peer);
		f->state = FATE_OPEN;
	}
	return -1;
}

/* ------------------------------------------------ MAIL, RCPT, DATA */

static int
commands(struct transaction *t, struct verdict *v)
{
	static const char *const name[] = { "MAIL", "RCPT", "DATA" };
	size_t step;

	while (t->heard < t->nstep) {
		if (send_steps(t, v) < 0)
			return -1;
		if (t->heard == t->sent)
			return 0;	/* no use going on: RSET */
		step = t->step[t->heard];
		if (client_reply(t->c, name[step == 0 ? 0 :
		    step <= JOB_RCPTS ? 1 : 2], t->c->conf->timeout, v) < 0)
			return -1;
		hear_step(t, t->c->reply.code);
		t->heard++;
	}
	return 0;
}

static int
may_send(const struct transaction *t)
{
	if (t->sent == t->nstep)
		return 0;
	if (t->heard < t->sent)
		return t->c->caps.has & CAP_PIPELINING &&
		    t->line.n < GROUP;
	/* all was answered: is there any use in more? */
	if (t->sent && t->mail_code / 100 != 2)
		return 0;
	return t->step[t->sent] <= JOB_RCPTS || t->accepted;
}

static int
send_steps(struct transaction *t, struct verdict *v)
{
	size_t step;
	int bad;

	buf_reset(&t->line);
	while (may_send(t)) {
		step = t->step[t->sent];
		if (step == 0)
			bad = smtp_mail_add(&t->line, t->j, &t->c->caps,
			    &t->mail);
		else if (step <= JOB_RCPTS)
			bad = smtp_rcpt_add(&t->line, &t->j->rcpt[step - 1],
			    &t->c->caps);
		else
			bad = buf_adds(&t->line, "DATA\r\n");
		if (bad) {
			*v = verdict_make(451, "4.3.5",
			    "an address in the queue cannot be sent");
			return -1;
		}
		t->sent++;
	}
	if (t->line.n)
		client_send(t->c, buf_span(&t->line));
	return 0;
}

static void
hear_step(struct transaction *t, unsigned code)
{
	size_t step = t->step[t->heard];
	struct verdict v;

	if (step == 0) {
		t->mail_code = code;
		if (code / 100 != 2) {
			v = client_refused(t->c, "MAIL");
			all(t, &v, FATE_KNOWN, 0);
		}
	} else if (step <= JOB_RCPTS)
		hear_rcpt(t, &t->fate[step - 1]);
	else {
		t->data_code = code;
		if (code != 354 && t->accepted) {
			v = client_refused(t->c, "DATA");
			all(t, &v, FATE_KNOWN, 1);
		}
	}
}

static void
hear_rcpt(struct transaction *t, struct fate *f)
{
	struct verdict v;

	if (f->state == FATE_KNOWN)
		return;			/* MAIL was refused */
	if (t->c->reply.code / 100 == 2) {
		f->accepted = 1;
		t->accepted++;
		return;
	}
	v = client_refused(t->c, "RCPT");
	/* RFC 5321 4.5.3.1.10: too many for one, not for a next one; RFC 821
	 * had 552 for that */
	if (t->accepted && (v.code == 452 || v.code == 552) &&
	    (v.enhanced[0] == '\0' || strcmp(v.enhanced + 1, ".0.0") == 0 ||
	    strcmp(v.enhanced + 1, ".5.3") == 0)) {
		f->state = FATE_AGAIN;
		fate_words(f, &v, t->c->peer);
		return;
	}
	know(t, f, &v);
}

/* ------------------------------------------------ the text */

static int
text(struct transaction *t)
{
	struct verdict v;

	if (t->accepted == 0) {
		/* it wants text for nobody (RFC 2920 3.1): an empty one */
		client_send(t->c, SPAN(".\r\n"));
		return client_reply(t->c, "an empty message",
		    t->c->conf->timeout, &v) < 0 ? lost(t, &v) : 0;
	}
	final(t);
	if (body_send(t->body, t->c, t->to7, &v) < 0) {
		if (strncmp(v.enhanced, "4.4.", 4) != 0)
			all(t, &v, FATE_KNOWN, 1);
		else
			last_words(t);
		return lost(t, &v);
	}
	client_send(t->c, SPAN(".\r\n"));
	return hear_end(t);
}

/* From here on there is another clock, and no other host. */
static void
final(struct transaction *t)
{
	size_t i;

	t->c->end_ms = 0;
	for (i = 0; i < t->j->nrcpt; i++)
		t->fate[i].final |= t->fate[i].accepted;
}

/* The whole message in one chunk, which has no 354 to be waited for. */
static int
chunk(struct transaction *t)
{
	struct buf out = { .max = 2 * BODY_WHOLE + 64 };
	struct buf head = { .max = 64 };
	struct verdict v;
	int r;

	if (body_load(t->body, &out, &v) < 0) {
		all(t, &v, FATE_KNOWN, 1);
		buf_free(&out);
		return 0;		/* RSET */
	}
	final(t);
	buf_addf(&head, "BDAT %zu LAST\r\n", out.n);
	client_send(t->c, buf_span(&head));
	r = conn_write(&t->c->conn, buf_span(&out),
	    clock_mono_ms() + BODY_BLOCK_S * 1000);
	buf_free(&out);
	buf_free(&head);
	if (r < 0) {
		v = verdict_make(451, "4.4.2", "the connection to %s was lost "
		    "while the message was sent", t->c->peer);
		last_words(t);
		return lost(t, &v);
	}
	return hear_end(t);
}

/* A server that hangs up on a message may have said why. */
static void
last_words(struct transaction *t)
{
	struct verdict v;

	if (client_reply(t->c, "the message", WORDS_S, &v) >= 400) {
		v = client_refused(t->c, "the message");
		all(t, &v, FATE_KNOWN, 1);
	}
}

/* One reply, or with LMTP one for each accepted recipient (RFC 2033 4.2). */
static int
hear_end(struct transaction *t)
{
	struct verdict v;
	size_t i;

	for (i = 0; i < t->j->nrcpt; i++) {
		struct fate *f = &t->fate[i];

		if (!f->accepted || f->state == FATE_KNOWN)
			continue;
		if (client_reply(t->c, "the end of the message",
		    t->c->conf->end_timeout, &v) < 0) {
			/* it may have arrived: not elsewhere, not at once */
			all(t, &v, FATE_KNOWN, 1);
			return lost(t, &v);
		}
		v = t->c->reply.code / 100 == 2 ? reply_verdict(&t->c->reply) :
		    client_refused(t->c, "the message");
		if (!hop_is_lmtp(t->c->hop)) {
			all(t, &v, FATE_KNOWN, 1);
			break;
		}
		know(t, f, &v);
	}
	/* has it eaten the chunk that it refused, or are its lines commands? */
	if (t->chunk && t->c->reply.code / 100 != 2)
		client_close(t->c, 0);
	t->c->dirty = 0;
	return t->c->conn.fd < 0 ? -1 : 0;
}

/* Of those that are not known yet. */
static void
all(struct transaction *t, const struct verdict *v, enum fate_state state,
    int accepted_only)
{
	size_t i;

	for (i = 0; i < t->j->nrcpt; i++) {
		struct fate *f = &t->fate[i];

		if (f->state == FATE_KNOWN || (accepted_only && !f->accepted))
			continue;
		know(t, f, v);
		f->state = state;
	}
}

static void
know(struct transaction *t, struct fate *f, const struct verdict *v)
{
	fate_words(f, v, t->c->peer);
	f->state = FATE_KNOWN;
	f->dsn = v->kind == VERDICT_DONE && t->c->caps.has & CAP_DSN;
}

static int
lost(struct transaction *t, const struct verdict *v)
{
	all(t, v, FATE_OPEN, 0);
	buf_free(&t->line);
	client_close(t->c, 0);
	return -1;
}
