/* append - APPEND. */
#include <errno.h>
#include <stdlib.h>

#include "imapd/append.h"
#include "imapd/change.h"
#include "imapd/flags.h"
#include "imapd/names.h"
#include "imapd/notify.h"
#include "imapd/update.h"
#include "sys/clock.h"

/*
 * Of a command.  Alpine saves any number from another place with one, interimap
 * 128; who has all of them refused comes with the same ones again.
 */
enum { MESSAGES = 10000 };

struct incoming {
	char name[FOLDER_NAME];
	struct folder *folder;		/* NULL: not opened yet */
	struct append *v;
	size_t n;
	int failed;			/* errno of the first that failed */
	/* refused: the reply that waits for the command's end */
	char tag[IMAP_TAG + 1];
	enum answer answer;
};

static int  check(struct box *, struct imap_command *, uint64_t);
static struct append *one_more(struct incoming *);
static int  replaces(struct box *, struct imap_command *);
static int  refused(struct box *, enum answer);
static int  take(struct box *, uint64_t);
static void appenduid(struct box *, const struct incoming *);

int
append_message(struct box *b)
{
	uint64_t size = b->reader.literal;
	struct incoming *in = b->incoming;
	struct imap_command c;
	const char *why;
	int r;

	if (in == NULL)
		in = b->incoming = calloc(1, sizeof *in);
	if (in == NULL) {
		out_line(&b->out, "* BYE [UNAVAILABLE] no memory");
		b->over = "no memory";
		return 0;
	}
	imap_reader_message(&b->reader);
	r = imap_command_parse(&c, buf_span(&b->reader.text), 1, &why);
	(void)span_str(c.tag, in->tag, sizeof in->tag);
	if (r < 0)
		r = refused(b, box_say(b, ANSWER_BAD, "", "%s", why));
	else if (b->utf8 && !imap_tokens_utf8(&c.tokens))
		r = refused(b, box_say(b, ANSWER_BAD, "",
		    "a quoted string is in UTF-8 (RFC 9755 3)"));
	else
		r = check(b, &c, size);
	imap_command_free(&c);
	if (b->over)
		return 0;
	if (r < 0) {
		imap_reader_refuse(&b->reader);
		return 1;
	}
	if (b->reader.sync)
		out_str(&b->out, "+ go ahead\r\n");
	return take(b, size);
}

void
append_refused(struct box *b)
{
	if (b->incoming)
		box_answer(b, span_of(b->incoming->tag),
		    b->incoming->answer);
	append_drop(b);
}

enum answer
append_run(struct box *b, struct imap_command *c)
{
	struct incoming *in = b->incoming;
	size_t i;

	if (in == NULL || c->nappend == 0)
		return box_say(b, ANSWER_BAD, "",
		    "APPEND wants a literal (RFC 9051 6.3.12)");
	if (in->failed) {
		errno = in->failed;
		return box_failed(b, "APPEND");
	}
	/* RFC 3502 3: an empty one is how a client takes it all back */
	for (i = 0; i < in->n; i++)
		if (in->v[i].size == 0)
			return box_say(b, ANSWER_NO, "", "an empty message");
	if (folder_append(in->folder, in->v, in->n) < 0)
		return box_failed(b, "APPEND");
	b->appended += in->n;
	box_say(b, ANSWER_OK, "", "appended");
	appenduid(b, in);
	return ANSWER_OK;
}

/* The new one is durable before the old one goes. */
enum answer
append_replace(struct box *b, struct imap_command *c)
{
	enum answer a;
	uint32_t *v;
	size_t n;

	if ((v = box_array(b, c, &n)) == NULL)
		return b->answer;
	/* RFC 8508 3.2: nothing is appended for one that is not there, be it
	 * that another session has replaced it */
	if (n != 1)
		a = box_say(b, ANSWER_NO, "NONEXISTENT", "no such message");
	else if (change_gone(b, v, n))
		a = box_say(b, ANSWER_NO, "EXPUNGEISSUED", "it is gone");
	else
		a = append_run(b, c);
	if (a == ANSWER_OK) {
		/* the code comes before the EXPUNGE (RFC 8508 4.3) */
		out_tagged(&b->out, SPAN("*"), "OK", box_code(b), "replaced");
		/* what is ours is told to who hears nothing else, too */
		if (folder_expunge(b->folder, v, n) < 0 ||
		    update_tell(b, 1) < 0)
			a = box_failed(b, "REPLACE");
		else {
			box_say(b, a, "", "replaced");
			change_highest(b);	/* RFC 8508 4.5 */
		}
	}
	free(v);
	return a;
}

void
append_drop(struct box *b)
{
	struct incoming *in = b->incoming;
	size_t i;

	if (in == NULL)
		return;
	for (i = 0; i < in->n; i++)
		append_abort(in->folder, &in->v[i]);
	if (in->folder)
		box_release(b, in->folder);
	free(in->v);
	free(in);
	b->incoming = NULL;
	b->replaced = 0;
	b->replaced_bytes = 0;
}

