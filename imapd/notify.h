/*
 * notify - NOTIFY (RFC 5465): which events of which mailboxes the client wants
 * to hear of without asking.
 *
 * The selected mailbox is told of by update.h as ever, with NOTIFY between
 * commands, too; the others by what watched.h finds.
 */
#ifndef IMAPD_NOTIFY_H
#define IMAPD_NOTIFY_H

#include "imapd/box.h"

enum answer notify_run(struct box *, struct imap_command *);
void	notify_free(struct box *);

/* Waits for the client between two commands, and tells it what happens.  1:
 * bytes of it are there; 0: the session is over. */
int	notify_attend(struct box *);
/* Looks, when a hint came or it is time.  0, or -1 with errno. */
int	notify_look(struct box *);
/* A descriptor for poll, -1: none; it was readable. */
int	notify_hint(const struct box *);
void	notify_hinted(struct box *);

/* The view has grown: fetches what is new from that number on, as the client
 * wanted it, and what it has not put there itself.  0, or -1 with errno. */
int	notify_new(struct box *, uint32_t first);
/* The client knows all there is of the selected mailbox. */
void	notify_told(struct box *);
/* The session itself has put messages with these UIDs (which come into normal
 * form) into a mailbox, or changed mailboxes of and below these names (NULL:
 * none): of that it hears nothing. */
void	notify_put(struct box *, const char *name, struct imap_set *uids);
void	notify_changed(struct box *, const char *, const char *);

#endif
