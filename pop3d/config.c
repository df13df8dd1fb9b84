/* config - the keys of pop3d in correo.conf. */
#include <stddef.h>

#include "pop3d/config.h"

#define AT(field) offsetof(struct pop3d_conf, field)

const struct conf_key pop3d_keys[] = {
	READER_KEYS("pop3d", "pop3s", "110", "STLS", "4000", "1000", "2000"),
	{ "pop3d.max_errors", CONF_NUMBER, AT(max_errors), "20", 1,
	    UINT32_MAX, "Refused commands of a connection before its login, "
	    "failed logins among them; one more ends it.  After the login: "
	    "lines that are no command." },
	{ "pop3d.timeout", CONF_TIME, AT(timeout), "10m", 1, 86400,
	    "Time without a command, or without progress in what is sent, "
	    "after which a session ends and deletes nothing (RFC 1939 wants "
	    "at least 10m)." },
	{ "pop3d.uidl", CONF_TEXT, AT(uidl), "%08Xu%08Xv", 0, 0,
	    "The form of unique ids: %u is the UID, %v the UIDVALIDITY, %08Xu "
	    "and %08Xv the same as eight hexadecimal digits, %f the file's "
	    "name without its flags, %% a percent sign.  Keep to one: clients "
	    "fetch everything again when it changes." },
	{ "pop3d.mark_seen", CONF_YES, AT(mark_seen), "no", 0, 0,
	    "Whether what was fetched gets the flag \\eSeen at QUIT." },
	{ "pop3d.refuse_utf8", CONF_YES, AT(refuse_utf8), "no", 0, 0,
	    "Whether a message with UTF-8 in its header is refused to a "
	    "client that did not say UTF8, as RFC 6856 has it; else it is "
	    "sent as it is." },
	{ "pop3d.expire", CONF_TEXT, AT(expire), "never", 0, 0,
	    "What CAPA says of how long mail stays: never, or days.  Only "
	    "said: whoever removes mail is the site's own." },
	{ "pop3d.login_delay", CONF_TIME, AT(login_delay), "0", 0, 86400,
	    "Time that must pass between two logins to one mailbox; 0: "
	    "none." },
	{ .name = NULL }
};
