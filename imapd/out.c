/* out - the lines of replies. */
#include <stdarg.h>
#include <stdio.h>

#include "imapd/out.h"

void
out_line(struct out *o, const char *fmt, ...)
{
	char line[OUT_REPLY - 2];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(line, sizeof line, fmt, ap) < 0)
		line[0] = '\0';
	va_end(ap);
	out_str(o, line);
	out_str(o, "\r\n");
}

void
out_tagged(struct out *o, struct span tag, const char *word,
    struct span code, const char *text)
{
	out_span(o, tag.n ? tag : SPAN("*"));
	out_str(o, " ");
	out_str(o, word);
	if (code.n) {
		out_str(o, " [");
		out_span(o, code);
		out_str(o, "]");
	}
	out_str(o, " ");
	out_str(o, text);
	out_str(o, "\r\n");
}
