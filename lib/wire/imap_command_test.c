/* imap_command: the commands of the RFCs, typed, and those that are not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "wire/imap_command.h"

/* out: what was understood, as dump() writes it; "-" and a part of the rule. */
static const struct {
	const char *in, *out;
} cases[] = {
	{ "a NOOP", "" }, { "a noop", "" }, { "a1.b]~ LOGOUT", "" },
	{ "A142 SELECT INBOX", "m=INBOX" },
	{ "a EXAMINE \"b\\\"l\\\\u\"", "m=b\"l\\u" },
	{ "a SELECT {5}\r\nblurd", "m=blurd" },
	{ "a SELECT {5+}\r\nblurd (CONDSTORE)", "m=blurd condstore" },
	{ "a SELECT [Gmail]/Sent", "m=[Gmail]/Sent" },
	{ "a SELECT \303\251", "m=\303\251" },
	{ "A02 SELECT INBOX (QRESYNC (67890007 90060115194045000 "
	    "41,43:211,214:541))",
	    "m=INBOX qresync=67890007,90060115194045000,41,43:211,214:541" },
	{ "a SELECT x (QRESYNC (1 2))", "m=x qresync=1,2," },
	{ "a SELECT x (QRESYNC (1 2 1:9 (5,7 10,12)) CONDSTORE)",
	    "m=x condstore qresync=1,2,1:9" },
	{ "a SELECT x (QRESYNC (1 2 (5 10)))",
	    "m=x qresync=1,2," },
	{ "a CREATE owatagusiam/", "m=owatagusiam/" },
	{ "t1 CREATE MySent (USE (\\Drafts \\Sent))",
	    "m=MySent use=\\Drafts,\\Sent" },
	{ "a RENAME blurdybloop sarasoop", "m=blurdybloop t=sarasoop" },
	{ "a DELETE \"a b\"", "m=a b" }, { "a SUBSCRIBE #news.x", "m=#news.x" },
	{ "a LOGIN SMITH SESAME", "user=SMITH,SESAME" },
	{ "a LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man",
	    "user=FRED FOOBAR,fat man" },
	{ "a LOGIN \"\" \"\"", "user=," },
	{ "a AUTHENTICATE PLAIN", "mech=PLAIN" },
	{ "a AUTHENTICATE PLAIN dGVzdAB0ZXN0==", "mech=PLAIN,dGVzdAB0ZXN0==" },
	{ "a AUTHENTICATE EXTERNAL =", "mech=EXTERNAL,=" },
	{ "a ENABLE CONDSTORE UTF8=ACCEPT", "words=CONDSTORE,UTF8=ACCEPT" },
	{ "a ID NIL", "" }, { "a ID ()", "" },
	{ "a023 ID (\"name\" \"so/dusty\" \"version\" NIL)",
	    "words=name,so/dusty,version,NIL" },
	{ "a COMPRESS DEFLATE", "mech=DEFLATE" },
	{ "a GETQUOTA \"\"", "" }, { "a GETQUOTAROOT INBOX", "m=INBOX" },
	{ "a SETQUOTA \"!p\" (STORAGE 512 MESSAGE 5)",
	    "m=!p words=STORAGE,512,MESSAGE,5" },
	{ "a STATUS blurdybloop (UIDNEXT MESSAGES)",
	    "m=blurdybloop status=3" },
	{ "a STATUS x (SIZE deleted HIGHESTMODSEQ MAILBOXID)",
	    "m=x status=688" },
	/* LIST */
	{ "a LIST \"\" *", "list=/*" }, { "a LIST \"\" \"\"", "list=/" },
	{ "a LIST ~/Mail/ %", "list=~/Mail//%" },
	{ "a LIST \"\" %.x]", "list=/%.x]" },
	{ "A01 LIST (SUBSCRIBED) \"\" \"*\"", "list=/* ext bits=1" },
	{ "a LIST () \"\" (\"INBOX\" \"Drafts\" \"Sent/%\")",
	    "list=/INBOX/Drafts/Sent/% ext" },
	{ "a LIST (REMOTE SUBSCRIBED RECURSIVEMATCH) \"\" %",
	    "list=/% ext bits=7" },
	{ "a LIST (SPECIAL-USE) \"\" * RETURN (SPECIAL-USE)",
	    "list=/* ext bits=72" },
	{ "a LIST \"\" % RETURN (STATUS (MESSAGES UNSEEN) CHILDREN SUBSCRIBED)",
	    "list=/% ext bits=176 status=9" },
	{ "a LIST \"\" % RETURN ()", "list=/% ext" },
	{ "a LSUB \"#news.\" \"comp.mail.*\"", "list=#news./comp.mail.*" },
	/* FETCH */
	{ "A654 FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])",
	    "set=2:4 f=1,15[HEADER.FIELDS (DATE FROM)]" },
	{ "a UID FETCH 1:* FLAGS", "uid set=1:0 f=1" },
	{ "a FETCH 1 ALL", "set=1 f=1,2,3,4" },
	{ "a FETCH 1 FAST", "set=1 f=1,2,3" },
	{ "a FETCH 1 full", "set=1 f=1,2,3,4,5" },
	{ "a FETCH 1 BODY", "set=1 f=5" },
	{ "a FETCH 1 BODY[]", "set=1 f=15[]" },
	{ "a FETCH $ BODY.PEEK[]<0.2048>", "set=$ f=15p[]<0+2048>" },
	{ "a FETCH 1 BODY[4.2.2.1]", "set=1 f=15[4.2.2.1]" },
	{ "a FETCH 1 (BODY[TEXT] BODY[1.MIME] BODY[3.HEADER] BODY[4.1.TEXT])",
	    "set=1 f=15[TEXT],15[1.MIME],15[3.HEADER],15[4.1.TEXT]" },
	{ "a FETCH 1 BODY.PEEK[2.HEADER.FIELDS.NOT (\"a b\" {2}\r\nTo)]<5.1>",
	    "set=1 f=15p[2.HEADER.FIELDS.NOT (\"a b\" To)]<5+1>" },
	{ "a FETCH 1 (BINARY[1] BINARY.PEEK[2]<0.9> BINARY.SIZE[3] BINARY[])",
	    "set=1 f=16[1],16p[2]<0+9>,17p[3],16[]" },
	{ "a FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE)",
	    "set=1 f=12,13p,14,3" },
	{ "a FETCH 1 (RFC822.SIZE rfc822.peek)", "set=1 f=3,12p" },
	{ "a FETCH 1 (EMAILID THREADID SAVEDATE MODSEQ UID INTERNALDATE "
	    "ENVELOPE BODYSTRUCTURE)", "set=1 f=8,9,10,7,0,2,4,6" },
	{ "a FETCH 1 (PREVIEW (LAZY) UID)", "set=1 f=11z,0" },
	{ "a FETCH 1 PREVIEW (LAZY)", "set=1 f=11z" },
	{ "a FETCH 1 PREVIEW (CHANGEDSINCE 3)", "set=1 f=11 since=3" },
	{ "s100 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12345)",
	    "uid set=1:0 f=1 since=12345" },
	{ "s100 UID FETCH 300:500 (FLAGS) (CHANGEDSINCE 12345 VANISHED)",
	    "uid set=300:500 f=1 since=12345 vanished" },
	{ "a FETCH 1 (BODY[HEADER.FIELDS (X)]  FLAGS )",
	    "set=1 f=15[HEADER.FIELDS (X)],1" },
	/* STORE, COPY … */
	{ "A003 STORE 2:4 +FLAGS (\\Deleted)", "set=2:4 +flags=\\Deleted" },
	{ "a UID STORE 9 -FLAGS.SILENT ($a b)",
	    "uid set=9 -flags=$a,b silent" },
	{ "a STORE 1 FLAGS ()", "set=1 =flags=" },
	{ "a STORE 1 FLAGS \\Seen \\Draft", "set=1 =flags=\\Seen,\\Draft" },
	{ "d105 STORE 7,5,9 (UNCHANGEDSINCE 320162338) +FLAGS.SILENT \\Deleted",
	    "set=7,5,9 +flags=\\Deleted silent unchanged=320162338" },
	{ "a COPY 2:4 MEETING", "set=2:4 t=MEETING" },
	{ "a UID MOVE 42:69 foo", "uid set=42:69 t=foo" },
	{ "a EXPUNGE", "" }, { "a UID EXPUNGE 3000:3002", "uid set=3000:3002" },
	/* APPEND */
	{ "A003 APPEND saved-messages (\\Seen) {3}\r\nabc",
	    "m=saved-messages append=\\Seen:abc" },
	{ "a APPEND x \"17-Jul-1996 02:44:25 -0700\" {0+}\r\n",
	    "m=x append=@837596665:" },
	{ "a APPEND x () {1}\r\na (\\Draft $b) {1}\r\nb ~{1}\r\nc",
	    "m=x append=:a append=\\Draft,$b:b append=:c" },
	{ "a APPEND x UTF8 (~{3}\r\nabc)", "m=x append=utf8:abc" },
	{ "a REPLACE 4 Drafts (\\Seen) {1}\r\nx",
	    "set=4 t=Drafts append=\\Seen:x" },
	{ "a UID REPLACE 2000 Drafts {1}\r\nx",
	    "uid set=2000 t=Drafts append=:x" },
	/* SEARCH is imap_search_test's; here what stands before the keys */
	{ "a SEARCH ALL", "n=2" }, { "a UID SEARCH CHARSET UTF-8 TEXT {1}\r\nx",
	    "uid charset=UTF-8 n=2" },
	{ "a SEARCH RETURN () 1", "result=36 n=2" },
	{ "a SEARCH RETURN (MIN MAX COUNT) 1", "result=43 n=2" },
	{ "a SEARCH RETURN (SAVE) CHARSET UTF-8 1",
	    "result=48 charset=UTF-8 n=2" },
	{ "a SORT (SUBJECT REVERSE DATE) UTF-8 ALL",
	    "charset=UTF-8 n=2 sort=5,-2" },
	{ "a UID SORT RETURN (ALL) (DISPLAYFROM) US-ASCII ALL",
	    "uid result=36 charset=US-ASCII n=2 sort=7" },
	{ "a THREAD ORDEREDSUBJECT UTF-8 SINCE 5-MAR-2000",
	    "charset=UTF-8 n=2 thread=0" },
	{ "a UID THREAD REFERENCES UTF-8 TEXT gewp",
	    "uid charset=UTF-8 n=2 thread=1" },
	/* NOTIFY (RFC 5465) */
	{ "a NOTIFY NONE", "" },
	{ "a NOTIFY SET STATUS (selected MessageNew)", "-NOTIFY wants" },
	{ "a notify set status (selected (MessageNew (uid "
	    "body.peek[header.fields (from to)]) MessageExpunge)) "
	    "(subtree Lists (MailboxName))",
	    "notify status 0:3 5=Lists:16 f=0,15p[HEADER.FIELDS (from to)]" },
	{ "a NOTIFY SET (mailboxes (INBOX a) (MessageNew MessageExpunge "
	    "FlagChange)) (personal NONE)", "notify 6=INBOX=a:7 3:0" },
	{ "a NOTIFY SET (personal (Foo MailboxName))", "notify 3:272" },
	/* not commands */
	{ "", "-tag" }, { " a NOOP", "-tag" }, { "+ NOOP", "-tag" },
	{ "a+b NOOP", "-tag" }, { "a\"b NOOP", "-tag" }, { "(a NOOP", "-tag" },
	{ "a", "-unknown command" }, { "a ", "-unknown command" },
	{ "a FOO", "-unknown command" }, { "a UID NOOP", "-unknown command" },
	{ "a UID", "-unknown command" }, { "a UIDFETCH 1 UID", "-unknown" },
	{ "a NOOP x", "-more arguments" }, { "a SELECT", "-mailbox name" },
	{ "a SELECT a b", "-SELECT takes" },
	{ "a SELECT (a)", "-mailbox name" },
	{ "a SELECT %", "-mailbox name" }, { "a SELECT a*", "-mailbox name" },
	{ "a SELECT x (FOO)", "-SELECT takes" },
	{ "a SELECT x ()", "-SELECT takes" },
	{ "a SELECT x (QRESYNC (0 2))", "-QRESYNC" },
	{ "a SELECT x (QRESYNC (1))", "-QRESYNC" },
	{ "a SELECT x (QRESYNC (1 2 (5 x)))", "-sequence-set" },
	{ "a SELECT x (QRESYNC (1 2) QRESYNC (1 2))", "-SELECT" },
	{ "a LOGIN a", "-password" }, { "a LOGIN a b c", "-more arguments" },
	{ "a LOGIN \"a", "-not closed" },
	{ "a LOGIN \"a\\x\" b", "-backslash" },
	{ "a LOGIN \"a\"b", "-space" }, { "a LOGIN a\"b\" c", "-space" },
	{ "a LOGIN {3}abc d", "-literal" },
	{ "a LOGIN {9}\r\nabc", "-literal" },
	{ "a LOGIN {x}\r\nabc", "-literal" },
	{ "a LOGIN a{1}\r\nb c", "-space" },
	{ "a LOGIN \rb c", "-no atom" }, { "a LOGIN \"a\r\nb\" c", "-closed" },
	{ "a CREATE x (FOO)", "-USE" }, { "a CREATE x (USE \\Sent)", "-USE" },
	{ "a CREATE x (USE (\\Sent) USE (\\Sent))", "-more" },
	{ "a STATUS x", "-STATUS" }, { "a STATUS x ()", "-STATUS" },
	{ "a STATUS x (FOO)", "-STATUS" }, { "a STATUS x MESSAGES", "-STATUS" },
	{ "a LIST", "-mailbox" }, { "a LIST \"\"", "-pattern" },
	{ "a LIST (FOO) \"\" *", "-selection" },
	{ "a LIST (RECURSIVEMATCH) \"\" *", "-RECURSIVEMATCH" },
	{ "a LIST \"\" * RETURN (FOO)", "-return" },
	{ "a LIST \"\" * FOO", "-return" }, { "a LIST \"\" ()", "-pattern" },
	{ "a LIST \"\" * RETURN (STATUS)", "-STATUS" },
	{ "a LSUB \"\" (a b)", "-pattern" },
	{ "a FETCH", "-sequence-set" }, { "a FETCH 1", "-FETCH item" },
	{ "a FETCH 0 UID", "-sequence-set" }, { "a FETCH 1 ()", "-FETCH item" },
	{ "a FETCH 1 FOO", "-FETCH item" },
	{ "a FETCH 1 (ALL)", "-FETCH item" },
	{ "a FETCH 1 UID FLAGS", "-FETCH takes" },
	{ "a FETCH 1 BODY[", "-not closed" },
	{ "a FETCH 1 BODY[FOO]", "-section" },
	{ "a FETCH 1 BODY[MIME]", "-section" },
	{ "a FETCH 1 BODY[0]", "-section" },
	{ "a FETCH 1 BODY[1.]", "-section" },
	{ "a FETCH 1 BODY[.1]", "-section" },
	{ "a FETCH 1 BODY[1..2]", "-section" },
	{ "a FETCH 1 BODY[1 2]", "-more" },
	{ "a FETCH 1 BODY[HEADER.FIELDS]", "-list" },
	{ "a FETCH 1 BODY[HEADER.FIELDS ()]", "-header field" },
	{ "a FETCH 1 BODY[TEXT (a)]", "-more" },
	{ "a FETCH 1 BODY[]<0>", "-partial" },
	{ "a FETCH 1 BODY[]<1.0>", "-part" },
	{ "a FETCH 1 BODY[]x", "-partial" },
	{ "a FETCH 1 BODY[]<1.2", "-part" },
	{ "a FETCH 1 BODY.PEEK", "-FETCH item" },
	{ "a FETCH 1 BINARY[TEXT]", "-section" },
	{ "a FETCH 1 BINARY.SIZE[1]<0.1>", "-no partial" },
	{ "a FETCH 1 FLAGS (VANISHED)", "-VANISHED" },
	{ "a FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)", "-VANISHED" },
	{ "a FETCH 1 FLAGS (CHANGEDSINCE x)", "-FETCH takes" },
	{ "a STORE 1", "-STORE" }, { "a STORE 1 FLAGS", "-STORE" },
	{ "a STORE 1 FOO (a)", "-STORE" }, { "a STORE 1 FLAGS (a]b)", "-flag" },
	{ "a STORE 1 FLAGS (\\)", "-flag" },
	{ "a STORE 1 FLAGS (a*)", "-flag" },
	{ "a STORE 1 FLAGS (\"a\")", "-flag" },
	{ "a STORE 1 FLAGS (\303\251)", "-flag" },
	{ "a STORE 1 (FOO 1) FLAGS (a)", "-UNCHANGEDSINCE" },
	{ "a COPY 1", "-mailbox" }, { "a COPY a b", "-sequence-set" },
	{ "a EXPUNGE 1", "-more" }, { "a UID EXPUNGE", "-sequence-set" },
	{ "a APPEND x", "-APPEND" }, { "a APPEND x abc", "-APPEND" },
	{ "a APPEND x (\\Seen)", "-APPEND" }, { "a APPEND x \"abc\"", "-date" },
	{ "a APPEND x \"32-Jul-1996 02:44:25 -0700\" {1}\r\nx", "-date" },
	{ "a REPLACE 1:2 x {1}\r\nx", "-one number" },
	{ "a REPLACE 1,3 x {1}\r\nx", "-one number" },
	{ "a REPLACE $ x {1}\r\nx", "-one number" },
	{ "a REPLACE 1 x {1}\r\nx {1}\r\ny", "-more" },
	{ "a ID (\"a\")", "-ID" }, { "a ID (a b)", "-ID" }, { "a ID x", "-ID" },
	{ "a ID (NIL \"b\")", "-ID" }, { "a ENABLE", "-ENABLE" },
	{ "a ENABLE (a)", "-atom" }, { "a SEARCH", "-search-key" },
	{ "a SEARCH RETURN (FOO) ALL", "-RETURN" },
	{ "a SORT DATE UTF-8 ALL", "-sort" },
	{ "a SORT () UTF-8 ALL", "-sort" },
	{ "a SORT (FOO) UTF-8 ALL", "-sort" },
	{ "a SORT (DATE) (x) ALL", "-char" },
	{ "a SORT (REVERSE) UTF-8 ALL", "-sort" },
	{ "a SORT (DATE) x", "-search" },
	{ "a THREAD FOO UTF-8 ALL", "-THREAD" }, { "a COMPRESS", "-COMPRESS" },
	{ "a NOTIFY", "-NOTIFY" }, { "a NOTIFY SET", "-NOTIFY" },
	{ "a NOTIFY SET (selected (MessageNew))", "-go together" },
	{ "a NOTIFY SET (selected (MailboxName))", "-messages only" },
	{ "a NOTIFY SET (personal (MessageNew (UID) MessageExpunge))",
	    "-only SELECTED" },
	{ "a NOTIFY SET (subtree (MailboxName))", "-NOTIFY" },
	{ "a NOTIFY SET (selected NONE) (selected-delayed NONE)", "-once" },
	{ "a NOTIFY SET (personal (\"x\"))", "-NOTIFY" },
	{ "a NOTIFY SET (selected (MessageNew (uid) MessageExpunge "
	    "MessageNew (uid)))", "-only SELECTED" },
	{ "a SETQUOTA x (STORAGE)", "-SETQUOTA" },
	{ "a NOOP )", "-closes" }, { "a NOOP (", "-not closed" },
};

