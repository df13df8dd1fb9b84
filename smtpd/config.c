/* config - the keys of smtpd in correo.conf. */
#include <stddef.h>

#include "mail/envelope.h"
#include "run/mechanisms.h"
#include "smtpd/config.h"

#define AT(field) offsetof(struct smtpd_conf, field)

const struct conf_key smtpd_keys[] = {
	{ "smtpd.listen", CONF_LISTEN, AT(listen), "0.0.0.0:25 [::]:25", 0, 0,
	    "Addresses for mail from other servers." },
	{ "smtpd.submission.listen", CONF_LISTEN, AT(submission_listen), "",
	    0, 0, "Addresses for mail from our users (STARTTLS and login)." },
	{ "smtpd.smtps.listen", CONF_LISTEN, AT(smtps_listen), "", 0, 0,
	    "Addresses for mail from our users (TLS from the start)." },
	{ "smtpd.local_networks", CONF_NETS, AT(local_networks), "", 0, 0,
	    "Networks whose clients may log in without TLS." },
	{ "smtpd.proxies", CONF_NETS, AT(proxies), "", 0, 0,
	    "Networks whose clients are proxies: each connection from there "
	    "must begin with a PROXY header (version 1 or 2), and counts as "
	    "its client's." },
	MECHANISMS_KEY("smtpd", AT(mechanisms)),
	{ "smtpd.greet", CONF_TEXT, AT(greet), "", 0, 0,
	    "The name in the greeting; empty: the hostname." },
	{ "smtpd.max_connections", CONF_NUMBER, AT(max_connections), "4000",
	    1, 100000, "Connections at one time; fewer where the limit of "
	    "descriptors leaves no room for three each." },
	{ "smtpd.max_per_address", CONF_NUMBER, AT(max_per_address), "1000",
	    1, 100000, "Connections at one time from one address "
	    "(IPv6: from one /64)." },
	{ "smtpd.max_per_network", CONF_NUMBER, AT(max_per_network), "2000",
	    1, 100000, "Connections at one time from one network "
	    "(IPv4 /24, IPv6 /48)." },
	{ "smtpd.max_size", CONF_SIZE, AT(max_size), "50M", 65536,
	    (uint64_t)1 << 39, "Bytes of one message." },
	{ "smtpd.max_recipients", CONF_NUMBER, AT(max_recipients), "1000",
	    100, ENVELOPE_RCPTS, "Recipients of one message." },
	{ "smtpd.max_messages", CONF_NUMBER, AT(max_messages), "0", 0,
	    1000000, "Messages in one connection; 0: any number." },
	{ "smtpd.max_header", CONF_SIZE, AT(max_header), "256K", 1024,
	    1 << 30, "Bytes of a message's header." },
	{ "smtpd.max_line", CONF_SIZE, AT(max_line), "64K", 998, 1 << 30,
	    "Bytes of one line of a message." },
	{ "smtpd.max_hops", CONF_NUMBER, AT(max_hops), "100", 10, 1000,
	    "Received fields of a message; more is a loop." },
	{ "smtpd.max_commands", CONF_NUMBER, AT(max_commands), "1000000", 10,
	    UINT32_MAX, "Commands in one connection." },
	{ "smtpd.max_errors", CONF_NUMBER, AT(max_errors), "100", 1,
	    UINT32_MAX, "Refused commands in a connection since its last "
	    "accepted message; one more ends it." },
	{ "smtpd.command_timeout", CONF_TIME, AT(command_timeout), "5m", 1,
	    86400, "Time for one command, and for writing its answer." },
	{ "smtpd.data_timeout", CONF_TIME, AT(data_timeout), "5m", 1, 86400,
	    "Time without any byte while a message comes." },
	{ "smtpd.message_time", CONF_TIME, AT(message_time), "2h", 1, 604800,
	    "Time for the text of one message." },
	{ "smtpd.min_rate", CONF_SIZE, AT(min_rate), "100", 0, 1 << 30,
	    "Bytes per second that a message's text must reach." },
	{ "smtpd.min_rate_after", CONF_TIME, AT(min_rate_after), "1m", 1,
	    86400, "Time that a text may come more slowly than that." },
	{ "smtpd.min_free", CONF_SIZE, AT(min_free), "64M", 0, 0,
	    "Bytes that stay free on the queue's file system." },
	{ "smtpd.min_free_files", CONF_NUMBER, AT(min_free_files), "1000",
	    0, 0, "Files that stay free on the queue's file system." },
	{ "smtpd.submission.senders", CONF_WORDS, AT(senders), "", 0, 0,
	    "KEY=ADDRESS or KEY=@DOMAIN: addresses that the user with that "
	    "mailbox key may send as, besides those that lead to it." },
	{ "smtpd.submission.max_messages", CONF_NUMBER, AT(user_messages),
	    "500", 0, UINT32_MAX, "Messages of one user in an hour; 0: any "
	    "number." },
	{ "smtpd.submission.max_recipients", CONF_NUMBER,
	    AT(user_recipients), "2000", 0, UINT32_MAX,
	    "Recipients of one user in an hour; 0: any number." },
	{ .name = NULL }
};
