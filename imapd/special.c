/* special - folders with a special use. */
#include <errno.h>

#include "imapd/special.h"

static const struct {
	const char *name, *use;
} folders[] = {
	{ "Drafts", "\\Drafts" }, { "Sent", "\\Sent" }, { "Junk", "\\Junk" },
	{ "Trash", "\\Trash" }, { "Archive", "\\Archive" }
};

int
special_make(const struct tree *t)
{
	struct tree_list l;
	int used = 0;
	size_t i;

	if (tree_list(t, &l) < 0)
		return -1;
	for (i = 0; i < l.n; i++)
		used |= l.v[i].bits & TREE_EXISTS && l.v[i].use[0];
	tree_list_free(&l);
	for (i = 0; !used && i < sizeof folders / sizeof *folders; i++)
		if ((tree_create(t, folders[i].name, "") < 0 &&
		    errno != EEXIST) ||
		    tree_special(t, folders[i].name, folders[i].use) < 0 ||
		    tree_subscribe(t, folders[i].name, 1) < 0)
			return -1;
	/* who looks at subscribed mailboxes only would not see new mail */
	return used ? 0 : tree_subscribe(t, "INBOX", 1);
}

const char *
special_use(struct span s)
{
	size_t i;

	for (i = 0; i < sizeof folders / sizeof *folders; i++)
		if (span_case_eq(s, span_of(folders[i].use)))
			return folders[i].use;
	/* \All and \Flagged are views of other folders, which we have none */
	return NULL;
}
