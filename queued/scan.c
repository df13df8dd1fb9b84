/* scan - a directory read in steps, so that a large one holds up nothing. */
#include <fcntl.h>
#include <unistd.h>

#include "queued/scan.h"

int
scan_begin(struct scan *s, int dir)
{
	int fd;

	if (s->d)
		closedir(s->d);
	s->d = NULL;
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if ((s->d = fdopendir(fd)) == NULL) {
		close(fd);
		return -1;
	}
	return 0;
}

int
scan_step(struct scan *s, unsigned most, int (*each)(void *, const char *),
    void *arg)
{
	struct dirent *e;

	if (s->d == NULL)
		return 0;
	for (; most > 0; most--) {
		if ((e = readdir(s->d)) == NULL) {
			closedir(s->d);
			s->d = NULL;
			return 0;
		}
		if (e->d_name[0] != '.' && each(arg, e->d_name) != 0)
			break;
	}
	return 1;
}
