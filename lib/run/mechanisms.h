/*
 * mechanisms - which ways of a SASL login (RFC 4422) a program offers: its key
 * PROGRAM.mechanisms.
 */
#ifndef RUN_MECHANISMS_H
#define RUN_MECHANISMS_H

#include "base/buf.h"
#include "sys/conf.h"

/* The key, for a table of keys: "pop3d", and where its struct conf_words is. */
#define MECHANISMS_KEY(program, at) \
	{ program ".mechanisms", CONF_WORDS, at, \
	    "PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS", 0, 0, \
	    "What AUTH offers, of these four; the last only with TLS.  A " \
	    "client may take the strongest it knows, and fail where no SCRAM " \
	    "keys are kept of a password." }

/* The i-th that is offered, in the order of the key; NULL behind the last. */
const char *mechanisms_at(const struct conf_words *, int tls, size_t i);
/* As the key writes it; NULL: not offered. */
const char *mechanisms_find(const struct conf_words *, int tls,
	    struct span name);

/* Is a -PLUS among them? */
int	mechanisms_plus(const struct conf_words *);

/* What is wrong with the words, a line each. */
void	mechanisms_check(const struct conf_words *, const char *program,
	    struct buf *errors);

#endif
