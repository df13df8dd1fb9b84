/*
 * imap_args - the arguments of each command; imap_command calls these when it
 * knows the verb.  Each takes what it wants from the cursor: 0, or -1 with the
 * cursor's why set.
 */
#ifndef WIRE_IMAP_ARGS_H
#define WIRE_IMAP_ARGS_H

#include "wire/imap_command.h"

/* imap_args.c */
int	imap_args_none(struct imap_command *, struct imap_cursor *);
int	imap_args_authenticate(struct imap_command *, struct imap_cursor *);
int	imap_args_login(struct imap_command *, struct imap_cursor *);
int	imap_args_enable(struct imap_command *, struct imap_cursor *);
int	imap_args_id(struct imap_command *, struct imap_cursor *);
int	imap_args_quota(struct imap_command *, struct imap_cursor *);
int	imap_args_compress(struct imap_command *, struct imap_cursor *);
/* Atoms of a list up to its end; flag 1: each a flag (RFC 9051 9). */
int	imap_args_words(struct imap_cursor *, struct imap_words *, int flag);
int	imap_args_set(struct imap_cursor *, struct imap_set *,
	    const char *what);
/* One or more of the words of a table (which ends with NULL), each with its
 * bit, to the end. */
struct imap_bit {
	const char *name;
	unsigned bit;
};
int	imap_args_bits(struct imap_cursor *, const struct imap_bit *,
	    unsigned *, const char *bad);
/* Takes one of n words: its index, or n. */
unsigned imap_args_one(struct imap_cursor *, const char *const *, unsigned n);

/* imap_args_mailbox.c */
int	imap_args_mailbox(struct imap_command *, struct imap_cursor *);
int	imap_args_rename(struct imap_command *, struct imap_cursor *);
int	imap_args_create(struct imap_command *, struct imap_cursor *);
int	imap_args_select(struct imap_command *, struct imap_cursor *);
int	imap_args_status(struct imap_command *, struct imap_cursor *);
int	imap_args_list(struct imap_command *, struct imap_cursor *);
int	imap_args_lsub(struct imap_command *, struct imap_cursor *);

/* imap_args_message.c */
int	imap_args_append(struct imap_command *, struct imap_cursor *);
int	imap_args_replace(struct imap_command *, struct imap_cursor *);
int	imap_args_expunge(struct imap_command *, struct imap_cursor *);
int	imap_args_copy(struct imap_command *, struct imap_cursor *);
int	imap_args_store(struct imap_command *, struct imap_cursor *);
int	imap_args_search(struct imap_command *, struct imap_cursor *);
int	imap_args_sort(struct imap_command *, struct imap_cursor *);
int	imap_args_thread(struct imap_command *, struct imap_cursor *);

/* imap_args_fetch.c */
int	imap_args_fetch(struct imap_command *, struct imap_cursor *);
/* Items of a list, without macros: for NOTIFY, too. */
int	imap_args_items(struct imap_fetch *, struct imap_cursor *);

/* imap_args_notify.c */
int	imap_args_notify(struct imap_command *, struct imap_cursor *);

#endif
