/* config - the keys of pop3d in correo.conf. */
#ifndef POP3D_CONFIG_H
#define POP3D_CONFIG_H

#include "sys/conf.h"

/* Kinds of listening addresses; facts.service is one of these. */
enum pop3d_service { SERVICE_POP3, SERVICE_POP3S };

struct pop3d_conf {
	struct conf_words listen, pop3s_listen;
	struct conf_words mechanisms;		/* of login_mechanism */
	struct conf_nets local_networks, proxies;
	uint64_t max_connections, max_per_address, max_per_network;
	uint64_t max_errors;
	uint64_t login_timeout, timeout;	/* seconds */
	const char *uidl;			/* pop3d/uidl.h */
	int mark_seen, refuse_utf8;
	const char *expire;			/* "never", or days */
	uint64_t login_delay;			/* seconds; 0: none */
};

extern const struct conf_key pop3d_keys[];

#endif
