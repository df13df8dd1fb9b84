/* cmd_table - lines of the address tables: add, set, remove, list, compile. */
#include <stdio.h>
#include <string.h>

#include "admin/commands.h"
#include "admin/compile.h"
#include "admin/dangling.h"
#include "admin/say.h"
#include "base/json.h"
#include "mail/target.h"

struct kind {
	const char *word;
	int table;
	const char *tail;	/* makes an entry of a key, to learn its form */
};

static int table_of(const struct args *, struct kind *);
static int line_of(const struct args *, const char *, struct buf *);
static int key_of(int, struct span, struct buf *);
static int is_there(struct tables *, int, struct span, const char *);
static void say_routes(const struct tables *);
static int list_entry(struct buf *, int, struct span, struct span, int);
static void list_alias(struct buf *, struct span, struct span);
static void list_user(struct buf *, struct span, struct span);
static void list_ours(struct buf *, const struct tables *, int);

static const struct kind kind[] = {
	{ "domain", TABLE_DOMAINS, "" },
	{ "alias", TABLE_ALIASES, ": x" },
	{ "user", TABLE_USERS, "" },
	{ "relay", TABLE_RELAY, "" },
	{ "route", TABLE_ROUTES, " mx" }
};

int
cmd_table_add(const struct site *site, const struct args *a)
{
	struct buf line = { .max = SOURCE_LINE }, key = { .max = SOURCE_KEY };
	struct kind k;
	struct tables t;
	int set = strcmp(a->word[1], "set") == 0, status = SAY_FIX;

	if (table_of(a, &k) < 0 || line_of(a, NULL, &line) < 0 ||
	    key_of(k.table, buf_span(&line), &key) < 0)
		return SAY_FIX;
	if (tables_open(&t, site, 1) < 0 ||
	    (!set && is_there(&t, k.table, buf_span(&key), k.word)))
		status = SAY_FIX;
	else if ((set && tables_remove(&t, k.table, buf_span(&key)) < 0) ||
	    tables_add(&t, k.table, buf_span(&line)) < 0)
		status = say(SAY_AGAIN, "no memory");
	else if ((status = compile_checked(&t)) == SAY_OK) {
		if (k.table == TABLE_ALIASES)
			dangling_say(&t, buf_span(&key));
		say_routes(&t);
	}
	tables_close(&t);
	buf_free(&line);
	buf_free(&key);
	return status;
}

int
cmd_table_remove(const struct site *site, const struct args *a)
{
	struct buf line = { .max = SOURCE_LINE }, key = { .max = SOURCE_KEY };
	struct kind k;
	struct tables t;
	int n, status = SAY_FIX;

	if (table_of(a, &k) < 0 || line_of(a, k.tail, &line) < 0 ||
	    key_of(k.table, buf_span(&line), &key) < 0)
		return SAY_FIX;
	if (tables_open(&t, site, 1) < 0)
		status = SAY_FIX;
	else if ((n = tables_remove(&t, k.table, buf_span(&key))) < 0)
		status = say(SAY_AGAIN, "no memory");
	else if (n == 0)
		say(0, "%s/%s: no such entry", site->tables_dir,
		    tables_name(k.table));
	else if ((status = compile_checked(&t)) == SAY_OK)
		dangling_say(&t, (struct span){ 0 });
	tables_close(&t);
	buf_free(&line);
	buf_free(&key);
	return status;
}

int
cmd_table_list(const struct site *site, const struct args *a)
{
	struct buf out = { .max = 1 << 30 };
	struct kind k;
	struct tables t;
	size_t i;
	int status = SAY_OK;

	if (table_of(a, &k) < 0 || tables_open(&t, site, 0) < 0)
		return SAY_FIX;
	if (tables_check(&t) < 0) {
		say_lines(&t.errors);
		status = SAY_FOUND;
	}
	for (i = 0; i < t.set[k.table].n; i++)
		if (t.set[k.table].entry[i].nr || k.table == TABLE_USERS)
			list_entry(&out, k.table, tables_key(&t.set[k.table],
			    i), tables_value(&t.set[k.table], i), a->json);
	if (k.table == TABLE_DOMAINS)
		list_ours(&out, &t, a->json);
	if (say_out(&out) < 0)
		status = say_errno(SAY_AGAIN, "standard output");
	buf_free(&out);
	tables_close(&t);
	return status;
}

int
cmd_tables(const struct site *site, const struct args *a)
{
	struct tables t;
	int status = SAY_OK;

	if (tables_open(&t, site, !a->check_only) < 0)
		return SAY_FIX;
	if (tables_check(&t) < 0) {
		say_lines(&t.errors);
		status = SAY_FOUND;
	} else if (!a->check_only && compile_write(&t) < 0)
		status = SAY_AGAIN;
	else
		say_routes(&t);
	tables_close(&t);
	return status;
}

