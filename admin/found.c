/* found - the findings of `correo check`. */
#include <stdarg.h>
#include <stdio.h>

#include "admin/found.h"
#include "admin/say.h"
#include "base/json.h"

void
found(struct check *c, enum level level, const char *what, const char *fmt,
    ...)
{
	static const char *const name[] = { "ok", "warn", "fail" };
	struct buf b = { .max = 8192 };
	char words[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	c->failed |= level == FAIL;
	if (c->a->json) {
		json_open(&b);
		json_str(&b, "level", name[level]);
		json_str(&b, "what", what);
		json_str(&b, "finding", words);
		json_close(&b);
	} else
		buf_addf(&b, "%s %s: %s\n", name[level], what, words);
	(void)say_out(&b);
	buf_free(&b);
}

void
found_lines(struct check *c, const char *what, struct buf *lines)
{
	struct span in, line;

	for (in = buf_span(lines); span_cut(&in, '\n', &line);)
		found(c, WARN, what, "%.*s", SPAN_ARG(line));
	buf_free(lines);
}
