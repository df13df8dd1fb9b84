/* config - the keys of smtpd in correo.conf. */
#ifndef SMTPD_CONFIG_H
#define SMTPD_CONFIG_H

#include "sys/conf.h"

/* Kinds of listening addresses; facts.service is one of these. */
enum smtpd_service { SERVICE_SMTP, SERVICE_SUBMISSION, SERVICE_SMTPS };

struct smtpd_conf {
	struct conf_words listen, submission_listen, smtps_listen;
	struct conf_nets local_networks, proxies;
	struct conf_words mechanisms;
	const char *greet;
	uint64_t max_connections, max_per_address, max_per_network;
	uint64_t max_size, max_recipients, max_messages;
	uint64_t max_header, max_line, max_hops;
	uint64_t max_commands, max_errors;
	uint64_t command_timeout, data_timeout, message_time;	/* seconds */
	uint64_t min_rate;		/* bytes per second */
	uint64_t min_rate_after;
	uint64_t min_free, min_free_files;
	struct conf_words senders;	/* KEY=ADDRESS */
	uint64_t user_messages, user_recipients;	/* in an hour */
};

extern const struct conf_key smtpd_keys[];

#endif
