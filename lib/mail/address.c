/*
 * address - the addresses of an envelope.
 *
 *	Path        = "<" [ A-d-l ":" ] Mailbox ">"	RFC 5321 4.1.2
 *	A-d-l       = At-domain *( "," At-domain )
 *	At-domain   = "@" Domain
 *	Mailbox     = Local-part "@" ( Domain / address-literal )
 *	Local-part  = Dot-string / Quoted-string
 *	Domain      = sub-domain *("." sub-domain)
 *	sub-domain  = Let-dig [Ldh-str]
 *
 * with any character above U+007F where a letter may stand (RFC 6531 3.3).
 * Each take_ function eats what it knows from the front of *in and returns 0,
 * or -1 with *why.
 */
#include <assert.h>

#include "base/ascii.h"
#include "base/ip.h"
#include "base/utf8.h"
#include "mail/address.h"
#include "mail/idna.h"

static int take_route(struct span *, const char **);
static int take_local(struct span *, struct span *, const char **);
static int take_quoted(struct span *, struct span *, const char **);
static int take_domain(struct span *, struct span *, const char **);
static int take_literal(struct span *, struct span *, const char **);
static int literal_ip(struct span, struct ip *);
static size_t atext_length(struct span);
static size_t put_local(struct span, char *);
static size_t put_domain(const struct address *, char *);
static void take(struct span *, size_t, struct span *);

int
address_parse(struct span *in, unsigned flags, struct address *out,
    const char **why)
{
	static const struct span postmaster = { (const unsigned char *)
	    "postmaster>", 11 };
	struct span s = *in;
	struct address a = { .local = { NULL, 0 } };

	if (s.n == 0 || s.p[0] != '<') {
		*why = "a path begins with < (RFC 5321 4.1.2)";
		return -1;
	}
	s = span_from(s, 1);
	if (s.n && s.p[0] == '@' && take_route(&s, why) < 0)
		return -1;
	if (s.n && s.p[0] == '>' && s.p == in->p + 1) {
		if (!(flags & ADDRESS_NULL)) {
			*why = "the null path stands only behind MAIL FROM "
			    "(RFC 5321 4.5.5)";
			return -1;
		}
		a.text = span_sub(s, 0, 0);
	} else if (flags & ADDRESS_POSTMASTER &&
	    span_case_starts(s, postmaster)) {
		take(&s, postmaster.n - 1, &a.local);
		a.text = a.local;
	} else if (address_take(&s, &a, why) < 0)
		return -1;
	if (s.n == 0 || s.p[0] != '>') {
		*why = "a path ends in > (RFC 5321 4.1.2)";
		return -1;
	}
	s = span_from(s, 1);
	if (in->n - s.n > ADDRESS_PATH) {
		*why = "a path has at most 256 octets (RFC 5321 4.5.3.1.3)";
		return -1;
	}
	*in = s;
	*out = a;
	return 1;
}

int
address_mailbox(struct span s, struct address *out, const char **why)
{
	struct address a;

	if (address_take(&s, &a, why) < 0)
		return -1;
	if (s.n) {
		*why = "nothing may follow the domain (RFC 5321 4.1.2)";
		return -1;
	}
	*out = a;
	return 0;
}

int
address_take(struct span *in, struct address *a, const char **why)
{
	struct span s = *in;
	int r;

	if (take_local(in, &a->local, why) < 0)
		return -1;
	if (in->n == 0 || in->p[0] != '@') {
		*why = "an address is local-part@domain (RFC 5321 4.1.2)";
		return -1;
	}
	*in = span_from(*in, 1);
	a->literal = in->n && in->p[0] == '[';
	r = a->literal ? take_literal(in, &a->domain, why) :
	    take_domain(in, &a->domain, why);
	a->utf8 = !utf8_is_ascii(span_sub(s, 0, s.n - in->n));
	a->text = span_sub(s, 0, s.n - in->n);
	return r;
}

