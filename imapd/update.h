/* update - what a client is told without having asked (RFC 9051 7). */
#ifndef IMAPD_UPDATE_H
#define IMAPD_UPDATE_H

#include "imapd/box.h"

/* Looks for what others did, and update_tell.  0, or -1 with errno. */
int	update_sync(struct box *, int gone);
/* The view follows what is known.  gone 0: without what is gone.  New mail is
 * told also to who did not ask for it, as behind its own EXPUNGE: the numbers
 * below stay, and a client takes EXISTS at any time (RFC 9051 2.2.2). */
int	update_tell(struct box *, int gone);
/* "* FLAGS" and "* OK [PERMANENTFLAGS", when there are more than the client
 * knows. */
void	update_keywords(struct box *);
/* "* 4 FETCH (UID 7 FLAGS (…) MODSEQ (…))" */
void	update_flags(struct box *, uint32_t number, const struct mail *);
/* The client speaks CONDSTORE from here on (RFC 7162 3.1); a mailbox that is
 * selected says its HIGHESTMODSEQ. */
void	update_condstore(struct box *);
/* Before a tagged reply: a client of QRESYNC that does not hear yet who is gone
 * hears how far it may count on what it knows, and then when it may again
 * (RFC 7162 6). */
void	update_modseq(struct box *);
/* "* VANISHED (EARLIER) 3:5": which of those UIDs (in normal form; NULL: of
 * all) are gone since that mod-sequence.  0, or -1 with errno. */
int	update_earlier(struct box *, uint64_t modseq, const struct imap_set *);

#endif
