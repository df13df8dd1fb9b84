/* queued - the queue manager (queued(8)). */
#include "queued/config.h"
#include "queued/loop.h"
#include "queued/reporter.h"
#include "run/monitor.h"
#include "run/queue_dirs.h"

static int  sts(const struct site *, const void *);
static void check(const struct site *, const void *, struct buf *);

int
main(int argc, char **argv)
{
	static const struct role role[] = {
		{ .name = "reporter", .user = "queue", .flags = ROLE_FRESH,
		    .serve = reporter_role },
		{ .name = "localdeliver", .program = "localdeliver",
		    .flags = ROLE_KEEPS_ROOT | ROLE_TABLES | ROLE_FRESH },
		{ .name = "sts", .user = "sts", .program = "remoted",
		    .flags = ROLE_FRESH | ROLE_RESTS, .wanted = sts },
		{ .name = "remoted", .user = "remote", .program = "remoted",
		    .flags = ROLE_FRESH | ROLE_RESTS },
		{ .name = "loop", .user = "queue",
		    .flags = ROLE_TABLES | ROLE_RELAY,
		    .links = "reporter localdeliver remoted sts",
		    .serve = loop_role },
		{ .name = NULL }
	};
	static struct config conf;
	static const struct family family = {
		.program = "queued", .role = role, .keys = config_keys,
		.conf = &conf, .check = check
	};

	return monitor_main(argc, argv, &family);
}

static int
sts(const struct site *site, const void *conf)
{
	const struct config *c = conf;

	(void)site;
	return c->mta_sts;
}

static void
check(const struct site *site, const void *conf, struct buf *errors)
{
	(void)conf;
	queue_dirs_check(site, errors);
}
