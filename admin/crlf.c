/* crlf - what programs write, as mail has it. */
#include "admin/crlf.h"

static void line_end(struct crlf *, struct buf *);

int
crlf_add(struct crlf *c, struct buf *out, struct span in)
{
	size_t i, n;

	for (i = 0; i < in.n && !c->ended; i += n) {
		n = 1;
		if (c->cr) {
			c->cr = 0;
			line_end(c, out);
			if (c->ended || in.p[i] == '\n')
				continue;
		}
		switch (in.p[i]) {
		case '\r':
			c->cr = 1;
			continue;
		case '\n':
			line_end(c, out);
			continue;
		case '\0':
			continue;
		case '.':
			if (c->dot_ends && !c->in_line && !c->dot) {
				c->dot = 1;
				continue;
			}
		}
		if (c->dot)
			buf_addc(out, '.');
		c->dot = 0;
		c->in_line = 1;
		/* the rest of the line that is plain, in one go */
		while (i + n < in.n && in.p[i + n] >= ' ')
			n++;
		buf_add(out, in.p + i, n);
	}
	return buf_ok(out) ? 0 : -1;
}

int
crlf_end(struct crlf *c, struct buf *out)
{
	if (c->cr || c->dot || c->in_line)
		line_end(c, out);
	c->cr = 0;
	return buf_ok(out) ? 0 : -1;
}

static void
line_end(struct crlf *c, struct buf *out)
{
	if (c->dot && !c->in_line)
		c->ended = 1;
	else
		buf_add(out, "\r\n", 2);
	c->dot = c->in_line = 0;
}
