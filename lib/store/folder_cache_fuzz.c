/* folder_cache_fuzz - whatever the mapped cache says is a miss, or whole. */
#include "store/folder_cache.c"	/* for its checksum */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct folder_cache c = { .uidvalidity = 1 };
	unsigned char *copy = malloc(n ? n : 1);
	uint32_t uid, sum = 0;
	struct span s;
	size_t i;

	n &= ~(size_t)7;	/* as it is aligned in a file */
	memcpy(copy, p, n);
	if (n >= sizeof(struct trailer)) {
		struct trailer *t = (void *)(copy + n - sizeof *t);

		memcpy(t->magic, magic, sizeof magic);
		t->check = crc32c(4, span_mem(t, offsetof(struct trailer,
		    check)));
	}
	if (folder_cache_parse(&c, copy, n)) {
		c.map = copy;
		c.map_n = n;
		for (uid = 0; uid < 8; uid++)
			if (folder_cache_find(&c, uid, uid & 3, &s))
				for (i = 0; i < s.n; i++)
					sum += s.p[i];
	}
	free(copy);
	return sum == 0x12345678 ? -1 : 0;
}