static void
words(struct buf *b, const char *name, const struct imap_words *w)
{
	uint32_t i;

	buf_addf(b, " %s=", name);
	for (i = 0; i < w->n; i++) {
		if (i)
			buf_addc(b, ',');
		buf_addspan(b, w->v[i].text);
	}
}

static void
text(struct buf *b, const char *name, struct span s)
{
	if (s.n == 0)
		return;
	buf_addf(b, " %s=", name);
	buf_addspan(b, s);
}

static void
set(struct buf *b, const struct imap_set *s)
{
	if (s->saved)
		buf_addc(b, '$');
	imap_set_format(s, b);
}

static void
dump_fetch(struct buf *b, const struct imap_fetch *f)
{
	const struct imap_section *s;
	uint32_t i;

	for (i = 0; i < f->n; i++) {
		const struct imap_fetch_item *v = &f->v[i];

		buf_addf(b, "%s%u%s%s", i ? "," : " f=", v->item,
		    v->peek ? "p" : "", v->lazy ? "z" : "");
		if (v->item < IMAP_FETCH_SECTION)
			continue;
		s = &f->section[v->section];
		imap_section_format(s, b);
		if (s->partial) {
			b->n--;
			buf_addf(b, "+%u>", (unsigned)s->count);
		}
	}
	if (f->changed)
		buf_addf(b, " since=%u", (unsigned)f->changed_since);
	if (f->vanished)
		buf_adds(b, " vanished");
}

