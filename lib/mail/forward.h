/*
 * forward - a forwarding file: what its owner wants done with his mail.
 *
 *	file    = *( line LF )
 *	line    = *WSP [ targets ] [ "#" comment ]
 *
 * Targets are those of an alias (mail/address.h): addresses, \user, /path/,
 * |program or "|program arguments", separated by commas or white space.  They
 * are numbered from 1 through the file, so that a program can be named by its
 * number.  Pure; correo-forward(5).
 */
#ifndef MAIL_FORWARD_H
#define MAIL_FORWARD_H

#include "mail/target.h"

enum {
	FORWARD_MAX = 65536,		/* bytes of a file */
	FORWARD_TARGETS = 1000		/* in a file */
};

struct forward {
	struct span in;			/* set to the file's text at first */
	struct span line;		/* rest of the present line */
	unsigned line_nr;		/* its number, from 1 */
	unsigned entry;			/* number of the latest target */
};

/* The next target: 1; 0 at the end; -1 with *why (line_nr says where). */
int	forward_next(struct forward *, struct target *, const char **why);

#endif
