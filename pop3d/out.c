/* out - the lines of replies. */
#include <stdarg.h>
#include <stdio.h>

#include "pop3d/out.h"

static void text(struct out *, const char *, const char *, va_list)
	    __attribute__((format(printf, 3, 0)));

void
out_ok(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text(o, "+OK ", fmt, ap);
	va_end(ap);
}

void
out_err(struct out *o, const char *code, const char *fmt, ...)
{
	char head[40];
	va_list ap;

	snprintf(head, sizeof head, code[0] ? "-ERR [%s] " : "-ERR %s", code);
	va_start(ap, fmt);
	text(o, head, fmt, ap);
	o->refused++;
	va_end(ap);
}

static void
text(struct out *o, const char *head, const char *fmt, va_list ap)
{
	char line[OUT_REPLY - 2];
	size_t n = strlen(head);

	memcpy(line, head, n);
	if (vsnprintf(line + n, sizeof line - n, fmt, ap) < 0)
		line[n] = '\0';
	out_line(o, line);
}

void
out_line(struct out *o, const char *line)
{
	out_span(o, span_of(line));
	out_span(o, SPAN("\r\n"));
}
