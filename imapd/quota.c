/* quota - the limits of a mailbox.  There is one quota root, "user", where a
 * mailbox has limits at all. */
#include <errno.h>

#include "imapd/names.h"
#include "imapd/quota.h"
#include "store/mailbox.h"
#include "store/maildirsize.h"
#include "wire/imap_reply.h"

static const char root[] = "user";

static int  has_quota(const struct box *);
static int  load(const struct box *, struct quota *);
static int  room(void *, int, int64_t, int64_t);
static int  tell(struct box *);
static void resource(struct box *, const char *, uint64_t, uint64_t, int *);

void
quota_watch(struct box *b)
{
	if (has_quota(b)) {
		b->tree.quota = room;
		b->tree.quota_arg = b;
	}
}

void
quota_forget(struct box *b)
{
	if (has_quota(b))
		maildirsize_forget(b->tree.root);
}

enum answer
quota_get(struct box *b, struct imap_command *c)
{
	if (!has_quota(b) || !span_eq(c->mailbox, span_of(root)))
		return box_say(b, ANSWER_NO, "NONEXISTENT",
		    "no such quota root");
	return tell(b) < 0 ? box_failed(b, "quota") :
	    box_say(b, ANSWER_OK, "", "that is all");
}

/* RFC 9208 4.1.2; of a name that is no mailbox, too */
enum answer
quota_root(struct box *b, struct imap_command *c)
{
	char name[FOLDER_NAME];

	if (names_take(b, c->mailbox, NAMES_USE, name) < 0)
		return ANSWER_NO;
	out_str(&b->out, "* QUOTAROOT ");
	buf_reset(&b->scratch);
	imap_reply_astring(&b->scratch, c->mailbox, b->utf8);
	box_put(b);
	if (!has_quota(b))
		out_str(&b->out, "\r\n");
	else {
		out_line(&b->out, " %s", root);
		if (tell(b) < 0)
			return box_failed(b, "quota");
	}
	return box_say(b, ANSWER_OK, "", "that is all");
}

enum answer
quota_set(struct box *b, struct imap_command *c)
{
	(void)c;
	return box_say(b, ANSWER_NO, "NOPERM",
	    "limits are the operator's to set");
}

static int
has_quota(const struct box *b)
{
	return b->mailbox->quota_bytes || b->mailbox->quota_count;
}

static int
load(const struct box *b, struct quota *q)
{
	*q = (struct quota){ .max_bytes = b->mailbox->quota_bytes,
	    .max_count = b->mailbox->quota_count };
	return maildirsize_load(b->tree.root, q);
}

static int
room(void *arg, int told, int64_t bytes, int64_t messages)
{
	struct box *b = arg;
	struct quota q;

	if (told)
		return maildirsize_add(b->tree.root, bytes, messages);
	if (load(b, &q) < 0)
		return -1;
	q.bytes -= (int64_t)b->replaced_bytes;
	q.count += messages - 1;	/* maildirsize_fits asks for one */
	q.count -= b->replaced;
	if (maildirsize_fits(&q, (uint64_t)bytes))
		return 0;
	errno = EDQUOT;
	return -1;
}

static int
tell(struct box *b)
{
	struct quota q;
	int first = 1;

	if (load(b, &q) < 0)
		return -1;
	out_str(&b->out, "* QUOTA ");
	out_str(&b->out, root);
	out_str(&b->out, " (");
	/* RFC 9208 5.1: units of 1024 octets, what was begun counted */
	resource(b, "STORAGE", q.bytes > 0 ? ((uint64_t)q.bytes + 1023) / 1024
	    : 0, q.max_bytes / 1024 + (q.max_bytes % 1024 > 0), &first);
	resource(b, "MESSAGE", q.count > 0 ? (uint64_t)q.count : 0,
	    q.max_count, &first);
	out_str(&b->out, ")\r\n");
	return 0;
}

static void
resource(struct box *b, const char *name, uint64_t used, uint64_t limit,
    int *first)
{
	if (limit == 0)
		return;
	if (!*first)
		out_str(&b->out, " ");
	*first = 0;
	out_str(&b->out, name);
	out_str(&b->out, " ");
	out_number(&b->out, used);
	out_str(&b->out, " ");
	out_number(&b->out, limit);
}
