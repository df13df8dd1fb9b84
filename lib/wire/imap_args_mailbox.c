/* imap_args - arguments of the commands about mailboxes. */
#include "wire/imap_args.h"
#include "wire/imap_name.h"

static int qresync(struct imap_select *, struct imap_cursor *);
static int known_set(struct imap_cursor *, struct imap_set *);
static int pass_set(struct imap_cursor *);
static int patterns(struct imap_list *, struct imap_cursor *);
static int take_pattern(struct imap_cursor *);
static int list_returns(struct imap_list *, struct imap_cursor *);

static const char bad_name[] = "a mailbox name is missing (RFC 9051 9)";

static const struct imap_bit status_items[] = {
	{ "MESSAGES", IMAP_STATUS_MESSAGES },
	{ "UIDNEXT", IMAP_STATUS_UIDNEXT },
	{ "UIDVALIDITY", IMAP_STATUS_UIDVALIDITY },
	{ "UNSEEN", IMAP_STATUS_UNSEEN },
	{ "DELETED", IMAP_STATUS_DELETED },
	{ "SIZE", IMAP_STATUS_SIZE },
	{ "RECENT", IMAP_STATUS_RECENT },
	{ "HIGHESTMODSEQ", IMAP_STATUS_HIGHESTMODSEQ },
	{ "APPENDLIMIT", IMAP_STATUS_APPENDLIMIT },
	{ "MAILBOXID", IMAP_STATUS_MAILBOXID },
	{ "DELETED-STORAGE", IMAP_STATUS_DELETED_STORAGE },
	{ NULL, 0 }
};

static const char bad_status[] =
    "STATUS wants a list of items (RFC 9051 6.3.11)";

int
imap_args_mailbox(struct imap_command *c, struct imap_cursor *in)
{
	return imap_take_astring(in, &c->mailbox, bad_name);
}

int
imap_args_rename(struct imap_command *c, struct imap_cursor *in)
{
	return imap_args_mailbox(c, in) < 0 ? -1 :
	    imap_take_astring(in, &c->target, bad_name);
}

/* "CREATE" SP mailbox [SP "(" create-param *(SP create-param) ")"], RFC 4466
 * 2.2, RFC 6154 3 */
int
imap_args_create(struct imap_command *c, struct imap_cursor *in)
{
	static const char bad[] = "CREATE takes (USE (\\Sent)) "
	    "(RFC 6154 3)";
	struct imap_cursor params, uses;

	if (imap_args_mailbox(c, in) < 0)
		return -1;
	if (imap_peek(in) == NULL)
		return 0;
	if (imap_take_list(in, &params, bad) < 0)
		return -1;
	*in->why = bad;
	if (!imap_take_word(&params, "USE") ||
	    imap_take_list(&params, &uses, bad) < 0 ||
	    imap_args_words(&uses, &c->uses, 1) < 0)
		return -1;
	if (c->uses.n)
		c->use = c->uses.v[0].text;
	return imap_take_end(&params);
}

/* "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"], RFC 4466
 * 2.1, RFC 7162 3.1.8 and 3.2.5 */
int
imap_args_select(struct imap_command *c, struct imap_cursor *in)
{
	static const char bad[] =
	    "SELECT takes CONDSTORE and QRESYNC (RFC 7162 3.1.8, 3.2.5)";
	struct imap_cursor params;

	if (imap_args_mailbox(c, in) < 0)
		return -1;
	if (imap_peek(in) == NULL)
		return 0;
	if (imap_take_list(in, &params, bad) < 0)
		return -1;
	do {
		*in->why = bad;
		if (imap_take_word(&params, "CONDSTORE"))
			c->select.condstore = 1;
		else if (c->select.qresync ||
		    !imap_take_word(&params, "QRESYNC") ||
		    qresync(&c->select, &params) < 0)
			return -1;
	} while (params.at < params.end);
	return 0;
}

/* "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")" */
int
imap_args_status(struct imap_command *c, struct imap_cursor *in)
{
	struct imap_cursor items;

	if (imap_args_mailbox(c, in) < 0 ||
	    imap_take_list(in, &items, bad_status) < 0)
		return -1;
	return imap_args_bits(&items, status_items, &c->status, bad_status);
}

/* "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
 * (RFC 5258 6) */
int
imap_args_list(struct imap_command *c, struct imap_cursor *in)
{
	static const struct imap_bit selects[] = {
		{ "SUBSCRIBED", IMAP_LIST_SUBSCRIBED },
		{ "REMOTE", IMAP_LIST_REMOTE },
		{ "RECURSIVEMATCH", IMAP_LIST_RECURSIVE },
		{ "SPECIAL-USE", IMAP_LIST_SPECIAL },
		{ NULL, 0 }
	};
	const struct imap_token *t = imap_peek(in);
	struct imap_list *l = &c->list;
	struct imap_cursor list;

	if (t && t->kind == IMAP_PARENS) {
		l->extended = 1;
		if (imap_take_list(in, &list, "") < 0 ||
		    (list.at < list.end && imap_args_bits(&list, selects,
		    &l->bits, "unknown LIST selection option "
		    "(RFC 5258 3.1)") < 0))
			return -1;
		if ((l->bits & IMAP_LIST_RECURSIVE) &&
		    !(l->bits & (IMAP_LIST_SUBSCRIBED | IMAP_LIST_SPECIAL)))
			return imap_bad(in->why,
			    "RECURSIVEMATCH wants another selection "
			    "option (RFC 5258 3.1)");
	}
	if (imap_take_astring(in, &l->reference, bad_name) < 0 ||
	    patterns(l, in) < 0)
		return -1;
	return imap_peek(in) == NULL ? 0 : list_returns(l, in);
}