static void
dump_mailbox(struct buf *b, const struct imap_command *c)
{
	uint32_t i;

	if (c->select.condstore)
		buf_adds(b, " condstore");
	if (c->select.qresync) {
		buf_addf(b, " qresync=%u,%llu,", c->select.uidvalidity,
		    (unsigned long long)c->select.modseq);
		set(b, &c->select.known);
	}
	if (c->list.patterns.n) {
		buf_adds(b, " list=");
		buf_addspan(b, c->list.reference);
		for (i = 0; i < c->list.patterns.n; i++) {
			buf_addc(b, '/');
			buf_addspan(b, c->list.patterns.v[i].text);
		}
	}
	if (c->list.extended)
		buf_adds(b, " ext");
	if (c->list.bits)
		buf_addf(b, " bits=%u", c->list.bits);
	if (c->status | c->list.status)
		buf_addf(b, " status=%u", c->status | c->list.status);
	if (c->uses.n)
		words(b, "use", &c->uses);
}

static void
dump_messages(struct buf *b, const struct imap_command *c)
{
	static const char *const how[] = { "=flags", "+flags", "-flags" };
	uint32_t i, j;

	if (c->verb == IMAP_STORE) {
		words(b, how[c->store.how], &c->store.flags);
		if (c->store.silent)
			buf_adds(b, " silent");
		if (c->store.unchanged)
			buf_addf(b, " unchanged=%u",
			    (unsigned)c->store.unchanged_since);
	}
	for (i = 0; i < c->nappend; i++) {
		const struct imap_append *a = &c->append[i];

		buf_adds(b, " append=");
		for (j = 0; j < a->flags.n; j++) {
			buf_adds(b, j ? "," : "");
			buf_addspan(b, a->flags.v[j].text);
		}
		if (a->dated)
			buf_addf(b, "@%u", (unsigned)a->date);
		buf_adds(b, a->utf8 ? "utf8:" : ":");
		buf_addspan(b, a->message->text);
	}
}