int
address_is_atoms(struct span s)
{
	struct span local;
	const char *why;

	return s.n && s.p[0] != '"' && take_local(&s, &local, &why) == 0 &&
	    s.n == 0;
}

void
address_normal(const struct address *a, char out[ADDRESS_MAX + 1])
{
	size_t n;

	assert(a->local.n <= ADDRESS_LOCAL && a->domain.n <= ADDRESS_DOMAIN);
	n = put_local(a->local, out);
	if (a->domain.n) {
		out[n++] = '@';
		n += put_domain(a, out + n);
	}
	out[n] = '\0';
}

void
address_split(struct span s, struct span *local, struct span *domain)
{
	size_t at = span_rfind(s, '@');

	*local = span_sub(s, 0, at);
	*domain = span_from(s, at + 1);
}

/* A source route is read and ignored: RFC 5321 F.2. */
static int
take_route(struct span *in, const char **why)
{
	struct span hop;

	while (in->n && in->p[0] == '@') {
		*in = span_from(*in, 1);
		if (take_domain(in, &hop, why) < 0)
			return -1;
		if (in->n == 0 || (in->p[0] != ':' && in->p[0] != ','))
			break;
		*in = span_from(*in, 1);
		if (in->p[-1] == ':')
			return 0;
	}
	*why = "a source route is @domain,@domain: (RFC 5321 4.1.2)";
	return -1;
}

/* Dot-string = Atom *("." Atom) */
static int
take_local(struct span *in, struct span *local, const char **why)
{
	size_t i = 0, n;
	int dot = 1;			/* an atom must follow */

	if (in->n && in->p[0] == '"')
		return take_quoted(in, local, why);
	while (i < in->n) {
		if (in->p[i] == '.' && !dot) {
			dot = 1;
			i++;
		} else if ((n = atext_length(span_from(*in, i))) > 0) {
			dot = 0;
			i += n;
		} else
			break;
	}
	if (dot) {
		*why = "a local part is atoms with one dot between "
		    "(RFC 5321 4.1.2)";
		return -1;
	}
	if (i > ADDRESS_LOCAL) {
		*why = "a local part has at most 64 octets "
		    "(RFC 5321 4.5.3.1.1)";
		return -1;
	}
	take(in, i, local);
	return 0;
}

/* DQUOTE *( %d32-33 / %d35-91 / %d93-126 / UTF8 / "\" %d32-126 ) DQUOTE */
static int
take_quoted(struct span *in, struct span *local, const char **why)
{
	size_t i = 1, n;

	while (i < in->n && in->p[i] != '"') {
		n = utf8_length(span_from(*in, i));
		if (in->p[i] == '\\' && i + 1 < in->n && in->p[++i] >= 0x80)
			n = 0;
		if (n == 0 || ascii_control(in->p[i])) {
			*why = "quotes hold printable characters "
			    "(RFC 5321 4.1.2)";
			return -1;
		}
		i += n;
	}
	if (i >= in->n) {
		*why = "a quoted local part ends in a quote (RFC 5321 4.1.2)";
		return -1;
	}
	if (++i > ADDRESS_LOCAL) {
		*why = "a local part has at most 64 octets "
		    "(RFC 5321 4.5.3.1.1)";
		return -1;
	}
	take(in, i, local);
	return 0;
}

/* A label of ASCII has at most 63 octets; one of UTF-8 may have more than its
 * form in the DNS, which nobody computes here. */
