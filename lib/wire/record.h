/*
 * record - what travels on a channel, and the envelope of a queue file.
 *
 *	field  = name SP length ":" length-OCTETs "," LF
 *	record = length ":" *field ","		(length of the fields together)
 *	name   = 1*20( a-z / 0-9 / "-" )
 *	length = 1*8DIGIT, no leading zero but "0" itself
 *
 * Length-counted, so that no byte of an address or of a peer's reply can ever
 * become a field.  An envelope is the fields alone; on a channel they stand in
 * a record.  Pure; correo-record(5) describes it for deliverers that others
 * write.
 */
#ifndef WIRE_RECORD_H
#define WIRE_RECORD_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	RECORD_MAX = 60000,	/* bytes of a record's fields; fits a packet */
	FIELD_NAME = 20
};

struct field {
	struct span name, value;
};

/* Adds one field.  0, or -1 when the buf failed.  The name must be a literal
 * of the grammar above. */
int	field_add(struct buf *, const char *name, struct span value);
int	field_adds(struct buf *, const char *name, const char *value);
int	field_addu(struct buf *, const char *name, uint64_t value);

/* Takes the next field off the front of *in: 1 = got one, 0 = *in is empty,
 * -1 = not of the grammar (a short one included), *why names the rule. */
int	field_next(struct span *in, struct field *, const char **why);

int	field_is(const struct field *, const char *name);

/*
 * Where in a struct the value of which field goes: a table that ends with a
 * name of NULL.  field_store: 1 = stored, 0 = no such name, -1 = the place is
 * taken (its p is not NULL): a field came twice, *why.  field_give adds those
 * fields of the table whose values are not empty.
 */
struct field_slot {
	const char *name;
	size_t at;		/* offset of a struct span */
};

int	field_store(const struct field *, const struct field_slot *, void *to,
	    const char **why);
int	field_give(struct buf *, const struct field_slot *, const void *from);

/* A record around fields, whole or not at all.  0, or -1. */
int	record_add(struct buf *, struct span fields);
/* The same around what a buf holds, which is freed; -1 too if it failed. */
int	record_close(struct buf *, struct buf *fields);

/* Takes one record off the front of *in: 1 = *fields is its inside, 0 = needs
 * more bytes, -1 = not of the grammar or longer than max. */
int	record_next(struct span *in, size_t max, struct span *fields,
	    const char **why);

#endif
