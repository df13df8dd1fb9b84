/* mime_wire - stored bytes as the wire has them. */
#include "base/lines.h"
#include "mail/mime_wire.h"

uint64_t
mime_wire_size(struct span s)
{
	return s.n + lines_bare(s);
}

void
mime_wire_start(struct mime_wire *w, struct span s, uint64_t offset,
    uint64_t want)
{
	unsigned char skip[512];

	*w = (struct mime_wire){ .in = s, .left = offset };
	while (mime_wire_read(w, skip, sizeof skip) > 0)
		;
	w->left = want;
}

/* A line is copied in one go, and its end where there is room for both. */
size_t
mime_wire_read(struct mime_wire *w, unsigned char *out, size_t n)
{
	const unsigned char *p = w->in.p, *end = p + w->in.n, *lf;
	unsigned char *o = out, *stop;
	size_t run;

	if (n > w->left)
		n = (size_t)w->left;
	for (stop = out + n; o < stop && p < end;) {
		if (*p == '\n') {
			if (!w->cr && !w->lf) {
				*o++ = '\r';
				w->lf = 1;
				continue;
			}
			*o++ = *p++;
			w->lf = w->cr = 0;
			continue;
		}
		run = (size_t)(end - p);
		if (run > (size_t)(stop - o))
			run = (size_t)(stop - o);
		if ((lf = memchr(p, '\n', run)) != NULL)
			run = (size_t)(lf - p);
		memcpy(o, p, run);
		o += run;
		p += run;
		w->cr = p[-1] == '\r';
		if (lf && !w->cr && stop - o >= 2) {
			*o++ = '\r';
			*o++ = *p++;
		}
	}
	w->in = span_mem(p, (size_t)(end - p));
	w->left -= (uint64_t)(o - out);
	return (size_t)(o - out);
}
