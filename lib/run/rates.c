/* rates - how many messages and recipients each user has sent. */
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/span.h"
#include "run/rates.h"

struct rate {
	struct rate *next;
	uint64_t since_s, messages, recipients;
	char user[];
};

static struct rate *find(struct rate **, const char *, uint64_t);

enum rates_result
rates_take(struct rates *r, const char *user, uint64_t recipients,
    uint64_t now_s)
{
	struct rate *u;

	if (r->max_messages == 0 && r->max_recipients == 0)
		return RATES_OK;
	u = find(&r->slot[crc32c(0, span_of(user)) % RATES_SLOTS], user,
	    now_s);
	if (u == NULL)
		return RATES_MESSAGES;		/* no memory: later */
	if (r->max_messages && u->messages >= r->max_messages)
		return RATES_MESSAGES;
	if (r->max_recipients &&
	    (recipients > r->max_recipients ||
	    u->recipients > r->max_recipients - recipients))
		return RATES_RECIPIENTS;
	u->messages++;
	u->recipients += recipients;
	return RATES_OK;
}

/* Those of the slot whose hour is over go. */
static struct rate *
find(struct rate **at, const char *user, uint64_t now_s)
{
	struct rate *u, *mine = NULL;
	size_t n = strlen(user) + 1;

	while ((u = *at) != NULL) {
		if (now_s - u->since_s >= RATES_S) {
			*at = u->next;
			free(u);
			continue;
		}
		if (strcmp(u->user, user) == 0)
			mine = u;
		at = &u->next;
	}
	if (mine == NULL && (mine = calloc(1, sizeof *mine + n)) != NULL) {
		memcpy(mine->user, user, n);
		mine->since_s = now_s;
		*at = mine;
	}
	return mine;
}
