/* preview - PREVIEW of a message. */
#include <errno.h>

#include "imapd/preview.h"
#include "mail/preview.h"

int
preview_get(struct message *m, const struct charset *cs, int lazy,
    struct buf *out)
{
	struct span blob;

	out->max = PREVIEW_BYTES;
	buf_reset(out);
	if (folder_cache_get(m->folder, m->mail.uid, KIND_PREVIEW, &blob))
		return buf_addspan(out, blob) < 0 ? -1 : 1;
	/* RFC 8970 4.1: what is read anyway costs nothing more */
	if (lazy && !m->parsed)
		return 0;
	if (message_parse(m) < 0)
		return -1;
	if (preview_make(&m->mime, cs, out) < 0) {
		errno = ENOMEM;
		return -1;
	}
	folder_cache_put(m->folder, m->mail.uid, KIND_PREVIEW,
	    buf_span(out));
	return 1;
}
