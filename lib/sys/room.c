/* room - memory for what may become large. */
#include <sys/mman.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "sys/room.h"

static void *map(int, size_t);
static int  nameless(int, size_t);

void *
room_grow(int dir, void *p, size_t size, size_t want)
{
	void *q;

	if (want < ROOM_LARGE)
		return realloc(p, want);
	if ((q = map(dir, want)) == NULL)
		return NULL;
	if (size)
		memcpy(q, p, size);
	room_free(p, size);
	return q;
}

void
room_free(void *p, size_t size)
{
	if (p == NULL || size < ROOM_LARGE)
		free(p);
	else
		munmap(p, size);
}

static void *
map(int dir, size_t size)
{
	int fd = nameless(dir, size);
	void *p;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE, fd < 0 ? MAP_PRIVATE |
	    MAP_ANONYMOUS : MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	return p == MAP_FAILED ? NULL : p;
}

/* With all its blocks, or a full disk would be a SIGBUS.  -1: none. */
static int
nameless(int dir, size_t size)
{
	char name[] = "correo-tmp.0123456789abc";
	uint64_t v;
	int fd;

	arc4random_buf(&v, sizeof v);
	encode_base32(name + 11, 13, v);
	fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	unlinkat(dir, name, 0);
	if (fallocate(fd, 0, 0, (off_t)size) == 0)
		return fd;
	close(fd);
	return -1;
}
