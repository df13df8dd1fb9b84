/* config - the keys of imapd in correo.conf. */
#include <stddef.h>

#include "imapd/config.h"

#define AT(field) offsetof(struct imapd_conf, field)

const struct conf_key imapd_keys[] = {
	READER_KEYS("imapd", "imaps", "143", "STARTTLS", "10000", "2000",
	    "4000"),
	{ "imapd.max_errors", CONF_NUMBER, AT(max_errors), "20", 1,
	    UINT32_MAX, "Refused commands of a connection before its login, "
	    "failed logins among them; one more ends it.  After the login: "
	    "commands that are answered BAD in a row; what follows of them "
	    "is answered a second later each." },
	{ "imapd.timeout", CONF_TIME, AT(timeout), "30m", 1, 86400,
	    "Time without a command, IDLE too, or without progress in what "
	    "is sent, after which a session ends (RFC 9051 wants at least "
	    "30m)." },
	{ "imapd.command_timeout", CONF_TIME, AT(command_timeout), "5m", 1,
	    86400, "Time that a command, once begun, may take to come; one "
	    "that is not whole by then ends the session." },
	{ "imapd.min_rate", CONF_SIZE, AT(min_rate), "100", 1, 1 << 30,
	    "Bytes that give a command one second more, those of messages "
	    "in it too." },
	{ "imapd.look", CONF_TIME, AT(look), "5s", 1, 3600,
	    "Time between two looks at the mailbox of a client that is in "
	    "IDLE, and at the mailboxes that one with NOTIFY wants to hear "
	    "of.  Where the kernel tells of changes, they are seen at "
	    "once; this is for those that another machine made." },
	{ "imapd.still_here", CONF_TIME, AT(still_here), "2m", 1, 86400,
	    "Time between two lines that say nothing to a client in IDLE, so "
	    "that no router forgets the connection." },
	{ "imapd.max_append", CONF_SIZE, AT(max_append), "50M", 1024,
	    UINT32_MAX, "Size of the largest message that a client may store "
	    "(APPENDLIMIT)." },
	{ "imapd.make_folders", CONF_YES, AT(make_folders), "yes", 0, 0,
	    "Whether Drafts, Sent, Junk, Trash and Archive are made, and get "
	    "their special use, in a mailbox where no folder has one." },
	{ .name = NULL }
};
