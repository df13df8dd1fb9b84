/*
 * folder_line - one line of correo-uids.  Pure.
 *
 *	line  = checksum SP body LF	(8 hex digits: crc32c of the body)
 *	body  = "correo-uids 1" SP generation SP uidvalidity SP id SP floor
 *	      / "r" SP uid SP modseq		numbers up to these are reserved
 *	      / "k" SP number SP keyword
 *	      / "u" SP uid SP modseq SP flags SP saved SP base
 *	      / "f" SP uid SP modseq SP flags
 *	      / "x" SP uid SP modseq SP ns SP base	expunged by us
 *	      / "v" SP uid SP modseq		gone
 *	      / "n" SP uid SP modseq		the next UID is at least this
 *	      / "=" SP new SP cur SP uid	all before this is durable
 *
 * Numbers are decimal, flags hexadecimal.  correo-mailbox(5).
 */
#ifndef STORE_FOLDER_LINE_H
#define STORE_FOLDER_LINE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum line_kind {
	LINE_HEAD = 'c', LINE_RESERVE = 'r', LINE_KEYWORD = 'k',
	LINE_MAIL = 'u', LINE_FLAGS = 'f', LINE_EXPUNGED = 'x',
	LINE_VANISHED = 'v', LINE_NEXT = 'n', LINE_DURABLE = '='
};

struct line {
	enum line_kind kind;
	uint32_t uid;			/* keyword: its number */
	uint32_t flags;
	uint64_t modseq;		/* head: generation */
	uint64_t time;			/* saved; ns; head: floor; "=": new */
	uint64_t time2;			/* "=": cur */
	uint32_t uidvalidity;
	struct span text;		/* base, keyword, id */
};

enum { LINE_MAX_BYTES = 512 };

int	line_format(struct buf *, const struct line *);
/* From the front of *in: 1 a line, 0 no LF yet, -1 not valid (*why), and *in
 * is behind its LF. */
int	line_parse(struct span *in, struct line *, const char **why);

#endif
