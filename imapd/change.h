/* change - STORE, COPY, MOVE, EXPUNGE (RFC 9051 6.4.3 to 6.4.9, RFC 4315,
 * RFC 7162). */
#ifndef IMAPD_CHANGE_H
#define IMAPD_CHANGE_H

#include "imapd/box.h"

enum answer change_store(struct box *, struct imap_command *);
/* COPY and MOVE. */
enum answer change_copy(struct box *, struct imap_command *);
enum answer change_expunge(struct box *, struct imap_command *);
/* 1: of those messages of the view some are gone, so that a command with their
 * numbers is answered EXPUNGEISSUED. */
int	change_gone(struct box *, const uint32_t *, size_t);
/* All that is \Deleted, for CLOSE.  0, or -1 with errno. */
int	change_expunge_all(struct box *);
/* RFC 7162 3.2.7: adds HIGHESTMODSEQ to the code of the reply, where the client
 * is when it knows what has gone. */
void	change_highest(struct box *);

#endif
