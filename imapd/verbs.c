/* verbs - the commands of a session after its login. */
#include "imapd/append.h"
#include "imapd/capability.h"
#include "imapd/change.h"
#include "imapd/commands.h"
#include "imapd/compress.h"
#include "imapd/fetch.h"
#include "imapd/find.h"
#include "imapd/folders.h"
#include "imapd/idle.h"
#include "imapd/list.h"
#include "imapd/notify.h"
#include "imapd/quota.h"
#include "imapd/select.h"
#include "imapd/sort.h"
#include "imapd/status.h"
#include "imapd/thread.h"
#include "imapd/update.h"
#include "imapd/verbs.h"

enum { SELECTED = 1, NO_EXPUNGE = 2, QUIET = 4 };

static enum answer verb_capability(struct box *, struct imap_command *);
static enum answer verb_noop(struct box *, struct imap_command *);
static enum answer verb_logout(struct box *, struct imap_command *);
static enum answer verb_id(struct box *, struct imap_command *);
static enum answer verb_enable(struct box *, struct imap_command *);
static enum answer verb_namespace(struct box *, struct imap_command *);

/* NO_EXPUNGE: nothing is told to be gone meanwhile (RFC 9051 7.5.1), unless
 * it is a UID command without numbers (RFC 7162 3.2.10).  QUIET: nothing is told of the selected mailbox. */
static const struct verb {
	enum imap_verb verb;
	enum answer (*run)(struct box *, struct imap_command *);
	unsigned flags;
} verbs[] = {
	{ IMAP_FETCH, fetch_run, SELECTED | NO_EXPUNGE },
	{ IMAP_STORE, change_store, SELECTED | NO_EXPUNGE },
	{ IMAP_SEARCH, find_search, SELECTED | NO_EXPUNGE },
	{ IMAP_SORT, sort_run, SELECTED | NO_EXPUNGE },
	{ IMAP_THREAD, thread_run, SELECTED | NO_EXPUNGE },
	{ IMAP_NOOP, verb_noop, 0 },
	{ IMAP_CHECK, verb_noop, SELECTED },
	{ IMAP_IDLE, idle_run, 0 },
	{ IMAP_COPY, change_copy, SELECTED },
	{ IMAP_MOVE, change_copy, SELECTED },
	{ IMAP_EXPUNGE, change_expunge, SELECTED },
	{ IMAP_CLOSE, select_close, SELECTED | QUIET },
	{ IMAP_UNSELECT, select_close, SELECTED | QUIET },
	{ IMAP_SELECT, select_run, QUIET },
	{ IMAP_EXAMINE, select_run, QUIET },
	{ IMAP_APPEND, append_run, 0 },
	{ IMAP_REPLACE, append_replace, SELECTED },
	{ IMAP_STATUS, status_run, 0 },
	{ IMAP_LIST, list_run, 0 },
	{ IMAP_LSUB, list_run, 0 },
	{ IMAP_CREATE, folders_create, 0 },
	{ IMAP_DELETE, folders_delete, 0 },
	{ IMAP_RENAME, folders_rename, 0 },
	{ IMAP_SUBSCRIBE, folders_subscribe, 0 },
	{ IMAP_UNSUBSCRIBE, folders_subscribe, 0 },
	{ IMAP_NAMESPACE, verb_namespace, 0 },
	{ IMAP_GETQUOTA, quota_get, 0 },
	{ IMAP_GETQUOTAROOT, quota_root, 0 },
	{ IMAP_SETQUOTA, quota_set, 0 },
	{ IMAP_ENABLE, verb_enable, 0 },
	{ IMAP_NOTIFY, notify_run, 0 },
	{ IMAP_ID, verb_id, 0 },
	{ IMAP_COMPRESS, compress_run, 0 },
	{ IMAP_CAPABILITY, verb_capability, 0 },
	{ IMAP_LOGOUT, verb_logout, QUIET }
};

