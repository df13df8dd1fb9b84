/* table - one compiled table (cdb), read through a descriptor. */
#include <errno.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/table.h"

enum { KEY_MAX = 1024 };	/* with the NUL; no longer key is ever made */

int
table_open(struct table *t, int fd)
{
	*t = (struct table){ .fd = -1 };
	if (fd == TABLE_UNREADABLE) {
		errno = EIO;
		return -1;
	}
	if (fd < 0)
		return 0;
	if (cdb_init(&t->cdb, fd) < 0)
		return file_close_failed(fd);
	t->fd = fd;
	return 0;
}

int
table_get(struct table *t, struct span key, struct span *value)
{
	unsigned char k[KEY_MAX];
	const void *p;
	int r;

	if (t->fd < 0 || key.n == 0 || key.n >= sizeof k)
		return 0;
	memcpy(k, key.p, key.n);
	k[key.n] = '\0';
	if ((r = cdb_find(&t->cdb, k, (unsigned)key.n)) == 0)
		r = cdb_find(&t->cdb, k, (unsigned)key.n + 1);
	if (r == 0)
		return 0;
	if (r < 0 || (p = cdb_getdata(&t->cdb)) == NULL) {
		errno = EPROTO;
		return -1;
	}
	*value = span_mem(p, cdb_datalen(&t->cdb));
	if (value->n && value->p[value->n - 1] == '\0')
		value->n--;
	return 1;
}

void
table_close(struct table *t)
{
	if (t->fd < 0)
		return;
	cdb_free(&t->cdb);
	close(t->fd);
	t->fd = -1;
}
