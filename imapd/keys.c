/* keys - what SORT and THREAD compare of a message. */
#include <errno.h>

#include "imapd/keys.h"
#include "mail/date.h"
#include "mail/encword.h"
#include "mail/fold.h"
#include "mail/header.h"
#include "mail/mime_address.h"
#include "mail/mime_subject.h"

/* Of a field: what lies beyond is not compared. */
enum { FIELD = 16384, TEXT = 12 * FIELD };

static struct span folded(struct keys *, struct span);

int
keys_read(struct keys *k, struct message *m, int fields)
{
	static const char *const name[KEY_FIELDS] = {
		"Date", "Subject", "From", "To", "Cc", "Message-ID",
		"References", "In-Reply-To"
	};
	struct header h;
	struct span in;
	unsigned i;

	k->message = m;
	k->text.max = k->folded.max = TEXT;
	for (i = 0; i < KEY_FIELDS; i++)
		k->field[i] = SPAN("");
	if (!fields)
		return 0;
	if (message_blobs(m, 1u << KIND_FIELDS) < 0)
		return errno == EUCLEAN || errno == ENOMEM ? -1 : 0;
	for (in = m->blob[KIND_FIELDS]; header_next(&in, &h) == 1;)
		for (i = 0; i < KEY_FIELDS; i++)
			if (k->field[i].n == 0 && header_is(&h, name[i]))
				k->field[i] = h.value;
	return 0;
}

int64_t
keys_sent(struct keys *k)
{
	const char *why;
	int64_t t;
	int zone;

	return date_parse(k->field[KEY_DATE], &t, &zone, &why) == 0 ? t :
	    keys_arrival(k);
}

int64_t
keys_arrival(struct keys *k)
{
	int64_t t;

	return folder_date(k->message->folder, k->message->number, &t) < 0 ?
	    0 : t;
}

int64_t
keys_size(struct keys *k)
{
	uint64_t size, vsize;

	return folder_sizes(k->message->folder, k->message->number, &size,
	    &vsize) < 0 || vsize > INT64_MAX ? 0 : (int64_t)vsize;
}

struct span
keys_subject(struct keys *k, int *reply)
{
	struct span in = span_sub(k->field[KEY_SUBJECT], 0, FIELD);
	struct buf base = { .max = TEXT };
	struct span s;

	*reply = 0;
	buf_reset(&k->text);
	(void)encword_decode(in, &k->charset, &k->text);
	(void)mime_subject_base(buf_span(&k->text), &base, reply);
	s = folded(k, buf_span(&base));
	buf_free(&base);
	return s;
}

/* ENVELOPE has a group's name as its mailbox (RFC 9051 7.5.2), and RFC 5957 2
 * sorts by it. */
struct span
keys_address(struct keys *k, enum key_field f, int display)
{
	struct span in = span_sub(k->field[f], 0, FIELD), name;
	struct mime_address a = { .kind = MIME_MAILBOX };

	buf_reset(&k->text);
	if (mime_address_next(&in, &a) == 1) {
		name = buf_span(a.name.n || a.kind == MIME_GROUP ? &a.name :
		    &a.comment);
		if (a.kind == MIME_GROUP || (display && name.n))
			(void)encword_decode(name, &k->charset, &k->text);
		else {
			buf_addspan(&k->text, buf_span(&a.local));
			if (display && a.domain.n) {
				buf_addc(&k->text, '@');
				buf_addspan(&k->text, buf_span(&a.domain));
			}
		}
	}
	mime_address_free(&a);
	return folded(k, buf_span(&k->text));
}

void
keys_free(struct keys *k)
{
	buf_free(&k->text);
	buf_free(&k->folded);
}

static struct span
folded(struct keys *k, struct span s)
{
	buf_reset(&k->folded);
	(void)fold_sort(s, &k->folded);
	return buf_span(&k->folded);
}
