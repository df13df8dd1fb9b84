/*
 * sts - what a domain says of the TLS that mail to it needs (MTA-STS, RFC
 * 8461): the TXT record that names its policy (3.1), and the policy (3.2).
 *
 *	record = "v=STSv1" 1*( delim field ) [ delim ]	delim = *WSP ";" *WSP
 *	field  = "id=" 1*32( ALPHA / DIGIT ) / name "=" value
 *	policy = 1*( key ":" *WSP value *WSP ( LF / CRLF ) )
 *	key    = "version" / "mode" / "max_age" / "mx" / name
 *
 * Of a key that comes twice, other than mx, the first is taken; keys that we
 * do not know are passed over.  Pure.
 */
#ifndef WIRE_STS_H
#define WIRE_STS_H

#include <stdint.h>

#include "base/span.h"

enum { STS_ID = 33, STS_MX = 100, STS_POLICY = 65536, STS_AGE = 31557600 };

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE };

struct sts_policy {
	enum sts_mode mode;
	uint64_t max_age;		/* seconds, at most STS_AGE */
	size_t nmx;
	struct span mx[STS_MX];		/* "mx.a.test", "*.a.test"; borrowed */
};

/* The data of one TXT record.  1, with its id; 0: it is about something else;
 * -1: it begins as one, and is none. */
int	sts_record(struct span, char id[STS_ID]);

/* 0, or -1 with *why. */
int	sts_parse(struct span, struct sts_policy *, const char **why);

/* Is that the name of a host of the policy (RFC 8461 4.1)? */
int	sts_match(const struct sts_policy *, struct span host);

const char *sts_mode_name(enum sts_mode);
int	sts_mode_parse(struct span, enum sts_mode *);	/* 0, or -1 */

#endif
