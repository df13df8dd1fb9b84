/* folder_line - one line of correo-uids. */
#include "base/ascii.h"
#include "base/crc32c.h"
#include "base/scan.h"
#include "store/folder_line.h"

static void put_hex(unsigned char *, uint32_t);
static int body_parse(struct span, struct line *, const char **);
static int head_parse(struct span, struct line *);
static int number(struct span *, uint64_t, uint64_t *);
static int number32(struct span *, uint32_t *);
static int hex(struct span *, uint32_t *);

/* What stands behind each kind, in order: u uid, m modseq, f flags, t time,
 * T time2, s text to the end. */
static const char *
shape(enum line_kind kind)
{
	switch (kind) {
	case LINE_RESERVE:	return "um";
	case LINE_KEYWORD:	return "us";
	case LINE_MAIL:		return "umfts";
	case LINE_FLAGS:	return "umf";
	case LINE_EXPUNGED:	return "umts";
	case LINE_VANISHED:	return "um";
	case LINE_NEXT:		return "um";
	case LINE_DURABLE:	return "tTu";
	case LINE_HEAD:		break;
	}
	return NULL;
}

int
line_format(struct buf *b, const struct line *l)
{
	size_t at = b->n;
	const char *c = shape(l->kind);
	unsigned char h[8];

	buf_add(b, "00000000 ", 9);
	if (c == NULL)
		buf_addf(b, "correo-uids 1 %llu %u %.*s %llu",
		    (unsigned long long)l->modseq, l->uidvalidity,
		    SPAN_ARG(l->text), (unsigned long long)l->time);
	else
		buf_addc(b, (unsigned char)l->kind);
	for (; c && *c; c++) {
		buf_addc(b, ' ');
		switch (*c) {
		case 'u': buf_addu(b, l->uid); break;
		case 'm': buf_addu(b, l->modseq); break;
		case 't': buf_addu(b, l->time); break;
		case 'T': buf_addu(b, l->time2); break;
		case 's': buf_addspan(b, l->text); break;
		case 'f':
			put_hex(h, l->flags);
			buf_add(b, h, 8);
		}
	}
	if (!buf_ok(b))
		return -1;
	put_hex(b->p + at, crc32c(0, span_mem(b->p + at + 9, b->n - at - 9)));
	return buf_addc(b, '\n');
}

int
line_parse(struct span *in, struct line *l, const char **why)
{
	size_t end = span_find(*in, '\n');
	struct span s = span_sub(*in, 0, end), body;
	uint32_t sum;

	if (end == in->n)
		return 0;
	*in = span_from(*in, end + 1);
	*why = "line: checksum, space, body";
	if (s.n < 10 || s.n > LINE_MAX_BYTES || s.p[8] != ' ')
		return -1;
	body = span_from(s, 9);
	s.n = 8;
	*why = "line: checksum is wrong";
	if (hex(&s, &sum) < 0 || sum != crc32c(0, body))
		return -1;
	return body_parse(body, l, why) < 0 ? -1 : 1;
}

static int
body_parse(struct span s, struct line *l, const char **why)
{
	const char *c;
	int r = 0;

	*l = (struct line){ .kind = (enum line_kind)s.p[0] };
	*why = "line: not a line of this version";
	if (l->kind == LINE_HEAD)
		return head_parse(s, l);
	if ((c = shape(l->kind)) == NULL)
		return -1;
	for (s = span_from(s, 1); *c && r == 0; c++) {
		/* before \Recent stood here all were seen */
		if (l->kind == LINE_DURABLE && *c == 'u' && s.n == 0) {
			l->uid = UINT32_MAX;
			break;
		}
		if (s.n == 0 || s.p[0] != ' ')
			return -1;
		s = span_from(s, 1);
		switch (*c) {
		case 'u': r = number32(&s, &l->uid); break;
		case 'm': r = number(&s, UINT64_MAX >> 1, &l->modseq); break;
		case 't': r = number(&s, UINT64_MAX, &l->time); break;
		case 'T': r = number(&s, UINT64_MAX, &l->time2); break;
		case 'f': r = hex(&s, &l->flags); break;
		case 's':
			r = s.n ? 0 : -1;
			l->text = s;
			s.n = 0;
		}
	}
	return r < 0 || s.n ? -1 : 0;
}

static int
head_parse(struct span s, struct line *l)
{
	struct span w;
	size_t i;

	if (!span_starts(s, SPAN("correo-uids 1 ")))
		return -1;
	s = span_from(s, 14);
	if (number(&s, UINT64_MAX, &l->modseq) < 0 || s.n == 0 ||
	    s.p[0] != ' ')
		return -1;
	s = span_from(s, 1);
	if (number32(&s, &l->uidvalidity) < 0 || l->uidvalidity == 0 ||
	    !span_word(&s, &w) || s.n == 0 || w.n > 27)
		return -1;
	for (i = 0; i < w.n; i++)
		if (!ascii_alnum(w.p[i]))
			return -1;
	l->text = w;
	s = span_from(s, 1);
	return number(&s, UINT64_MAX, &l->time) < 0 || s.n ? -1 : 0;
}

static void
put_hex(unsigned char *p, uint32_t v)
{
	int i;

	for (i = 7; i >= 0; i--, v >>= 4)
		p[i] = (unsigned char)"0123456789abcdef"[v & 15];
}

static int
number(struct span *s, uint64_t max, uint64_t *v)
{
	return scan_front(s, max, v) == 1 ? 0 : -1;
}

static int
number32(struct span *s, uint32_t *v)
{
	uint64_t w;

	if (number(s, UINT32_MAX, &w) < 0)
		return -1;
	*v = (uint32_t)w;
	return 0;
}

/* Eight hexadecimal digits. */
static int
hex(struct span *s, uint32_t *v)
{
	uint64_t w;

	if (s->n < 8 || scan_hex64(span_sub(*s, 0, 8), &w) < 0)
		return -1;
	*v = (uint32_t)w;
	*s = span_from(*s, 8);
	return 0;
}
