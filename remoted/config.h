/* config - remoted's own keys of correo.conf. */
#ifndef REMOTED_CONFIG_H
#define REMOTED_CONFIG_H

#include "sys/conf.h"

struct config {
	const char *helo;		/* "": hostname */
	uint64_t connect_timeout, timeout, end_timeout, keep;	/* seconds */
	struct conf_words source;	/* conf_named */
	int ipv6, dane;
	const char *ca_file;
	const char *lmtp_dir;		/* "": none */
	struct conf_nets own;		/* addresses that lead back here */
};

extern const struct conf_key config_keys[];

#endif
