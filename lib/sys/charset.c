/* charset - any charset to UTF-8. */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "sys/charset.h"
#include "sys/charset_table.h"

/* More than charset_warm opens. */
enum { OPEN = 24, NAME = 64 };

struct charset_cache {
	struct {
		char name[NAME];
		iconv_t cd;
	} open[OPEN];
	unsigned kept;			/* those of charset_warm: what is
					   closed may be unloaded */
	unsigned next;			/* of the others, to be replaced */
	struct charset_table *table;
	unsigned tables;
};

static int to_utf8(void *, struct span, struct span, struct buf *);
static int own(struct span);
static int add_utf8(struct span, struct buf *);
static int add_1252(struct span, struct buf *);
static int add_table(const uint16_t [256], struct span, struct buf *);
static void add_code(unsigned, struct buf *);
static struct span utf16(struct span *);
static iconv_t find(struct charset_cache *, struct span);
static int convert(iconv_t, struct span, struct buf *);

enum { OWN_NONE, OWN_UTF8, OWN_ASCII, OWN_1252, OWN_UTF16 };
static const char replacement[] = "\357\277\275";	/* U+FFFD */

struct charset_cache *
charset_new(void)
{
	return calloc(1, sizeof(struct charset_cache));
}

void
charset_free(struct charset_cache *c)
{
	unsigned i;

	for (i = 0; c && i < OPEN; i++)
		if (c->open[i].name[0])
			iconv_close(c->open[i].cd);
	if (c)
		free(c->table);
	free(c);
}

struct charset
charset_of(struct charset_cache *c)
{
	return (struct charset){ to_utf8, c };
}

int
charset_known(struct charset_cache *c, struct span name)
{
	return own(name) != OWN_NONE ||
	    charset_table_find(c->table, c->tables, name) ||
	    find(c, name) != (iconv_t)-1;
}

int
charset_is_utf8(struct span name, struct span text)
{
	switch (own(name)) {
	case OWN_UTF8:
	case OWN_ASCII:
		return utf8_valid(text);
	case OWN_1252:
		return utf8_is_ascii(text);
	default:
		return 0;
	}
}

void
charset_warm(struct charset_cache *c)
{
	static const char *const common[] = {
		"GB18030", "BIG5-HKSCS", "CP932", "EUC-JP", "ISO-2022-JP",
		"UHC", "ISO-2022-KR", "JOHAB", "EUC-TW", "ISO-2022-CN",
		"UTF-7", "UTF-16LE", "UTF-16BE", "UTF-32"
	};
	size_t i;

	if (c->table == NULL)
		c->table = calloc(CHARSET_TABLES, sizeof *c->table);
	if (c->table && c->tables == 0)
		c->tables = charset_table_fill(c->table);
	for (i = 0; i < sizeof common / sizeof *common; i++)
		(void)find(c, span_of(common[i]));
	c->kept = c->next;
	c->next = 0;
}

static int
to_utf8(void *arg, struct span name, struct span in, struct buf *out)
{
	const struct charset_cache *c = arg;
	const struct charset_table *t;
	iconv_t cd;

	switch (own(name)) {
	case OWN_UTF8:
		return add_utf8(in, out);
	case OWN_ASCII:
		return utf8_valid(in) ? buf_addspan(out, in) :
		    add_1252(in, out);
	case OWN_1252:
		return utf8_is_ascii(in) ? buf_addspan(out, in) :
		    add_1252(in, out);
	case OWN_UTF16:
		name = utf16(&in);
		/* FALLTHROUGH */
	default:
		t = charset_table_find(c->table, c->tables, name);
		if (t)
			return add_table(t->code, in, out);
		cd = find(arg, name);
		return cd == (iconv_t)-1 ? -1 : convert(cd, in, out);
	}
}

static int
own(struct span name)
{
	static const struct {
		const char *name;
		int own;
	} v[] = {
		{ "utf-8", OWN_UTF8 }, { "utf8", OWN_UTF8 },
		{ "", OWN_ASCII }, { "us-ascii", OWN_ASCII },
		{ "ascii", OWN_ASCII }, { "unknown-8bit", OWN_ASCII },
		{ "iso-8859-1", OWN_1252 },
		{ "latin1", OWN_1252 }, { "windows-1252", OWN_1252 },
		{ "cp1252", OWN_1252 }, { "utf-16", OWN_UTF16 }
	};
	size_t i;

	for (i = 0; i < sizeof v / sizeof *v; i++)
		if (span_case_eq(name, span_of(v[i].name)))
			return v[i].own;
	return OWN_NONE;
}

static int
add_utf8(struct span in, struct buf *out)
{
	size_t n;

	if (utf8_valid(in))
		return buf_addspan(out, in);
	for (; in.n; in = span_from(in, n ? n : 1))
		if ((n = utf8_length(in)) > 0)
			buf_add(out, in.p, n);
		else
			buf_adds(out, replacement);
	return buf_ok(out) ? 0 : -1;
}

