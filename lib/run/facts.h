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

enum facts_phase {
	PHASE_START,			/* a new connection: greet */
	PHASE_TLS,			/* after STARTTLS: no greeting */
	PHASE_LOGIN,			/* after a login: user, helo are set */
	PHASE_PROXY			/* a PROXY header is to be read first */
};

struct facts {
	uint32_t connection;		/* the listener's number of it */
	uint32_t service;		/* index of the listening address's kind */
	struct ip client;
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
};

#endif
