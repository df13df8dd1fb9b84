/*
 * authorities - the certificates that are believed, each read when a chain
 * asks for it: all of a system, kept as OpenSSL does, are more than a megabyte
 * in a process that needs one or two of them.
 */
#ifndef SYS_AUTHORITIES_H
#define SYS_AUTHORITIES_H

#include <openssl/x509_vfy.h>

/* Those in the PEM file become the store's; what that takes, a descriptor of
 * the file with it, stays for the life of the process.  How many they are; 0:
 * none, or it cannot be read. */
size_t	authorities_add(X509_STORE *, int fd);

#endif
