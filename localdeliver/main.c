/*
 * localdeliver - puts mail where its recipients want it, as each recipient.
 *
 * queued's monitor executes it as its role "localdeliver".  What runs as root
 * is the zygote (run/zygote), the lookup of a mailbox and the change of ids
 * (run/become); none of it sees a byte of a job or of mail.
 */
#include "localdeliver/config.h"
#include "localdeliver/serve.h"
#include "run/monitor.h"

static struct config config;

static const struct role roles[] = {
	{ .name = "localdeliver", .flags = ROLE_KEEPS_ROOT | ROLE_TABLES,
	    .serve = serve_role },
	{ .name = NULL }
};

int
main(int argc, char **argv)
{
	static const struct family family = { .program = "localdeliver",
	    .role = roles, .keys = config_keys, .conf = &config };

	return monitor_main(argc, argv, &family);
}
