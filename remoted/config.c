/* config - the keys of remoted in correo.conf. */
#include "remoted/config.h"

#define KEY(name, type, field, fallback, min, max, meaning) \
	{ "remoted." name, type, offsetof(struct config, field), \
	    fallback, min, max, meaning }

const struct conf_key config_keys[] = {
	KEY("helo", CONF_TEXT, helo, "", 0, 0,
	    "The name that other servers are greeted with, where neither a "
	    "route nor remoted.source names one; empty: hostname."),
	KEY("source", CONF_NAMED, source, "", 0, 0,
	    "Addresses of this machine: from the first of each family other "
	    "servers are reached, where a route has no source=; whatever "
	    "comes from one that has a name greets with it, where a route "
	    "has no helo=."),
	KEY("connect_timeout", CONF_TIME, connect_timeout, "30s", 1, 300,
	    "How long a connection to one address may take."),
	KEY("timeout", CONF_TIME, timeout, "5m", 1, 3600,
	    "How long another server may take for one reply (RFC 5321 "
	    "4.5.3.2)."),
	KEY("end_timeout", CONF_TIME, end_timeout, "10m", 1, 3600,
	    "The same for the reply to a whole message; when it is over, the "
	    "message is sent again, and may arrive twice."),
	KEY("keep", CONF_TIME, keep, "5m", 0, 3600,
	    "The age from which on a connection is not used for another "
	    "message: the next one sees what DNS, policies and authorities "
	    "say by then."),
	KEY("ipv6", CONF_YES, ipv6, "yes", 0, 0,
	    "Whether IPv6 addresses of other servers are tried, ahead of "
	    "IPv4."),
	KEY("dane", CONF_YES, dane, "yes", 0, 0,
	    "Whether TLSA records are obeyed (RFC 7672); they are believed "
	    "only from a validating resolver on this machine."),
	KEY("ca_file", CONF_TEXT, ca_file,
	    "/etc/ssl/certs/ca-certificates.crt", 0, 0,
	    "PEM file of the authorities that tls=verify believes."),
	KEY("lmtp_dir", CONF_TEXT, lmtp_dir, "", 0, 0,
	    "Directory that holds the sockets of lmtp+unix routes, the only "
	    "one remoted can reach; empty: there are none."),
	KEY("own", CONF_NETS, own, "127.0.0.1 ::1 0.0.0.0 ::", 0, 0,
	    "Addresses that lead back to this server, beside its own name: "
	    "an MX record that names one is a mail loop."),
	{ .name = NULL }
};
