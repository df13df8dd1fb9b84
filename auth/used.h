/*
 * used - what the password check keeps below STATE/auth (correo-auth 0700):
 * when each app password was used, and a secret of its own.  All of it may be
 * lost without harm.
 */
#ifndef AUTH_USED_H
#define AUTH_USED_H

#include "run/role.h"

enum { USED_SECRET = 32 };

/* Confines the process, with what lies in the directory in reach.  The
 * directory, or -1 with a line in the log: nothing is kept. */
int	used_confine(const struct role_env *);
/* The same for all services and over restarts, if there is a directory. */
void	used_secret(int dir, unsigned char out[USED_SECRET]);

/* That app password has been used; written at most once an hour. */
void	used_now(int dir, const char *key, const char *id);

#endif
