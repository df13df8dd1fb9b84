/* json - one object a line. */
#include "base/encode.h"
#include "base/json.h"
#include "base/utf8.h"

static void comma(struct buf *);
static void key_is(struct buf *, const char *);
static int string(struct buf *, struct span);

int
json_open(struct buf *b)
{
	return buf_addc(b, '{');
}

int
json_text(struct buf *b, const char *name, struct span s)
{
	key_is(b, name);
	return string(b, s);
}

int
json_str(struct buf *b, const char *name, const char *s)
{
	return json_text(b, name, span_of(s));
}

int
json_num(struct buf *b, const char *name, int64_t v)
{
	key_is(b, name);
	if (v < 0)
		buf_addc(b, '-');
	return buf_addu(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

int
json_bool(struct buf *b, const char *name, int v)
{
	key_is(b, name);
	return buf_adds(b, v ? "true" : "false");
}

int
json_null(struct buf *b, const char *name)
{
	key_is(b, name);
	return buf_adds(b, "null");
}

int
json_list(struct buf *b, const char *name)
{
	key_is(b, name);
	return buf_addc(b, '[');
}

int
json_item(struct buf *b, struct span s)
{
	comma(b);
	return string(b, s);
}

int
json_list_end(struct buf *b)
{
	return buf_addc(b, ']');
}

int
json_close(struct buf *b)
{
	return buf_add(b, "}\n", 2);
}

static void
comma(struct buf *b)
{
	if (b->n && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
		buf_addc(b, ',');
}

static void
key_is(struct buf *b, const char *name)
{
	comma(b);
	string(b, span_of(name));
	buf_addc(b, ':');
}

static int
string(struct buf *b, struct span s)
{
	size_t i, n;

	buf_addc(b, '"');
	for (i = 0; i < s.n; i += n) {
		unsigned char c = s.p[i];

		n = utf8_length(span_from(s, i));
		if (n == 0) {
			buf_adds(b, "\\ufffd");
			n = 1;
		} else if (c == '"' || c == '\\') {
			buf_addc(b, '\\');
			buf_addc(b, c);
		} else if (c < 0x20 || c == 0x7f) {
			buf_adds(b, "\\u00");
			encode_hex(b, span_sub(s, i, i + 1));
		} else
			buf_add(b, s.p + i, n);
	}
	return buf_addc(b, '"');
}