static void
dump_find(struct buf *b, const struct imap_command *c)
{
	const struct imap_find *f = &c->find;
	uint32_t i;

	if (f->result)
		buf_addf(b, " result=%u", f->result);
	text(b, "charset", f->charset);
	if (f->search.n)
		buf_addf(b, " n=%u", f->search.n);
	for (i = 0; i < f->nsort; i++)
		buf_addf(b, "%s%s%u", i ? "," : " sort=",
		    f->sort[i].reverse ? "-" : "", f->sort[i].key);
	if (c->verb == IMAP_THREAD)
		buf_addf(b, " thread=%u", f->thread);
}

static void
dump_notify(struct buf *b, const struct imap_notify *n)
{
	uint32_t i, j;

	if (n->set)
		buf_adds(b, n->status ? " notify status" : " notify");
	for (i = 0; i < n->n; i++) {
		buf_addf(b, " %u", n->v[i].filter);
		for (j = 0; j < n->v[i].mailboxes.n; j++) {
			buf_addc(b, '=');
			buf_addspan(b, n->v[i].mailboxes.v[j].text);
		}
		buf_addf(b, ":%u", n->v[i].events);
	}
	dump_fetch(b, &n->fetch);
}

static void
dump(struct buf *b, const struct imap_command *c)
{
	if (c->uid)
		buf_adds(b, " uid");
	text(b, "m", c->mailbox);
	if (c->set.n || c->set.saved) {
		buf_adds(b, " set=");
		set(b, &c->set);
	}
	text(b, "t", c->target);
	text(b, "mech", c->mechanism);
	if (c->initial.p) {
		buf_addc(b, ',');
		buf_addspan(b, c->initial);
	}
	if (c->verb == IMAP_LOGIN) {
		buf_adds(b, " user=");
		buf_addspan(b, c->user);
		buf_addc(b, ',');
		buf_addspan(b, c->password);
	}
	if (c->words.n)
		words(b, "words", &c->words);
	dump_mailbox(b, c);
	dump_fetch(b, &c->fetch);
	dump_messages(b, c);
	dump_find(b, c);
	dump_notify(b, &c->notify);
	buf_cut(b, 1);
}

