/*
 * file - whatever must survive goes through here (STYLE: Disk).
 */
#ifndef SYS_FILE_H
#define SYS_FILE_H

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* All bytes, or -1 with errno; EINTR and short writes are gone on from. */
int	file_write(int fd, struct span);
int	file_writev(int fd, struct iovec *, int n);	/* changes v */
/* Exactly n bytes at offset: 0, or -1 (EIO when the file is shorter). */
int	file_pread(int fd, void *, size_t n, off_t offset);
/* The whole of it behind *b (its max limits; EFBIG).  0, or -1 with errno. */
int	file_read(int fd, struct buf *);
int	file_read_at(int dir, const char *name, struct buf *);

/* Replaces dir/name as one step that survives power loss: NAME.tmp, fsync,
 * rename, fsync(dir).  0, or -1 with errno: the old one stands, unless it was
 * fsync(dir) that failed. */
int	file_replace(int dir, const char *name, struct span, mode_t,
	    uid_t, gid_t);			/* (uid_t)-1: leave */

/* Renames to another directory, never over something (EEXIST).  0, or -1.  A
 * crash may leave both names where the file system cannot do it in one step. */
int	file_move(int from, const char *name, int to, const char *newname);
/* 1 where fsync of a file makes the rename that brought it into dir durable as
 * well, and a name is never durable before its inode is; else 0.  Of file
 * systems that tests/crash has replayed. */
int	file_flush_takes_name(int dir);
/* All that was ever written to dir's file system is durable: 0, or -1. */
int	file_flush_all(int dir);
/* A hint to begin writing out what stands from offset on; nothing is promised
 * by it, and it cannot fail. */
void	file_write_out(int fd, off_t offset);
/* The same, and waits: where metadata is one journal the next flush of another
 * file takes along what the new blocks of this one are.  -1 with errno: as of a
 * flush that failed. */
int	file_written_out(int fd, off_t offset);

/* fcntl write lock on the whole file.  0; -1 with errno (EAGAIN: somebody else
 * has it and wait is 0). */
int	file_lock(int fd, int wait);
/* F_WRLCK, F_RDLCK or F_UNLCK of one byte; waits.  0, or -1 with errno. */
int	file_lock_byte(int fd, off_t at, int type);
/* A read lock, which others may have too.  0, or -1 with errno. */
int	file_share(int fd);
/* By another process: FILE_LOCKED, FILE_SHARED, 0 (by none), or -1. */
enum { FILE_LOCKED = 1, FILE_SHARED };
int	file_locked(int fd);

/* As fstat, of a file that another machine may write or replace: its server is
 * asked, whatever this one remembers.  -1 ESTALE: no name leads to it. */
int	file_stat_now(int fd, struct stat *);
/* Opens what has that name, and looks; ESTALE after five seconds in which it
 * led to a file that another machine had replaced. */
int	file_open_now(int dir, const char *name, int flags, struct stat *);
int	file_open_dir(int dir, const char *name);	/* follows no link */
/* For the way out of an error: -1, with errno as it is. */
int	file_close_failed(int fd);

/* The directory's names, one call each.  Stops when the callback returns not
 * 0, and returns that; -1 with errno when it cannot be read.  "." and names
 * that begin with a dot are passed over. */
int	file_each(int dir, int (*)(void *, const char *), void *);

#endif
