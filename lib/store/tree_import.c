/* tree_import - subscriptions that Dovecot or Courier kept. */
#include "store/tree.h"
#include "store/tree_import.h"
#include "sys/file.h"

enum {
	IMPORT_MAX = 4 << 20,
	LEFT = 64 << 10			/* for what others will add */
};

/* Dovecot: a name a line, behind "V\t2" and an empty line levels are parted by
 * tabs.  Courier: "INBOX" or "INBOX.name" a line. */
void
tree_import(int root, struct buf *out)
{
	struct buf b = { .max = IMPORT_MAX };
	struct span in, line;
	const char *why;
	int courier, tabs;
	size_t i;

	courier = file_read_at(root, "subscriptions", &b) < 0;
	if (courier) {
		buf_reset(&b);
		if (file_read_at(root, "courierimapsubscribed", &b) < 0)
			buf_reset(&b);
	}
	in = buf_span(&b);
	tabs = span_starts(in, SPAN("V\t2\n"));
	for (i = 0; i < b.n; i++)
		if (tabs && b.p[i] == '\t')
			b.p[i] = '.';
	if (tabs)
		span_cut(&in, '\n', &line);
	while (in.n && out->max - out->n > LEFT) {
		span_cut(&in, '\n', &line);
		line = span_trim(line);
		if (courier && span_case_starts(line, SPAN("INBOX.")))
			line = span_from(line, 6);
		if (tree_name(line, &why) == 0)
			buf_addf(out, "subscribed %.*s\n", SPAN_ARG(line));
	}
	buf_free(&b);
}
