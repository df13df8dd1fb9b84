/*
 * mime - the structure of a message (RFC 5322, 2045, 2046), found in one pass.
 *
 * The message is one span (a mapped file), lines ending in LF or CRLF.  What
 * is told of sizes is as with CRLF everywhere.  All spans point into it.
 *
 * Limits: MIME_DEPTH levels and MIME_PARTS parts, what lies beyond is text of
 * the part that it stands in; MIME_FIELDS fields of a header are looked at;
 * boundaries up to MIME_BOUNDARY bytes.  Linear in bytes: a line beginning
 * with "--" is compared with the boundaries that are open, no other is.
 *
 * Leniency: a multipart without boundary, or of which no part was found, is
 * text/plain; a Content-Type that cannot be read is text/plain; a boundary
 * that never closes ends with what it stands in; a first line "From " is
 * skipped; a header ends where a line is no field.
 */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	MIME_DEPTH = 100, MIME_PARTS = 10000, MIME_FIELDS = 1000,
	MIME_BOUNDARY = 200,
	MIME_TABLE = 100000		/* known fields kept, of all headers */
};

/* The fields that we know; MIME_DATE to MIME_REFERENCES of messages only. */
enum mime_field {
	MIME_TYPE, MIME_ENCODING, MIME_DISPOSITION, MIME_ID, MIME_DESCRIPTION,
	MIME_LANGUAGE, MIME_LOCATION, MIME_MD5,
	MIME_DATE, MIME_SUBJECT, MIME_FROM, MIME_SENDER, MIME_REPLY_TO,
	MIME_TO, MIME_CC, MIME_BCC, MIME_IN_REPLY_TO, MIME_MESSAGE_ID,
	MIME_REFERENCES,
	MIME_KNOWN
};

struct mime_entry {			/* a line of the header table */
	uint32_t part;
	enum mime_field field;
	struct span value;		/* folded, as it stands */
};

/* A place in the message. */
struct mime_point {
	size_t at;			/* offset */
	size_t lines;			/* line ends before it */
	size_t bare;			/* of them without CR */
};

enum mime_kind { MIME_LEAF, MIME_MULTIPART, MIME_MESSAGE };

struct mime_part {
	enum mime_kind kind;
	uint32_t parent, child, next;	/* 0: none.  Part 0 is the message */
	uint32_t depth;
	int message;			/* its header is a message's */
	struct mime_point header, body, end;
	struct span type, subtype;	/* never empty; default text/plain */
	struct span params;		/* for param_next; empty by default */
	uint32_t first;			/* its lines in the header table */
	uint32_t fields;
};

struct mime {
	struct span message;
	struct mime_part *part;		/* in the order of the message */
	uint32_t n, size;
	struct mime_entry *table;
	uint32_t ntable, table_size;
	struct mime_frame *open;	/* while it is parsed */
	uint32_t open_size;
	uint64_t steps;			/* for tests: work done */
};

/* 0, or -1 when memory failed.  { 0 } before, or another message, whose memory
 * is used again; mime_free in any case. */
int	mime_parse(struct mime *, struct span message);
void	mime_free(struct mime *);

struct span mime_header(const struct mime *, const struct mime_part *);
struct span mime_body(const struct mime *, const struct mime_part *);
/* Octets with CRLF, and lines, between two points. */
uint64_t mime_octets(const struct mime_point *, const struct mime_point *);
uint64_t mime_lines(const struct mime_point *, const struct mime_point *);
/* The first field of that kind; 1, or 0 when there is none. */
int	mime_value(const struct mime *, const struct mime_part *,
	    enum mime_field, struct span *value);

#endif
