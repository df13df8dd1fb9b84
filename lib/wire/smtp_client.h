/*
 * smtp_client - what a server answers to a client of ours: replies (RFC 5321
 * 4.2), and the extensions of its EHLO.
 *
 *	reply = *( code "-" text CRLF ) code [ SP text ] CRLF
 *
 * Bounded in lines and bytes whatever comes; the text is cleaned: control
 * bytes become '?'.  Leniency: a line may end in LF alone, and be of any
 * length.  The result does not depend on how the bytes were cut.  Pure.
 */
#ifndef WIRE_SMTP_CLIENT_H
#define WIRE_SMTP_CLIENT_H

#include <stdint.h>

#include "base/span.h"
#include "base/verdict.h"

enum { REPLY_LINES = 100, REPLY_BYTES = 65536, REPLY_KEEP = 8192 };

struct reply {				/* begin with { 0 } */
	unsigned code;
	unsigned lines;
	size_t bytes;
	size_t n;			/* of text */
	char text[REPLY_KEEP];		/* lines without codes, LF between; what
					 * does not fit is left out */
	/* its own */
	unsigned line_code;
	unsigned char column, more, cr;
};

/* Takes bytes of one reply off the front of *in: 1 = it is complete, 0 = needs
 * more, -1 = not a reply, or past its bounds, *why names the rule. */
int	reply_next(struct reply *, struct span *in, const char **why);

/* As a verdict, in the server's words: an enhanced code is taken out of the
 * text where it fits the reply's class (RFC 2034 3), else X.0.0. */
struct verdict reply_verdict(const struct reply *);

enum {					/* EHLO keywords */
	CAP_PIPELINING = 1, CAP_SIZE = 2, CAP_8BITMIME = 4, CAP_SMTPUTF8 = 8,
	CAP_DSN = 16, CAP_STARTTLS = 32, CAP_CHUNKING = 64
};
enum {					/* mechanisms */
	MECH_PLAIN = 1, MECH_LOGIN = 2, MECH_SCRAM = 4, MECH_XOAUTH2 = 8,
	MECH_OAUTHBEARER = 16
};

struct smtp_caps {
	unsigned has;
	unsigned mechs;
	uint64_t size;			/* of a message; 0: not said */
};

/* From the reply to EHLO.  Words that we do not know are passed over. */
void	smtp_caps_read(const struct reply *, struct smtp_caps *);
/* The first word of a greeting or of the reply to EHLO: the server's name. */
struct span reply_name(const struct reply *);

#endif
