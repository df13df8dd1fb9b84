/*
 * confine - a process gives up, in one call, all that its role does not need.
 *
 * Order: chroot or the Landlock rules; groups, group and user id; no new
 * privileges; limits; not dumpable; umask 077; death signal; seccomp.  What the
 * system lacks is left out and named in *missing.  Not as root: ids and chroot
 * are left out.  correo(7), CONFINEMENT.
 */
#ifndef SYS_CONFINE_H
#define SYS_CONFINE_H

#include <sys/types.h>
#include <stdint.h>

#include "base/buf.h"

enum {					/* what the role may still do */
	MAY_READ = 1,			/* open for reading, below the dirs */
	MAY_WRITE = 2,			/* create, rename, unlink, below them */
	MAY_NET = 4,			/* socket, connect */
	MAY_FORK = 8
};

struct confine {
	const char *name;		/* in ps */
	int root;			/* 0: an ordinary user's start */
	uid_t uid;
	gid_t gid;
	int ids_only;			/* an operator's own program will run */
	unsigned may;
	int filtered;			/* confine_filter was called before */
	const char *empty_dir;		/* chroot, for what holds no path */
	const char *dir[8];		/* with MAY_READ/MAY_WRITE: NULL ends */
	const char *shared;		/* below it files, only to read */
	uint64_t data_bytes;		/* RLIMIT_DATA; 0: 64 MiB */
	uint64_t files;			/* RLIMIT_NOFILE; 0: 64 */
};

/* Does not return on failure: a role that cannot be confined must not run
 * (log_die).  What the system lacks is added to *missing, a blank before each
 * word. */
void	confine(const struct confine *, struct buf *missing);

/* Root's ids become these, with no supplementary group, and root cannot be had
 * back; nor may uid be 0.  The death signal is SIGTERM then.  Does not return
 * on failure. */
void	confine_ids(uid_t uid, gid_t gid);

/* The filter of system calls alone, ahead of the rest, by a parent whose
 * children all live under it: making it costs more than a fork.  A chroot is
 * refused from here on. */
void	confine_filter(unsigned may, struct buf *missing);

#endif
