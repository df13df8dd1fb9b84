/* folder_index_fuzz - whatever the mapped index says, nothing outside of it is
 * touched. */
#include "store/folder_index.c"	/* for its checksum */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct folder_table t = { 0 };
	unsigned char *copy = malloc(n ? n : 1);
	uint64_t log;
	uint32_t i;
	struct rec *r;

	memcpy(copy, p, n);
	if (n >= sizeof(struct index_head)) {
		memcpy(copy, magic, sizeof magic);
		((struct index_head *)(void *)copy)->check =
		    head_sum((void *)copy);
	}
	if (folder_index_parse(&t, copy, n, &log)) {
		for (i = 0; i < folder_table_count(&t); i++)
			if ((r = folder_table_rec(&t, i)) != NULL)
				(void)folder_table_find(&t,
				    folder_table_base(&t, r));
		for (i = 0; i < folder_table_tombs(&t); i++)
			(void)folder_table_tomb(&t, i);
		(void)folder_table_find(&t, SPAN("1.a"));
		(void)folder_table_expunged(&t, SPAN("1.a"));
		(void)folder_table_seek(&t, 77);
	}
	folder_table_free(&t);
	free(copy);
	return 0;
}
