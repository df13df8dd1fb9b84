/* standing - what is remembered of other servers. */
#include "base/crc32c.h"
#include "queued/standing.h"

enum standing
standing_get(const struct standing_table *t, const char *key)
{
	uint32_t h = crc32c(0, span_of(key)), s = t->slot[h % STANDING_SLOTS];

	if (s == 0 || s >> 1 != h >> 1)
		return STANDING_NEW;
	return s & 1 ? STANDING_GOOD : STANDING_BAD;
}

enum standing
standing_hear(struct standing_table *t, const char *key, int success)
{
	uint32_t h = crc32c(0, span_of(key)), *s = &t->slot[h % STANDING_SLOTS];
	enum standing was = standing_get(t, key);

	if (success)
		*s = h | 1;
	else if (was == STANDING_GOOD)
		*s = 0;			/* one failure is not yet a habit */
	else
		*s = h & ~UINT32_C(1);
	return standing_get(t, key);
}
