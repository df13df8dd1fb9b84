/* mime_subject - the base subject of RFC 5256 2.1. */
#include "base/ascii.h"
#include "mail/mime_subject.h"

static size_t blob_length(struct span);
static size_t leader_length(struct span);
static int take_trailers(struct span *);
static int take_leaders(struct span *);
static int take_wrapper(struct span *);
static struct span spaced(struct span, struct buf *);

/* Steps 2 to 6: trailers, then leaders and blobs until nothing changes, then
 * a [fwd: … ] around all of it, and again. */
int
mime_subject_base(struct span subject, struct buf *out, int *reply)
{
	struct buf b = { .max = subject.n + 1 };
	struct span s = spaced(subject, &b);
	int r;

	*reply = 0;
	do {
		if (take_trailers(&s))
			*reply = 1;
		if (take_leaders(&s))
			*reply = 1;
		r = take_wrapper(&s);
		*reply |= r;
	} while (r);
	buf_addspan(out, s);
	r = buf_ok(&b) && buf_ok(out) ? 0 : -1;
	buf_free(&b);
	return r;
}

/* subj-blob = "[" *BLOBCHAR "]" *WSP; 0: none */
static size_t
blob_length(struct span s)
{
	size_t i;

	if (s.n == 0 || s.p[0] != '[')
		return 0;
	for (i = 1; i < s.n && s.p[i] != ']'; i++)
		if (s.p[i] == '[')
			return 0;
	if (i == s.n)
		return 0;
	for (i++; i < s.n && s.p[i] == ' '; i++)
		;
	return i;
}

/* subj-leader = (*subj-blob subj-refwd) / WSP; subj-refwd = ("re" / ("fw"
 * ["d"])) *WSP [subj-blob] ":" */
static size_t
leader_length(struct span in)
{
	struct span s = in;
	size_t n;

	if (s.n && s.p[0] == ' ')
		return 1;
	while ((n = blob_length(s)) > 0)
		s = span_from(s, n);
	if (span_case_starts(s, SPAN("fwd")))
		s = span_from(s, 3);
	else if (span_case_starts(s, SPAN("re")) ||
	    span_case_starts(s, SPAN("fw")))
		s = span_from(s, 2);
	else
		return 0;
	while (s.n && s.p[0] == ' ')
		s = span_from(s, 1);
	s = span_from(s, blob_length(s));
	return s.n && s.p[0] == ':' ? in.n - s.n + 1 : 0;
}

/* subj-trailer = "(fwd)" / WSP.  1: a (fwd) was there. */
static int
take_trailers(struct span *s)
{
	int fwd = 0;

	for (;;) {
		if (s->n && s->p[s->n - 1] == ' ')
			s->n--;
		else if (span_case_ends(*s, SPAN("(fwd)"))) {
			s->n -= 5;
			fwd = 1;
		} else
			return fwd;
	}
}

/*
 * Steps 3 to 5.  A blob goes when something is left behind it; that looks
 * ahead over blobs once for each run of them, since a run that no refwd ends
 * is taken off here to its last.
 */
static int
take_leaders(struct span *s)
{
	int reply = 0;
	size_t n;

	for (;;) {
		if ((n = leader_length(*s)) > 0) {
			reply |= n > 1;
			*s = span_from(*s, n);
			continue;
		}
		if ((n = blob_length(*s)) == 0 || n == s->n)
			return reply;
		do
			*s = span_from(*s, n);
		while ((n = blob_length(*s)) > 0 && n < s->n);
	}
}

/* subj-fwd = subj-fwd-hdr subject subj-fwd-trl: "[fwd:" … "]" */
static int
take_wrapper(struct span *s)
{
	if (!span_case_starts(*s, SPAN("[fwd:")) || !span_ends(*s, SPAN("]")))
		return 0;
	*s = span_sub(*s, 5, s->n - 1);
	return 1;
}

/* Step 1: white space and folds are one space. */
static struct span
spaced(struct span s, struct buf *b)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!ascii_space(s.p[i]))
			buf_addc(b, s.p[i]);
		else if (b->n == 0 || b->p[b->n - 1] != ' ')
			buf_addc(b, ' ');
	return buf_span(b);
}
