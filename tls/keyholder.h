/*
 * keyholder - the one process that holds private keys.
 *
 * It reads no stranger's byte but 512 at most of what a relay wants signed,
 * and signs only what a TLS server has to sign (RFC 8446 4.4.3, RFC 8422 5.4),
 * KEYHOLDER_PER_CHANNEL times for a channel, KEYHOLDER_PER_SECOND in all.
 */
#ifndef TLS_KEYHOLDER_H
#define TLS_KEYHOLDER_H

#include "run/role.h"
#include "tls/remote_key.h"

enum { KEYHOLDER_PER_CHANNEL = 2, KEYHOLDER_PER_SECOND = 2000 };

/* Is this the input of a server's signature in a TLS 1.3 or 1.2 handshake?
 * Pure.  1 or 0. */
int	keyholder_is_tls(struct span tbs);

/* The role "keyholder": keys come as NOTE_FILE "tls.key PATH", channels as
 * NOTE_SPAWN on its links. */
int	keyholder_role(struct role_env *);

#endif
