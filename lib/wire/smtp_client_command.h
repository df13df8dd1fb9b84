/*
 * smtp_client_command - the lines that a client sends: MAIL and RCPT with what
 * the server's extensions let them carry (RFC 1870, 3461, 6152, 6531).  Pure.
 */
#ifndef WIRE_SMTP_CLIENT_COMMAND_H
#define WIRE_SMTP_CLIENT_COMMAND_H

#include "base/buf.h"
#include "wire/job.h"
#include "wire/smtp_client.h"

/* What of the job the server gets to hear. */
struct smtp_mail {
	int body8;			/* BODY=8BITMIME */
	int utf8;			/* SMTPUTF8 */
};

/* Each adds a line with its CRLF.  0, or -1: the buf failed, or an address
 * holds what no line may (a control byte, a space outside of quotes). */
int	smtp_mail_add(struct buf *, const struct job *,
	    const struct smtp_caps *, const struct smtp_mail *);
int	smtp_rcpt_add(struct buf *, const struct job_rcpt *,
	    const struct smtp_caps *);

/* RFC 3461 4: what stands for a value of ENVID and ORCPT.  0, or -1. */
int	smtp_xtext_add(struct buf *, struct span);

/*
 * The text of a message as it goes out: every line ends in CRLF (a CR or LF
 * that stands alone becomes one), and a dot at the start of a line is doubled
 * (RFC 5321 4.5.2).  The result does not depend on how the input was cut.
 */
struct smtp_stuff {			/* begin with { 0 } */
	int in_line, cr;
	int dots;			/* stay as they are: for BDAT */
};

/* 0, or -1 when the buf failed; out is at most twice as long, plus 2. */
int	smtp_stuff_add(struct smtp_stuff *, struct span, struct buf *out);
/* Completes the last line.  The end is "." CRLF, which is the caller's. */
int	smtp_stuff_end(struct smtp_stuff *, struct buf *out);

#endif
