/*
 * imap_reader - commands out of a stream of bytes: lines and the literals in
 * them (RFC 9051 4.3, RFC 7888).
 *
 * The text of a command is kept as it came, literals and all.  A message of
 * APPEND or REPLACE does not pass here: the session takes its octets, and the
 * text keeps a mark (a NUL, which nothing else of a line may be).  Of more than
 * three messages (MULTIAPPEND) it has the first and the last two: so a command
 * may have any number of them, and the session, which parses the text at each,
 * has seen them all.
 *
 * Whatever is refused is consumed to its end, so that the next command is read
 * from where it begins.  What is read does not depend on how the input is cut.
 * Leniency: LF without CR.
 */
#ifndef WIRE_IMAP_READER_H
#define WIRE_IMAP_READER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	IMAP_LINE = 65536,		/* octets of lines, of one command */
	IMAP_LITERALS = 65536,		/* octets of its literals */
	IMAP_NONSYNC = 4096		/* RFC 7888 5: LITERAL- */
};

enum imap_read {
	IMAP_READ_MORE,			/* all of in is consumed */
	IMAP_READ_COMMAND,		/* .text is one, without last CRLF */
	IMAP_READ_CONTINUE,		/* send "+ ", then call again */
	IMAP_READ_MESSAGE,		/* .literal octets of a message come:
					 * imap_reader_message or _refuse */
	IMAP_READ_REFUSED,		/* what imap_reader_refuse refused */
	IMAP_READ_BAD			/* refused: *why; .text has the tag */
};

enum imap_reader_state {
	IMAP_AT_LINE, IMAP_IN_LITERAL, IMAP_AT_MESSAGE, IMAP_SKIP_LINE,
	IMAP_SKIP_LITERAL, IMAP_REFUSE, IMAP_DONE
};

struct imap_reader {			/* { 0 } before */
	struct buf text;
	uint64_t literal;		/* octets of it that still come */
	int sync;			/* the client waits for "+ " */
	int binary;			/* ~{n} */
	int minus;			/* to be set: LITERAL-, not LITERAL+ */
	int line_only;			/* to be set: AUTHENTICATE, DONE: a
					 * line, without literals */
	/* its own */
	enum imap_reader_state state;
	size_t line;			/* where this line begins in text */
	size_t lines, literals;		/* octets so far, but those left out */
	size_t messages;
	size_t first, last;		/* where in text the arguments of the
					 * second and the last message begin */
	unsigned char tail[32];		/* of a line that is skipped */
	size_t ntail;
	int refused;
	const char *bad;
};

enum { IMAP_TEXT = IMAP_LINE + IMAP_LITERALS + 64 };

/* Consumes from *in.  After COMMAND, REFUSED and BAD the text stays until the
 * next call, which begins a new command. */
enum imap_read imap_read(struct imap_reader *, struct span *in,
	    const char **why);
/* The session reads .literal octets of the stream now (and sends "+ " before,
 * when .sync); then imap_read goes on behind them. */
void	imap_reader_message(struct imap_reader *);
/* It will answer NO: what still comes of the command is thrown away, then
 * IMAP_READ_REFUSED. */
void	imap_reader_refuse(struct imap_reader *);
void	imap_reader_free(struct imap_reader *);

#endif