/* May it come?  0; or -1 and the reply waits. */
static int
check(struct box *b, struct imap_command *c, uint64_t size)
{
	struct incoming *in = b->incoming;
	const struct imap_append *m;
	struct append *a;
	uint32_t flags;

	int replace = c->verb == IMAP_REPLACE;

	if (replace && replaces(b, c) < 0)
		return -1;
	m = &c->append[c->nappend - 1];
	if (m->utf8 && !b->utf8)
		return refused(b, box_say(b, ANSWER_BAD, "",
		    "ENABLE UTF8=ACCEPT first (RFC 6855 4)"));
	if (size > b->conf->max_append)
		return refused(b, box_say(b, ANSWER_NO, "TOOBIG", "a message "
		    "has at most %llu octets (RFC 7889)",
		    (unsigned long long)b->conf->max_append));
	if (in->n == MESSAGES)
		return refused(b, box_say(b, ANSWER_NO, "LIMIT",
		    "at most %d messages at once", MESSAGES));
	if (in->folder == NULL) {
		if (names_take(b, replace ? c->target : c->mailbox, NAMES_USE,
		    in->name) < 0)
			return refused(b, ANSWER_NO);
		if ((in->folder = box_folder(b, in->name, 1)) == NULL)
			return refused(b, ANSWER_NO);
	}
	if (flags_take(b, in->folder, &m->flags, 1, &flags) < 0)
		return refused(b, b->answer);
	if (b->tree.quota && b->tree.quota(b->tree.quota_arg, 0,
	    (int64_t)size, 1) < 0)
		return refused(b, box_failed(b, "APPEND"));
	if (in->failed) {
		errno = in->failed;
		return refused(b, box_failed(b, "APPEND"));
	}
	if ((a = one_more(in)) == NULL || append_open(in->folder, a) < 0)
		return refused(b, box_failed(b, "APPEND"));
	a->flags = flags;
	a->date = m->dated ? m->date : clock_s();
	in->n++;
	return 0;
}

/* Room for it, { 0 }, not counted yet; NULL. */
static struct append *
one_more(struct incoming *in)
{
	struct append *v = in->v;

	if ((in->n & (in->n - 1)) == 0) {
		v = reallocarray(v, in->n ? in->n * 2 : 1, sizeof *v);
		if (v == NULL)
			return NULL;
		in->v = v;
	}
	v[in->n] = (struct append){ 0 };
	return &v[in->n];
}

/* What a REPLACE takes away makes room for what comes.  0, or -1 and the reply
 * waits. */
static int
replaces(struct box *b, struct imap_command *c)
{
	uint64_t vsize;
	uint32_t *v;
	size_t n;

	if (b->folder == NULL)
		return refused(b, box_say(b, ANSWER_BAD, "",
		    "select a mailbox first (RFC 8508 3.1)"));
	if (b->read_only)
		return refused(b, box_say(b, ANSWER_NO, "READ-ONLY",
		    "the mailbox is selected read-only"));
	if ((v = box_array(b, c, &n)) == NULL)
		return refused(b, b->answer);
	if (n && folder_sizes(b->folder, v[0], &b->replaced_bytes,
	    &vsize) == 0)
		b->replaced = 1;
	free(v);
	return 0;
}

static int
refused(struct box *b, enum answer a)
{
	b->incoming->answer = a;
	return -1;
}

/*
 * Its octets.  A disk that is full fails the command, not the dialog.
 *
 * RFC 6855 4 (9755 4) has a message with 8-bit header fields refused where the
 * client did not ENABLE UTF8=ACCEPT.  It is taken, as by Dovecot, Cyrus and
 * Stalwart (Courier takes it with an alert, which hurts Outlook): there is much
 * old mail like that, and mbsync, offlineimap, imapsync and Python's imaplib as
 * they come do not ENABLE it, but copy what another server let them read; a
 * message refused is one that is missing, or ends the whole run.
 */
static int
take(struct box *b, uint64_t size)
{
	struct incoming *in = b->incoming;
	struct append *a = &in->v[in->n - 1];
	struct span have;

	while (size > 0) {
		have = stream_have(&b->client);
		if (have.n > size)
			have.n = (size_t)size;
		if (have.n == 0) {
			if (!box_fill(b))
				return 0;
			continue;
		}
		if (!in->failed && append_write(a, have) < 0)
			in->failed = errno;
		stream_eat(&b->client, have.n);
		size -= have.n;
	}
	/* nothing of it stays open: there may be thousands */
	if (!in->failed && append_end(a) < 0)
		in->failed = errno;
	if (in->failed)
		append_abort(in->folder, a);
	return 1;
}

/* RFC 4315 3 */
static void
appenduid(struct box *b, const struct incoming *in)
{
	struct imap_set uids = { 0 };
	struct folder_totals t;
	size_t i;
	int r = 0;

	folder_totals(in->folder, &t);
	for (i = 0; i < in->n; i++)
		r |= in->v[i].uid == 0 || imap_set_push(&uids, in->v[i].uid);
	if (!r) {
		buf_addf(&b->code, "APPENDUID %u ", t.uidvalidity);
		(void)imap_set_format(&uids, &b->code);
	}
	notify_put(b, in->name, &uids);
	imap_set_free(&uids);
}
