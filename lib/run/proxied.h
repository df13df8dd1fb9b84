/*
 * proxied - reads the PROXY header of a connection from a proxy of ours.
 *
 * Runs in a child of the session zygote (facts.phase is PHASE_PROXY): reads
 * not one byte more than the header, so that TLS or SMTP stays in the kernel,
 * and tells the listener the client's address.
 */
#ifndef RUN_PROXIED_H
#define RUN_PROXIED_H

#include "run/facts.h"

/* The exit status of the child. */
int	proxied_serve(const struct facts *, int client, int control);

#endif
