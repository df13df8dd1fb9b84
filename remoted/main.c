/*
 * remoted - sends mail to other servers (remoted(8)).
 *
 * queued's monitor executes it as its role "remoted": a zygote without paths,
 * and a child for each connection to a next hop; and as its role "sts", which
 * keeps the policies of other domains and counts what TLS did.
 */
#include "remoted/config.h"
#include "remoted/serve.h"
#include "remoted/sts.h"
#include "run/monitor.h"

static struct config config;

static const struct role roles[] = {
	{ .name = "remoted", .user = "remote", .flags = ROLE_RESTS,
	    .serve = serve_role },
	{ .name = "sts", .user = "sts", .flags = ROLE_RESTS,
	    .serve = sts_role },
	{ .name = NULL }
};

int
main(int argc, char **argv)
{
	static const struct family family = { .program = "remoted",
	    .role = roles, .keys = config_keys, .conf = &config };

	return monitor_main(argc, argv, &family);
}
