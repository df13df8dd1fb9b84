/* pop3d - lets users fetch their mail by POP3. */
#include "base/scan.h"
#include "pop3d/config.h"
#include "pop3d/drop.h"
#include "pop3d/session.h"
#include "pop3d/uidl.h"

static void check(const void *, struct buf *);

static struct pop3d_conf conf;

int
main(int argc, char **argv)
{
	return reader_main(argc, argv, &(struct reader){ .program = "pop3d",
	    .proto = "pop3", .tls_proto = "pop3s",
	    .busy = "-ERR [SYS/TEMP] too many connections\r\n",
	    .keys = pop3d_keys, .conf = &conf, .check = check,
	    .session = session_serve, .mailbox = drop_session });
}

static void
check(const void *conf, struct buf *errors)
{
	const struct pop3d_conf *c = conf;
	const char *why;
	unsigned days;

	if (uidl_check(span_of(c->uidl), &why) < 0)
		buf_addf(errors, "pop3d.uidl: %s\n", why);
	if (!span_eq(span_of(c->expire), SPAN("never")) &&
	    scan_uint(span_of(c->expire), 36500, &days) < 0)
		buf_addf(errors, "pop3d.expire: never, or a number of days\n");
}
