/*
 * mime_address - the addresses of a header field (RFC 5322 3.4 and 4.4): names,
 * groups, obsolete routes.  Encoded words stay as they are.
 *
 * Leniency, so that what a message shows is never hidden: words without @ are
 * an address without domain; an @ in a name without quotes; < that does not
 * close ends at a comma, quotes, comments and groups with the field; a `;`
 * outside of a group is a comma; what stands behind > is skipped.  A comment is
 * the name of an address that has none.
 */
#ifndef MAIL_MIME_ADDRESS_H
#define MAIL_MIME_ADDRESS_H

#include "base/buf.h"
#include "base/span.h"

enum mime_address_kind { MIME_MAILBOX, MIME_GROUP, MIME_GROUP_END };

struct mime_address {			/* { 0 } before; mime_address_free */
	enum mime_address_kind kind;
	struct buf name;		/* without quotes; of a group, too */
	struct buf route;		/* "@a,@b" */
	struct buf local, domain;	/* local without quotes */
	struct buf comment;		/* the last one, without ( ) */
	int group;			/* we are inside one */
};

/* The next of the list; value is folded as it stands.  1; 0 at the end; -1
 * when memory failed. */
int	mime_address_next(struct span *value, struct mime_address *);
void	mime_address_free(struct mime_address *);

#endif
