/* config - the keys of localdeliver in correo.conf. */
#ifndef LOCALDELIVER_CONFIG_H
#define LOCALDELIVER_CONFIG_H

#include "sys/conf.h"

struct config {
	uint64_t program_timeout;	/* seconds */
	uint64_t max_hops;
};

extern const struct conf_key config_keys[];

#endif