/* "LSUB" SP mailbox SP list-mailbox */
int
imap_args_lsub(struct imap_command *c, struct imap_cursor *in)
{
	if (imap_take_astring(in, &c->list.reference, bad_name) < 0)
		return -1;
	c->list.patterns = (struct imap_words){ imap_peek(in), 1 };
	return take_pattern(in);
}

/* "(" uidvalidity SP mod-sequence [SP known-uids] [SP "(" known-sequence-set
 * SP known-uid-set ")"] ")" */
static int
qresync(struct imap_select *s, struct imap_cursor *params)
{
	static const char bad[] = "QRESYNC wants (uidvalidity mod-sequence "
	    "[uids] [(numbers uids)]) (RFC 7162 3.2.5)";
	const struct imap_token *t;
	struct imap_cursor in, match;
	uint64_t uidvalidity;

	if (imap_take_list(params, &in, bad) < 0 ||
	    imap_take_number(&in, UINT32_MAX, &uidvalidity, bad) < 0 ||
	    imap_take_number(&in, INT64_MAX, &s->modseq, bad) < 0)
		return -1;
	*params->why = bad;
	if (uidvalidity == 0 || s->modseq == 0)
		return -1;
	s->uidvalidity = (uint32_t)uidvalidity;
	s->qresync = 1;
	if ((t = imap_peek(&in)) != NULL && t->kind == IMAP_ATOM &&
	    known_set(&in, &s->known) < 0)
		return -1;
	if (imap_peek(&in) != NULL && (imap_take_list(&in, &match, bad) < 0 ||
	    pass_set(&match) < 0 || pass_set(&match) < 0 ||
	    imap_take_end(&match) < 0))
		return -1;
	return imap_take_end(&in);
}

/* known-uids = sequence-set, without "*".  "$" is of a mailbox that is
 * selected. */
static int
known_set(struct imap_cursor *in, struct imap_set *set)
{
	static const char bad[] = "what QRESYNC knows is UIDs and numbers "
	    "without * and $ (RFC 7162 7)";
	size_t i;

	if (imap_args_set(in, set, bad) < 0)
		return -1;
	for (i = 0; i < set->n; i++)
		if (set->v[i].first == 0 || set->v[i].last == 0)
			break;
	return set->saved || i < set->n ? imap_bad(in->why, bad) : 0;
}

/* Numbers beside UIDs only make an answer shorter where a server forgets what
 * was expunged: ours does not. */
static int
pass_set(struct imap_cursor *in)
{
	struct imap_set set = { 0 };
	int r = known_set(in, &set);

	imap_set_free(&set);
	return r;
}

/* mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")" */
static int
patterns(struct imap_list *l, struct imap_cursor *in)
{
	const struct imap_token *t = imap_peek(in);
	struct imap_cursor list;

	l->patterns = (struct imap_words){ t, 1 };
	if (t == NULL || t->kind != IMAP_PARENS)
		return take_pattern(in);
	l->extended = 1;
	if (imap_take_list(in, &list, "") < 0)
		return -1;
	l->patterns = (struct imap_words){ imap_peek(&list), 0 };
	do {
		if (take_pattern(&list) < 0)
			return -1;
		l->patterns.n++;
	} while (list.at < list.end);
	return 0;
}

/* list-mailbox = 1*list-char / string; no atom may have a backslash.  One that
 * is longer than any name is no error (RFC 5258 3), and matches nothing. */
static int
take_pattern(struct imap_cursor *in)
{
	static const char bad[] =
	    "a mailbox name or pattern is missing (RFC 9051 6.3.9)";
	const struct imap_token *t;

	if (imap_take(in, &t, bad) < 0)
		return -1;
	*in->why = bad;
	return t->kind <= IMAP_LITERAL &&
	    (t->kind != IMAP_ATOM || span_find(t->text, '\\') == t->text.n) ?
	    0 : -1;
}

/* list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")" */
static int
list_returns(struct imap_list *l, struct imap_cursor *in)
{
	static const char bad[] =
	    "unknown LIST return option (RFC 5258 3.2)";
	struct imap_cursor list, items;

	*in->why = bad;
	if (!imap_take_word(in, "RETURN") || imap_take_list(in, &list, bad) < 0)
		return -1;
	l->extended = 1;
	while (list.at < list.end) {
		if (imap_take_word(&list, "SUBSCRIBED"))
			l->bits |= IMAP_RETURN_SUBSCRIBED;
		else if (imap_take_word(&list, "CHILDREN"))
			l->bits |= IMAP_RETURN_CHILDREN;
		else if (imap_take_word(&list, "SPECIAL-USE"))
			l->bits |= IMAP_RETURN_SPECIAL;
		else if (imap_take_word(&list, "STATUS")) {
			l->bits |= IMAP_RETURN_STATUS;
			if (imap_take_list(&list, &items, bad_status) < 0 ||
			    imap_args_bits(&items, status_items, &l->status,
			    bad_status) < 0)
				return -1;
		} else
			return imap_bad(in->why, bad);
	}
	return 0;
}
