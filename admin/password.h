/* password - a new password, from a person or made, and its hash. */
#ifndef ADMIN_PASSWORD_H
#define ADMIN_PASSWORD_H

#include "admin/args.h"

#include "base/buf.h"

enum { PASSWORD_MAX = 512, PASSWORD_HASH = 384 };

/* How --generate, --password-stdin or else the terminal say.  0, or -1: said
 * why.  Clear it after use. */
int	password_get(const struct args *, char out[PASSWORD_MAX]);
/* crypt(3), by the best method this system has.  0, or -1: said why. */
int	password_hash(const char *password, char out[PASSWORD_HASH]);
/* What SCRAM needs (run/scram.h), likewise. */
int	password_scram(const char *password, struct buf *out);

#endif
