/*
 * sts_channel - what remoted and the process that keeps MTA-STS policies and
 * counts (role sts) say to each other, a record a packet:
 *
 *	ask DOMAIN				which policy has it?
 *	mode enforce|testing|none  id ID  mx PATTERN (0..100 times)
 *						the answer to that
 *	count DOMAIN  policy WORD  result WORD  host NAME  ip ADDRESS
 *						a session; no answer
 *
 * A DOMAIN is in lower case ASCII and fit to be the name of a file; a WORD is
 * of letters, digits and "-:=", so that a line of the file of counts cannot be
 * made to look like two (remoted(8), FILES).  Spans are borrowed.  Pure.
 */
#ifndef WIRE_STS_CHANNEL_H
#define WIRE_STS_CHANNEL_H

#include "base/buf.h"
#include "wire/sts.h"

struct sts_count {
	struct span policy;		/* "tlsa", "sts:enforce:ID" ... */
	struct span result;		/* "success", or of RFC 8460 4.3 */
	struct span host, ip;
};

struct sts_request {
	struct span domain;
	int counts;			/* 1: count is set; 0: it asks */
	struct sts_count count;
};

struct sts_answer {
	struct sts_policy policy;	/* its max_age does not travel */
	struct span id;
};

/* Each adds a whole record.  0, or -1. */
int	sts_request_add(struct buf *, const struct sts_request *);
int	sts_answer_add(struct buf *, const struct sts_answer *);

/* From the inside of a record.  0, or -1 with *why. */
int	sts_request_parse(struct span fields, struct sts_request *,
	    const char **why);
int	sts_answer_parse(struct span fields, struct sts_answer *,
	    const char **why);

#endif
