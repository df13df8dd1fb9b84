/* config - correo.conf, as the commands of people see it. */
#ifndef ADMIN_CONFIG_H
#define ADMIN_CONFIG_H

#include "run/site.h"

struct config {
	struct site site;
	const char *via;		/* sendmail.via: ADDR:PORT or "" */
	uint64_t max_size;		/* sendmail.max_size */
};

extern const struct conf_key config_keys[];	/* sendmail's */

/* file NULL: where it is by default.  0, or -1: all errors were said. */
int	config_read(const char *file, struct config *);
/* These keys only, whoever's; what is wrong with them their programs say.
 * 0, or -1: the file cannot be read. */
int	config_some(const char *file, const struct conf_key *, void *out);

#endif
