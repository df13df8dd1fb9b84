/*
 * message - one message of a folder, read and parsed at most once, and only
 * if what is wanted of it is not in the folder's cache.
 *
 * A struct message is used for one after another; its memory is kept.
 */
#ifndef IMAPD_MESSAGE_H
#define IMAPD_MESSAGE_H

#include "mail/mime.h"
#include "store/folder.h"

/* Finished bytes (kinds of folder_cache).  A new form gets a new number. */
enum message_kind {
	KIND_ENVELOPE, KIND_STRUCTURE, KIND_BODY,
	KIND_FIELDS,			/* the fields of message_is_field, as
					 * they stand, and the blank line */
	KINDS,
	KIND_FIRST = 1,			/* KIND_ENVELOPE in the cache */
	KIND_FORM = 16			/* added, times enum imap_form */
};

struct message {			/* { 0 } before */
	struct folder *folder;
	uint32_t number;
	struct mail mail;
	int form;			/* enum imap_form */
	int loaded, parsed;
	struct span bytes;		/* message_load */
	struct mime mime;		/* message_parse */
	struct span blob[KINDS];	/* message_blobs; until anything else is
					 * done with the folder */
	/* its own */
	unsigned char *room;
	size_t room_n;
	struct buf made[KINDS];
};

/* Begins with another; what the one before pointed to is gone. */
int	message_start(struct message *, struct folder *, uint32_t number,
	    int form);
/* Each 0, or -1 with errno (ENOENT: it is gone; EFBIG: there is no room for
 * it). */
int	message_load(struct message *);
int	message_parse(struct message *);
/* Of kinds 1 << kind. */
int	message_blobs(struct message *, unsigned kinds);
void	message_free(struct message *);

/* Is it a field that KIND_FIELDS keeps? */
int	message_is_field(struct span name);

#endif
