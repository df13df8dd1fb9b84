/*
 * imap_section - BODY[1.2.HEADER.FIELDS (..)]<0.100>: what it names, and where
 * that stands in a message (RFC 9051 6.4.5).
 */
#ifndef WIRE_IMAP_SECTION_H
#define WIRE_IMAP_SECTION_H

#include <stdint.h>

#include "mail/mime.h"
#include "wire/imap_token.h"

enum imap_text {
	IMAP_TEXT_ALL, IMAP_TEXT_HEADER, IMAP_TEXT_FIELDS,
	IMAP_TEXT_FIELDS_NOT, IMAP_TEXT_TEXT, IMAP_TEXT_MIME
};

struct imap_section {
	uint32_t path[MIME_DEPTH];	/* 1.2.3 */
	uint32_t npath;
	enum imap_text text;
	const struct imap_token *field;	/* nfield of them, HEADER.FIELDS */
	uint32_t nfield;
	int partial;			/* <offset.count> was said */
	uint64_t offset, count;		/* else 0, UINT64_MAX */
};

/* Of an IMAP_SECTION token that the cursor gave; binary 1: only numbers may
 * stand there.  0, or -1 with *why. */
int	imap_section_parse(const struct imap_cursor *,
	    const struct imap_token *, struct imap_section *, int binary,
	    const char **why);
/* As it is told back in a reply: "[1.HEADER.FIELDS (To)]<0>". */
int	imap_section_format(const struct imap_section *, struct buf *);

/*
 * The part that the path names: 1 and *part, 0 when there is none.  With a
 * path and HEADER, FIELDS or TEXT it is the message inside (RFC 9051 6.4.5.1).
 */
int	imap_section_part(const struct mime *, const struct imap_section *,
	    const struct mime_part **);
/*
 * What the section is of, as stored; needs CRLF (mime_wire) and the partial.
 * FIELDS are put together in the buf and *out is of it.  1; 0: not there, NIL;
 * -1: the buf failed.
 */
int	imap_section_find(const struct mime *, const struct imap_section *,
	    struct buf *, struct span *out);
/* The fields of a header that are (not) named, and the blank line. */
int	imap_section_fields(struct span header, const struct imap_section *,
	    struct buf *);

#endif
