/* config - the keys of imapd in correo.conf. */
#ifndef IMAPD_CONFIG_H
#define IMAPD_CONFIG_H

#include "sys/conf.h"

/* Kinds of listening addresses; facts.service is one of these. */
enum imapd_service { SERVICE_IMAP, SERVICE_IMAPS };

struct imapd_conf {
	struct conf_words listen, imaps_listen;
	struct conf_nets local_networks, proxies;
	uint64_t max_connections, max_per_address, max_per_network;
	uint64_t max_errors;
	uint64_t login_timeout, timeout;	/* seconds */
	uint64_t look, still_here;		/* of IDLE; seconds */
	uint64_t max_append;			/* bytes */
	int make_folders;
};

extern const struct conf_key imapd_keys[];

#endif
