/*
 * handover - a connection on its way through the processes that serve it.
 *
 *	begin ─┬─ PROXY: a child of the session zygote reads the header ─┐
 *	       ├─ TLS from the start: a relay shakes hands ──────────────┤
 *	       └─ a session                                              │
 *	session ─ STARTTLS: asks for it, exits ─ relay ─ fresh session
 *	session ─ AUTH: a channel to the password check, which tells us the user
 *	session ─ LOGIN: says it went well, exits ─ fresh session or mailbox
 *
 * A connection has one control channel at a time; who asks for the next
 * process has nothing more to say, and that one gets a new channel.  DESIGN 5.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/ask.h"
#include "run/listener_parts.h"
#include "sys/chan.h"
#include "sys/log.h"

static int  may_say(const struct listener *, struct conn *, uint32_t);
static void serve(struct listener *, struct conn *);
static int  likely_to_send(const struct listener *, const struct conn *);
static void to_relay(struct listener *, struct conn *);
static int  ask(struct listener *, struct conn *, int, struct note *, int *,
	    size_t);
static void proxied(struct listener *, struct conn *, const struct note *);
static void starttls(struct listener *, struct conn *);
static void up(struct listener *, struct conn *, const struct note *);
static void want_auth(struct listener *, struct conn *);
static void logged_in(struct listener *, struct conn *, const struct note *);
static void no_room(struct listener *, struct conn *, const char *);
static void end(struct listener *, struct conn *, const char *);

void
handover_begin(struct listener *l, struct conn *c)
{
	int first = c->facts.phase == PHASE_START;

	c->facts.phase = first && conns_proxy(l, &c->facts.client) ?
	    PHASE_PROXY : PHASE_START;
	if (c->facts.phase == PHASE_START &&
	    l->conf->service[c->facts.service].tls)
		to_relay(l, c);
	else
		serve(l, c);
}

/* What the process that serves it now has to say. */
void
handover_note(struct listener *l, struct conn *c)
{
	struct note n;
	int r = note_recv(c->ev.fd, &n, NULL, 0);

	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (r > 0 && n.kind == NOTE_NONE) {
		no_room(l, c, "processes");
		return;
	}
	if (r > 0 && may_say(l, c, n.kind))
		switch (n.kind) {
		case NOTE_PROXY:
			proxied(l, c, &n);
			return;
		case NOTE_UP:
			up(l, c, &n);
			return;
		case NOTE_WRITER:
			pool_want(l, c);
			return;
		case NOTE_STARTTLS:
			starttls(l, c);
			return;
		case NOTE_AUTH:
			want_auth(l, c);
			return;
		case NOTE_LOGIN:
			logged_in(l, c, &n);
			return;
		}
	end(l, c, r == 0 ? NULL : r < 0 ? "no note" : "note out of order");
}

/* Who reads a PROXY header, or shakes hands, has one thing to say. */
static int
may_say(const struct listener *l, struct conn *c, uint32_t kind)
{
	if (c->facts.phase == PHASE_PROXY)
		return kind == NOTE_PROXY;
	if (c->shaking)
		return kind == NOTE_UP;
	switch (kind) {
	case NOTE_WRITER:
		return !c->waits && !l->conf->mailboxes &&
		    c->writers++ < ASK_WRITERS;
	case NOTE_STARTTLS:
		return !c->facts.tls && role_link(l->env, "relay") >= 0;
	case NOTE_AUTH:
		return c->facts.may_login && c->logins++ < ASK_LOGINS;
	default:
		return kind == NOTE_LOGIN;
	}
}

/* The password check's word on a connection: only from here is a user known. */
void
handover_auth(struct listener *l)
{
	struct conn *c;
	struct note n;
	int r;

	while ((r = note_recv(role_link(l->env, "auth"), &n, NULL, 0)) > 0)
		if (n.kind == NOTE_USER && n.text[0] &&
		    (c = conns_find(l, n.arg)) != NULL)
			(void)span_str(span_of(n.text), c->facts.user,
			    sizeof c->facts.user);
	if (r == 0)
		errno = 0;
	if (r == 0 || (errno != EAGAIN && errno != EINTR))
		log_die(LOG_AGAIN, "the password check is gone");
}

/* ------------------------------------------------ who serves it next */

/* A session; after the login to a mailbox the root parent of that role, which
 * looks the key up, forks and becomes the user. */
static void
serve(struct listener *l, struct conn *c)
{
	struct note n = { .kind = NOTE_SPAWN };
	const char *role = l->conf->mailboxes &&
	    c->facts.phase == PHASE_LOGIN ? "mailbox" : "session";
	int pass[] = { c->client, -1,
	    likely_to_send(l, c) ? pool_ahead(l, c) : -1 }, r;

	n.facts = c->facts;
	(void)span_str(span_of(c->facts.user), n.text, sizeof n.text);
	r = ask(l, c, role_link(l->env, role), &n, pass, pass[2] < 0 ? 2 : 3);
	if (pass[2] >= 0)
		close(pass[2]);
	if (r < 0)
		no_room(l, c, role);
}

/* Not before a login that has to come, and not to the reader of a header. */
static int
likely_to_send(const struct listener *l, const struct conn *c)
{
	return !l->conf->mailboxes && (c->facts.phase == PHASE_LOGIN ||
	    (c->facts.phase != PHASE_PROXY &&
	    l->conf->service[c->facts.service].strangers));
}

