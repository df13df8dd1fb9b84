/* cmd_user - mailboxes and their passwords. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/commands.h"
#include "admin/compile.h"
#include "admin/dangling.h"
#include "admin/home.h"
#include "admin/password.h"
#include "admin/say.h"
#include "base/json.h"

struct user {
	char key[ADDRESS_MAX + 1];
	char home[1024];
	uid_t uid;
	gid_t gid;
};

static int add(struct tables *, const struct args *);
static int virtual_line(struct tables *, const struct args *, struct user *,
    struct buf *);
static int system_line(const struct args *, struct user *, struct buf *);
static int virtual_home(const struct tables *, struct user *);
static int choose_ids(const struct tables *, struct user *);
static uid_t highest_uid(const struct tables *);
static int uid_used(const struct tables *, uid_t);
static int set_password(struct tables *, const char *, const char *);
static int tell(const struct args *, const char *, const char *);
static int key_of(const struct args *, char *);
static int remove_passwords(struct tables *, struct span, int);

int
cmd_user_add(const struct site *site, const struct args *a)
{
	struct tables t;
	int status = SAY_FIX;

	if (tables_open(&t, site, 1) == 0) {
		if (tables_check(&t) < 0)
			status = say_refused(&t.errors);
		else
			status = add(&t, a);
	}
	tables_close(&t);
	return status;
}

int
cmd_user_remove(const struct site *site, const struct args *a)
{
	char key[ADDRESS_MAX + 1];
	struct tables t;
	int n, status = SAY_FIX;

	if (key_of(a, key) < 0)
		return SAY_FIX;
	if (tables_open(&t, site, 1) == 0) {
		(void)tables_check(&t);		/* which passwords are there */
		n = tables_remove(&t, TABLE_USERS, span_of(key));
		if (n == 0)
			say(0, "%s: no such user", key);
		else if (n < 0 ||
		    remove_passwords(&t, span_of(key), 1) < 0)
			status = say(SAY_AGAIN, "no memory");
		else if ((status = compile_checked(&t)) == SAY_OK)
			dangling_say(&t, (struct span){ 0 });
	}
	tables_close(&t);
	return status;
}

int
cmd_user_password(const struct site *site, const struct args *a)
{
	char key[ADDRESS_MAX + 1], password[PASSWORD_MAX];
	struct tables t;
	int status = SAY_FIX;

	if (key_of(a, key) < 0 || password_get(a, password) < 0)
		return SAY_FIX;
	if (tables_open(&t, site, 1) == 0) {
		(void)tables_check(&t);		/* which users are there */
		if (tables_find(&t.set[TABLE_USERS], span_of(key)) == NULL)
			say(0, "%s: no such user", key);
		else if (set_password(&t, key, password) < 0)
			status = SAY_AGAIN;
		else if ((status = compile_checked(&t)) == SAY_OK)
			status = tell(a, key, password);
	}
	explicit_bzero(password, sizeof password);
	tables_close(&t);
	return status;
}

/* The directories come first: a user in the table always has a home. */
static int
add(struct tables *t, const struct args *a)
{
	char password[PASSWORD_MAX] = "";
	struct buf line = { .max = 4096 };
	struct user u;
	int status = SAY_FIX;

	if (key_of(a, u.key) < 0)
		return SAY_FIX;
	if (tables_find(&t->set[TABLE_USERS], span_of(u.key)))
		return say(SAY_FIX, "%s is there already", u.key);
	if ((a->system ? system_line(a, &u, &line) :
	    virtual_line(t, a, &u, &line)) < 0)
		return SAY_FIX;
	if (!a->system && (password_get(a, password) < 0 ||
	    set_password(t, u.key, password) < 0))
		status = SAY_FIX;
	else if (tables_add(t, TABLE_USERS, buf_span(&line)) < 0)
		status = say(SAY_AGAIN, "no memory");
	else if (tables_check(t) < 0)
		status = say_refused(&t->errors);
	else if ((!a->system && home_make(t->site->mail_dir, u.home, u.uid,
	    u.gid) < 0) || compile_write(t) < 0)
		status = SAY_AGAIN;
	else
		status = tell(a, u.key, password);
	explicit_bzero(password, sizeof password);
	buf_free(&line);
	return status;
}

static int
virtual_line(struct tables *t, const struct args *a, struct user *u,
    struct buf *line)
{
	struct span local, domain;

	address_split(span_of(u->key), &local, &domain);
	if (domain.n == 0)
		return say(-1, "%s: an address is wanted, or --system for a "
		    "user of this machine", u->key);
	if (!tables_local(t, domain))
		return say(-1, "%.*s is no local domain (correo domain add)",
		    SPAN_ARG(domain));
	if (virtual_home(t, u) < 0 || choose_ids(t, u) < 0)
		return -1;
	buf_addf(line, "%s:%u:%u:%s", u->key, (unsigned)u->uid,
	    (unsigned)u->gid, u->home);
	if (a->quota)
		buf_addf(line, ":quota=%s", a->quota);
	return buf_ok(line) ? 0 : say(-1, "a line too long");
}

static int
system_line(const struct args *a, struct user *u, struct buf *line)
{
	const struct passwd *pw;

	pw = getpwnam(a->word[2]);
	if (pw == NULL)
		return say(-1, "%s: no such user of this machine", a->word[2]);
	if (access(pw->pw_dir, F_OK) < 0)
		say_errno(0, "%s", pw->pw_dir);
	buf_addf(line, "%s:%u:%u:%s:system", u->key, (unsigned)pw->pw_uid,
	    (unsigned)pw->pw_gid, pw->pw_dir);
	if (a->quota)
		buf_addf(line, ",quota=%s", a->quota);
	return buf_ok(line) ? 0 : say(-1, "a line too long");
}

