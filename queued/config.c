/* config - queued's own keys of correo.conf. */
#include <stddef.h>

#include "queued/config.h"

#define AT(field) offsetof(struct config, field)

const struct conf_key config_keys[] = {
	{ "queued.retry", CONF_TIMES, AT(retry), "5m 10m 20m 40m 1h 2h 4h",
	    1, 604800, "Waits between the attempts for a message, each changed "
	    "by up to an eighth at random; the last one repeats." },
	{ "queued.lifetime", CONF_TIME, AT(lifetime), "5d", 60, 31536000,
	    "How long delivery is tried before the sender gets a report." },
	{ "queued.bounce_lifetime", CONF_TIME, AT(bounce_lifetime), "2d", 60,
	    31536000, "The same for reports and other mail from nobody." },
	{ "queued.warn", CONF_TIME, AT(warn), "4h", 0, 31536000,
	    "The age at which the sender is told, once, that the message "
	    "still waits; 0: never." },
	{ "queued.active", CONF_NUMBER, AT(active), "20000", 100, 1000000,
	    "Recipients held in memory; what is more stays on disk until "
	    "there is room." },
	{ "queued.children", CONF_NUMBER, AT(children), "100", 1, 1000,
	    "Delivering processes at once, for all destinations together." },
	{ "queued.rescan", CONF_TIME, AT(rescan), "5m", 1, 86400,
	    "Pause between two looks at the whole queue, for what hints did "
	    "not tell." },
	{ "queued.report_size", CONF_SIZE, AT(report_size), "1M", 0,
	    16 << 20, "Largest message that a report carries whole, where its "
	    "sender asked for that (RET=FULL); otherwise the header." },
	{ "queued.drop_size", CONF_SIZE, AT(drop_size), "50M", 1024,
	    UINT64_C(1) << 39, "Largest message taken from sendmail(8)." },
	{ "queued.srs", CONF_YES, AT(srs), "yes", 0, 0, "Whether mail that "
	    "aliases and forwards send to other servers goes under a sender "
	    "of ours (SRS), where there is a key: secrets/srs." },
	{ "queued.mta_sts", CONF_YES, AT(mta_sts), "yes", 0, 0, "Whether the "
	    "MTA-STS policies of other domains are obeyed (RFC 8461), and "
	    "what TLS did with each counted: remoted(8)." },
	{ .name = NULL }
};
