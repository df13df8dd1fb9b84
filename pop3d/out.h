/* out - the lines of replies. */
#ifndef POP3D_OUT_H
#define POP3D_OUT_H

#include "sys/out.h"

enum { OUT_REPLY = 512 };		/* longest line, with its CR LF */

/* "+OK text".  Longer texts are cut at OUT_REPLY. */
void	out_ok(struct out *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* "-ERR [code] text"; code "" where there is none (RFC 2449 8, RFC 3206). */
void	out_err(struct out *, const char *code, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* A line of a list: the text and CR LF. */
void	out_line(struct out *, const char *text);

#endif
