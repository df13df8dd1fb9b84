/*
 * remoted - sends mail to other servers (remoted(8)).
 *
 * queued's monitor executes it as its role "remoted": a zygote without paths,
 * and a child for each connection to a next hop.
 */
#include "remoted/config.h"
#include "remoted/serve.h"
#include "run/monitor.h"

static struct config config;

static const struct role roles[] = {
	{ .name = "remoted", .user = "remote", .serve = serve_role },
	{ .name = NULL }
};

int
main(int argc, char **argv)
{
	static const struct family family = { .program = "remoted",
	    .role = roles, .keys = config_keys, .conf = &config };

	return monitor_main(argc, argv, &family);
}
