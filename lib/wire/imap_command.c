/* imap_command - one command of IMAP: tag and verb. */
#include <stdlib.h>

#include "wire/imap_args.h"

struct verb {
	const char *name;
	enum imap_verb verb;
	int uid;			/* 1: may follow UID */
	unsigned flags;
	int (*args)(struct imap_command *, struct imap_cursor *);
};

static const struct verb *verb_of(struct span);

static const struct verb verbs[] = {
	{ "FETCH", IMAP_FETCH, 1, IMAP_SECTIONS, imap_args_fetch },
	{ "STORE", IMAP_STORE, 1, 0, imap_args_store },
	{ "NOOP", IMAP_NOOP, 0, 0, imap_args_none },
	{ "IDLE", IMAP_IDLE, 0, 0, imap_args_none },
	{ "SELECT", IMAP_SELECT, 0, 0, imap_args_select },
	{ "STATUS", IMAP_STATUS, 0, 0, imap_args_status },
	{ "SEARCH", IMAP_SEARCH, 1, 0, imap_args_search },
	{ "LIST", IMAP_LIST, 0, 0, imap_args_list },
	{ "APPEND", IMAP_APPEND, 0, 0, imap_args_append },
	{ "COPY", IMAP_COPY, 1, 0, imap_args_copy },
	{ "MOVE", IMAP_MOVE, 1, 0, imap_args_copy },
	{ "EXPUNGE", IMAP_EXPUNGE, 1, 0, imap_args_expunge },
	{ "CAPABILITY", IMAP_CAPABILITY, 0, 0, imap_args_none },
	{ "LOGOUT", IMAP_LOGOUT, 0, 0, imap_args_none },
	{ "STARTTLS", IMAP_STARTTLS, 0, 0, imap_args_none },
	{ "AUTHENTICATE", IMAP_AUTHENTICATE, 0, 0, imap_args_authenticate },
	{ "LOGIN", IMAP_LOGIN, 0, 0, imap_args_login },
	{ "ENABLE", IMAP_ENABLE, 0, 0, imap_args_enable },
	{ "ID", IMAP_ID, 0, 0, imap_args_id },
	{ "EXAMINE", IMAP_EXAMINE, 0, 0, imap_args_select },
	{ "CREATE", IMAP_CREATE, 0, 0, imap_args_create },
	{ "DELETE", IMAP_DELETE, 0, 0, imap_args_mailbox },
	{ "RENAME", IMAP_RENAME, 0, 0, imap_args_rename },
	{ "SUBSCRIBE", IMAP_SUBSCRIBE, 0, 0, imap_args_mailbox },
	{ "UNSUBSCRIBE", IMAP_UNSUBSCRIBE, 0, 0, imap_args_mailbox },
	{ "LSUB", IMAP_LSUB, 0, 0, imap_args_lsub },
	{ "NAMESPACE", IMAP_NAMESPACE, 0, 0, imap_args_none },
	{ "GETQUOTA", IMAP_GETQUOTA, 0, 0, imap_args_mailbox },
	{ "GETQUOTAROOT", IMAP_GETQUOTAROOT, 0, 0, imap_args_mailbox },
	{ "SETQUOTA", IMAP_SETQUOTA, 0, 0, imap_args_quota },
	{ "COMPRESS", IMAP_COMPRESS, 0, 0, imap_args_compress },
	{ "NOTIFY", IMAP_NOTIFY, 0, IMAP_SECTIONS, imap_args_notify },
	{ "CHECK", IMAP_CHECK, 0, 0, imap_args_none },
	{ "CLOSE", IMAP_CLOSE, 0, 0, imap_args_none },
	{ "UNSELECT", IMAP_UNSELECT, 0, 0, imap_args_none },
	{ "SORT", IMAP_SORT, 1, 0, imap_args_sort },
	{ "THREAD", IMAP_THREAD, 1, 0, imap_args_thread },
	{ "REPLACE", IMAP_REPLACE, 1, 0, imap_args_replace }
};

/* command = tag SP (command-any / command-auth / …); the verb is read first,
 * since it says whether a [ begins a section. */
int
imap_command_parse(struct imap_command *c, struct span text, int partial,
    const char **why)
{
	struct span rest = text;
	const struct verb *v;
	struct imap_cursor args;

	*c = (struct imap_command){ 0 };
	*why = "a command begins with a tag, of at most 128 octets "
	    "(RFC 9051 2.2.1)";
	(void)span_cut(&rest, ' ', &c->tag);
	/* tag = 1*<any ASTRING-CHAR except "+"> */
	if (c->tag.n > IMAP_TAG || !imap_is_atom(c->tag, '+')) {
		c->tag = (struct span){ 0 };
		return -1;
	}
	*why = "unknown command (RFC 9051 6)";
	(void)span_word(&rest, &c->name);
	if (span_case_eq(c->name, SPAN("UID"))) {
		c->uid = 1;
		(void)span_word(&rest, &c->name);
	}
	if ((v = verb_of(c->name)) == NULL || (c->uid && !v->uid))
		return -1;
	c->verb = v->verb;
	if (imap_tokens_parse(&c->tokens, rest, v->flags |
	    (partial ? IMAP_PARTIAL : 0), why) < 0)
		return -1;
	args = imap_cursor_all(&c->tokens, why);
	return v->args(c, &args) < 0 ? -1 : imap_take_end(&args);
}

void
imap_command_free(struct imap_command *c)
{
	imap_set_free(&c->select.known);
	imap_set_free(&c->set);
	free(c->append);
	imap_search_free(&c->find.search);
	free(c->fetch.v);
	free(c->fetch.section);
	free(c->notify.v);
	free(c->notify.fetch.v);
	free(c->notify.fetch.section);
	imap_tokens_free(&c->tokens);
	*c = (struct imap_command){ 0 };
}

static const struct verb *
verb_of(struct span s)
{
	size_t i;

	for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (span_case_eq(s, span_of(verbs[i].name)))
			return &verbs[i];
	return NULL;
}