static void
test_cases(void **state)
{
	struct buf b = { .max = 10000 };
	struct imap_command c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *why = "", *want = cases[i].out;
		int r = imap_command_parse(&c, span_of(cases[i].in), 0, &why);

		buf_reset(&b);
		if (r == 0)
			dump(&b, &c);
		if (want[0] == '-' ? r == 0 || !strstr(why, want + 1) :
		    r < 0 || !span_eq(buf_span(&b), span_of(want)))
			fail_msg("case %zu %s: %d %s %.*s", i, cases[i].in, r,
			    why, SPAN_ARG(buf_span(&b)));
		imap_command_free(&c);
	}
	buf_free(&b);
}

/* As at IMAP_READ_MESSAGE, with a mark for each message that was taken. */
static void
test_partial(void **state)
{
	struct imap_command c;
	const char *why;

	(void)state;
	assert_int_equal(imap_command_parse(&c, SPAN("a APPEND x (\\Seen) "
	    "\"17-Jul-1996 02:44:25 -0700\" \00012\0"), 1, &why), 0);
	assert_int_equal(c.nappend, 1);
	assert_int_equal(c.append[0].message->kind, IMAP_MESSAGE);
	assert_int_equal(c.append[0].message->size, 12);
	assert_true(c.append[0].dated && c.append[0].flags.n == 1);
	imap_command_free(&c);
	assert_int_equal(imap_command_parse(&c, SPAN("a APPEND x \00012\0 "
	    "UTF8 (\0~7\0"), 1, &why), 0);
	assert_int_equal(c.nappend, 2);
	assert_true(c.append[1].message->binary && c.append[1].utf8);
	imap_command_free(&c);
	assert_int_equal(imap_command_parse(&c, SPAN("a APPEND x \00012\0 "
	    "UTF8 (\0~7\0"), 0, &why), -1);
	imap_command_free(&c);
	assert_int_equal(imap_command_parse(&c, SPAN("a LOGIN \0001\0 b"), 0,
	    &why), -1);
	imap_command_free(&c);
	assert_int_equal(imap_command_parse(&c, SPAN("a APPEND x ~{3}\r\na\0b"),
	    0, &why), 0);
	imap_command_free(&c);
	assert_int_equal(imap_command_parse(&c, SPAN("a APPEND x {3}\r\na\0b"),
	    0, &why), -1);
	imap_command_free(&c);
}

