/*
 * folder_ahead - who reads one message after another finds the next ones
 * open, and their beginning on its way from the disk.
 *
 * Without it a cold disk is asked for one file, and waited for, at a time.
 */
#include <fcntl.h>
#include <unistd.h>

#include "store/folder_impl.h"
#include "store/folder_name.h"

enum { BEGINNING = 32 << 10 };	/* a reader of headers wants no more */

static void open_one(struct folder *, uint32_t);

int
folder_ahead_take(struct folder *f, uint32_t number, uint32_t uid)
{
	struct ahead_file *a = &f->ahead.v[number % AHEAD_FILES];
	int fd = a->fd;

	if (a->uid != uid)
		return -1;
	a->uid = 0;
	return fd;
}

void
folder_ahead_after(struct folder *f, uint32_t number)
{
	struct ahead *a = &f->ahead;
	uint32_t n = folder_count(f), upto;

	if (number != a->last + 1)
		a->run = 0;
	else if (a->run < AHEAD_FILES - 1)
		a->run++;
	a->last = number;
	upto = n - number < a->run ? n : number + a->run;
	if (a->run == 0 || a->upto < number)
		a->upto = number;
	while (a->upto < upto)
		open_one(f, ++a->upto);
}

void
folder_ahead_end(struct folder *f)
{
	size_t i;

	for (i = 0; i < AHEAD_FILES; i++)
		if (f->ahead.v[i].uid)
			close(f->ahead.v[i].fd);
	f->ahead = (struct ahead){ 0 };
}

/* What cannot be had is looked for when it is wanted. */
static void
open_one(struct folder *f, uint32_t number)
{
	struct ahead_file *a = &f->ahead.v[number % AHEAD_FILES];
	struct rec *c = folder_rec(f, number);
	char name[FOLDER_FILE];
	int fd;

	if (a->uid)
		close(a->fd);
	a->uid = 0;
	if (c == NULL || c->bits & REC_DEAD || folder_file(f, c, name) < 0)
		return;
	fd = openat(folder_dirfd(f, c), name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)posix_fadvise(fd, 0, BEGINNING, POSIX_FADV_WILLNEED);
	*a = (struct ahead_file){ c->uid, fd };
}
