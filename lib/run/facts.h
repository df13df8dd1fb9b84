/*
 * facts - what the listener says of a connection.
 *
 * It travels from the listener to the process that serves the connection, and
 * as the stamp on a writer's channel: class and client are never taken from a
 * session.  One build, one machine: a plain struct on a packet channel.
 */
#ifndef RUN_FACTS_H
#define RUN_FACTS_H

#include <stdint.h>

#include "base/ip.h"
#include "mail/envelope.h"
#include "sys/log.h"

enum facts_phase {
	PHASE_START,			/* a new connection: greet */
	PHASE_TLS,			/* after STARTTLS: no greeting */
	PHASE_LOGIN,			/* after a login: user, helo are set */
	PHASE_PROXY			/* a PROXY header is to be read first */
};

enum facts_cert {			/* the client's own certificate */
	CERT_NONE, CERT_SHOWN, CERT_VERIFIED
};

struct facts {
	uint32_t connection;		/* the listener's number of it */
	uint32_t service;		/* index of its kind of address */
	struct ip client;
	uint16_t port;			/* the client's; 0: not known */
	uint8_t class;			/* enum mail_class */
	uint8_t phase;			/* enum facts_phase */
	uint8_t tls;			/* 1: the stream comes from a relay */
	uint8_t may_login;		/* 1: TLS, or a local network */
	char user[321];			/* mailbox key */
	char helo[256];			/* HELO (SMTP) or tag (IMAP), counted */
	char tls_version[16], tls_cipher[48];
	/* Channel binding: tls-exporter (RFC 9266), and the certificate's hash
	 * (tls-server-end-point, RFC 5929 4.1; 0 bytes: none). */
	unsigned char exporter[32], endpoint[64];
	uint8_t has_exporter, endpoint_n;
	uint8_t cert;			/* enum facts_cert */
	unsigned char cert_hash[32];	/* its SHA-256 */
};

/* client=, as all lines have it, and what else tells clients apart: port=
 * (RFC 6302: many share an address), cert= and verified=, where they are. */
void	facts_log_client(struct log *, const struct facts *);
void	facts_log_rest(struct log *, const struct facts *);

#endif
