/* folder_name - a message's file name: base, information, sizes.  Pure.
 *
 *	name = base [ ":2," *letter ]	base = seconds "." … *( "," field )
 */
#ifndef STORE_FOLDER_NAME_H
#define STORE_FOLDER_NAME_H

#include <stdint.h>

#include "base/span.h"

enum { FOLDER_FILE = 256 };		/* longest file name with its NUL */

struct file_name {
	struct span base;		/* before the colon */
	struct span info;		/* from the colon on */
	uint32_t flags;
	int plain;		/* info is what file_name_format would write */
};

/* 0, or -1: not a message (begins with a dot, empty, too long, holds
 * LF or NUL). */
int	file_name_parse(struct span file, struct file_name *);
/* base:2,FLAGS, and letters of the old info that mean nothing to us.  The
 * length, or -1: too long. */
int	file_name_format(char out[FOLDER_FILE], struct span base,
	    uint32_t flags, struct span info);

/* ,S= and ,W= of a base: which of them it has; the others stay. */
enum { FILE_NAME_SIZE = 1, FILE_NAME_VSIZE = 2 };
int	file_name_sizes(struct span base, uint64_t *size, uint64_t *vsize);
/* The seconds in front; 0 when there are none. */
uint64_t file_name_time(struct span base);
/* Was it named by a delivery of ours, so that its time is when it came? */
int	file_name_ours(struct span base);
/* 26 characters for what stands before the first comma, or what its ,E= says
 * (a copy keeps the id of what it was copied from, RFC 8474 5.1). */
void	file_name_id(struct span base, char out[27]);

#endif