void
verbs_run(struct box *b, struct span text)
{
	const struct verb *v = NULL;
	struct imap_command c;
	const char *why;
	enum answer a;
	size_t i;
	int r = imap_command_parse(&c, text, 0, &why);

	for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (verbs[i].verb == c.verb)
			v = &verbs[i];
	box_say(b, ANSWER_OK, "", "done");
	if (r < 0)
		a = box_say(b, ANSWER_BAD, "", "%s", why);
	else if (b->utf8 && !imap_tokens_utf8(&c.tokens))
		a = box_say(b, ANSWER_BAD, "",
		    "a quoted string is in UTF-8 (RFC 9755 3)");
	else if (v == NULL)
		a = box_say(b, ANSWER_BAD, "", c.verb == IMAP_LOGIN ||
		    c.verb == IMAP_AUTHENTICATE || c.verb == IMAP_STARTTLS ?
		    "not after the login (RFC 9051 3)" :
		    "not offered: see CAPABILITY");
	else if (v->flags & SELECTED && b->folder == NULL)
		a = box_say(b, ANSWER_BAD, "",
		    "select a mailbox first (RFC 9051 3)");
	else
		a = v->run(b, &c);
	if (a != ANSWER_NONE && b->folder && v && !(v->flags & QUIET)) {
		if (update_sync(b, !(v->flags & NO_EXPUNGE) ||
		    (c.uid && !c.find.search.numbers)) < 0)
			a = box_failed(b, "mailbox");
		else
			update_modseq(b);
	}
	append_drop(b);
	box_answer(b, c.tag, a);
	imap_command_free(&c);
}

static enum answer
verb_capability(struct box *b, struct imap_command *c)
{
	char text[CAPABILITY_TEXT];

	(void)c;
	capability_text(&(struct capability){ b->env->site, b->conf, b->facts,
	    1 }, text);
	out_str(&b->out, "* ");
	out_str(&b->out, text);
	out_str(&b->out, "\r\n");
	return box_say(b, ANSWER_OK, "", "that is all");
}

static enum answer
verb_noop(struct box *b, struct imap_command *c)
{
	(void)c;
	return box_say(b, ANSWER_OK, "", "nothing done");
}

static enum answer
verb_logout(struct box *b, struct imap_command *c)
{
	(void)c;
	out_line(&b->out, "* BYE goodbye");
	b->over = "LOGOUT";
	return box_say(b, ANSWER_OK, "", "logged out");
}

static enum answer
verb_id(struct box *b, struct imap_command *c)
{
	(void)c;
	commands_id(&b->out);
	return box_say(b, ANSWER_OK, "", "and you");
}

/* RFC 9051 6.3.1, RFC 7162 3.1 and 3.2.3, RFC 6855 3 */
static enum answer
verb_enable(struct box *b, struct imap_command *c)
{
	static const char *const names[] = { "IMAP4rev2", "UTF8=ACCEPT",
	    "CONDSTORE", "QRESYNC" };
	enum { REV2 = 1, UTF8 = 2, CONDSTORE = 4, QRESYNC = 8 };
	unsigned asked = 0;
	size_t n, i;

	out_str(&b->out, "* ENABLED");
	for (n = 0; n < sizeof names / sizeof *names; n++) {
		for (i = 0; i < c->words.n; i++)
			if (span_case_eq(c->words.v[i].text,
			    span_of(names[n])))
				asked |= 1u << n;
		if (asked & 1u << n) {
			out_str(&b->out, " ");
			out_str(&b->out, names[n]);
		}
	}
	out_str(&b->out, "\r\n");
	b->rev2 |= !!(asked & REV2);
	b->utf8 |= !!(asked & (REV2 | UTF8));
	b->all_utf8 |= !!(asked & UTF8);
	b->qresync |= !!(asked & QRESYNC);
	if (asked & (CONDSTORE | QRESYNC))
		update_condstore(b);
	return box_say(b, ANSWER_OK, "", "enabled");
}

/* RFC 2342 5 */
static enum answer
verb_namespace(struct box *b, struct imap_command *c)
{
	(void)c;
	out_line(&b->out, "* NAMESPACE ((\"\" \".\")) NIL NIL");
	return box_say(b, ANSWER_OK, "", "that is all");
}
