/* hint - inotify. */
#include <sys/inotify.h>
#include <stdio.h>
#include <unistd.h>

#include "imapd/hint.h"

enum { EVENTS = IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE };

int
hint_open(void)
{
	return inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

int
hint_mailbox(int fd, const struct box *b, const char *name)
{
	static const char *const sub[] = { "new", "cur" };
	char path[sizeof b->mailbox->maildir + TREE_PATH], below[TREE_PATH];
	int i, r = -1;

	for (i = 0; i < 2; i++) {
		tree_path(name, sub[i], below);
		snprintf(path, sizeof path, "%s/%s", b->mailbox->maildir,
		    below);
		if (inotify_add_watch(fd, path, EVENTS | IN_ONLYDIR) >= 0)
			r = 0;
	}
	return r;
}

int
hint_tree(int fd, const struct box *b)
{
	return inotify_add_watch(fd, b->mailbox->maildir,
	    EVENTS | IN_ONLYDIR) < 0 ? -1 : 0;
}

void
hint_drain(int fd)
{
	char b[4096];

	while (read(fd, b, sizeof b) > 0)
		;
}
