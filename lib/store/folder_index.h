/* folder_index - correo-index: a folder's table as it was, to be mapped.
 *
 * Head, records, tombstones, hash, names; replaced by rename, never written
 * in place, never trusted: sizes are checked when it is mapped, each record
 * when it is used.  Made by and for machines of one byte order. */
#ifndef STORE_FOLDER_INDEX_H
#define STORE_FOLDER_INDEX_H

#include "store/folder_table.h"

/* Into an empty table: 1, and *log is how far of which correo-uids it covers;
 * 0: there is none that is right. */
int	folder_index_map(struct folder_table *, int dir, uint64_t *log);
/* The same over bytes (page-aligned, writable, outlive the table). */
int	folder_index_parse(struct folder_table *, void *, size_t,
	    uint64_t *log);
/* Writes the living of the table.  flush 0: half of it may be there after a
 * power cut, so all of it is checked when it is mapped behind another start of
 * the system, or by another machine.  0, or -1 with errno. */
int	folder_index_write(struct folder_table *, int dir, uint64_t log,
	    int flush);

#endif
