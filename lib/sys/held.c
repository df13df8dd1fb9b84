/* held - has a file become another? */
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "sys/held.h"

void
held_begin(struct held *h, const char *path, int from)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	h->fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, from);
	if (fd >= 0)
		close(fd);
	if (h->fd >= 0 && fstat(h->fd, &st) == 0)
		h->changed = st.st_ctim;
}

int
held_changed(const struct held *h)
{
	struct stat st;

	return h->fd >= 0 && fstat(h->fd, &st) == 0 &&
	    (st.st_ctim.tv_sec != h->changed.tv_sec ||
	    st.st_ctim.tv_nsec != h->changed.tv_nsec);
}
