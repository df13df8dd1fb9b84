/* pop3_command: what was understood, written again in its plain form, is
 * understood as the same; what is refused says why. */
#include <stdlib.h>

#include "base/buf.h"
#include "wire/pop3_command.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf b = { .max = n + 64 };
	struct span in = span_mem(p, n), word;
	struct pop3_command c, d;
	const char *why = NULL;

	if (pop3_command_parse(in, &c, &why) < 0) {
		if (why == NULL)
			abort();
		return 0;
	}
	span_cut(&in, ' ', &word);
	buf_addf(&b, "%.*s ", SPAN_ARG(word));
	buf_addspan(&b, c.text);
	if (c.has_initial && buf_addc(&b, ' ') == 0)
		buf_addspan(&b, c.initial);
	if (c.has_number)
		buf_addf(&b, "%u", c.number);
	if (c.verb == POP3_TOP)
		buf_addf(&b, " %u", c.lines);
	if (pop3_command_parse(buf_span(&b), &d, &why) < 0 ||
	    d.verb != c.verb || !span_eq(d.text, c.text) ||
	    !span_eq(d.initial, c.initial) || d.has_number != c.has_number ||
	    d.number != c.number || d.lines != c.lines)
		abort();
	buf_free(&b);
	return 0;
}
