/* tls - the roles that need OpenSSL: the relay of a connection and the holder
 * of the private keys.  Executed by the monitors of smtpd, pop3d and imapd, and
 * with -n by correo check. */
#include "run/monitor.h"
#include "tls/keyholder.h"
#include "tls/pairs.h"
#include "tls/relay.h"

static const struct conf_key keys[] = { { NULL, 0, 0, NULL, 0, 0, NULL } };

static const struct role roles[] = {
	{ .name = "keyholder", .user = "key", .serve = keyholder_role },
	{ .name = "relay", .user = "tls", .serve = relay_role },
	{ .name = NULL }
};

int
main(int argc, char **argv)
{
	static const struct family family = { .program = "tls",
	    .role = roles, .keys = keys, .check = pairs_check };

	return monitor_main(argc, argv, &family);
}
