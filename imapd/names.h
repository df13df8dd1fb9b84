/*
 * names - mailbox names on their way from the client and to it.
 *
 * A name that is made is in NFC (RFC 9051 5.1, RFC 5198).  What others made
 * may not be, or be no modified UTF-7 at all: it is told as it is, and found by
 * any spelling of the same characters.
 */
#ifndef IMAPD_NAMES_H
#define IMAPD_NAMES_H

#include "imapd/box.h"

/* MAKE: CREATE, and where RENAME goes to; UNSUBSCRIBE: of those subscribed to,
 * not of those that exist. */
enum names_use { NAMES_USE, NAMES_MAKE, NAMES_UNSUBSCRIBE };

/* A mailbox name as the client wrote it, into the one that the tree has, or
 * would have.  0, or -1 and the answer is said: it is none of ours, and may not
 * be made. */
int	names_take(struct box *, struct span, enum names_use,
	    char out[FOLDER_NAME]);
/* For a command with many names: from here to names_forget the tree is listed
 * once at most.  0, or -1 with errno. */
int	names_keep(struct box *);
void	names_forget(struct box *);

/* A pattern of LIST as the client wrote it, behind what is in the buf, and the
 * form that names have to it: imap_name_match compares them. */
enum names_form { NAMES_KEY, NAMES_RAW };
enum names_form names_pattern(const struct box *, struct span, struct buf *);
/* What all spellings of a name of the tree have in common, into an empty buf
 * of so many bytes: far more than one that may be. */
enum { NAMES_ROOM = 4096 };
void	names_key(const char *name, struct buf *);

/* A name of the tree as the client reads it, as an astring. */
void	names_add(const struct box *, struct buf *, const char *name);
/* The same without quotes: UTF-8 for who said UTF8=ACCEPT, else modified
 * UTF-7; what is neither stays as it is, and INBOX above it is in capitals.  It
 * is NUL-terminated. */
enum { NAMES_TEXT = 1024 };
void	names_text(const struct box *, const char *name,
	    char out[NAMES_TEXT]);
/* The rest of a LIST reply: the name, and the one that it had (or that the
 * client gave it), as the client reads it; "" none. */
void	names_add_list(const struct box *, struct buf *, const char *name,
	    struct span old);
/* Has it another name than the client wrote?  That is then told to who speaks
 * IMAP4rev2 (RFC 9051 6.3.9.7). */
int	names_differ(const struct box *, struct span, const char *name);
void	names_tell(struct box *, const char *attributes, const char *name,
	    struct span given);

#endif
