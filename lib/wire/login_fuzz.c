/* What is read as a question or an answer is written as the same again. */
#include <stdlib.h>
#include "wire/login.h"

int LLVMFuzzerTestOneInput(const unsigned char *, size_t);

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	struct login_answer a;
	struct login_ask q;
	struct buf b = { .max = n + 128 };
	const char *why;

	if (login_parse_ask(span_mem(p, n), &q, &why) == 0 &&
	    q.mech.n + q.response.n < 8000 && login_add_ask(&b, &q) < 0)
		abort();
	buf_reset(&b);
	if (login_parse_answer(span_mem(p, n), &a, &why) == 0 &&
	    a.text.n + a.challenge.n < 8000 && login_add_answer(&b, &a) < 0)
		abort();
	buf_free(&b);
	return 0;
}
