/* status - STATUS. */
#include "imapd/names.h"
#include "imapd/status.h"
#include "imapd/update.h"

static int  deleted_size(struct folder *, uint64_t *);

enum answer
status_run(struct box *b, struct imap_command *c)
{
	char name[FOLDER_NAME];

	if (names_take(b, c->mailbox, NAMES_USE, name) < 0)
		return ANSWER_NO;
	return status_of(b, name, c->status) < 0 ? b->answer :
	    box_say(b, ANSWER_OK, "", "that is all");
}

int
status_of(struct box *b, const char *name, unsigned items)
{
	struct folder *f = box_folder(b, name, 0);
	int r;

	if (f == NULL) {
		b->answer = b->over ? ANSWER_NONE : ANSWER_NO;
		return -1;
	}
	/* RFC 7162 3.1: asking for it means speaking CONDSTORE */
	if (items & IMAP_STATUS_HIGHESTMODSEQ)
		update_condstore(b);
	if ((r = status_tell(b, f, name, items)) < 0)
		b->answer = box_failed(b, "size");
	box_release(b, f);
	return r;
}

int
status_tell(struct box *b, struct folder *f, const char *name, unsigned items)
{
	uint64_t size = 0, waste = 0;
	struct folder_totals t;
	struct buf *o = &b->scratch;

	if ((items & IMAP_STATUS_SIZE && folder_size(f, &size) < 0) ||
	    (items & IMAP_STATUS_DELETED_STORAGE &&
	    deleted_size(f, &waste) < 0))
		return -1;
	folder_totals(f, &t);
	buf_reset(o);
	buf_adds(o, "* STATUS ");
	names_add(b, o, name);
	buf_adds(o, " (");
#define ITEM(bit, name, value) \
	if (items & (bit)) \
		buf_addf(o, name " %llu ", (unsigned long long)(value))
	ITEM(IMAP_STATUS_MESSAGES, "MESSAGES", t.messages);
	ITEM(IMAP_STATUS_RECENT, "RECENT", t.recent);
	ITEM(IMAP_STATUS_UIDNEXT, "UIDNEXT", t.uidnext);
	ITEM(IMAP_STATUS_UIDVALIDITY, "UIDVALIDITY", t.uidvalidity);
	ITEM(IMAP_STATUS_UNSEEN, "UNSEEN", t.unseen);
	ITEM(IMAP_STATUS_DELETED, "DELETED", t.deleted);
	ITEM(IMAP_STATUS_SIZE, "SIZE", size);
	ITEM(IMAP_STATUS_DELETED_STORAGE, "DELETED-STORAGE", waste);
	ITEM(IMAP_STATUS_HIGHESTMODSEQ, "HIGHESTMODSEQ", t.modseq);
	ITEM(IMAP_STATUS_APPENDLIMIT, "APPENDLIMIT", b->conf->max_append);
#undef ITEM
	if (items & IMAP_STATUS_MAILBOXID)
		buf_addf(o, "MAILBOXID (%s) ", t.id);
	o->n--;				/* the last space */
	buf_adds(o, ")\r\n");
	box_put(b);
	return 0;
}

/* RFC 9208 4.1.4: octets that an EXPUNGE would free, here without the
 * neighbours of a hard link. */
static int
deleted_size(struct folder *f, uint64_t *sum)
{
	uint32_t i, n = folder_count(f);
	uint64_t size, vsize;
	struct mail m;

	for (*sum = 0, i = 1; i <= n; i++) {
		if (folder_mail(f, i, &m) < 0)
			return -1;
		if (m.flags & FLAG_DELETED &&
		    folder_sizes(f, i, &size, &vsize) == 0)
			*sum += vsize;
	}
	return 0;
}
