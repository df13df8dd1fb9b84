/*
 * pop3_command - a POP3 command line, and the capabilities' words.  Pure.
 *
 * What we take beyond RFC 1939 3: a line may end in LF alone, keywords and
 * numbers may be followed by spaces, and a line may be longer than the 255
 * octets of RFC 2449 4 (names and passwords may be).
 */
#ifndef WIRE_POP3_COMMAND_H
#define WIRE_POP3_COMMAND_H

#include <stdint.h>

#include "base/span.h"

enum {
	POP3_LINE = 1024,		/* with its line end */
	/* a response of SASL: base64 of 8 KiB (RFC 5034 4), and an AUTH that
	 * brings its first one along */
	POP3_AUTH_LINE = 10924 + 64
};

enum pop3_verb {
	POP3_NONE, POP3_APOP, POP3_AUTH, POP3_CAPA, POP3_DELE, POP3_LANG,
	POP3_LIST, POP3_NOOP, POP3_PASS, POP3_QUIT, POP3_RETR, POP3_RSET,
	POP3_STAT, POP3_STLS, POP3_TOP, POP3_UIDL, POP3_USER, POP3_UTF8,
	POP3_VERBS
};

struct pop3_command {
	enum pop3_verb verb;
	/* USER, PASS: all behind the keyword; AUTH: the mechanism; LANG: the
	 * tag.  Empty: none was given. */
	struct span text;
	struct span initial;		/* AUTH: initial response, base64 */
	int has_initial;
	int has_number;
	uint32_t number, lines;		/* lines: TOP */
};

/* A line without its CR LF.  0; or -1 and *why names the rule (verb says what
 * was meant, POP3_NONE: no such command). */
int	pop3_command_parse(struct span line, struct pop3_command *,
	    const char **why);

#endif
