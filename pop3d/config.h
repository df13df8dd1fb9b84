/* config - the keys of pop3d in correo.conf. */
#ifndef POP3D_CONFIG_H
#define POP3D_CONFIG_H

#include "run/reader.h"

struct pop3d_conf {
	struct reader_conf reader;		/* first */
	uint64_t max_errors;
	uint64_t timeout;			/* seconds */
	const char *uidl;			/* pop3d/uidl.h */
	int mark_seen, refuse_utf8;
	const char *expire;			/* "never", or days */
	uint64_t login_delay;			/* seconds; 0: none */
};

extern const struct conf_key pop3d_keys[];

#endif
