/*
 * deliver_child - the process that deliver_kill watches: a confined delivery
 * child with its channel on descriptor 3, for the home in argv[1].
 */
#include <stdio.h>
#include <string.h>

#include "localdeliver/deliver.h"
#include "run/enclose.h"
#include "sys/log.h"

int
main(int argc, char **argv)
{
	static struct owner o = { .key = "alice@example.test",
	    .hostname = "mx.example.test", .delimiter = '+', .max_hops = 100 };
	static const struct enclose e = { .name = "deliver", .home = 1 };
	const char *path;

	log_program("deliver_child");
	if (argc != 2)
		log_die(LOG_FIX, "usage: deliver_child HOME");
	snprintf(o.box.home, sizeof o.box.home, "%s", argv[1]);
	snprintf(o.box.maildir, sizeof o.box.maildir, "%s/Maildir", argv[1]);
	o.box.quota_bytes = 1 << 30;
	if (enclose(&e, &o.box, &o.maildir, &o.home, &path) < 0)
		log_die(LOG_AGAIN, "%s", path);
	return deliver_serve(&o, 3);
}
