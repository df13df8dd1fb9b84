/*
 * append - APPEND (RFC 9051 6.3.12, RFC 3502 MULTIAPPEND).
 *
 * A message goes from the client's socket into tmp/ while it comes; what
 * speaks against it is said before the client sends it, where the client
 * waits for that.
 */
#ifndef IMAPD_APPEND_H
#define IMAPD_APPEND_H

#include "imapd/box.h"

/* A message comes (IMAP_READ_MESSAGE): takes its octets.  1, or 0 and the
 * session is over. */
int	append_message(struct box *);
/* What append_message refused is consumed: the tagged reply. */
void	append_refused(struct box *);
/* The command is whole. */
enum answer append_run(struct box *, struct imap_command *);
/* RFC 8508: it takes the place of another message. */
enum answer append_replace(struct box *, struct imap_command *);
/* Whatever was taken and not stored goes. */
void	append_drop(struct box *);

#endif
