/* client - one conversation with another server. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "remoted/client.h"
#include "remoted/login.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/net.h"

enum { TLS_S = 60, QUIT_S = 2, GONE = -1, NO_TLS = -2,
	BRIEF_S = 3		/* for a SYN, and one more after 1 s */
};

static int  connect_to(struct client *, const struct host *,
    struct verdict *);
static int  source_of(const struct client *, const struct ip *, struct ip *);
static void our_name(const struct client *, char *, size_t);
static const char *socket_path(const struct client *, const struct host *);
static int  talk(struct client *, const struct host *,
    const struct client_tls *, int, struct verdict *);
static int  greet(struct client *, struct verdict *);
static int  hello(struct client *, struct verdict *);
static int  wants_tls(const struct client *, const struct client_tls *);
static int  start_tls(struct client *, const struct host *,
    const struct client_tls *, struct verdict *);
static const char *authority(const struct client_tls *);
static void count(const struct client *, const struct host *,
    const struct client_tls *, const char *);
static void log_plain(const struct client *, const struct verdict *);
static uint64_t sooner(const struct client *, uint64_t);

int
client_open(struct client *c, const struct host *h,
    const struct client_tls *said, const struct job *j, struct verdict *v)
{
	int r;

	c->is_us = c->dirty = 0;
	c->opened_ms = clock_mono_ms();
	if (connect_to(c, h, v) < 0)
		return -1;
	r = talk(c, h, said, 1, v);
	if (r == NO_TLS && !wants_tls(c, said)) {
		/* RFC 3207 leaves it to us: rather in the clear than not at
		 * all, on a connection that nobody has tampered with yet */
		log_plain(c, v);
		client_close(c, 0);
		if (connect_to(c, h, v) < 0)
			return -1;
		r = talk(c, h, said, 0, v);
	}
	if (r == 0 && c->hop->login.n)
		r = login(c, j, &h->ip, v);
	if (r == 0)
		return 0;
	client_close(c, r != GONE);
	return -1;
}

void
client_close(struct client *c, int say_quit)
{
	struct verdict v;

	if (c->conn.fd >= 0 && say_quit) {
		client_send(c, SPAN("QUIT\r\n"));
		(void)client_reply(c, "QUIT", QUIT_S, &v);
	}
	conn_close(&c->conn);
}

int
client_lasts(const struct client *c)
{
	return c->conn.fd >= 0 && clock_mono_ms() - c->opened_ms <
	    c->conf->keep * 1000;
}

void
client_send(struct client *c, struct span s)
{
	(void)conn_write(&c->conn, s, sooner(c, c->conf->timeout));
}

int
client_reply(struct client *c, const char *step, uint64_t timeout_s,
    struct verdict *v)
{
	uint64_t end = sooner(c, timeout_s);
	const char *why = NULL;
	struct span in;
	long n = 1;
	size_t had;
	int e, r;

	c->reply = (struct reply){ 0 };
	for (;;) {
		in = conn_have(&c->conn);
		had = in.n;
		r = reply_next(&c->reply, &in, &why);
		conn_eat(&c->conn, had - in.n);
		if (r != 0)
			break;
		if ((n = conn_fill(&c->conn, end)) <= 0)
			break;
	}
	/* OpenSSL's errors are none of the system's */
	e = n < 0 && c->conn.tls == NULL ? errno : 0;
	if (r == 1 && c->reply.code != 421)
		return (int)c->reply.code;
	if (r == 1)
		*v = reply_verdict(&c->reply);
	else if (r < 0)
		*v = verdict_make(451, "4.5.0", "after %s %s sent %s", step,
		    c->peer, why);
	else if (n == STREAM_TIMEOUT)
		*v = verdict_make(451, "4.4.2", "no reply to %s from %s in "
		    "time", step, c->peer);
	else
		*v = verdict_make(451, "4.4.2", "the connection to %s was lost "
		    "after %s%s%s", c->peer, step, e ? ": " : "",
		    e ? strerror(e) : "");
	return -1;
}

int
client_ask(struct client *c, const char *line, struct verdict *v)
{
	char step[16];
	struct buf b = { .max = 4096 };
	int r;

	(void)snprintf(step, sizeof step, "%.*s", (int)strcspn(line, " "),
	    line);
	buf_adds(&b, line);
	buf_adds(&b, "\r\n");
	client_send(c, buf_span(&b));
	r = client_reply(c, step, c->conf->timeout, v);
	buf_free(&b);
	return r;
}

struct verdict
client_refused(const struct client *c, const char *step)
{
	struct verdict v = reply_verdict(&c->reply);

	if (v.kind == VERDICT_DONE)
		v = verdict_make(451, "4.5.0", "%s answered %s with %u, which "
		    "makes no sense", c->peer, step, c->reply.code);
	return v;
}

/* ------------------------------------------------ the connection */

