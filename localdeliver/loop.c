/* loop - the marks that a message going round in circles carries. */
#include "localdeliver/loop.h"

static void keep(struct loop *, struct span);
static void line_ended(struct loop *);

void
loop_feed(struct loop *l, struct span s)
{
	struct span line;
	int ended;

	while (!l->past && s.n) {
		ended = span_cut(&s, '\n', &line);
		keep(l, line);
		if (ended)
			line_ended(l);
	}
}

/* A longer line holds nothing that is looked for. */
static void
keep(struct loop *l, struct span s)
{
	size_t room = sizeof l->line - l->n;

	if (s.n > room)
		s.n = room;
	if (s.n)
		memcpy(l->line + l->n, s.p, s.n);
	l->n += s.n;
}

static void
line_ended(struct loop *l)
{
	struct span s = span_mem(l->line, l->n), name;

	l->n = 0;
	if (s.n == 0) {
		l->past = 1;
		return;
	}
	if (!span_cut(&s, ':', &name))
		return;
	name = span_sub(name, 0, span_trim(name).n);
	if (span_case_eq(name, SPAN("Received")))
		l->hops++;
	else if (span_case_eq(name, SPAN("Delivered-To")) &&
	    span_case_eq(span_trim(s), l->address))
		l->seen = 1;
}
