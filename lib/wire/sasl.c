/* sasl - the messages of PLAIN and SCRAM. */
#include "base/scan.h"
#include "base/utf8.h"
#include "wire/sasl.h"

static int attribute(struct span *, unsigned char, struct span *);
static int printable(struct span);

/* RFC 4616 2: message = [authzid] UTF8NUL authcid UTF8NUL passwd */
int
sasl_plain(struct span s, struct span *authzid, struct span *authcid,
    struct span *password, const char **why)
{
	*why = "PLAIN: [authzid] NUL authcid NUL password is wanted "
	    "(RFC 4616)";
	if (s.n > SASL_MESSAGE || !span_cut(&s, 0, authzid) ||
	    !span_cut(&s, 0, authcid) || authcid->n == 0 || s.n == 0 ||
	    span_find(s, 0) < s.n)
		return -1;
	if (!utf8_valid(*authzid) || !utf8_valid(*authcid) || !utf8_valid(s)) {
		*why = "PLAIN: not UTF-8 (RFC 4616)";
		return -1;
	}
	*password = s;
	return 0;
}

/*
 * RFC 5802 7:
 *	client-first-message = gs2-header client-first-message-bare
 *	gs2-header = ("p=" cb-name / "n" / "y") "," [ "a=" saslname ] ","
 *	client-first-message-bare = "n=" saslname ",r=" c-nonce [ "," … ]
 * An m= (reserved-mext) is refused, as it must be; other extensions are
 * passed over.
 */
int
scram_first_parse(struct span s, struct scram_first *f, const char **why)
{
	struct span all = s, flag, rest;

	*f = (struct scram_first){ 0 };
	*why = "SCRAM: gs2-header is wanted (RFC 5802 section 7)";
	if (s.n > SASL_MESSAGE || !utf8_valid(s) || span_find(s, 0) < s.n ||
	    !span_cut(&s, ',', &flag) || flag.n == 0)
		return -1;
	f->binding = flag.p[0];
	if (f->binding == 'p') {
		if (flag.n < 3 || flag.p[1] != '=')
			return -1;
		f->binding_name = span_from(flag, 2);
	} else if (flag.n != 1 || (f->binding != 'n' && f->binding != 'y'))
		return -1;
	if (!span_cut(&s, ',', &f->authzid))
		return -1;
	if (f->authzid.n) {
		if (!span_starts(f->authzid, SPAN("a=")) || f->authzid.n < 3)
			return -1;
		f->authzid = span_from(f->authzid, 2);
	}
	f->gs2 = span_sub(all, 0, all.n - s.n);
	f->bare = s;
	*why = "SCRAM: n= and r= are wanted (RFC 5802 section 7)";
	if (!attribute(&s, 'n', &f->name) || f->name.n == 0)
		return -1;
	/* the nonce is the last that we read: extensions may follow */
	rest = s;
	if (!attribute(&rest, 'r', &f->nonce) || !printable(f->nonce))
		return -1;
	return 0;
}

/* server-first-message = "r=" nonce ",s=" base64 ",i=" number ["," …] */
int
scram_server_parse(struct span s, struct scram_server *m, const char **why)
{
	struct span i;

	*m = (struct scram_server){ .iterations = 0 };
	*why = "SCRAM: r=, s= and i= are wanted (RFC 5802 section 7)";
	return s.n <= SASL_MESSAGE && attribute(&s, 'r', &m->nonce) &&
	    printable(m->nonce) && attribute(&s, 's', &m->salt) &&
	    attribute(&s, 'i', &i) && scan_uint(i, SCRAM_ITERATIONS_MAX,
	    &m->iterations) == 0 && m->iterations ? 0 : -1;
}

/* client-final-message = "c=" base64 ",r=" nonce ["," …] ",p=" base64 */
int
scram_final_parse(struct span s, struct scram_final *f, const char **why)
{
	struct span rest = s;
	size_t at;

	*f = (struct scram_final){ 0 };
	*why = "SCRAM: c=, r= and p= are wanted (RFC 5802 section 7)";
	if (s.n > SASL_MESSAGE || !attribute(&rest, 'c', &f->channel) ||
	    !attribute(&rest, 'r', &f->nonce) || !printable(f->nonce))
		return -1;
	at = span_rfind(s, ',');
	if (at == s.n || !span_starts(span_from(s, at + 1), SPAN("p=")))
		return -1;
	f->without_proof = span_sub(s, 0, at);
	f->proof = span_from(s, at + 3);
	/* the proof stands behind the nonce, not inside what came before */
	return f->nonce.p + f->nonce.n <= s.p + at ? 0 : -1;
}

int
sasl_name_decode(struct buf *b, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '=') {
			buf_addc(b, s.p[i]);
			continue;
		}
		if (span_case_starts(span_from(s, i), SPAN("=2C")))
			buf_addc(b, ',');
		else if (span_case_starts(span_from(s, i), SPAN("=3D")))
			buf_addc(b, '=');
		else
			return -1;
		i += 2;
	}
	return buf_ok(b) ? 0 : -1;
}

int
sasl_name_encode(struct buf *b, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == ',')
			buf_adds(b, "=2C");
		else if (s.p[i] == '=')
			buf_adds(b, "=3D");
		else
			buf_addc(b, s.p[i]);
	return buf_ok(b) ? 0 : -1;
}

/* letter "=" value, up to a comma or the end. */
static int
attribute(struct span *in, unsigned char letter, struct span *value)
{
	if (in->n < 2 || in->p[0] != letter || in->p[1] != '=')
		return 0;
	*in = span_from(*in, 2);
	span_cut(in, ',', value);
	return 1;
}

/* RFC 5802 7: printable = %x21-2B / %x2D-7E; a nonce has at least one. */
static int
printable(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] > 0x7e)
			return 0;
	return s.n > 0;
}
