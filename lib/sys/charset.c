/* charset - any charset to UTF-8. */
#include <errno.h>
#include <iconv.h>
#include <link.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "sys/charset.h"

/* SLACK: modules of iconv have written a few bytes behind what they were given
 * (CVE-2024-2961). */
enum { OPEN = 16, NAME = 64, CODES = 1024, SLACK = 16 };

struct converter {
	char name[NAME];
	iconv_t cd;
	size_t unit;			/* bytes that are a character, or what
					 * the bytes of one are a multiple of */
};

struct charset_cache {
	struct converter open[OPEN];
	unsigned next;			/* the one to be replaced */
};

struct loaded {
	unsigned n;
	const char *last;
};

static int to_utf8(void *, struct span, struct span, struct buf *);
static int own(struct span);
static int add_utf8(struct span, struct buf *);
static int add_1252(struct span, struct buf *);
static int add_codes(const wchar_t *, size_t, struct buf *);
static struct span utf16(struct span *);
static const struct converter *find(struct charset_cache *, struct span);
static struct span meant(struct span);
static size_t unit(iconv_t);
static int convert(const struct converter *, struct span, struct buf *);
static int count_loaded(struct dl_phdr_info *, size_t, void *);

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
	return own(name) != OWN_NONE || find(c, name) != NULL;
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

/* Where the C library has them, one that it must load tells. */
char *
charset_warm(void)
{
	struct loaded before = { 0 }, after = { 0 };
	char *dir = NULL;
	const char *end;
	iconv_t cd;

	dl_iterate_phdr(count_loaded, &before);
	if ((cd = iconv_open("WCHAR_T", "ISO-8859-1")) == (iconv_t)-1)
		return NULL;
	dl_iterate_phdr(count_loaded, &after);
	if (after.n > before.n && (end = strrchr(after.last, '/')) != NULL)
		dir = strndup(after.last, (size_t)(end - after.last));
	iconv_close(cd);
	return dir;
}

static int
to_utf8(void *arg, struct span name, struct span in, struct buf *out)
{
	const struct converter *c;

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
		c = find(arg, name);
		return c ? convert(c, in, out) : -1;
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
	static const wchar_t high[32] = {
		0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
		0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178
	};
	wchar_t code[CODES];
	size_t i, n;

	for (; in.n; in = span_from(in, n)) {
		n = in.n < CODES ? in.n : CODES;
		for (i = 0; i < n; i++)
			code[i] = in.p[i] >= 0x80 && in.p[i] < 0xa0 ?
			    high[in.p[i] - 0x80] : in.p[i];
		if (add_codes(code, n, out) < 0)
			return -1;
	}
	return buf_ok(out) ? 0 : -1;
}

/* At most CODES of them. */
static int
add_codes(const wchar_t *code, size_t n, struct buf *out)
{
	unsigned char text[4 * CODES];
	size_t i, used = 0;

	for (i = 0; i < n; i++) {
		uint32_t c = (uint32_t)code[i];

		if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			c = 0xfffd;
		used += utf8_put(c, text + used);
	}
	return buf_add(out, text, used);
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

/* NULL: there is none. */
static const struct converter *
find(struct charset_cache *c, struct span name)
{
	struct converter *v, new = { .name = "" };
	const char *option;
	unsigned i;

	name = meant(name);
	/* to iconv no name is this process's own charset */
	if (name.n == 0 || name.p[0] == '/' ||
	    span_str(name, new.name, NAME) < 0)
		return NULL;
	/* "ISO-10646/UCS2/" is a name; "UTF-8//TRANSLIT" says more; and a comma
	 * is a slash to iconv, but to nobody else */
	if (strchr(new.name, ','))
		return NULL;
	option = strchr(new.name, '/');
	if (option && (option = strchr(option + 1, '/')) && option[1])
		return NULL;
	for (i = 0; i < OPEN; i++)
		if (span_case_eq(name, span_of(c->open[i].name)))
			return &c->open[i];
	new.cd = iconv_open("WCHAR_T", new.name);
	if (new.cd == (iconv_t)-1)
		return NULL;
	new.unit = unit(new.cd);
	v = &c->open[c->next++ % OPEN];
	if (v->name[0])
		iconv_close(v->cd);
	*v = new;
	return v;
}

/* What says less than is meant, as browsers read it. */
static struct span
meant(struct span name)
{
	static const char *const as[][2] = {
		{ "gb2312", "GB18030" }, { "csgb2312", "GB18030" },
		{ "cn-gb", "GB18030" }, { "euc-cn", "GB18030" },
		{ "gbk", "GB18030" }, { "cp936", "GB18030" },
		{ "big5", "BIG5-HKSCS" }, { "cn-big5", "BIG5-HKSCS" },
		{ "cp950", "BIG5-HKSCS" }, { "shift_jis", "CP932" },
		{ "shift-jis", "CP932" }, { "sjis", "CP932" },
		{ "ms_kanji", "CP932" }, { "euc-kr", "UHC" },
		{ "cseuckr", "UHC" }, { "ks_c_5601-1987", "UHC" },
		{ "iso-8859-8-i", "ISO-8859-8" }, { "koi8r", "KOI8-R" },
		/* that of this machine, to which all are converted */
		{ "wchar_t", "UTF-32" }
	};
	size_t i;

	while (span_case_starts(name, SPAN("x-")))
		name = span_from(name, 2);
	for (i = 0; i < sizeof as / sizeof *as; i++)
		if (span_case_eq(name, span_of(as[i][0])))
			return span_of(as[i][1]);
	return name;
}

/* So many zeros are a character; of UTF-7, where they are none, 1. */
static size_t
unit(iconv_t cd)
{
	char zeros[4] = { 0 }, room[64];
	size_t n;

	for (n = 1; n < sizeof zeros; n++) {
		char *from = zeros, *to = room;
		size_t left = n, space = sizeof room;

		iconv(cd, NULL, NULL, NULL, NULL);
		if (iconv(cd, &from, &left, &to, &space) != (size_t)-1)
			break;
		if (errno != EINVAL)
			return 1;
	}
	return n;
}

/*
 * Modules of iconv are old code, and what they read is a stranger's.  Here it
 * is read by a process of the mailbox's user that reaches nothing but that
 * mailbox and them: whom a message takes over, it gives that user's mail.
 */
static int
convert(const struct converter *c, struct span in, struct buf *out)
{
	wchar_t code[CODES + SLACK];
	const size_t room = CODES * sizeof *code;
	char *from = (char *)(uintptr_t)in.p;	/* iconv does not write it */
	char *to;
	size_t left = in.n, space, r;

	iconv(c->cd, NULL, NULL, NULL, NULL);
	while (left && buf_ok(out)) {
		to = (char *)code;
		space = room;
		r = iconv(c->cd, &from, &left, &to, &space);
		add_codes(code, (room - space) / sizeof *code, out);
		if (r != (size_t)-1 || (errno == E2BIG && space < room))
			continue;
		/* what fits nothing, or a character cut off */
		buf_adds(out, replacement);
		r = c->unit < left ? c->unit : left;
		from += r;
		left -= r;
	}
	to = (char *)code;
	space = room;
	iconv(c->cd, NULL, NULL, &to, &space);	/* what it held back */
	return add_codes(code, (room - space) / sizeof *code, out);
}

static int
count_loaded(struct dl_phdr_info *i, size_t size, void *arg)
{
	struct loaded *l = arg;

	(void)size;
	l->n++;
	l->last = i->dlpi_name;
	return 0;
}
