/*
 * folder_log - correo-uids: the append-only file of a folder's numbers.
 *
 * A writer, who holds the folder's lock, appends lines, flushes, and then
 * appends a "=" line.  A reader believes only what stands before a "=": so
 * nobody tells a number that a power cut could take back.  A new generation
 * replaces the file by rename (compaction, repair).
 */
#ifndef STORE_FOLDER_LOG_H
#define STORE_FOLDER_LOG_H

#include <sys/stat.h>
#include <stdint.h>

#include "store/folder_table.h"
#include "store/tree.h"

struct folder_log {
	int dir, fd;			/* fd -1: not open */
	dev_t dev;
	ino_t ino;
	uint64_t generation, at;	/* what the table knows of it */
	int failed;			/* what it has is not known any more:
					 * nothing is written */
};

/* Opens the present file, at 0: 1, 0 there is none, -1 with errno (EUCLEAN:
 * its first line is not right). */
int	folder_log_open(struct folder_log *, int dir);
void	folder_log_close(struct folder_log *);
/* Is the file still the one of that name?  1, 0, -1. */
int	folder_log_current(struct folder_log *);
/* Applies what is durable and new: 0, or -1 (EUCLEAN: a line is not right). */
int	folder_log_read(struct folder_log *, struct folder_table *);
/* Then, by who holds the lock: what a dead writer left without "=" is flushed
 * and believed; a torn end is cut off. */
int	folder_log_mend(struct folder_log *, struct folder_table *);
/* Appends lines, flushes, appends "=" with the table's stamps; the table has
 * them applied.  uid (0: none is new) and modseq are the highest in them, and
 * are reserved with them.  names: a directory to be flushed as well, or -1.
 * With no lines only "=". */
int	folder_log_append(struct folder_log *, struct folder_table *,
	    struct span lines, uint32_t uid, uint64_t modseq, int names);
/* With the lock held, where there is none: one that a power cut left under the
 * name that the first has before gets its own.  1, 0 there was none, -1; the
 * table is of no use then. */
int	folder_log_adopt(struct folder_log *, struct folder_table *,
	    const struct tree *);
/* The first file, of what the table knows; it is open then, and known.  When
 * it has its name the tree's record of its UIDVALIDITY is durable. */
int	folder_log_begin(struct folder_log *, struct folder_table *,
	    const struct tree *);
/* A new file of what the table knows; tombstones older than keep_ns lose
 * their names.  The log is left closed. */
int	folder_log_replace(struct folder_log *, struct folder_table *,
	    uint64_t keep_ns);
/* Every line that is right, of a file that is not: for the repair. */
int	folder_log_salvage(struct folder_log *, struct folder_table *);

#endif
