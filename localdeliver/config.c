/* config - the keys of localdeliver in correo.conf. */
#include "localdeliver/config.h"

#define KEY(name, type, field, fallback, min, max, meaning) \
	{ "localdeliver." name, type, offsetof(struct config, field), \
	    fallback, min, max, meaning }

const struct conf_key config_keys[] = {
	KEY("program_timeout", CONF_TIME, program_timeout, "10m", 1, 86400,
	    "How long a program of a forwarding file may run; then it is "
	    "killed with all its group and tried again later."),
	KEY("max_hops", CONF_NUMBER, max_hops, "100", 10, 1000,
	    "A message with more Received fields than this is in a loop "
	    "(RFC 5321 6.3) and is returned."),
	{ .name = NULL }
};
