/* uidl - unique ids in the form that the site's clients know. */
#include "pop3d/uidl.h"

#define DEFAULT "%08Xu%08Xv"

static unsigned char cut(struct span *, int *);
static int printable(struct span);
static void hex(struct buf *, uint32_t);

int
uidl_check(struct span form, const char **why)
{
	int letters = 0, wide;

	*why = "printable ASCII of at most 64 bytes";
	if (!printable(form) || form.n > UIDL_FORM)
		return -1;
	while (form.n)
		switch (cut(&form, &wide)) {
		case 'u':
			letters |= 1;
			break;
		case 'v':
			letters |= 2;
			break;
		case 'f':
			letters |= 4;
			break;
		case '?':
			*why = "after % stands u, v, 08Xu, 08Xv, f or %";
			return -1;
		default:
			break;
		}
	*why = "%u or %f must be in it";
	return letters & 5 ? 0 : -1;
}

void
uidl_format(struct buf *b, struct span form, const struct uidl *u)
{
	unsigned char c;
	int wide;

	while (form.n) {
		c = cut(&form, &wide);
		if (c == 'f' && printable(u->base))
			buf_addspan(b, u->base);
		else if (c == 'f')
			uidl_format(b, SPAN(DEFAULT), u);
		else if (c == 'u' || c == 'v')
			(wide ? hex(b, c == 'u' ? u->uid : u->uidvalidity) :
			    (void)buf_addu(b, c == 'u' ? u->uid :
			    u->uidvalidity));
		else
			buf_addc(b, form.p[-1]);
	}
}

/* Takes the next thing off: 'u', 'v' (*wide: hexadecimal), 'f', '?' for what
 * is none, 0 for a byte that stands for itself. */
static unsigned char
cut(struct span *in, int *wide)
{
	unsigned char c = in->p[0];

	*in = span_from(*in, 1);
	if (c != '%')
		return 0;
	if ((*wide = span_starts(*in, SPAN("08X"))) != 0)
		*in = span_from(*in, 3);
	if (in->n == 0)
		return '?';
	c = in->p[0];
	*in = span_from(*in, 1);
	if (c == 'u' || c == 'v')
		return c;
	return *wide ? '?' : c == 'f' ? 'f' : c == '%' ? 0 : '?';
}

/* RFC 1939 7: 0x21 to 0x7E. */
static int
printable(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] > 0x7e)
			return 0;
	return s.n > 0;
}

static void
hex(struct buf *b, uint32_t v)
{
	static const char digit[] = "0123456789abcdef";
	int shift;

	for (shift = 28; shift >= 0; shift -= 4)
		buf_addc(b, (unsigned char)digit[v >> shift & 15]);
}
