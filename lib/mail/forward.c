/* forward - a forwarding file: what its owner wants done with his mail. */
#include "mail/forward.h"

int
forward_next(struct forward *f, struct target *t, const char **why)
{
	struct span line;
	int r;

	/* target_next takes no more than a line, so that a comment or a
	 * quote left open ends with its own */
	while ((r = target_next(&f->line, t, why)) == 0) {
		if (f->in.n == 0)
			return 0;
		(void)span_cut(&f->in, '\n', &line);
		f->line_nr++;
		f->line = span_trim(line);
		if (f->line.n && f->line.p[0] == '#')
			f->line.n = 0;
	}
	if (r < 0)
		return -1;
	if (f->entry == FORWARD_TARGETS) {
		*why = "forwarding file: more than 1000 targets";
		return -1;
	}
	f->entry++;
	return 1;
}
