/* cmd_app_password - passwords for one program of a user's each. */
#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/commands.h"
#include "admin/compile.h"
#include "admin/say.h"
#include "base/json.h"
#include "mail/date.h"
#include "run/app_password.h"
#include "sys/clock.h"

enum { NAME = 100 };

static int add(struct tables *, const struct args *, const char *);
static int line_of(const struct args *, const char *, const char *,
    struct span, struct buf *);
static int take_out(struct tables *, const struct args *, const char *);
static int list(struct tables *, const struct args *, const char *);
static void list_one(const struct tables *, const struct args *, const char *,
    struct span, struct span, struct buf *);
static int last_use(const struct tables *, const char *, struct span,
    char [DATE_TEXT]);
static int used_dir(const struct tables *);
static int scopes_known(struct span);
static int name_good(const char *);

int
cmd_app_password(const struct site *site, const struct args *a)
{
	static const struct {
		const char *word;
		int (*run)(struct tables *, const struct args *, const char *);
	} verb[] = { { "add", add }, { "list", list }, { "remove", take_out } };
	char key[ADDRESS_MAX + 1];
	struct tables t;
	const char *why;
	int status = SAY_FIX;
	size_t i;

	for (i = 0; i < 3 && strcmp(a->word[2], verb[i].word) != 0; i++)
		;
	if (i == 3 || (a->nwords == 5) != (verb[i].run == take_out))
		return say(SAY_FIX, "user app-password add ADDRESS --name "
		    "NAME, list ADDRESS, or remove ADDRESS ID is wanted");
	if (source_address(span_of(a->word[3]), key, &why) < 0)
		return say(SAY_FIX, "%s: %s", a->word[3], why);
	if (tables_open(&t, site, verb[i].run != list) == 0) {
		if (tables_check(&t) < 0)
			status = say_refused(&t.errors);
		else if (tables_find(&t.set[TABLE_USERS], span_of(key)) ==
		    NULL)
			say(0, "%s: no such user", key);
		else
			status = verb[i].run(&t, a, key);
	}
	tables_close(&t);
	return status;
}

/* Printed once: nobody can tell it afterwards. */
static int
add(struct tables *t, const struct args *a, const char *key)
{
	char id[APP_ID + 1], text[APP_TEXT];
	struct buf line = { .max = 2048 }, out = { .max = 2048 };
	int status = SAY_FIX;

	app_password_make(id, text);
	if (line_of(a, key, id, span_of(text + APP_ID + 1), &line) == 0) {
		status = SAY_AGAIN;
		if (a->json) {
			json_open(&out);
			json_str(&out, "user", key);
			json_str(&out, "id", id);
			json_str(&out, "password", text);
			json_close(&out);
		} else
			buf_addf(&out, "%s\n", text);
		if (tables_add(t, SOURCE_PASSWORDS, buf_span(&line)) < 0)
			say(0, "no memory");
		else if ((status = compile_checked(t)) == SAY_OK &&
		    say_out(&out) < 0)
			status = say_errno(SAY_AGAIN, "standard output");
	}
	explicit_bzero(text, sizeof text);
	if (out.p)
		explicit_bzero(out.p, out.size);
	buf_free(&out);
	buf_free(&line);
	return status;
}

/* KEY:app:ID:SCOPES:HMAC:CREATED:NAME */
static int
line_of(const struct args *a, const char *key, const char *id,
    struct span secret, struct buf *line)
{
	const char *scope = a->scope ? a->scope : "smtp,pop3,imap";
	char mac[APP_MAC], created[DATE_TEXT];

	if (a->name == NULL || !name_good(a->name))
		return say(-1, "--name: up to %d bytes without # that say "
		    "which program it is for", NAME);
	if (!scopes_known(span_of(scope)))
		return say(-1, "--scope %s: of smtp,pop3,imap", scope);
	app_password_mac(key, id, secret, mac);
	date_rfc3339(clock_s(), created);
	buf_addf(line, "%s:app:%s:%s:%s:%s:%s", key, id, scope, mac, created,
	    a->name);
	return buf_ok(line) ? 0 : say(-1, "a line too long");
}

