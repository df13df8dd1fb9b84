/* thread_id - message ids in one form. */
#include "base/ascii.h"
#include "mail/thread_id.h"

/* msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS].  Leniency: white space
 * anywhere; a < that nothing closes is skipped. */
size_t
thread_next_id(struct span *in, unsigned char out[THREAD_ID])
{
	size_t i, n = 0, at = 0;
	int inside = 0, quoted = 0;

	for (i = 0; i < in->n; i++) {
		unsigned char c = in->p[i];

		if (!quoted && c == '<') {
			inside = 1;
			n = at = 0;
			continue;
		}
		if (!inside || (!quoted && ascii_space(c)))
			continue;
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (!quoted && c == '>') {
			inside = 0;
			/* something before the last @, and behind it */
			if (n <= THREAD_ID && at > 1 && at < n) {
				*in = span_from(*in, i + 1);
				return n;
			}
			continue;
		}
		if (quoted && c == '\\' && i + 1 < in->n)
			c = in->p[++i];
		if (n < THREAD_ID)
			out[n] = c;
		n += n <= THREAD_ID;
		if (c == '@')
			at = n;
	}
	*in = span_from(*in, in->n);
	return 0;
}
