/* imapd - lets users read their mail where it is, by IMAP. */
#include "imapd/config.h"
#include "imapd/loop.h"
#include "imapd/session.h"
#include "sys/charset.h"

static struct imapd_conf conf;

int
main(int argc, char **argv)
{
	return reader_main(argc, argv, &(struct reader){ .program = "imapd",
	    .proto = "imap", .tls_proto = "imaps",
	    .busy = "* BYE [UNAVAILABLE] too many connections\r\n",
	    .keys = imapd_keys, .conf = &conf, .session = session_serve,
	    .mailbox = loop_session, .warm = charset_warm });
}
