/*
 * uidl - unique ids in the form that the site's clients know (pop3d.uidl).
 *
 *	form = *( "%u" / "%v" / "%08Xu" / "%08Xv" / "%f" / "%%" / other bytes )
 */
#ifndef POP3D_UIDL_H
#define POP3D_UIDL_H

#include <stdint.h>

#include "base/buf.h"

/* What the server before used, e.g.: Dovecot %08Xu%08Xv, or %v.%u; Courier
 * UID%u-%v, %v-%u or %f; qmail %f. */
enum { UIDL_FORM = 64, UIDL_ID = 400 };

struct uidl {
	uint32_t uid, uidvalidity;
	struct span base;		/* the file's name without flags */
};

/* 0, or -1 with *why: no such form, or one that does not tell all messages
 * apart. */
int	uidl_check(struct span form, const char **why);
/* An id of printable ASCII (RFC 1939 7).  Where %f cannot be one, because of
 * bytes in the name, it is what the default form gives. */
void	uidl_format(struct buf *, struct span form, const struct uidl *);

#endif
