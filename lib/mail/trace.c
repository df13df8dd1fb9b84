/* trace - the Received field. */
#include "base/ascii.h"
#include "base/utf8.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/trace.h"

enum { WORD = 64 };		/* bytes of each of the shorter words */

static void add_from(struct buf *, const struct trace *);
static void add_origin(struct buf *, const struct trace *);
static void add_clean(struct buf *, struct span, const char *also);
static int is_clean(struct span);

int
trace_received(struct buf *b, const struct trace *t)
{
	struct span cipher = t->tls, version;
	char date[DATE_TEXT];

	buf_adds(b, "Received: ");
	add_from(b, t);
	buf_addf(b, "by %s", t->hostname);
	add_origin(b, t);
	if (t->proto.n) {
		buf_adds(b, " with ");
		add_clean(b, span_sub(t->proto, 0, WORD), "");
	}
	if (span_cut(&cipher, ' ', &version) && cipher.n) {
		buf_adds(b, "\r\n\t(");
		add_clean(b, span_sub(version, 0, WORD), ".");
		buf_adds(b, " cipher ");
		add_clean(b, span_sub(cipher, 0, WORD), "-_");
		buf_addc(b, ')');
	}
	buf_addf(b, "\r\n\tid %s", t->id);
	if (t->rcpt.n && is_clean(t->rcpt)) {
		buf_adds(b, "\r\n\tfor <");
		buf_addspan(b, t->rcpt);
		buf_addc(b, '>');
	}
	date_format(t->time, date);
	return buf_addf(b, ";\r\n\t%s\r\n", date);
}

/* From-domain with TCP-info: an address literal (RFC 5321 4.1.3). */
static void
add_from(struct buf *b, const struct trace *t)
{
	if (t->class == CLASS_LOCAL || t->class == CLASS_REPORT)
		return;
	buf_adds(b, "from ");
	if (t->helo.n && t->class != CLASS_USER)
		add_clean(b, span_sub(t->helo, 0, TRACE_HELO), ".-_:[]");
	else
		buf_adds(b, "unknown");
	if (t->client.n && t->class != CLASS_USER) {
		buf_adds(b, span_find(t->client, ':') < t->client.n ?
		    " ([IPv6:" : " ([");
		add_clean(b, span_sub(t->client, 0, WORD), ".:");
		buf_adds(b, "])");
	}
	buf_adds(b, "\r\n\t");
}

static void
add_origin(struct buf *b, const struct trace *t)
{
	if (t->class == CLASS_REPORT)
		buf_adds(b, " (correo)");
	if (t->class == CLASS_LOCAL) {
		buf_adds(b, " (correo, from userid ");
		add_clean(b, span_sub(t->class_arg, 0, WORD), "");
		buf_addc(b, ')');
	}
}

/* Letters, digits, the bytes of `also` and UTF-8 from U+00A0 on; '?' for each
 * other byte. */
static void
add_clean(struct buf *b, struct span s, const char *also)
{
	size_t i, n;

	for (i = 0; i < s.n; i += n) {
		unsigned char c = s.p[i];

		n = utf8_length(span_from(s, i));
		if (n > 1 && !(c == 0xc2 && s.p[i + 1] < 0xa0)) {
			buf_add(b, s.p + i, n);
			continue;
		}
		n = 1;
		buf_addc(b, ascii_alnum(c) || (c && strchr(also, c)) ?
		    c : '?');
	}
}

/* An address that may stand between < and > as it is. */
static int
is_clean(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (ascii_control(s.p[i]) || s.p[i] == '<' || s.p[i] == '>')
			return 0;
	return s.n <= ADDRESS_MAX && utf8_valid(s);
}