static int
take_out(struct tables *t, const struct args *a, const char *key)
{
	struct buf k = { .max = SOURCE_KEY };
	char used[APP_USED];
	int n, dir;

	buf_addf(&k, "%s app %s", key, a->word[4]);
	n = buf_ok(&k) ? tables_remove(t, SOURCE_PASSWORDS, buf_span(&k)) : 0;
	buf_free(&k);
	if (n < 0)
		return say(SAY_AGAIN, "no memory");
	if (n == 0)
		return say(SAY_FIX, "%s has no app password %s", key,
		    a->word[4]);
	if ((n = compile_checked(t)) != SAY_OK)
		return n;
	app_password_used(key, a->word[4], used);
	if ((dir = used_dir(t)) >= 0) {
		(void)unlinkat(dir, used, 0);
		close(dir);
	}
	return SAY_OK;
}

static int
list(struct tables *t, const struct args *a, const char *key)
{
	const struct tables_set *s = &t->set[SOURCE_PASSWORDS];
	struct buf out = { .max = 1 << 24 };
	struct span k, mark = SPAN(" app ");
	int r;
	size_t i;

	for (i = 0; i < s->n; i++) {
		k = tables_key(s, i);
		if (span_eq(source_owner(k), span_of(key)) &&
		    span_starts(span_from(k, strlen(key)), mark))
			list_one(t, a, key, span_from(k, strlen(key) + mark.n),
			    tables_value(s, i), &out);
	}
	r = say_out(&out);
	buf_free(&out);
	return r < 0 ? say_errno(SAY_AGAIN, "standard output") : SAY_OK;
}

/* value: SCOPES:HMAC:CREATED:NAME, whose time ends in Z */
static void
list_one(const struct tables *t, const struct args *a, const char *key,
    struct span id, struct span value, struct buf *out)
{
	char used[DATE_TEXT] = "never";
	struct span scope, mac, created;
	int known = last_use(t, key, id, used);
	size_t z;

	(void)span_cut(&value, ':', &scope);
	(void)span_cut(&value, ':', &mac);
	z = span_search(value, SPAN("Z:")) + 1;
	created = span_sub(value, 0, z);
	value = span_from(value, z + 1);
	if (!a->json) {
		buf_addf(out, "%.*s  %-14.*s  created %.*s  used %s  %.*s\n",
		    SPAN_ARG(id), SPAN_ARG(scope), SPAN_ARG(created), used,
		    SPAN_ARG(value));
		return;
	}
	json_open(out);
	json_str(out, "user", key);
	json_text(out, "id", id);
	json_text(out, "name", value);
	json_list(out, "scope");
	while (scope.n) {
		(void)span_cut(&scope, ',', &mac);
		json_item(out, mac);
	}
	json_list_end(out);
	json_text(out, "created", created);
	if (known)
		json_str(out, "used", used);
	else
		json_null(out, "used");
	json_close(out);
}

/* 1: *out is when; 0: never, as far as is known. */
static int
last_use(const struct tables *t, const char *key, struct span id,
    char out[DATE_TEXT])
{
	char text[APP_ID + 12], name[APP_USED];
	int dir = used_dir(t), r = 0;
	struct stat st;

	if (dir >= 0 && span_str(id, text, sizeof text) == 0) {
		app_password_used(key, text, name);
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			date_rfc3339(st.st_mtime, out);
			r = 1;
		}
	}
	if (dir >= 0)
		close(dir);
	return r;
}

static int
used_dir(const struct tables *t)
{
	char path[1024];
	int n = snprintf(path, sizeof path, "%s/auth", t->site->state_dir);

	return n < (int)sizeof path ? open(path, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC) : -1;
}

static int
scopes_known(struct span s)
{
	static const char *const known[] = { "smtp", "pop3", "imap" };
	struct span one;
	size_t i;
	int more;

	do {
		more = span_cut(&s, ',', &one);
		for (i = 0; i < 3 && !span_eq(one, span_of(known[i])); i++)
			;
		if (i == 3)
			return 0;
	} while (more);
	return 1;
}

/* It ends a line of a text table. */
static int
name_good(const char *name)
{
	size_t i, n = strlen(name);

	for (i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f ||
		    name[i] == '#')
			return 0;
	return span_trim(span_of(name)).n == n && n > 0 && n <= NAME;
}