static int
add_1252(struct span in, struct buf *out)
{
	/* 0x80 to 0x9f; what has no meaning is U+FFFD */
	static const unsigned high[32] = {
		0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
		0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178
	};
	size_t i;

	for (i = 0; i < in.n; i++)
		add_code(in.p[i] >= 0x80 && in.p[i] < 0xa0 ?
		    high[in.p[i] - 0x80] : in.p[i], out);
	return buf_ok(out) ? 0 : -1;
}

static int
add_table(const uint16_t code[256], struct span in, struct buf *out)
{
	size_t i;

	for (i = 0; i < in.n; i++)
		add_code(code[in.p[i]], out);
	return buf_ok(out) ? 0 : -1;
}

static void
add_code(unsigned c, struct buf *out)
{
	if (c < 0x80) {
		buf_addc(out, (unsigned char)c);
		return;
	}
	if (c < 0x800)
		buf_addc(out, (unsigned char)(0xc0 | c >> 6));
	else {
		buf_addc(out, (unsigned char)(0xe0 | c >> 12));
		buf_addc(out, (unsigned char)(0x80 | (c >> 6 & 63)));
	}
	buf_addc(out, (unsigned char)(0x80 | (c & 63)));
}

/* Which it is.  RFC 2781 4.3: as the mark in front says, and without one the
 * big end is first; but not where the zeros of ASCII show the other. */
static struct span
utf16(struct span *in)
{
	size_t i, big = 0, little = 0;

	if (span_starts(*in, SPAN("\377\376")) ||
	    span_starts(*in, SPAN("\376\377"))) {
		little = in->p[0] == 0xff;
		*in = span_from(*in, 2);
	} else
		for (i = 0; i + 1 < in->n; i += 2) {
			big += in->p[i] == 0;
			little += in->p[i + 1] == 0;
		}
	return little > big ? SPAN("UTF-16LE") : SPAN("UTF-16BE");
}

static iconv_t
find(struct charset_cache *c, struct span name)
{
	/* what says less than is meant, as browsers read it */
	static const char *const as[][2] = {
		{ "gb2312", "GB18030" }, { "csgb2312", "GB18030" },
		{ "cn-gb", "GB18030" }, { "euc-cn", "GB18030" },
		{ "gbk", "GB18030" }, { "x-gbk", "GB18030" },
		{ "cp936", "GB18030" }, { "big5", "BIG5-HKSCS" },
		{ "cn-big5", "BIG5-HKSCS" }, { "x-x-big5", "BIG5-HKSCS" },
		{ "cp950", "BIG5-HKSCS" }, { "shift_jis", "CP932" },
		{ "shift-jis", "CP932" }, { "x-sjis", "CP932" },
		{ "sjis", "CP932" }, { "ms_kanji", "CP932" },
		{ "x-euc-jp", "EUC-JP" }, { "euc-kr", "UHC" },
		{ "cseuckr", "UHC" }, { "ks_c_5601-1987", "UHC" }
	};
	char text[NAME];
	iconv_t cd;
	unsigned i;

	for (i = 0; i < sizeof as / sizeof *as; i++)
		if (span_case_eq(name, span_of(as[i][0])))
			name = span_of(as[i][1]);
	/* no "//TRANSLIT" and no path from a message */
	if (span_str(name, text, sizeof text) < 0 || text[0] == '\0' ||
	    strchr(text, '/') != NULL)
		return (iconv_t)-1;
	for (i = 0; i < OPEN; i++)
		if (c->open[i].name[0] &&
		    span_case_eq(name, span_of(c->open[i].name)))
			return c->open[i].cd;
	if ((cd = iconv_open("UTF-8", text)) == (iconv_t)-1)
		return cd;
	i = c->kept + c->next++ % (OPEN - c->kept);
	if (c->open[i].name[0])
		iconv_close(c->open[i].cd);
	memcpy(c->open[i].name, text, sizeof text);
	c->open[i].cd = cd;
	return cd;
}

static int
convert(iconv_t cd, struct span in, struct buf *out)
{
	char *from, *to, room[4096];
	size_t left = in.n, space;

	iconv(cd, NULL, NULL, NULL, NULL);
	from = (char *)(uintptr_t)in.p;		/* iconv does not write it */
	while (left) {
		size_t r;

		to = room;
		space = sizeof room;
		errno = 0;
		r = iconv(cd, &from, &left, &to, &space);
		buf_add(out, room, sizeof room - space);
		if (r == (size_t)-1 && errno != E2BIG) {
			/* a byte that fits nothing, or a character cut off */
			buf_adds(out, replacement);
			from++;
			left--;
		}
		if (!buf_ok(out))
			return -1;
	}
	to = room;
	space = sizeof room;
	iconv(cd, NULL, NULL, &to, &space);	/* what it held back */
	return buf_add(out, room, sizeof room - space);
}