/* What is kept then is the other end of its plain side. */
static void
to_relay(struct listener *l, struct conn *c)
{
	const struct listener_service *v =
	    &l->conf->service[c->facts.service];
	struct note n = { .kind = NOTE_SPAWN,
	    .arg = site_client_cert(l->env->site, v->name) };
	int stream[2] = { -1, -1 }, key[2] = { -1, -1 }, r = -1;

	n.facts = c->facts;
	(void)span_str(span_of(v->alpn), n.text, sizeof n.text);
	if (chan_pair(CHAN_STREAM, stream) == 0 &&
	    chan_pair(CHAN_PACKETS, key) == 0 &&
	    note_say(role_link(l->env, "keyholder"), NOTE_SPAWN, NULL,
	    &key[1], 1) == 0) {
		int pass[] = { c->client, -1, stream[1], key[0] };

		r = ask(l, c, role_link(l->env, "relay"), &n, pass, 4);
	}
	if (stream[1] >= 0)
		close(stream[1]);
	if (key[0] >= 0) {
		close(key[0]);
		close(key[1]);
	}
	if (r == 0) {
		chan_close(c->client);
		c->client = stream[0];
		c->shaking = 1;
		return;
	}
	if (stream[0] >= 0)
		close(stream[0]);
	end(l, c, "relay");
}

/* A request whose second descriptor is a new control channel; the old one is
 * closed: whoever had it has given the connection away. */
static int
ask(struct listener *l, struct conn *c, int link, struct note *n, int *pass,
    size_t npass)
{
	int ch[2], before = c->ev.fd, r;

	if (link < 0 || chan_pair(CHAN_PACKETS, ch) < 0)
		return -1;
	pass[1] = ch[1];
	c->ev = (struct event){ SOURCE_CONN, ch[0] };
	if ((r = conns_watch(l, &c->ev)) == 0)
		r = note_send(link, n, pass, npass);
	close(ch[1]);
	if (r < 0) {
		close(ch[0]);
		c->ev.fd = before;
	} else if (before >= 0)
		close(before);
	return r;
}

/* ------------------------------------------------ what they report */

/* The true client: all that followed from the proxy's address is made again. */
static void
proxied(struct listener *l, struct conn *c, const struct note *n)
{
	const char *rule;

	l->connections--;		/* it is none more */
	rule = conns_over(l, &n->facts.client);
	l->connections++;
	c->facts.client = n->facts.client;
	c->facts.port = n->facts.port;
	if (rule == NULL && conns_count(l, c) < 0)
		rule = "memory";
	conns_judge(l, &c->facts);
	if (rule)
		no_room(l, c, rule);
	else
		handover_begin(l, c);
}

/* RFC 3207 4.2: nothing that was before lives on. */
static void
starttls(struct listener *l, struct conn *c)
{
	c->facts.phase = PHASE_TLS;
	c->facts.user[0] = '\0';
	c->writers = c->logins = 0;	/* the fresh session counts anew, too */
	conns_judge(l, &c->facts);
	to_relay(l, c);
}

static void
up(struct listener *l, struct conn *c, const struct note *n)
{
	const struct facts *f = &n->facts;

	c->shaking = 0;
	c->facts.tls = 1;
	c->facts.may_login = 1;
	memcpy(c->facts.tls_version, f->tls_version, sizeof f->tls_version);
	memcpy(c->facts.tls_cipher, f->tls_cipher, sizeof f->tls_cipher);
	memcpy(c->facts.exporter, f->exporter, sizeof f->exporter);
	memcpy(c->facts.endpoint, f->endpoint, sizeof f->endpoint);
	c->facts.has_exporter = f->has_exporter;
	c->facts.endpoint_n = f->endpoint_n <= sizeof f->endpoint ?
	    f->endpoint_n : 0;
	c->facts.cert = f->cert;
	memcpy(c->facts.cert_hash, f->cert_hash, sizeof f->cert_hash);
	c->facts.tls_version[sizeof f->tls_version - 1] = '\0';
	c->facts.tls_cipher[sizeof f->tls_cipher - 1] = '\0';
	serve(l, c);
}

static void
want_auth(struct listener *l, struct conn *c)
{
	struct note n = { .kind = NOTE_SPAWN,
	    .arg = (uint32_t)l->conf->plus };
	int ch[2] = { -1, -1 }, auth = role_link(l->env, "auth"), there;

	n.facts = c->facts;
	(void)span_str(span_of(l->conf->service[c->facts.service].proto),
	    n.text, sizeof n.text);
	there = auth >= 0 && chan_pair(CHAN_PACKETS, ch) == 0 &&
	    note_send(auth, &n, &ch[0], 1) == 0;
	if (auth >= 0 && !there)
		log_warn("auth", "%s", strerror(errno));
	conns_tell(c, NOTE_AUTH, there ? ch[1] : -1);
	if (ch[0] >= 0) {
		close(ch[0]);
		close(ch[1]);
	}
}

/* The check speaks to us before it speaks to the session: what it said is
 * there now, or the session lies. */
static void
logged_in(struct listener *l, struct conn *c, const struct note *n)
{
	if (role_link(l->env, "auth") >= 0)
		handover_auth(l);
	if (c->facts.user[0] == '\0') {
		end(l, c, "login without a password");
		return;
	}
	c->facts.class = CLASS_USER;
	c->facts.phase = PHASE_LOGIN;
	(void)span_str(span_of(n->text), c->facts.helo, sizeof c->facts.helo);
	serve(l, c);
}

/* Where a handshake would come next nobody hears it. */
static void
no_room(struct listener *l, struct conn *c, const char *rule)
{
	conns_refuse(l, c->client, c->facts.service, &c->facts.client, rule);
	end(l, c, NULL);
}

static void
end(struct listener *l, struct conn *c, const char *why)
{
	char ip[IP_TEXT];

	if (why) {
		ip_format(&c->facts.client, ip);
		log_warn("dropped", "connection from %s: %s", ip, why);
	}
	pool_forget(l, c);
	conns_close(l, c);
}
