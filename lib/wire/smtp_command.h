/*
 * smtp_command - one command line of SMTP (RFC 5321 4.1), with the parameters
 * of RFC 1870 (SIZE), 6152 (BODY), 6531 (SMTPUTF8), 3461 (DSN), BDAT of RFC
 * 3030, STARTTLS of RFC 3207 and AUTH of RFC 4954.
 *
 * Leniency on reading: white space at the end of the line, and between the
 * colon of MAIL FROM: or RCPT TO: and the path; a HELO name is any one word.
 * Pure; spans point into the line.
 */
#ifndef WIRE_SMTP_COMMAND_H
#define WIRE_SMTP_COMMAND_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "base/verdict.h"
#include "mail/address.h"

enum {
	/* RFC 5321 4.5.3.1.4 says 512; what RFC 1870, 6152, 6531 and 3461 add
	 * to MAIL or RCPT is less than 1,100.  With CR LF. */
	SMTP_LINE = 2048,
	/* A line of a login (RFC 4954 4), the command itself included. */
	SMTP_AUTH_LINE = 12288,
	SMTP_MECHANISM = 20,		/* RFC 4422 3.1 */
	SMTP_HELO_NAME = 255,		/* RFC 5321 4.5.3.1.2 */
	SMTP_ENVID = 100, SMTP_ORCPT = 500	/* RFC 3461 4.2, 4.4 */
};

enum smtp_verb {
	SMTP_NONE,			/* the line was no command */
	SMTP_HELO, SMTP_EHLO, SMTP_MAIL, SMTP_RCPT, SMTP_DATA, SMTP_BDAT,
	SMTP_RSET, SMTP_NOOP, SMTP_QUIT, SMTP_VRFY, SMTP_HELP,
	SMTP_STARTTLS, SMTP_AUTH,
	SMTP_OTHER,			/* known, and not offered: EXPN … */
	SMTP_VERBS
};

struct smtp_command {
	enum smtp_verb verb;
	struct span arg;		/* name of HELO and EHLO, text of VRFY,
					 * mechanism of AUTH */
	struct span response;		/* AUTH: base64, "=" for an empty
					 * one; empty when not said */
	struct address address;		/* MAIL (may be null), RCPT */
	struct span path;		/* its text, no <> or source route */
	uint64_t size;			/* MAIL: 0 when not said; BDAT */
	int last;			/* BDAT LAST */
	int utf8;			/* MAIL SMTPUTF8 */
	struct span body, ret, notify;	/* as written; empty when not said */
	struct span envid, orcpt;	/* xtext (RFC 3461 4), checked */
};

/*
 * The line is without its CR LF.  0; or -1: *no is the reply, whose text ends
 * in "(the rule)"; verb is what was understood (for BDAT then nothing is known
 * of the bytes that follow, and the connection must end).
 */
int	smtp_command_parse(struct span line, struct smtp_command *,
	    struct verdict *no);

/* Decodes what smtp_command_parse found to be xtext.  0, or -1 when the buf
 * failed. */
int	smtp_xtext(struct buf *, struct span xtext);

#endif