static int
take_domain(struct span *in, struct span *domain, const char **why)
{
	size_t i = 0, n, from = 0;
	int ascii = 1;

	*why = "a domain is labels of letters, digits and - (RFC 5321 4.1.2)";
	for (; i < in->n; i += n) {
		unsigned char c = in->p[i];

		n = utf8_length(span_from(*in, i));
		if (c >= 0x80)
			ascii = 0;
		if (n == 0)
			return -1;
		if (c == '.') {
			if (i == from || in->p[i - 1] == '-' ||
			    (ascii && i - from > 63))
				return -1;
			from = i + 1;
			ascii = 1;
		} else if (c == '-' ? i == from :
		    c < 0x80 && !ascii_alnum(c) && c != '_')
			break;
	}
	if (i == 0 || in->p[i - 1] == '-' || (ascii && i - from > 63))
		return -1;
	if (i > ADDRESS_DOMAIN) {
		*why = "a domain has at most 255 octets (RFC 5321 4.5.3.1.2)";
		return -1;
	}
	take(in, i, domain);
	return 0;
}

/* address-literal = "[" ( IPv4 / "IPv6:" IPv6 ) "]"; no other is defined. */
static int
take_literal(struct span *in, struct span *domain, const char **why)
{
	struct ip ip;
	size_t end = span_find(*in, ']');

	if (end == in->n || literal_ip(span_sub(*in, 0, end + 1), &ip) < 0) {
		*why = "an address literal is [IPv4] or [IPv6:...] "
		    "(RFC 5321 4.1.3)";
		return -1;
	}
	take(in, end + 1, domain);
	return 0;
}

static int
literal_ip(struct span s, struct ip *ip)
{
	struct span in = span_sub(s, 1, s.n - 1), tag = SPAN("IPv6:");
	int six = span_case_starts(in, tag);

	if (six)
		in = span_from(in, tag.n);
	/* A colon tells the families apart, as written. */
	if (six != (span_find(in, ':') < in.n))
		return -1;
	return ip_parse(in, ip);
}

/* RFC 5322 3.2.3, or a character above ASCII; 0: not of an atom. */
static size_t
atext_length(struct span s)
{
	static const struct span special = { (const unsigned char *)
	    "!#$%&'*+-/=?^_`{|}~", 19 };

	if (s.n == 0)
		return 0;
	if (s.p[0] >= 0x80)
		return utf8_length(s);
	return ascii_alnum(s.p[0]) || span_find(special, s.p[0]) < special.n;
}

static size_t
put_local(struct span s, char *out)
{
	char plain[ADDRESS_LOCAL] = { 0 };
	size_t i, n = 0, o = 0;

	if (s.n == 0 || s.p[0] != '"') {
		for (i = 0; i < s.n; i++)
			out[o++] = (char)ascii_lower(s.p[i]);
		return o;
	}
	for (i = 1; i + 1 < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		plain[n++] = (char)ascii_lower(s.p[i]);
	}
	if (address_is_atoms(span_mem(plain, n))) {
		memcpy(out, plain, n);
		return n;
	}
	out[o++] = '"';
	for (i = 0; i < n; i++) {
		if (plain[i] == '"' || plain[i] == '\\')
			out[o++] = '\\';
		out[o++] = plain[i];
	}
	out[o++] = '"';
	return o;
}

static size_t
put_domain(const struct address *a, char *out)
{
	struct span s = a->domain;
	char text[IP_TEXT], ascii[ADDRESS_DOMAIN + 1];
	struct ip ip;
	size_t i, n = 0;

	if (a->literal && literal_ip(s, &ip) == 0) {
		ip_format(&ip, text);
		s = span_of(text);
		out[n++] = '[';
		if (!ip_is_v4(&ip)) {
			memcpy(out + n, "ipv6:", 5);
			n += 5;
		}
	} else if (s.p[s.n - 1] == '.')
		s.n--;
	/* what is no name stays as it is, and is found to be none later */
	if (!a->literal && idna_ascii(s, ascii, sizeof ascii) == 0)
		s = span_of(ascii);
	for (i = 0; i < s.n; i++)
		out[n++] = (char)ascii_lower(s.p[i]);
	if (a->literal)
		out[n++] = ']';
	return n;
}

static void
take(struct span *in, size_t n, struct span *out)
{
	*out = span_sub(*in, 0, n);
	*in = span_from(*in, n);
}
