/* lines - how many lines end in these bytes. */
#include "base/lines.h"

/* So many at once that the number fits into a byte, and always as many: such
 * a loop compilers turn into one of vectors. */
enum { BLOCK = 128 };

static unsigned char
block_count(const unsigned char *p)
{
	unsigned char n = 0;
	int i;

	for (i = 0; i < BLOCK; i++)
		n = (unsigned char)(n + (p[i] == '\n'));
	return n;
}

static unsigned char
block_bare(const unsigned char *p)
{
	unsigned char n = 0;
	int i;

	for (i = 0; i < BLOCK; i++)
		n = (unsigned char)(n + ((p[i] == '\n') & (p[i - 1] != '\r')));
	return n;
}

size_t
lines_count(struct span s)
{
	size_t n = 0, i = 0;

	for (; s.n - i >= BLOCK; i += BLOCK)
		n += block_count(s.p + i);
	for (; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

size_t
lines_bare(struct span s)
{
	size_t n = s.n && s.p[0] == '\n', i = 1;

	for (; s.n > BLOCK && s.n - i >= BLOCK; i += BLOCK)
		n += block_bare(s.p + i);
	for (; i < s.n; i++)
		n += s.p[i] == '\n' && s.p[i - 1] != '\r';
	return n;
}
