/* text: a line is looked for in the rest: in encoded words that cut characters,
 * in a part, and in base64, it is what Unicode's fold of the whole has. */
#include <stdlib.h>
#include <utf8proc.h>

#include "base/encode.h"
#include "imapd/text.h"
#include "mail/fold.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct span
field(struct text *t, struct span in, struct buf *b)
{
	struct header h = { .name = SPAN("Subject") };

	buf_reset(b);
	for (; in.n; in = span_from(in, 5)) {
		buf_adds(b, "=?utf-8?B?");
		encode_base64(b, span_sub(in, 0, 5));
		buf_adds(b, "?= ");
	}
	h.value = buf_span(b);
	return text_field(t, &h, 0);
}

static struct span
part(struct text *t, struct span in, int base64, struct buf *b)
{
	struct mime m = { 0 };
	struct span out;

	buf_reset(b);
	buf_adds(b, "Content-Type: text/plain; charset=utf-8\n");
	if (base64) {
		buf_adds(b, "Content-Transfer-Encoding: base64\n\n");
		encode_base64(b, in);
	} else {
		buf_addc(b, '\n');
		buf_addspan(b, in);
	}
	if (!buf_ok(b) || mime_parse(&m, buf_span(b)) < 0 || m.n != 1)
		abort();
	out = text_part(t, &m, m.part);
	mime_free(&m);
	return out;
}

/* To be freed. */
static struct span
whole(struct charset cs, struct span in)
{
	struct buf b = { .max = 3 * in.n + 1 };
	utf8proc_uint8_t *p = NULL;
	utf8proc_ssize_t n;

	if (cs.utf8(cs.arg, SPAN("UTF-8"), in, &b) < 0)
		abort();
	n = utf8proc_map(b.p, (utf8proc_ssize_t)b.n, &p, UTF8PROC_CASEFOLD |
	    UTF8PROC_COMPOSE | UTF8PROC_STABLE);
	if (n < 0)
		abort();
	buf_free(&b);
	return span_mem(p, (size_t)n);
}

static int
has(struct span in, struct span needle)
{
	for (; in.n; in = span_from(in, 1))
		if (span_starts(in, needle))
			return 1;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct charset_cache *c = charset_new();
	struct buf b = { .max = 32 * n + 200 }, needle = { .max = 12 * n + 9 };
	struct span in = span_mem(p, n < FOLD_RUN / 4 ? n : FOLD_RUN / 4);
	struct buf all = { .max = 12 * n + 9 };
	struct span want, got, line;
	struct text t;
	int i;

	(void)span_cut(&in, '\n', &line);
	text_begin(&t, c);
	want = whole(t.charset, in);
	if (text_needle(&t, SPAN("UTF-8"), line, &needle) < 0)
		abort();
	if (buf_addspan(&all, want) < 0)
		abort();
	for (i = 2; i >= 0; i--) {
		got = i ? part(&t, in, i - 1, &b) : field(&t, in, &b);
		if (i == 0) {
			text_squeeze(&all, 0);
			text_squeeze(&needle, 0);
		}
		if (!span_eq(got, buf_span(&all)) || (needle.n &&
		    has(buf_span(&all), buf_span(&needle)) !=
		    (span_search(got, buf_span(&needle)) < got.n)))
			abort();
	}
	buf_free(&all);
	free((void *)(uintptr_t)want.p);
	buf_free(&b);
	buf_free(&needle);
	text_end(&t);
	charset_free(c);
	return 0;
}
