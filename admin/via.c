/* via - a message goes to an SMTP server on this host. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "admin/via.h"
#include "sys/conf.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/stream.h"
#include "wire/smtp_client_command.h"

enum { CONNECT_S = 30, TIMEOUT_S = 300, BLOCK = 32768 };

struct dialog {
	struct stream s;
	struct reply reply;
	struct smtp_caps caps;
	struct verdict last;		/* of the reply, or why there is none */
	int lost;			/* the connection, or its sense */
	unsigned char b[8192];
};

static int transaction(struct dialog *, const char *, const struct envelope *,
    struct spool *, size_t *);
static int envelope_out(struct dialog *, const struct envelope *, uint64_t,
    size_t *);
static int body_out(struct dialog *, struct spool *);
static int command(struct dialog *, struct buf *, unsigned);
static int reply(struct dialog *, unsigned);
static int lost(struct dialog *, const char *);

struct verdict
via_send(const char *address, const char *hostname, const struct envelope *e,
    struct spool *spool, size_t *refused)
{
	static struct dialog d;
	struct verdict v;
	struct buf quit = { .max = 64 };
	struct ip ip;
	unsigned port;

	*refused = 0;
	d.lost = 0;
	if (conf_address(span_of(address), &ip, &port) < 0)
		return verdict_make(451, "4.3.5", "ADDRESS:PORT is wanted");
	d.s = (struct stream){ .timeout_s = TIMEOUT_S, .b = d.b,
	    .size = sizeof d.b };
	if ((d.s.fd = net_connect(&ip, port, CONNECT_S)) < 0)
		return verdict_make(451, "4.4.1", "%s", strerror(errno));
	(void)transaction(&d, hostname, e, spool, refused);
	v = d.last;
	if (!d.lost) {
		buf_adds(&quit, "QUIT\r\n");
		(void)command(&d, &quit, 2);
	}
	close(d.s.fd);
	return v;
}

/* Each step: 0, or -1 with what was said in last. */
static int
transaction(struct dialog *d, const char *hostname, const struct envelope *e,
    struct spool *spool, size_t *refused)
{
	struct buf b = { .max = 4096 };

	buf_addf(&b, "EHLO %s\r\n", hostname);
	if (reply(d, 2) < 0 || command(d, &b, 2) < 0)
		return -1;
	smtp_caps_read(&d->reply, &d->caps);
	buf_adds(&b, "DATA\r\n");
	if (envelope_out(d, e, spool->head.body, refused) < 0 ||
	    command(d, &b, 3) < 0 || body_out(d, spool) < 0)
		return -1;
	return reply(d, 2);
}

static int
envelope_out(struct dialog *d, const struct envelope *e, uint64_t size,
    size_t *refused)
{
	static struct job j;		/* large, and all 0 but for these */
	struct smtp_mail m = { .utf8 = e->utf8,
	    .body8 = e->body.n && d->caps.has & CAP_8BITMIME };
	struct buf b = { .max = 4096 };
	struct job_rcpt r;
	size_t i;

	if (e->utf8 && !(d->caps.has & CAP_SMTPUTF8)) {
		d->last = verdict_make(553, "5.6.7", "an address is not ASCII, "
		    "and the server at sendmail.via takes only such");
		return -1;
	}
	j.sender = e->sender;
	j.ret = e->ret;
	j.envid = e->envid;
	j.size = size;
	if (smtp_mail_add(&b, &j, &d->caps, &m) < 0)
		return lost(d, "the sender's address cannot be sent");
	if (command(d, &b, 2) < 0)
		return -1;
	for (i = 0; i < e->nrcpt; i++) {
		r = (struct job_rcpt){ .to = e->rcpt[i].address,
		    .notify = e->rcpt[i].notify };
		if (smtp_rcpt_add(&b, &r, &d->caps) < 0)
			return lost(d, "a recipient's address cannot be sent");
		if (command(d, &b, 2) < 0 &&
		    (d->lost || ++*refused == e->nrcpt))
			return -1;
	}
	return 0;
}

static int
body_out(struct dialog *d, struct spool *spool)
{
	static unsigned char block[BLOCK];
	struct buf out = { .max = 2 * BLOCK + 8 };
	struct smtp_stuff stuff = { 0 };
	uint64_t done = 0;
	size_t n;
	int r = 0;

	for (; done < spool->head.body && r == 0; done += n) {
		n = spool->head.body - done < BLOCK ?
		    (size_t)(spool->head.body - done) : BLOCK;
		if (file_pread(spool->fd, block, n,
		    (off_t)(QUEUE_HEAD + done)) < 0)
			return lost(d, "the message's file cannot be read");
		smtp_stuff_add(&stuff, span_mem(block, n), &out);
		r = buf_ok(&out) ? stream_write(&d->s, buf_span(&out)) : -1;
		buf_reset(&out);
	}
	smtp_stuff_end(&stuff, &out);
	buf_adds(&out, ".\r\n");
	if (r == 0)
		r = stream_write(&d->s, buf_span(&out));
	buf_free(&out);
	return r < 0 ? lost(d, "the connection broke") : 0;
}

/* Sends what is in b, and empties it. */
static int
command(struct dialog *d, struct buf *b, unsigned want)
{
	int r = buf_ok(b) ? stream_write(&d->s, buf_span(b)) : -1;

	buf_reset(b);
	return r < 0 ? lost(d, "the connection broke") : reply(d, want);
}

/* 0: one whose first digit is that. */
static int
reply(struct dialog *d, unsigned want)
{
	const char *why;
	struct span in;
	size_t had;
	int r;

	d->reply = (struct reply){ 0 };
	for (;;) {
		in = stream_have(&d->s);
		had = in.n;
		r = reply_next(&d->reply, &in, &why);
		stream_eat(&d->s, had - in.n);
		if (r < 0)
			return lost(d, why);
		if (r > 0)
			break;
		if (stream_fill(&d->s) <= 0)
			return lost(d, "the connection broke");
	}
	d->last = reply_verdict(&d->reply);
	if (d->reply.code / 100 == want)
		return 0;
	return d->last.kind == VERDICT_DONE ?
	    lost(d, "a reply that makes no sense") : -1;
}

static int
lost(struct dialog *d, const char *words)
{
	d->last = verdict_make(421, "4.4.2", "%s", words);
	d->lost = 1;
	return -1;
}
