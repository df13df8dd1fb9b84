/* config - queued's own keys of correo.conf. */
#ifndef QUEUED_CONFIG_H
#define QUEUED_CONFIG_H

#include "sys/conf.h"

struct config {
	struct conf_times retry;	/* the last one repeats */
	uint64_t lifetime, bounce_lifetime, warn;	/* seconds */
	uint64_t active;		/* recipients in memory */
	uint64_t children;		/* deliverers at once */
	uint64_t rescan;		/* seconds */
	uint64_t report_size;		/* bytes of a message sent back whole */
	uint64_t drop_size;		/* bytes of a dropped message */
	int srs, mta_sts;
};

extern const struct conf_key config_keys[];

#endif
