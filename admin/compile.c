/* compile - texts and compiled tables are replaced, each whole. */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/compile.h"
#include "admin/home.h"
#include "admin/say.h"
#include "sys/file.h"

static int wanted(const struct tables *, int);
static int make_cdb(struct tables *, int);
static int fill_cdb(struct cdb_make *, const struct tables_set *);
static int rights(const struct tables *, int, int);
static int replace(struct tables *, int);
static void name_of(char out[32], int, const char *);

int
compile_write(struct tables *t)
{
	char tmp[32];
	int i, bad = 0;

	for (i = 0; i < SOURCE_COUNT && !bad; i++)
		bad = wanted(t, i) && make_cdb(t, i) < 0;
	if (bad) {
		while (i-- > 0) {
			name_of(tmp, i, ".cdb.tmp");
			(void)unlinkat(tables_dir(t, i), tmp, 0);
		}
		return -1;
	}
	for (i = 0; i < SOURCE_COUNT; i++)
		if (replace(t, i) < 0)
			return say_errno(-1, "%s cannot be replaced",
			    tables_name(i));
	if (fsync(t->dir) < 0 || (t->secrets >= 0 && fsync(t->secrets) < 0))
		return say_errno(-1, "the tables may not survive power loss");
	return home_postmaster(t);
}

int
compile_checked(struct tables *t)
{
	if (tables_check(t) < 0)
		return say_refused(&t->errors);
	return compile_write(t) < 0 ? SAY_AGAIN : SAY_OK;
}

static int
wanted(const struct tables *t, int i)
{
	return t->there[i] || (i == TABLE_USERS && !tables_foreign(t, i));
}

static int
make_cdb(struct tables *t, int i)
{
	struct cdb_make c;
	char tmp[32];
	int fd, r, dir = tables_dir(t, i);

	name_of(tmp, i, ".cdb.tmp");
	(void)unlinkat(dir, tmp, 0);
	fd = openat(dir, tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd < 0)
		return say_errno(-1, "%s", tmp);
	r = cdb_make_start(&c, fd);
	if (r == 0) {
		r = fill_cdb(&c, &t->set[i]);
		if (cdb_make_finish(&c) < 0)
			r = -1;
	}
	if (r < 0 || rights(t, i, fd) < 0 || fsync(fd) < 0)
		r = say_errno(-1, "%s", tmp);
	if (close(fd) < 0 && r == 0)
		r = say_errno(-1, "%s", tmp);
	return r;
}

/* Sorted, so that a key made twice ("list" of relay) stands together. */
static int
fill_cdb(struct cdb_make *c, const struct tables_set *s)
{
	struct span k, v, before = { 0 };
	size_t i;

	for (i = 0; i < s->n; i++) {
		k = tables_key(s, i);
		v = tables_value(s, i);
		if (!span_eq(k, before) && cdb_make_add(c, k.p, (unsigned)k.n,
		    v.p, (unsigned)v.n) < 0)
			return -1;
		before = k;
	}
	return 0;
}

static int
rights(const struct tables *t, int i, int fd)
{
	char name[64];
	struct group *g;

	if (i != SOURCE_PASSWORDS)
		return fchmod(fd, 0644);
	snprintf(name, sizeof name, "%s-auth", t->site->user_prefix);
	if (geteuid() == 0 && (g = getgrnam(name)) != NULL &&
	    fchown(fd, 0, g->gr_gid) < 0)
		return -1;
	return fchmod(fd, 0640);
}

static int
replace(struct tables *t, int i)
{
	char tmp[32], cdb[32];
	int dir = tables_dir(t, i);

	if (t->changed[i] && file_replace(dir, tables_name(i),
	    buf_span(&t->text[i]), i == SOURCE_PASSWORDS ? 0600 : 0644,
	    (uid_t)-1, (gid_t)-1) < 0)
		return -1;
	if (!wanted(t, i))
		return 0;
	name_of(tmp, i, ".cdb.tmp");
	name_of(cdb, i, ".cdb");
	/* made before its text was: not the older one for who compares them */
	if (utimensat(dir, tmp, NULL, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return renameat(dir, tmp, dir, cdb);
}

static void
name_of(char out[32], int table, const char *end)
{
	snprintf(out, 32, "%s%s", tables_name(table), end);
}
