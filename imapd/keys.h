/*
 * keys - what SORT and THREAD compare of a message (RFC 5256 2, RFC 5957 2).
 *
 * Text is decoded and folded, spans into the struct until it is asked again.
 */
#ifndef IMAPD_KEYS_H
#define IMAPD_KEYS_H

#include "base/charset.h"
#include "imapd/message.h"

enum key_field {
	KEY_DATE, KEY_SUBJECT, KEY_FROM, KEY_TO, KEY_CC, KEY_ID,
	KEY_REFERENCES, KEY_IN_REPLY_TO, KEY_FIELDS
};

struct keys {				/* { .charset = … } before */
	struct charset charset;
	struct message *message;
	struct span field[KEY_FIELDS];	/* as they stand; empty: none */
	struct buf text, folded;
};

/* The fields of a message; with fields 0 it is not read, and has none, as what
 * is gone or cannot be read.  0; -1 with errno: nothing can go on. */
int	keys_read(struct keys *, struct message *, int fields);
/* When it was sent: by its Date, else INTERNALDATE. */
int64_t	keys_sent(struct keys *);
int64_t	keys_arrival(struct keys *);
int64_t	keys_size(struct keys *);
/* The base subject; *reply: something was taken off. */
struct span keys_subject(struct keys *, int *reply);
/* Of the first address of a field: the mailbox, before the @; or with display
 * its name, else local@domain. */
struct span keys_address(struct keys *, enum key_field, int display);
void	keys_free(struct keys *);

#endif
