/* verdict - what became of a message or a recipient. */
#include <stdarg.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/scan.h"
#include "base/verdict.h"

static enum verdict_kind kind_of(unsigned code);
static int is_enhanced(struct span);
static void put_text(struct verdict *, struct span);

static const char *const name[] = {
	[VERDICT_DONE] = "done", [VERDICT_LATER] = "later",
	[VERDICT_NEVER] = "never", [VERDICT_TO] = "to", [VERDICT_RUN] = "run"
};

struct verdict
verdict_make(unsigned code, const char *enhanced, const char *fmt, ...)
{
	struct verdict v = { .kind = kind_of(code), .code = code };
	char text[VERDICT_TEXT + 1];
	va_list ap;

	snprintf(v.enhanced, sizeof v.enhanced, "%s", enhanced);
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	put_text(&v, span_of(text));
	return v;
}

struct verdict
verdict_words(unsigned code, struct span enhanced, struct span text)
{
	struct verdict v = { .kind = kind_of(code), .code = code };

	if (is_enhanced(enhanced))
		(void)span_str(enhanced, v.enhanced, sizeof v.enhanced);
	put_text(&v, text);
	return v;
}

const char *
verdict_name(enum verdict_kind k)
{
	return name[k];
}

int
verdict_parse(struct span s, enum verdict_kind *k)
{
	unsigned i;

	for (i = 0; i < sizeof name / sizeof *name; i++)
		if (span_eq(s, span_of(name[i]))) {
			*k = (enum verdict_kind)i;
			return 0;
		}
	return -1;
}

static enum verdict_kind
kind_of(unsigned code)
{
	if (code >= 200 && code < 400)
		return VERDICT_DONE;
	return code >= 500 && code < 600 ? VERDICT_NEVER : VERDICT_LATER;
}

/* ("2" / "4" / "5") "." 1*3DIGIT "." 1*3DIGIT, RFC 3463 2. */
static int
is_enhanced(struct span s)
{
	uint64_t v;
	int part;

	for (part = 0; part < 3; part++) {
		size_t n = s.n;

		if (scan_front(&s, part ? 999 : 5, &v) != 1 || n - s.n > 3 ||
		    (part == 0 && v != 2 && v != 4 && v != 5))
			return 0;
		if (part < 2) {
			if (s.n == 0 || s.p[0] != '.')
				return 0;
			s = span_from(s, 1);
		}
	}
	return s.n == 0;
}

static void
put_text(struct verdict *v, struct span s)
{
	size_t i, n = s.n < VERDICT_TEXT ? s.n : VERDICT_TEXT;

	for (i = 0; i < n; i++)
		v->text[i] = ascii_control(s.p[i]) ? '?' : (char)s.p[i];
	v->text[n] = '\0';
}
