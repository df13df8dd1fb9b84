/* thread: lines "Message-ID|References|subject", each message told once. */
#include <stdlib.h>

#include "mail/thread.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
count(void *arg, struct span s)
{
	*(size_t *)arg += s.p[0] >= '0' && s.p[0] <= '9';
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct thread *t = thread_new(
	    (const unsigned char *)"0123456789abcdef");
	struct thread_mail m = { .number = 0 };
	struct span in = span_mem(p, n), line;
	size_t told = 0;

	while (in.n && span_cut(&in, '\n', &line) + 1) {
		m.number++;
		m.date = (int64_t)(line.n % 5);
		m.reply = line.n % 2;
		(void)span_cut(&line, '|', &m.id);
		(void)span_cut(&line, '|', &m.references);
		m.subject = line;
		if (thread_add(t, &m) < 0)
			abort();
	}
	if ((n % 8 ? thread_by_references(t) : thread_by_subject(t)) < 0)
		abort();
	thread_tell(t, count, &told);
	if (told != m.number)
		abort();
	thread_free(t);
	return 0;
}