static int
connect_to(struct client *c, const struct host *h, struct verdict *v)
{
	uint64_t timeout = c->conf->connect_timeout;
	uint64_t end = sooner(c, c->brief && timeout > BRIEF_S ? BRIEF_S :
	    timeout);
	struct ip source;
	const char *path;
	char ip[IP_TEXT], from[IP_TEXT] = "";
	int bound = 0;
	int r;

	if (c->hop->scheme == HOP_LMTP_UNIX) {
		(void)snprintf(c->peer, sizeof c->peer, "%s", h->name);
		if ((path = socket_path(c, h)) == NULL) {
			*v = verdict_make(451, "4.3.5", "%s is not below "
			    "remoted.lmtp_dir", h->name);
			return -1;
		}
		r = conn_open_unix(&c->conn, path, end);
	} else {
		ip_format(&h->ip, ip);
		(void)snprintf(c->peer, sizeof c->peer, "%s[%s]:%u", h->name,
		    ip, c->hop->port);
		if ((bound = source_of(c, &h->ip, &source)))
			ip_format(&source, from);
		r = conn_open(&c->conn, &h->ip, c->hop->port,
		    bound ? &source : NULL, end);
	}
	if (r == 0)
		return 0;
	*v = verdict_make(451, "4.4.1", "connection%s%s to %s: %s",
	    bound ? " from " : "", from, c->peer, strerror(errno));
	return -1;
}

/* 1: from that one; 0: the system's choice. */
static int
source_of(const struct client *c, const struct ip *to, struct ip *out)
{
	const struct conf_words *w = &c->conf->source;
	struct span name;
	size_t i;

	if (c->hop->source.n && ip_parse(c->hop->source, out) == 0 &&
	    ip_is_v4(out) == ip_is_v4(to))
		return 1;
	for (i = 0; i < w->n; i++)
		if (conf_named(span_of(w->word[i]), out, &name) == 0 &&
		    ip_is_v4(out) == ip_is_v4(to) &&
		    ip_is_loopback(out) == ip_is_loopback(to))
			return 1;
	return 0;
}

/* As root that directory is all there is. */
static const char *
socket_path(const struct client *c, const struct host *h)
{
	size_t n = strlen(c->conf->lmtp_dir);

	if (n == 0 || strncmp(h->name, c->conf->lmtp_dir, n) != 0 ||
	    h->name[n] != '/' || strstr(h->name, "/../"))
		return NULL;
	return c->enclosed ? h->name + n : h->name;
}

/* ------------------------------------------------ before the first MAIL */

/* 0; GONE; NO_TLS: the connection is spoilt by a handshake; 1: refused. */
static int
talk(struct client *c, const struct host *h, const struct client_tls *said,
    int try_tls, struct verdict *v)
{
	int r;

	if (c->hop->scheme == HOP_SMTPS &&
	    (r = start_tls(c, h, said, v)) < 0)
		return r;
	if ((r = greet(c, v)) != 0 || (r = hello(c, v)) != 0)
		return r;
	if (c->conn.tls || !try_tls || c->hop->tls == HOP_TLS_NONE)
		return 0;
	if (!(c->caps.has & CAP_STARTTLS)) {
		count(c, h, said, "starttls-not-supported");
		if (!wants_tls(c, said))
			return 0;
		*v = verdict_make(451, "4.7.4", "%s offers no TLS, which is "
		    "required by %s", c->peer, authority(said));
		return 1;
	}
	if ((r = client_ask(c, "STARTTLS", v)) < 0)
		return wants_tls(c, said) ? GONE : NO_TLS;
	if (r != 220) {
		count(c, h, said, "starttls-not-supported");
		*v = client_refused(c, "STARTTLS");
		v->kind = VERDICT_LATER;
		return wants_tls(c, said) ? 1 : 0;
	}
	/* what stands behind the 220 was said in the clear (RELIABILITY 6) */
	if (conn_have(&c->conn).n) {
		count(c, h, said, "validation-failure");
		*v = verdict_make(451, "4.7.5", "%s sent text behind its reply "
		    "to STARTTLS", c->peer);
		return NO_TLS;
	}
	if ((r = start_tls(c, h, said, v)) < 0)
		return r;
	r = hello(c, v);
	/* TLS 1.3: our side of the handshake is over before the server has
	 * judged it; who wants a certificate of ours only hangs up */
	return r == GONE && c->reply.bytes == 0 ? NO_TLS : r;
}

static int
greet(struct client *c, struct verdict *v)
{
	int r = client_reply(c, "connecting", c->conf->timeout, v);

	if (r < 0)
		return GONE;
	c->brief = 0;
	c->end_ms = 0;
	if (r != 220) {
		*v = client_refused(c, "the connection");
		return 1;
	}
	if (c->hop->scheme == HOP_MX &&
	    span_case_eq(reply_name(&c->reply), span_of(c->hostname))) {
		c->is_us = 1;
		*v = verdict_make(554, "5.4.6", "mail loop: %s greets with the "
		    "name of this server", c->peer);
		return 1;
	}
	return 0;
}

