/* date: what parses is written, read again and the same moment. */
#include <stdlib.h>

#include "mail/date.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char text[DATE_TEXT];
	const char *why = NULL;
	int64_t t, again;
	int zone;

	if (date_parse(span_mem(p, n), &t, &zone, &why) < 0)
		return why ? 0 : (abort(), 0);
	if (t < 0 || t > 253402300799)	/* date_format: 1970 to 9999 */
		return 0;
	date_format(t, text);
	if (date_parse(span_of(text), &again, &zone, &why) < 0 || again != t ||
	    zone != 0)
		abort();
	return 0;
}
