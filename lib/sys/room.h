/*
 * room - memory for what may become large.
 *
 * From ROOM_LARGE bytes on it is a mapped file without a name, so that the
 * system may write it out; where such a file cannot be had it is private.
 */
#ifndef SYS_ROOM_H
#define SYS_ROOM_H

#include <stddef.h>

enum { ROOM_LARGE = 4 << 20 };

/* p (NULL: none) of size bytes becomes one of want, which is more; what stood
 * there stays.  dir is where the file may be made.  NULL with errno: p is as
 * it was. */
void	*room_grow(int dir, void *p, size_t size, size_t want);
/* NULL: nothing is done. */
void	room_free(void *p, size_t size);

#endif
