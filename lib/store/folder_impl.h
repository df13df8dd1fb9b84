/* folder_impl - what the modules of an open folder share; not for others. */
#ifndef STORE_FOLDER_IMPL_H
#define STORE_FOLDER_IMPL_H

#include "store/folder.h"
#include "store/folder_cache.h"
#include "store/folder_log.h"
#include "store/folder_table.h"

/* The size of a correo-lock where numbers were given out: a hint, and nobody
 * flushes it.  A hole, for which a full disk has room. */
enum { FOLDER_NUMBERED = 1 };

/* What the table knows of new/ or cur/. */
struct dir_state {
	int fd;
	uint64_t stamp;		/* mtime in ns that the table agrees with; 0 */
	int young;		/* more may have happened in that tick */
	int own;		/* that mtime is of our own change */
};

/* Files opened before they are asked for, each at its number in the ring. */
enum { AHEAD_FILES = 16 };
struct ahead_file {
	uint32_t uid;		/* 0 none */
	int fd;
};
struct ahead {
	uint32_t last;		/* number opened last */
	uint32_t run;		/* so many before it were, one by one */
	uint32_t upto;		/* and up to here before they were asked for */
	struct ahead_file v[AHEAD_FILES];
};

struct folder {
	const struct tree *tree;
	enum folder_mode mode;
	int dir, lock;
	struct dir_state cur, new;
	struct folder_log log;
	struct folder_table table;
	struct folder_cache cache;
	struct ahead ahead;
	int64_t skew_ns;	/* the file system's clock less ours */
	uint64_t scan_ns;	/* what the last look at cur/ took */
	uint32_t measured;	/* sizes and dates looked up and not shared */
	int first;		/* no correo-uids was here */
	int full;		/* it was said that the disk is */

	uint32_t upto;		/* positions that the view has got to */
	struct positions dead;	/* below upto and not in the view, sorted */
	struct positions early;	/* dead and not below upto, sorted */
	struct positions gone;	/* in the view and dead, not told, sorted */
	size_t leaving;		/* behind its end: told, they join dead */
	struct positions flags;	/* changed, not told */
	uint32_t told;		/* count last told by folder_next */
};

int	folder_lock(struct folder *);	/* and catches up; -1 not locked */
void	folder_unlock(struct folder *);	/* errno kept */
/* With what others wrote into the log, or the log that took its place.  0, or
 * -1 with errno. */
int	folder_catch_up(struct folder *);
/* In between nobody deletes it; many may.  -1 it is deleted (ENOENT), or
 * nobody can say. */
int	folder_hold(struct folder *);
void	folder_let_go(struct folder *);	/* errno kept */

/* Does errno say that a disk is full, on which something may go? */
int	folder_wants_room(const struct folder *);
/* Then correo-cache goes, which is nothing to those who have it open: 1, try
 * again; 0 with errno as it is. */
int	folder_make_room(struct folder *);
/* folder_log_append to its log, with what room there can be: for changes, not
 * for a look, behind which blobs of the cache may still be used. */
int	folder_write(struct folder *, struct span lines, uint32_t uid,
	    uint64_t modseq, int names);
/* For folder_cache_write: arg is the table. */
int	folder_alive(void *, uint32_t uid);

/* tmp, new or cur.  One that is not there is made: copies of a Maildir leave
 * out what is empty. */
int	folder_open_sub(int dir, const char *name);
/* Position of a message of the view. */
uint32_t folder_at(const struct folder *, uint32_t number);
struct rec *folder_rec(struct folder *, uint32_t number);
/* After the table has changed: what the view has to learn.  -1 ENOMEM: the view
 * is as it was, and learns all of it the next time. */
int	folder_note(struct folder *);
/* Where the file of a record should be: its name, and the directory. */
int	folder_file(struct folder *, const struct rec *, char out[256]);
int	folder_dirfd(const struct folder *, const struct rec *);
/* Is it there, under that name?  1 also when nobody can say. */
int	folder_stands(struct folder *, const struct rec *);

/* Of a message that is opened: its descriptor where it was already, or -1; and
 * when it was, the next ones.  None stays open behind a reply of imapd's, or
 * while a client is silent. */
int	folder_ahead_take(struct folder *, uint32_t number, uint32_t uid);
void	folder_ahead_after(struct folder *, uint32_t number);
void	folder_ahead_end(struct folder *);

/* What it has of a quota: its size as stored, looked up where nobody has
 * measured it; 0 where there is no quota. */
int64_t	folder_bytes(struct folder *, const struct rec *);

/* A base that nobody has: of the fields of old (a file name) it keeps sizes
 * and identity, if old is not empty; and its information. */
void	folder_fresh_name(struct folder *, struct span old, char out[256]);

/* Adds the next bytes of a message, as stored and as they go out: each LF that
 * has no CR before it gets one.  *last: the byte before, 0 at first. */
void	folder_measure(struct span, unsigned char *last, uint64_t *size,
	    uint64_t *vsize);

/* Brackets changes of ours in new/ and cur/, so that they alone are no reason
 * to look there at once. */
void	folder_own_begin(struct folder *);
void	folder_own_end(struct folder *);

/* The time in ns by the file system's own clock, wherever that is. */
uint64_t folder_now(struct folder *);
/* The directory's time in ns, 0 when it cannot be had. */
uint64_t folder_stamp_now(int fd);
/* With that time at that moment, and a look taking lazy ns: must it be looked
 * at? */
int	folder_stamp_wanted(const struct dir_state *, uint64_t mtime,
	    uint64_t now, uint64_t lazy);
/* Was it left alone since that time was asked for? */
int	folder_stamp_quiet(const struct dir_state *, uint64_t mtime,
	    uint64_t now);
/* It was looked at, its time having been mtime when the look began. */
void	folder_stamp_set(struct dir_state *, uint64_t mtime, uint64_t now);

/* Must new/ and cur/ be looked at?  1, 0, -1. */
int	folder_scan_wanted(struct folder *);
/* With the lock held: looks, and writes down what is new.  force 1: in any
 * case. */
int	folder_scan(struct folder *, int force);

/* Removes what dead writers left in tmp/. */
void	folder_tidy(struct folder *);
/* Tombstones for those positions that live; their files stay.  Locked.  ns:
 * folder_now before the folder_sync that went before it.  A mail of the same
 * base that nobody had seen then would be taken for one that a crash brought
 * back. */
int	folder_bury(struct folder *, const uint32_t *at, size_t n, uint64_t ns);
/* Fills an empty table with what Dovecot or Courier had; renames files whose
 * keywords were kept elsewhere.  *above: their UIDVALIDITY, where another above
 * it is wanted.  0, or -1 with errno. */
int	folder_import(struct folder *, uint32_t *above);

#endif
