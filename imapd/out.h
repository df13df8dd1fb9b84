/* out - the lines of replies. */
#ifndef IMAPD_OUT_H
#define IMAPD_OUT_H

#include "sys/out.h"

enum { OUT_REPLY = 512 };		/* longest line of out_line */

/* "* OK text": a line of ours, CR LF is added.  Longer ones are cut. */
void	out_line(struct out *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* "tag OK [code] text"; tag "" is "*", code "" none. */
void	out_tagged(struct out *, struct span tag, const char *word,
	    struct span code, const char *text);

#endif
