/*
 * rates - how many messages and recipients each user has sent in this hour of
 * theirs, which begins with the first message after the last one ended.
 */
#ifndef RUN_RATES_H
#define RUN_RATES_H

#include <stddef.h>
#include <stdint.h>

enum { RATES_S = 3600, RATES_SLOTS = 256 };

struct rate;

struct rates {
	uint64_t max_messages, max_recipients;	/* 0: any number */
	struct rate *slot[RATES_SLOTS];
};

enum rates_result { RATES_OK, RATES_MESSAGES, RATES_RECIPIENTS };

/* One more message with that many recipients: counted when it is within both
 * limits, else not at all.  What has ended is forgotten on the way. */
enum rates_result rates_take(struct rates *, const char *user,
	    uint64_t recipients, uint64_t now_s);

#endif
