/* names - mailbox names on their way to the client. */
#include "imapd/names.h"
#include "wire/imap_name.h"
#include "wire/imap_reply.h"

void
names_add(const struct box *b, struct buf *o, const char *name)
{
	char text[NAMES_TEXT];

	names_text(b, name, text);
	imap_reply_astring(o, span_of(text), b->utf8);
}

void
names_text(const struct box *b, const char *name, char out[NAMES_TEXT])
{
	struct buf utf8 = { .p = (unsigned char *)out, .size = NAMES_TEXT,
	    .max = NAMES_TEXT - 1 };
	const char *why;

	if (b->utf8 && imap_name_from_utf7(span_of(name), &utf8, &why) == 0)
		out[utf8.n] = '\0';
	else
		(void)span_str(span_of(name), out, NAMES_TEXT);
}
