/* config - the keys of imapd in correo.conf. */
#ifndef IMAPD_CONFIG_H
#define IMAPD_CONFIG_H

#include "run/reader.h"

struct imapd_conf {
	struct reader_conf reader;		/* first */
	uint64_t max_errors;
	uint64_t timeout;			/* seconds */
	uint64_t command_timeout;		/* seconds */
	uint64_t min_rate;			/* bytes per second */
	uint64_t look, still_here;		/* of IDLE; seconds */
	uint64_t max_append;			/* bytes */
	int make_folders;
};

extern const struct conf_key imapd_keys[];

#endif
