/* srs - senders of forwarded mail. */
#include "base/ascii.h"
#include "base/encode.h"
#include "base/siphash.h"
#include "mail/address.h"
#include "mail/srs.h"

enum { HASH = 10, DAY = 2, DAYS = 1024, DAY_S = 86400 };

static int  forward_again(struct span, struct span, struct span,
    struct buf *);
static int  add_signed(struct span, const struct buf *, struct span,
    const char *, struct buf *);
static void hash(struct span, struct span, char [HASH]);
static int  split(struct span, struct span *, struct span *);
static int  reverse(struct span, int, int64_t, struct buf *);
static int  in_time(struct span, int64_t);
static int  is_atom(struct span);

int
srs_is(struct span s)
{
	return s.n > 5 && (span_case_starts(s, SPAN("SRS0")) ||
	    span_case_starts(s, SPAN("SRS1"))) &&
	    (s.p[4] == '=' || s.p[4] == '+' || s.p[4] == '-');
}

int
srs_forward(struct span key, struct span sender, struct span ours,
    int64_t now, struct buf *out)
{
	size_t at = span_rfind(sender, '@');
	struct span local = span_sub(sender, 0, at);
	struct span domain = span_from(sender, at + 1);
	struct buf b = { .max = ADDRESS_PATH };
	char day[DAY];
	int r;

	if (local.n == 0 || domain.n == 0 || !is_atom(local) ||
	    !is_atom(domain) || span_find(domain, '=') < domain.n)
		return 0;
	if (srs_is(local))
		return forward_again(key, sender, ours, out);
	encode_base32(day, DAY, (uint64_t)(now / DAY_S) % DAYS);
	buf_add(&b, day, DAY);
	buf_addc(&b, '=');
	buf_addspan(&b, domain);
	buf_addc(&b, '=');
	buf_addspan(&b, local);
	r = add_signed(key, &b, ours, "SRS0=", out);
	buf_free(&b);
	return r;
}

int
srs_reverse(struct span key, struct span local, int64_t now, struct buf *out)
{
	char want[HASH];
	struct span given, line, rest;

	if (split(local, &given, &rest) < 0)
		return 0;
	while (key.n) {
		span_cut(&key, '\n', &line);
		line = span_trim(line);
		if (line.n == 0)
			continue;
		hash(line, rest, want);
		if (span_case_eq(given, span_mem(want, HASH)))
			return reverse(rest, local.p[3] == '1', now, out);
	}
	return 0;
}

/* Two forwarders are enough to find the way back, however many there are: the
 * first one's address, and ours. */
static int
forward_again(struct span key, struct span sender, struct span ours,
    struct buf *out)
{
	size_t at = span_rfind(sender, '@');
	struct span rest = span_sub(sender, 4, at), host = span_from(sender,
	    at + 1);
	struct buf b = { .max = ADDRESS_PATH };
	int r;

	if (sender.p[3] == '1') {
		/* SRS1=hash=HOST=REST: theirs makes room for ours */
		struct span theirs;

		rest = span_from(rest, 1);
		span_cut(&rest, '=', &theirs);
		if (!span_cut(&rest, '=', &host) || host.n == 0 ||
		    rest.n == 0)
			return 0;
	}
	buf_addspan(&b, host);
	buf_addc(&b, '=');
	buf_addspan(&b, rest);
	r = add_signed(key, &b, ours, "SRS1=", out);
	buf_free(&b);
	return r;
}

/* The first line of the key signs. */
static int
add_signed(struct span key, const struct buf *b, struct span ours,
    const char *prefix, struct buf *out)
{
	struct span first;
	char h[HASH];

	span_cut(&key, '\n', &first);
	first = span_trim(first);
	if (!buf_ok(b) || first.n == 0 || 5 + HASH + 1 + b->n >
	    ADDRESS_LOCAL)
		return 0;
	hash(first, buf_span(b), h);
	buf_adds(out, prefix);
	buf_add(out, h, HASH);
	buf_addc(out, '=');
	buf_addspan(out, buf_span(b));
	buf_addc(out, '@');
	return buf_addspan(out, ours) < 0 ? -1 : 1;
}

/* Some servers change the case of a local part.  A key longer than that of
 * SipHash is folded into it. */
static void
hash(struct span key, struct span s, char out[HASH])
{
	unsigned char k[SIPHASH_KEY] = { 0 }, lower[ADDRESS_MAX];
	size_t i;

	for (i = 0; i < key.n; i++)
		k[i % SIPHASH_KEY] = (unsigned char)(k[i % SIPHASH_KEY] * 31 +
		    key.p[i]);
	for (i = 0; i < s.n; i++)
		lower[i] = ascii_lower(s.p[i]);
	encode_base32(out, HASH, siphash(k, span_mem(lower, s.n)) >> 14);
}

/* SRSn=HASH=REST.  0, or -1. */
static int
split(struct span local, struct span *given, struct span *rest)
{
	if (!srs_is(local) || local.p[4] != '=')
		return -1;
	*given = span_sub(local, 5, 5 + HASH);
	*rest = span_from(local, 5 + HASH);
	if (rest->n == 0 || rest->p[0] != '=' || rest->n > ADDRESS_MAX)
		return -1;
	*rest = span_from(*rest, 1);
	return 0;
}

static int
reverse(struct span in, int again, int64_t now, struct buf *out)
{
	struct span day, domain;

	if (again) {
		if (!span_cut(&in, '=', &domain) || domain.n == 0 ||
		    in.n == 0)
			return 0;
		buf_adds(out, "SRS0");
		buf_addspan(out, in);
	} else {
		if (!span_cut(&in, '=', &day) || !in_time(day, now) ||
		    !span_cut(&in, '=', &domain) || domain.n == 0 ||
		    in.n == 0)
			return 0;
		buf_addspan(out, in);
	}
	buf_addc(out, '@');
	return buf_addspan(out, domain) < 0 ? -1 : 1;
}

static int
in_time(struct span s, int64_t now)
{
	int64_t today = now / DAY_S % DAYS, day = 0;
	size_t i;

	if (s.n != DAY)
		return 0;
	for (i = 0; i < s.n; i++) {
		unsigned char c = ascii_lower(s.p[i]);

		if (!ascii_digit(c) && (c < 'a' || c > 'v'))
			return 0;
		day = day * 32 + (ascii_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return (today - day + DAYS) % DAYS <= SRS_DAYS;
}

/* What needs no quotes, and no @. */
static int
is_atom(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f ||
		    memchr("()<>[]:;@\\,\"", s.p[i], 12))
			return 0;
	return 1;
}
