/* auth - the password check.  Executed by the monitors of smtpd, pop3d and
 * imapd. */
#include "auth/check.h"
#include "auth/config.h"
#include "run/monitor.h"

static struct auth_conf conf;

static const struct role roles[] = {
	{ .name = "auth", .user = "auth", .serve = check_role },
	{ .name = NULL }
};

int
main(int argc, char **argv)
{
	static const struct family family = { .program = "auth",
	    .role = roles, .keys = auth_keys, .conf = &conf };

	return monitor_main(argc, argv, &family);
}
