/* folder_import_fuzz - number files of others: every reader comes to its end
 * and stays inside. */
#include "store/folder_import.h"
#include "store/folder_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_mem(p, n), s;
	struct import_head h;
	struct file_name f, g;
	char name[FOLDER_FILE];
	const char *why;
	uint32_t v;
	unsigned k;

	if (import_uidlist_head(&in, &h, &why) == 0)
		while (import_uidlist_next(&in, &v, &s))
			if (file_name_parse(s, &f) == 0 && file_name_format(
			    name, f.base, f.flags, f.info) > 0 &&
			    (file_name_parse(span_of(name), &g) < 0 ||
			    g.flags != f.flags || !span_eq(g.base, f.base)))
				__builtin_trap();
	in = span_mem(p, n);
	while (import_keyword_next(&in, &k, &s))
		;
	in = span_mem(p, n);
	while (import_list_keyword(&in, &s))
		;
	while (import_list_next(&in, &s, &v))
		;
	return 0;
}