static int
table_of(const struct args *a, struct kind *k)
{
	size_t i;

	for (i = 0; i < sizeof kind / sizeof *kind; i++)
		if (strcmp(a->word[0], kind[i].word) == 0) {
			*k = kind[i];
			return 0;
		}
	(void)say(0, "no table %s", a->word[0]);
	return -1;
}

/* The words from the third on as a line of the table's text. */
static int
line_of(const struct args *a, const char *tail, struct buf *line)
{
	int alias = strcmp(a->word[0], "alias") == 0;
	size_t i;

	for (i = 2; i < a->nwords; i++) {
		if (i > 2)
			buf_adds(line, !alias ? " " : i == 3 ? ": " : ", ");
		buf_adds(line, a->word[i]);
	}
	buf_adds(line, tail ? tail : "");
	return buf_ok(line) ? 0 : say(-1, "an entry too long");
}

static int
key_of(int table, struct span line, struct buf *key)
{
	struct buf value = { .max = SOURCE_LINE };
	const char *why;
	int r = source_parse(table, line, key, &value, &why);

	buf_free(&value);
	return r < 0 ? say(-1, "%s", why) : 0;
}

/* Of relay an entry is all key: there is nothing to set. */
static int
is_there(struct tables *t, int table, struct span key, const char *word)
{
	(void)tables_check(t);		/* what is wrong may be mended now */
	if (tables_find(&t->set[table], key) == NULL)
		return 0;
	if (table == TABLE_RELAY)
		say(0, "%.*s is there already", SPAN_ARG(key));
	else
		say(0, "%.*s is there already: \"correo %s set\" replaces it",
		    SPAN_ARG(key), word);
	return 1;
}

static void
say_routes(const struct tables *t)
{
	struct buf lines = { .max = 1 << 20 };

	dangling_routes(t, &lines);
	say_lines(&lines);
	buf_free(&lines);
}

static int
list_entry(struct buf *b, int table, struct span key, struct span value,
    int json)
{
	struct span head;

	if (!json) {
		buf_addspan(b, key);
		buf_adds(b, table == TABLE_USERS ? ":" :
		    table == TABLE_ALIASES ? ": " : value.n ? " " : "");
		buf_addspan(b, value);
		return buf_addc(b, '\n');
	}
	json_open(b);
	switch (table) {
	case TABLE_DOMAINS:
		json_text(b, "domain", key);
		(void)span_word(&value, &head);
		json_text(b, "class", head);
		if (span_trim(value).n)
			json_text(b, "target", span_trim(value));
		break;
	case TABLE_ALIASES:
		list_alias(b, key, value);
		break;
	case TABLE_USERS:
		list_user(b, key, value);
		break;
	case TABLE_RELAY:
		(void)span_cut(&key, ' ', &head);
		json_text(b, "kind", head);
		json_text(b, "value", key);
		break;
	default:
		json_text(b, "domain", key);
		json_text(b, "target", value);
	}
	return json_close(b);
}

static void
list_alias(struct buf *b, struct span key, struct span value)
{
	struct buf text = { .max = SOURCE_LINE };
	struct target t;
	const char *why;

	json_text(b, "alias", key);
	json_list(b, "targets");
	while (target_next(&value, &t, &why) == 1) {
		buf_reset(&text);
		if (t.kind == TARGET_BACKSLASH)
			buf_addc(&text, '\\');
		if (target_text(&t, &text) == 0)
			json_item(b, buf_span(&text));
	}
	json_list_end(b);
	buf_free(&text);
}

static void
list_user(struct buf *b, struct span key, struct span value)
{
	struct mailbox m;
	const char *why;

	json_text(b, "user", key);
	if (mailbox_parse(value, &m, &why) < 0)
		return;
	json_num(b, "uid", m.uid);
	json_num(b, "gid", m.gid);
	json_str(b, "home", m.home);
	json_str(b, "maildir", m.maildir);
	json_num(b, "quota", (int64_t)m.quota_bytes);
	json_bool(b, "system", m.system);
}

/* Domains that stand in no text. */
static void
list_ours(struct buf *b, const struct tables *t, int json)
{
	const struct site *site = t->site;
	struct span s;
	size_t i;

	for (i = 0; i <= site->domains.n; i++) {
		s = span_of(i < site->domains.n ? site->domains.word[i] :
		    site->hostname);
		if (tables_find(&t->set[TABLE_DOMAINS], s) == NULL)
			list_entry(b, TABLE_DOMAINS, s, SPAN("local"), json);
	}
}
