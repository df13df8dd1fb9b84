/*
 * passwd - the ids of a service's user.
 *
 * Read from the file, not by name services: what starts as root loads no
 * modules of theirs, and a program may be linked without them.
 */
#ifndef SYS_PASSWD_H
#define SYS_PASSWD_H

#include <sys/types.h>

#define PASSWD_FILE "/etc/passwd"

/* 0, or -1 with errno (ENOENT: no such user). */
int	passwd_ids(const char *file, const char *user, uid_t *, gid_t *);

#endif
