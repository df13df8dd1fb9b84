/* mime_wire - stored bytes as the wire has them. */
#include "mail/mime_wire.h"

uint64_t
mime_wire_size(struct span s)
{
	uint64_t n = s.n;
	size_t i;

	for (i = 0; i < s.n; i++)
		n += s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r');
	return n;
}

void
mime_wire_start(struct mime_wire *w, struct span s, uint64_t offset,
    uint64_t want)
{
	unsigned char skip[8192];
	uint64_t n;

	*w = (struct mime_wire){ .in = s, .left = offset };
	do
		n = mime_wire_read(w, skip, sizeof skip);
	while (n > 0);
	w->left = want;
}

/* Runs between line ends are copied whole. */
size_t
mime_wire_read(struct mime_wire *w, unsigned char *out, size_t n)
{
	size_t done = 0, run;

	if (n > w->left)
		n = (size_t)w->left;
	while (done < n && (w->in.n || w->lf)) {
		if (w->lf || (w->in.n && w->in.p[0] == '\n')) {
			if (!w->lf && !w->cr) {
				out[done++] = '\r';
				w->lf = 1;
				continue;
			}
			out[done++] = '\n';
			w->lf = w->cr = 0;
			w->in = span_from(w->in, 1);
			continue;
		}
		run = span_find(span_sub(w->in, 0, n - done), '\n');
		memcpy(out + done, w->in.p, run);
		done += run;
		w->cr = w->in.p[run - 1] == '\r';
		w->in = span_from(w->in, run);
	}
	w->left -= done;
	return done;
}
