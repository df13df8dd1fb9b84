/* forward - a forwarding file: what its owner wants done with his mail. */
#include "base/ascii.h"
#include "mail/forward.h"

static void skip(struct span *);

int
forward_next(struct forward *f, struct target *t, const char **why)
{
	int r;

	skip(&f->line);
	/* target_next takes no more than a line, so that a comment or a
	 * quote left open ends with its own */
	while ((r = target_next(&f->line, t, why)) == 0) {
		if (f->in.n == 0)
			return 0;
		(void)span_cut(&f->in, '\n', &f->line);
		f->line_nr++;
		skip(&f->line);
	}
	if (r < 0)
		return -1;
	if (t->kind == TARGET_LIST) {
		*why = ":include: belongs in the table of aliases";
		return -1;
	}
	if (f->entry == FORWARD_TARGETS) {
		*why = "forwarding file: more than 1000 targets";
		return -1;
	}
	f->entry++;
	return 1;
}

/* To the next target of a line, which is empty where a comment begins. */
static void
skip(struct span *line)
{
	while (line->n && (line->p[0] == ',' || ascii_space(line->p[0])))
		*line = span_from(*line, 1);
	if (line->n && line->p[0] == '#')
		line->n = 0;
}