/* mail_dir/DOMAIN/LOCAL */
static int
virtual_home(const struct tables *t, struct user *u)
{
	struct span local, domain;
	int n;

	address_split(span_of(u->key), &local, &domain);
	if (span_find(local, '/') < local.n || span_find(local, ':') <
	    local.n || local.p[0] == '.')
		return say(-1, "%s: no name for a directory; write the line "
		    "of the users table yourself", u->key);
	n = snprintf(u->home, sizeof u->home, "%s/%.*s/%.*s",
	    t->site->mail_dir, SPAN_ARG(domain), SPAN_ARG(local));
	return n < (int)sizeof u->home ? 0 : say(-1, "%s: too long", u->key);
}

/*
 * The owner of a home that is there already (a user comes back), else the
 * uid above the highest in use or left behind; the first of all is
 * postmaster's.  An ordinary user's instance has one uid.
 */
static int
choose_ids(const struct tables *t, struct user *u)
{
	uid_t uid, high;
	int there;

	if (geteuid() != 0) {
		u->uid = geteuid();
		u->gid = getegid();
		return 0;
	}
	there = home_owner(u->home, &u->uid, &u->gid);
	if (there < 0)
		return say_errno(-1, "%s", u->home);
	if (there && u->uid > t->site->uid_first &&
	    u->uid <= t->site->uid_last && !uid_used(t, u->uid))
		return 0;
	if (there)
		return say(-1, "%s is there, with an owner who is not free "
		    "(uid %u)", u->home, (unsigned)u->uid);
	/* a removed user's mail is not for whoever comes next */
	high = highest_uid(t);
	home_highest(t->site->mail_dir, (uid_t)t->site->uid_last, &high);
	for (uid = high + 1; uid <= t->site->uid_last; uid++)
		if (getpwuid(uid) == NULL) {
			u->uid = uid;
			u->gid = (gid_t)uid;
			return 0;
		}
	return say(-1, "no user id left below uid_last (%llu)",
	    (unsigned long long)t->site->uid_last);
}

/* Of the range, in the table. */
static uid_t
highest_uid(const struct tables *t)
{
	const struct tables_set *s = &t->set[TABLE_USERS];
	uid_t high = (uid_t)t->site->uid_first;
	struct mailbox m;
	const char *why;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (mailbox_parse(tables_value(s, i), &m, &why) == 0 &&
		    m.uid > high && m.uid <= t->site->uid_last)
			high = m.uid;
	return high;
}

static int
uid_used(const struct tables *t, uid_t uid)
{
	const struct tables_set *s = &t->set[TABLE_USERS];
	struct mailbox m;
	const char *why;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (mailbox_parse(tables_value(s, i), &m, &why) == 0 &&
		    m.uid == uid)
			return 1;
	return 0;
}

static int
set_password(struct tables *t, const char *key, const char *password)
{
	char hash[PASSWORD_HASH];
	struct buf line = { .max = 1024 }, keys = { .max = 1024 };
	int r;

	if (t->secrets < 0)
		return say(-1, "%s: no such directory", t->site->secrets_dir);
	if (password_hash(password, hash) < 0)
		return -1;
	buf_addf(&line, "%s:%s", key, hash);
	buf_addf(&keys, "%s:", key);
	r = password_scram(password, &keys) < 0 ||
	    remove_passwords(t, span_of(key), 0) < 0 ||
	    tables_add(t, SOURCE_PASSWORDS, buf_span(&line)) < 0 ||
	    tables_add(t, SOURCE_PASSWORDS, buf_span(&keys)) < 0;
	buf_free(&line);
	buf_free(&keys);
	return r ? say(-1, "no memory") : 0;
}

/* What was made for the person is printed, once. */
static int
tell(const struct args *a, const char *key, const char *password)
{
	struct buf b = { .max = 4096 };
	int r;

	if (!a->generate || password[0] == '\0')
		return SAY_OK;
	if (a->json) {
		json_open(&b);
		json_str(&b, "user", key);
		json_str(&b, "password", password);
		json_close(&b);
	} else
		buf_addf(&b, "%s\n", password);
	r = say_out(&b);
	if (b.p)
		explicit_bzero(b.p, b.size);
	buf_free(&b);
	return r < 0 ? say_errno(SAY_AGAIN, "standard output") : SAY_OK;
}

static int
key_of(const struct args *a, char *key)
{
	const char *why;

	if (source_address(span_of(a->word[2]), key, &why) == 0)
		return 0;
	return say(-1, "%s: %s", a->word[2], why);
}

/* The password of a key, as hash and as SCRAM keys; with apps, those of its
 * programs too. */
static int
remove_passwords(struct tables *t, struct span key, int apps)
{
	const struct tables_set *s = &t->set[SOURCE_PASSWORDS];
	struct buf scram = { .max = SOURCE_KEY };
	struct span k;
	size_t i;
	int r;

	buf_addf(&scram, "%.*s scram", SPAN_ARG(key));
	r = !buf_ok(&scram) || tables_remove(t, SOURCE_PASSWORDS, key) < 0 ||
	    tables_remove(t, SOURCE_PASSWORDS, buf_span(&scram)) < 0;
	for (i = 0; apps && !r && i < s->n; i++) {
		k = tables_key(s, i);
		r = span_eq(source_owner(k), key) &&
		    tables_remove(t, SOURCE_PASSWORDS, k) < 0;
	}
	buf_free(&scram);
	return r ? -1 : 0;
}
