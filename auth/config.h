/* config - the keys of the password check in correo.conf. */
#ifndef AUTH_CONFIG_H
#define AUTH_CONFIG_H

#include "sys/conf.h"

/* Words of checkpassword, and room for each. */
enum { CHECK_WORDS = 16, CHECK_WORD = 256 };

struct auth_conf {
	uint64_t workers;		/* hashes at once */
	uint64_t waiting;		/* checks that may wait for a turn */
	const char *checkpassword;	/* a program that answers instead */
	uint64_t checkpassword_timeout;
};

extern const struct conf_key auth_keys[];

#endif
