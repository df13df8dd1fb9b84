/* capability - what the server says it can do. */
#include <stdio.h>

#include "imapd/capability.h"

void
capability_text(const struct capability *c, char out[CAPABILITY_TEXT])
{
	const struct facts *f = c->facts;
	struct buf auth = { .max = CAPABILITY_TEXT };
	const char *m;
	size_t i;

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
	if (f->may_login)
		for (i = 0; (m = mechanisms_at(&c->conf->reader.mechanisms,
		    f->tls, i)); i++)
			buf_addf(&auth, " AUTH=%s", m);
	else			/* RFC 9051 6.2.3: a password would be heard */
		buf_adds(&auth, " LOGINDISABLED");
	snprintf(out, CAPABILITY_TEXT, "CAPABILITY IMAP4rev1 IMAP4rev2 "
	    "LITERAL- SASL-IR ID ENABLE%s%.*s",
	    !f->tls && c->site->tls_cert.n ? " STARTTLS" : "",
	    SPAN_ARG(buf_span(&auth)));
	buf_free(&auth);
}
