/*
 * watched - the files that the monitor opens for its roles: the tables, the
 * certificates and keys, the passwords.  It looks at each four times a second
 * and hands a changed one on, without reading any.
 */
#ifndef RUN_WATCHED_H
#define RUN_WATCHED_H

#include "run/role.h"
#include "run/site.h"

/* Makes the list from the site's keys.  root-owned paths only: see INSTALL. */
void	watched_init(const struct site *);
/* Looks again: the ROLE_… flags whose files are others than last time. */
unsigned watched_changed(void);
/* Opens what the flags name (ROLE_TABLES, ROLE_CERTS, ROLE_KEYS,
 * ROLE_PASSWORDS, ROLE_RELAY) and sends it on a role's control channel. */
void	watched_give(int control, unsigned flags);

#endif
