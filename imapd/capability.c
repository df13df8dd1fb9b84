/* capability - what the server says it can do. */
#include <stdio.h>

#include "imapd/capability.h"

void
capability_text(const struct capability *c, char out[CAPABILITY_TEXT])
{
	const struct facts *f = c->facts;

	if (c->mailbox) {
		snprintf(out, CAPABILITY_TEXT, "CAPABILITY IMAP4rev1 IMAP4rev2 "
		    "LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE CHILDREN "
		    "UIDPLUS MOVE UNSELECT SPECIAL-USE CREATE-SPECIAL-USE "
		    "LIST-EXTENDED LIST-STATUS STATUS=SIZE CONDSTORE QRESYNC "
		    "ESEARCH SEARCHRES WITHIN SORT SORT=DISPLAY ESORT "
		    "THREAD=ORDEREDSUBJECT THREAD=REFERENCES "
		    "MULTIAPPEND REPLACE UTF8=ACCEPT BINARY OBJECTID SAVEDATE "
		    "QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE "
		    "COMPRESS=DEFLATE PREVIEW NOTIFY "
		    "APPENDLIMIT=%llu", (unsigned long long)
		    c->conf->max_append);
		return;
	}
	/* RFC 9051 6.2.3: LOGINDISABLED where a password would be heard */
	snprintf(out, CAPABILITY_TEXT, "CAPABILITY IMAP4rev1 IMAP4rev2 "
	    "LITERAL- SASL-IR ID ENABLE%s%s%s",
	    !f->tls && c->site->tls_cert.n ? " STARTTLS" : "",
	    f->may_login ? " AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-256" :
	    " LOGINDISABLED",
	    f->may_login && f->tls ? " AUTH=SCRAM-SHA-256-PLUS" : "");
}
