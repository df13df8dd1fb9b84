/* hop - where mail goes next. */
#include <stddef.h>

#include "base/buf.h"
#include "base/ip.h"
#include "base/scan.h"
#include "wire/dns_message.h"
#include "wire/hop.h"

enum { PORT_SMTP = 25, PORT_SMTPS = 465, PORT_LMTP = 24 };

static int  target(struct span, struct hop *, const char **);
static int  host_port(struct span, struct hop *);
static int  option(struct span, struct hop *, unsigned *, const char **);
static int  tls(struct span, enum hop_tls *);

static const struct {
	const char *prefix;
	enum hop_scheme scheme;
	unsigned port;
} schemes[] = {
	{ "smtp://", HOP_SMTP, PORT_SMTP },
	{ "smtps://", HOP_SMTPS, PORT_SMTPS },
	{ "lmtp://", HOP_LMTP, PORT_LMTP }
};

int
hop_parse(struct span in, struct hop *h, const char **why)
{
	struct span word;
	unsigned seen = 0;

	*h = (struct hop){ .port = PORT_SMTP };
	if (!span_word(&in, &word) || target(word, h, why) < 0) {
		*why = "route: mx, smtp://HOST:PORT, smtps://HOST:PORT, "
		    "lmtp://HOST:PORT or lmtp+unix:///PATH is wanted";
		return -1;
	}
	while (span_word(&in, &word))
		if (option(word, h, &seen, why) < 0)
			return -1;
	return 0;
}

int
hop_key(struct span route, struct span domain, char out[HOP_KEY])
{
	struct buf b = { .max = HOP_KEY };
	struct span word;
	int r = -1;

	if (span_word(&route, &word)) {
		buf_addspan(&b, word);
		if (span_eq(word, SPAN("mx"))) {
			buf_addc(&b, ':');
			buf_addspan(&b, domain);
		}
		while (span_word(&route, &word)) {
			buf_addc(&b, ' ');
			buf_addspan(&b, word);
		}
		if (buf_ok(&b))
			r = span_str(buf_span(&b), out, HOP_KEY);
	}
	buf_free(&b);
	return r;
}

int
hop_secret(struct span text, struct span name, struct span *user,
    struct span *secret)
{
	struct span line, word;

	while (text.n) {
		span_cut(&text, '\n', &line);
		if (!span_word(&line, &word) || !span_eq(word, name))
			continue;
		*secret = span_trim(line);
		return span_cut(secret, ':', user) && user->n && secret->n;
	}
	return 0;
}

int
hop_is_lmtp(const struct hop *h)
{
	return h->scheme == HOP_LMTP || h->scheme == HOP_LMTP_UNIX;
}

static int
target(struct span s, struct hop *h, const char **why)
{
	static const struct span path = { (const unsigned char *)
	    "lmtp+unix:///", 13 };
	struct ip ip;
	size_t i;

	(void)why;
	if (span_eq(s, SPAN("mx")))
		return 0;
	if (span_starts(s, SPAN("mx:"))) {
		h->host = span_from(s, 3);
		if (h->host.n > 2 && h->host.p[0] == '[') {
			h->literal = 1;
			h->host = span_sub(h->host, 1, h->host.n - 1);
			if (span_case_starts(h->host, SPAN("IPv6:")))
				h->host = span_from(h->host, 5);
			return s.p[s.n - 1] == ']' ?
			    ip_parse(h->host, &ip) : -1;
		}
		return h->host.n ? 0 : -1;
	}
	if (span_starts(s, path) && s.n > path.n) {
		h->scheme = HOP_LMTP_UNIX;
		h->host = span_from(s, path.n - 1);
		return 0;
	}
	for (i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (span_starts(s, span_of(schemes[i].prefix))) {
			h->scheme = schemes[i].scheme;
			h->port = schemes[i].port;
			return host_port(span_from(s,
			    strlen(schemes[i].prefix)), h);
		}
	return -1;
}

static int
host_port(struct span s, struct hop *h)
{
	struct ip ip;
	size_t at;

	if (s.n && s.p[0] == '[') {
		at = span_find(s, ']');
		if (at == s.n)
			return -1;
		h->host = span_sub(s, 1, at);
		if (ip_parse(h->host, &ip) < 0)
			return -1;
		s = span_from(s, at + 1);
	} else {
		h->host = span_sub(s, 0, span_find(s, ':'));
		if (!dns_is_name(h->host))
			return -1;
		s = span_from(s, h->host.n);
	}
	if (s.n == 0)
		return 0;
	return s.p[0] == ':' && scan_uint(span_from(s, 1), 65535,
	    &h->port) == 0 && h->port ? 0 : -1;
}

static int
option(struct span s, struct hop *h, unsigned *seen, const char **why)
{
	static const struct {
		const char *name, *why;
	} of[] = {
		{ "tls", "route: tls= is may, none, require or verify" },
		{ "login", "route: login= is a name of secrets/relay-passwords "
		    "or relay-tokens" },
		{ "source", "route: source= is an address of this machine" },
		{ "helo", "route: helo= is a domain name" },
		{ "connections", "route: connections= is 1 to 999" },
		{ "rate", "route: rate= is 1 to 999999 (messages a minute)" }
	};
	struct span name;
	struct ip ip;
	size_t k;
	int ok = 0;

	*why = "route: tls=, login=, source=, helo=, connections= or rate= "
	    "may follow, each once, with a value";
	if (!span_cut(&s, '=', &name) || s.n == 0)
		return -1;
	for (k = 0; k < 6 && !span_eq(name, span_of(of[k].name)); k++)
		;
	if (k == 6 || *seen & 1u << k)
		return -1;
	*seen |= 1u << k;
	*why = of[k].why;
	switch (k) {
	case 0:
		ok = tls(s, &h->tls) == 0;
		break;
	case 1:
		h->login = s;
		ok = dns_is_name(s);
		break;
	case 2:
		h->source = s;
		ok = ip_parse(s, &ip) == 0;
		break;
	case 3:
		h->helo = s;
		ok = dns_is_name(s);
		break;
	case 4:
		ok = scan_uint(s, 999, &h->connections) == 0 &&
		    h->connections;
		break;
	case 5:
		ok = scan_uint(s, 999999, &h->rate) == 0 && h->rate;
	}
	return ok ? 0 : -1;
}

static int
tls(struct span s, enum hop_tls *out)
{
	static const char *const word[] = {
		[HOP_TLS_MAY] = "may", [HOP_TLS_NONE] = "none",
		[HOP_TLS_REQUIRE] = "require", [HOP_TLS_VERIFY] = "verify"
	};
	unsigned i;

	for (i = 0; i <= HOP_TLS_VERIFY; i++)
		if (span_eq(s, span_of(word[i]))) {
			*out = (enum hop_tls)i;
			return 0;
		}
	return -1;
}
