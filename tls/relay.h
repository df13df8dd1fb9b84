/*
 * relay - one TLS connection: ciphertext on the client's socket, plaintext on
 * the session's stream, and nothing else in reach.
 */
#ifndef TLS_RELAY_H
#define TLS_RELAY_H

#include "run/role.h"

/*
 * The zygote "relay".  Certificates come as NOTE_FILE "tls.cert PATH" and
 * "tls.client_ca PATH", and are taken at NOTE_GO.  NOTE_SPAWN: text is the ALPN
 * name ("" for none), arg an enum client_cert, facts those of the connection,
 * fd[0] the client's socket, fd[1] the channel to the listener, fd[2] the
 * stream, fd[3] that to the key holder; NOTE_UP goes to the listener when the
 * handshake is done.
 */
int	relay_role(struct role_env *);

#endif
