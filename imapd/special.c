/* special - folders with a special use. */
#include <errno.h>

#include "imapd/special.h"

/* Who looks at subscribed mailboxes only would not see new mail without INBOX
 * among them. */
static const struct tree_use folders[] = {
	{ "Drafts", "\\Drafts" }, { "Sent", "\\Sent" }, { "Junk", "\\Junk" },
	{ "Trash", "\\Trash" }, { "Archive", "\\Archive" }, { "INBOX", NULL }
};
enum { FOLDERS = sizeof folders / sizeof *folders };

int
special_make(const struct tree *t)
{
	struct tree_list l;
	int used = 0;
	size_t i;

	if (tree_list(t, &l) < 0)
		return -1;
	for (i = 0; i < l.n; i++)
		used |= l.v[i].use[0];
	tree_list_free(&l);
	if (used)
		return 0;
	/* their uses come last and at once: a login that is cut off before
	 * leaves all to the next one */
	for (i = 0; i < FOLDERS; i++)
		if (tree_create(t, folders[i].name) < 0 && errno != EEXIST)
			return -1;
	return tree_adopt(t, folders, FOLDERS);
}

const char *
special_use(struct span s)
{
	size_t i;

	for (i = 0; i < FOLDERS; i++)
		if (folders[i].use && span_case_eq(s, span_of(folders[i].use)))
			return folders[i].use;
	/* \All and \Flagged are views of other folders, which we have none */
	return NULL;
}
