/* capability - what the server says it can do. */
#ifndef IMAPD_CAPABILITY_H
#define IMAPD_CAPABILITY_H

#include "imapd/config.h"
#include "run/facts.h"
#include "run/site.h"

struct capability {
	const struct site *site;
	const struct imapd_conf *conf;
	const struct facts *facts;
	int mailbox;			/* after the login */
};

enum { CAPABILITY_TEXT = 1000 };

/* "CAPABILITY IMAP4rev1 …", NUL-terminated. */
void	capability_text(const struct capability *, char out[CAPABILITY_TEXT]);

#endif