static int
parse_repeated(const char *head, const char *part, size_t n, const char *tail,
    const char **why)
{
	struct buf b = { .max = 1 << 20 };
	struct imap_command c;
	int r;

	buf_adds(&b, head);
	while (n-- > 0)
		buf_adds(&b, part);
	buf_adds(&b, tail);
	r = imap_command_parse(&c, buf_span(&b), 0, why);
	imap_command_free(&c);
	buf_free(&b);
	return r;
}

static void
test_limits(void **state)
{
	const char *why;

	(void)state;
	assert_int_equal(parse_repeated("a NOOP ", "(", 10000, "", &why), -1);
	assert_string_equal(why, "more than 100 parentheses within each other");
	assert_int_equal(parse_repeated("a NOOP ", "()", 10000, "", &why), -1);
	assert_string_equal(why, "more than 4000 arguments in a command");
	assert_int_equal(parse_repeated("a SEARCH ", "NOT ", 499, "ALL", &why),
	    0);
	assert_int_equal(parse_repeated("a SEARCH ", "NOT ", 500, "ALL", &why),
	    -1);
	assert_int_equal(parse_repeated("a SEARCH ", "OR ALL ", 499, "ALL",
	    &why), 0);
	assert_int_equal(parse_repeated("a SEARCH ", "OR ALL ", 500, "ALL",
	    &why), -1);
	assert_int_equal(parse_repeated("a SEARCH", " ALL", 999, "", &why), 0);
	assert_int_equal(parse_repeated("a SEARCH", " ALL", 1000, "", &why),
	    -1);
	assert_int_equal(parse_repeated("a FETCH 1 (", "UID ", 200, ")", &why),
	    0);
	assert_int_equal(parse_repeated("a FETCH 1 (", "UID ", 201, ")", &why),
	    -1);
	assert_int_equal(parse_repeated("a FETCH 1 BODY[", "1.", 100, "1]",
	    &why), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_partial),
		cmocka_unit_test(test_limits)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
