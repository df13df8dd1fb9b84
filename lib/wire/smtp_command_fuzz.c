/* smtp_command: the case of the verb changes nothing; xtext can be decoded; a
 * refusal has a code and names its rule. */
#include <stdlib.h>

#include "base/ascii.h"
#include "wire/smtp_command.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf b = { .max = SMTP_LINE }, line = { .max = n + 1 };
	struct smtp_command c, low;
	struct verdict v, w;
	int r = smtp_command_parse(span_mem(p, n), &c, &v);
	size_t i;

	for (i = 0; i < n; i++)
		buf_addc(&line, i < 4 ? ascii_lower(p[i]) : p[i]);
	if (smtp_command_parse(buf_span(&line), &low, &w) != r ||
	    c.verb != low.verb || c.size != low.size ||
	    (r < 0 && (v.code < 500 || v.code != w.code ||
	    strchr(v.text, '(') == NULL)) ||
	    (r == 0 && (c.verb == SMTP_NONE || smtp_xtext(&b, c.envid) < 0 ||
	    smtp_xtext(&b, c.orcpt) < 0)))
		abort();
	buf_free(&b);
	buf_free(&line);
	return 0;
}
