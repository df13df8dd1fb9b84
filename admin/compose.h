/*
 * compose - the header section of a message that a program gave to sendmail:
 * what is missing is added, what must not go out is left out, bare names get
 * our domain.  Pure.
 */
#ifndef ADMIN_COMPOSE_H
#define ADMIN_COMPOSE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

struct compose {
	const char *hostname, *id;	/* for Message-ID */
	int64_t now;
	const char *from;		/* address, for a missing From */
	const char *name;		/* beside it; "" */
	int take_recipients;		/* -t */
	const char *nodename;		/* of this machine, if without a dot */
};

/*
 * in: the message's beginning, CRLF, at least up to its blank line.  out gets
 * the header section with its blank line, rcpts (with -t) the addresses of To,
 * Cc and Bcc (of the Resent- fields where there are some), each with LF.
 * *used is how much of in that was.  0, or -1 and *why, and in rcpts the
 * address that it is about, if it is about one.
 */
int	compose_header(struct span in, const struct compose *, struct buf *out,
	    struct buf *rcpts, size_t *used, const char **why);

/* Each address of a list as in those fields, with LF.  0, or -1, *why, and in
 * rcpts that address alone. */
int	compose_recipients(struct span list, const char *hostname,
	    struct buf *rcpts, const char **why);

/* The one sender there is, without LF: as local@HOSTNAME where it is at
 * localhost or the nodename, which elsewhere are nobody's; nothing of none.
 * 0, or -1 and *why. */
int	compose_sender(struct span, const char *hostname,
	    const char *nodename, struct buf *, const char **why);

/* The same of an address alone. */
int	compose_return(struct span address, const char *hostname,
	    const char *nodename, struct buf *, const char **why);

/* local@domain, a bare name with our domain.  0, or -1 and *why. */
int	compose_qualify(struct span, const char *hostname, struct buf *,
	    const char **why);

#endif