/* Of the route, of the address that the connection comes from, of all. */
static void
our_name(const struct client *c, char *out, size_t size)
{
	const struct conf_words *w = &c->conf->source;
	struct ip local, ip;
	struct span name;
	size_t i;

	if (span_str(c->hop->helo, out, size) == 0 && *out)
		return;
	(void)snprintf(out, size, "%s", *c->conf->helo ? c->conf->helo :
	    c->hostname);
	if (c->hop->scheme == HOP_LMTP_UNIX ||
	    net_local(c->conn.fd, &local) < 0)
		return;
	for (i = 0; i < w->n; i++)
		if (conf_named(span_of(w->word[i]), &ip, &name) == 0 &&
		    memcmp(&ip, &local, sizeof ip) == 0 && name.n) {
			(void)span_str(name, out, size);
			return;
		}
}

/* RFC 5321 3.2: HELO where EHLO is not known. */
static int
hello(struct client *c, struct verdict *v)
{
	char line[300], name[256];
	int r;

	our_name(c, name, sizeof name);
	(void)snprintf(line, sizeof line, "%s %s", hop_is_lmtp(c->hop) ?
	    "LHLO" : "EHLO", name);
	if ((r = client_ask(c, line, v)) < 0)
		return GONE;
	smtp_caps_read(&c->reply, &c->caps);
	if (r / 100 == 5 && !hop_is_lmtp(c->hop) && c->conn.tls == NULL) {
		(void)snprintf(line, sizeof line, "HELO %s", name);
		if ((r = client_ask(c, line, v)) < 0)
			return GONE;
		c->caps = (struct smtp_caps){ 0 };
	}
	if (r == 250)
		return 0;
	*v = client_refused(c, "EHLO");
	return 1;
}

/* ------------------------------------------------ TLS */

static int
wants_tls(const struct client *c, const struct client_tls *said)
{
	return c->hop->tls >= HOP_TLS_REQUIRE || said->n ||
	    said->sts == STS_ENFORCE || c->hop->scheme == HOP_SMTPS;
}

/* Whose wish that is, where it is wanted. */
static const char *
authority(const struct client_tls *said)
{
	return said->n ? "its TLSA records" : said->sts == STS_ENFORCE ?
	    "the MTA-STS policy of its domain" : "its route";
}

static int
start_tls(struct client *c, const struct host *h,
    const struct client_tls *said, struct verdict *v)
{
	static const char *const proofs[] = { "none", "told", "name", "dane" };
	struct tls_ask ask = { .name = h->name, .domain = "",
	    .alias = h->alias,
	    .tlsa = said->tlsa, .ntlsa = (size_t)said->n };
	char domain[DNS_NAME] = "";
	struct tls_fault f = { NULL, NULL };
	struct log l;

	ask.proof = said->n ? TLS_DANE : c->hop->tls == HOP_TLS_VERIFY ||
	    said->sts == STS_ENFORCE ? TLS_NAME : said->sts == STS_TESTING ?
	    TLS_TOLD : TLS_ANYONE;
	if (said->n) {
		(void)span_str(c->hop->host, domain, sizeof domain);
		ask.domain = domain;
	}
	c->conn.tls = tls_client_start(c->tls, c->conn.fd, &ask,
	    sooner(c, TLS_S), &f);
	if (c->conn.tls == NULL) {
		count(c, h, said, f.type);
		*v = verdict_make(451, "4.7.5", "TLS with %s%s%s: %s%s%s%s",
		    c->peer, wants_tls(c, said) ? ", required by " : "",
		    wants_tls(c, said) ? authority(said) : "", f.why,
		    ask.proof == TLS_NAME && c->no_ca ? " (" : "",
		    ask.proof == TLS_NAME && c->no_ca ? c->no_ca : "",
		    ask.proof == TLS_NAME && c->no_ca ? ")" : "");
		return NO_TLS;
	}
	if (ask.proof == TLS_TOLD)
		(void)tls_client_doubt(c->conn.tls, &f);
	count(c, h, said, f.type ? f.type : "success");
	log_open(&l, LOG_INFO, "tls");
	log_text(&l, "peer", span_of(c->peer));
	log_str(&l, "tls", tls_client_version(c->conn.tls));
	log_str(&l, "cipher", tls_client_cipher(c->conn.tls));
	log_str(&l, "proof", proofs[ask.proof]);
	if (f.type)			/* testing: else it was refused */
		log_str(&l, "doubt", f.why);
	log_close(&l);
	return 0;
}

/* For a report of today's TLS (RFC 8460). */
static void
count(const struct client *c, const struct host *h,
    const struct client_tls *said, const char *result)
{
	if (!said->counted)
		policy_count(c->policy, said->n ? "tlsa" :
		    said->sts != STS_NONE ? "sts" :
		    wants_tls(c, said) ? "route" : "no-policy-found", result,
		    h->name, &h->ip);
}

static void
log_plain(const struct client *c, const struct verdict *v)
{
	struct log l;

	log_open(&l, LOG_INFO, "tls");
	log_text(&l, "peer", span_of(c->peer));
	log_str(&l, "tls", "none");
	log_text(&l, "reason", span_of(v->text));
	log_close(&l);
}

static uint64_t
sooner(const struct client *c, uint64_t timeout_s)
{
	uint64_t end = clock_mono_ms() + timeout_s * 1000;

	return c->end_ms && c->end_ms < end ? c->end_ms : end;
}
