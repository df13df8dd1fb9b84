/* tree - a user's folders. */
#include <sys/stat.h>
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "store/maildir.h"
#include "store/tree.h"
#include "store/tree_file.h"
#include "sys/file.h"

enum { DEPTH = 3 };

static int  disk_name(const char *, char [FOLDER_NAME + 1]);
static int  is_inbox(struct span);
static int  list_dirs(const struct tree *, struct tree_list *);
static struct tree_entry *list_put(struct tree_list *, struct span);
static void list_merge(struct tree_list *);
static int  by_name(const void *, const void *);
static int  make_folder(int, const char *);
static int  put_away(const struct tree *, const char *, const char *);
static int  remove_all(int, const char *, int);
static int  rename_tree(const struct tree *, const char *, const char *);
static size_t below(struct tree_list *, const char *);
static int  is_free(const struct tree *, const char *);
static int  new_name(char [FOLDER_NAME + 1], const struct tree_entry *,
    const char *, const char *);
static int  rename_one(const struct tree *, const struct tree_entry *,
    const char *, const char *, int);
static int  rename_uses(const struct tree *, const struct tree_list *,
    const char *, const char *);
static void scratch_name(char [32]);

int
tree_open(struct tree *t, const char *path, const char *host)
{
	struct maildir m;
	size_t n = 0;

	*t = (struct tree){ .root = -1 };
	for (; *host && n + 5 < sizeof t->host; host++)
		if (*host == '/' || *host == ':' || *host == ',') {
			snprintf(t->host + n, 5, "\\%03o", (unsigned)*host);
			n += 4;
		} else
			t->host[n++] = *host;
	if (maildir_open(&m, AT_FDCWD, path) < 0)
		return -1;
	t->root = file_open_dir(m.dir, ".");
	maildir_close(&m);
	return t->root < 0 ? -1 : 0;
}

void
tree_close(struct tree *t)
{
	if (t->root >= 0)
		close(t->root);
	t->root = -1;
}

int
tree_name(struct span s, const char **why)
{
	size_t i;

	*why = "folder name: 1 to 200 bytes";
	if (s.n == 0 || s.n >= FOLDER_NAME)
		return -1;
	*why = "folder name: an empty level";
	if (s.p[0] == '.' || s.p[s.n - 1] == '.' ||
	    span_search(s, SPAN("..")) < s.n)
		return -1;
	/* Maildir++ keeps no other bytes apart, and NUL and / are no names */
	*why = "folder name: a slash, or a byte that is not of modified "
	    "UTF-7";
	for (i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e || s.p[i] == '/')
			return -1;
	return 0;
}

int
tree_order(const char *a, const char *b)
{
	int i = strcmp(a, "INBOX") == 0, j = strcmp(b, "INBOX") == 0;

	return i || j ? j - i : strcmp(a, b);
}

int
tree_within(const char *name, const char *top)
{
	size_t n = strlen(top);

	return strncmp(name, top, n) == 0 &&
	    (name[n] == '\0' || name[n] == '.');
}

void
tree_path(const char *name, const char *sub, char out[TREE_PATH])
{
	int inbox = strcmp(name, "INBOX") == 0;

	snprintf(out, TREE_PATH, "%s%s%s%s", inbox ? "" : ".",
	    inbox ? "" : name, inbox ? "" : "/", sub);
}

int
tree_folder(const struct tree *t, const char *name)
{
	char disk[FOLDER_NAME + 1];

	if (disk_name(name, disk) < 0)
		return -1;
	return file_open_dir(t->root, disk);
}

int
tree_list(const struct tree *t, struct tree_list *l)
{
	struct buf b = { .max = TREE_FILE_MAX };
	struct span in, line, key, use;
	struct tree_entry *e;
	int r;

	*l = (struct tree_list){ 0 };
	e = list_put(l, SPAN("INBOX"));
	r = e == NULL || list_dirs(t, l) < 0 ||
	    tree_file_load(t, &b) < 0 ? -1 : 0;
	if (r == 0)
		l->v[0].bits |= TREE_EXISTS;
	for (in = buf_span(&b); r == 0 && in.n;) {
		span_cut(&in, '\n', &line);
		span_cut(&line, ' ', &key);
		if (span_eq(key, SPAN("subscribed"))) {
			if ((e = list_put(l, line)) == NULL)
				r = errno == EINVAL ? 0 : -1;
			else
				e->bits |= TREE_SUBSCRIBED;
		} else if (span_eq(key, SPAN("use"))) {
			span_cut(&line, ' ', &use);
			if ((e = list_put(l, line)) == NULL)
				r = errno == EINVAL ? 0 : -1;
			else
				span_str(use, e->use, sizeof e->use);
		}
	}
	buf_free(&b);
	if (r == 0)
		list_merge(l);
	else
		tree_list_free(l);
	return r;
}

void
tree_list_free(struct tree_list *l)
{
	free(l->v);
	*l = (struct tree_list){ 0 };
}

/* Whole under another name first, so that nobody sees half a folder. */
int
tree_create(const struct tree *t, const char *name)
{
	char disk[FOLDER_NAME + 1], tmp[32];
	int e;

	if (disk_name(name, disk) < 0 || is_free(t, disk) < 0)
		return -1;
	scratch_name(tmp);
	if (make_folder(t->root, tmp) < 0 ||
	    renameat(t->root, tmp, t->root, disk) < 0) {
		e = errno == ENOTEMPTY ? EEXIST : errno;
		remove_all(t->root, tmp, DEPTH);
		errno = e;
		return -1;
	}
	return fsync(t->root);
}

void
tree_uncreate(const struct tree *t, const char *name)
{
	static const char *const sub[2] = { "new", "cur" };
	char disk[FOLDER_NAME + 1], tmp[32];
	int dir, i, e = errno;

	if (disk_name(name, disk) == 0 &&
	    (dir = file_open_dir(t->root, disk)) >= 0) {
		scratch_name(tmp);
		for (i = 0; i < 2 && unlinkat(dir, sub[i], AT_REMOVEDIR) == 0;
		    i++)
			;
		if (i == 2 && renameat(t->root, disk, t->root, tmp) == 0)
			remove_all(t->root, tmp, DEPTH);
		else if (i == 1)
			(void)mkdirat(dir, sub[0], 0700);
		close(dir);
	}
	errno = e;
}

int
tree_delete(const struct tree *t, const char *name)
{
	char disk[FOLDER_NAME + 1], tmp[32];

	if (disk_name(name, disk) < 0)
		return -1;
	if (disk[1] == '\0') {
		errno = EINVAL;		/* INBOX */
		return -1;
	}
	if (is_free(t, disk) == 0) {
		errno = ENOENT;
		return -1;
	}
	scratch_name(tmp);
	/* a later folder of that name gets a higher UIDVALIDITY; also where a
	 * full disk has no room for it: those that were given are noted, and
	 * one that was taken over is less than the time will be */
	if (((tree_uidvalidity(t, 0) == 0 || tree_flush(t) < 0) &&
	    errno != ENOSPC && errno != EDQUOT) ||
	    put_away(t, disk, tmp) < 0 || fsync(t->root) < 0)
		return -1;
	/* a use of no folder is none, so that it may go behind it, or stay */
	(void)tree_special(t, name, "");
	remove_all(t->root, tmp, DEPTH);
	return 0;
}

int
tree_rename(const struct tree *t, const char *from, const char *to)
{
	char disk[FOLDER_NAME + 1], other[FOLDER_NAME + 1];

	if (disk_name(from, disk) < 0 || disk_name(to, other) < 0 ||
	    is_free(t, other) < 0)
		return -1;
	if (disk[1] == '\0' || (strcmp(other, disk) != 0 &&
	    tree_within(other, disk))) {
		errno = EINVAL;		/* INBOX, or into itself */
		return -1;
	}
	return rename_tree(t, disk, other);
}

int
tree_subscribe(const struct tree *t, const char *name, int on)
{
	const char *why;

	if (tree_name(span_of(name), &why) < 0) {
		errno = EINVAL;
		return -1;
	}
	return tree_file_edit(t, &(struct tree_line){ "subscribed",
	    on ? "" : NULL, name }, 1);
}

int
tree_special(const struct tree *t, const char *name, const char *use)
{
	if (strlen(use) >= 16 || strchr(use, ' ') || strchr(use, '\n')) {
		errno = EINVAL;
		return -1;
	}
	return tree_file_edit(t, &(struct tree_line){ "use",
	    *use ? use : NULL, name }, 1);
}

int
tree_adopt(const struct tree *t, const struct tree_use *v, size_t n)
{
	struct tree_line l[2 * TREE_ADOPT];
	size_t i;

	assert(n <= TREE_ADOPT);
	for (i = 0; i < n; i++) {
		l[2 * i] = (struct tree_line){ "subscribed", "", v[i].name };
		l[2 * i + 1] = (struct tree_line){ "use", v[i].use, v[i].name };
	}
	return tree_file_edit(t, l, 2 * n);
}

static int
is_inbox(struct span s)
{
	return span_case_eq(s, SPAN("INBOX"));
}

/* "." for INBOX, else the name with a dot in front. */
static int
disk_name(const char *name, char out[FOLDER_NAME + 1])
{
	const char *why;

	if (tree_name(span_of(name), &why) < 0) {
		errno = EINVAL;
		return -1;
	}
	snprintf(out, FOLDER_NAME + 1, ".%s",
	    is_inbox(span_of(name)) ? "" : name);
	return 0;
}

static int
list_dirs(const struct tree *t, struct tree_list *l)
{
	struct tree_entry *x;
	struct dirent *e;
	struct stat st;
	DIR *d;
	int fd, r = 0;

	if ((fd = file_open_dir(t->root, ".")) < 0)
		return -1;
	if ((d = fdopendir(fd)) == NULL) {
		close(fd);
		return -1;
	}
	while (r == 0 && (errno = 0, e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.' || is_inbox(span_of(e->d_name + 1)) ||
		    (e->d_type != DT_DIR && e->d_type != DT_UNKNOWN))
			continue;
		if (e->d_type == DT_UNKNOWN && (fstatat(t->root, e->d_name,
		    &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode)))
			continue;
		if ((x = list_put(l, span_of(e->d_name + 1))) != NULL)
			x->bits |= TREE_EXISTS;
		else if (errno != EINVAL)
			r = -1;
	}
	if (r == 0 && errno)
		r = -1;
	closedir(d);
	return r;
}

static struct tree_entry *
list_put(struct tree_list *l, struct span name)
{
	size_t size = l->size ? 2 * l->size : 16;
	struct tree_entry *v;
	const char *why;

	if (tree_name(name, &why) < 0) {
		errno = EINVAL;
		return NULL;
	}
	if (l->n == l->size) {
		v = reallocarray(l->v, size, sizeof *v);
		if (v == NULL)
			return NULL;
		l->v = v;
		l->size = size;
	}
	v = l->v + l->n++;
	*v = (struct tree_entry){ .bits = 0 };
	span_str(is_inbox(name) ? SPAN("INBOX") : name, v->name,
	    sizeof v->name);
	return v;
}

/* Sorted, and one of each name: the directory's, its subscription, its use. */
static void
list_merge(struct tree_list *l)
{
	size_t i, n = 1;

	qsort(l->v, l->n, sizeof *l->v, by_name);
	for (i = 1; i < l->n; i++) {
		struct tree_entry *last = &l->v[n - 1], *e = &l->v[i];

		if (strcmp(last->name, e->name) != 0) {
			l->v[n++] = *e;
			continue;
		}
		last->bits |= e->bits;
		if (e->use[0])
			memcpy(last->use, e->use, sizeof last->use);
	}
	/* a use may be left of a folder that is not there */
	for (l->n = i = 0; i < n; i++) {
		if (!(l->v[i].bits & TREE_EXISTS))
			l->v[i].use[0] = '\0';
		if (l->v[i].bits)
			l->v[l->n++] = l->v[i];
	}
}

static int
by_name(const void *a, const void *b)
{
	const struct tree_entry *x = a, *y = b;

	return tree_order(x->name, y->name);
}

static int
make_folder(int root, const char *name)
{
	static const char *const sub[3] = { "tmp", "new", "cur" };
	int dir, i, r = -1;

	if (mkdirat(root, name, 0700) < 0 ||
	    (dir = file_open_dir(root, name)) < 0)
		return -1;
	for (i = 0; i < 3 && mkdirat(dir, sub[i], 0700) == 0; i++)
		;
	if (i == 3 && maildir_mark_folder(dir) == 0)
		r = fsync(dir);
	close(dir);
	return r;
}

/* Not while somebody moves mail into it; who has it open sees by its
 * correo-uids that it has gone.  Also where it has no lock and can get none, as
 * on a full disk. */
static int
put_away(const struct tree *t, const char *disk, const char *tmp)
{
	int dir = file_open_dir(t->root, disk), lock = -1, e, r;

	if (dir >= 0 && (lock = openat(dir, "correo-lock", O_RDWR | O_CREAT |
	    O_NOFOLLOW | O_CLOEXEC, 0600)) >= 0)
		(void)file_lock_byte(lock, FOLDER_STAYS, F_WRLCK);
	r = renameat(t->root, disk, t->root, tmp);
	e = errno;
	if (r == 0 && dir >= 0)
		unlinkat(dir, "correo-uids", 0);
	if (lock >= 0)
		close(lock);
	if (dir >= 0)
		close(dir);
	errno = e;
	return r;
}

struct removing {
	int dir, depth;
};

static int
remove_one(void *arg, const char *name)
{
	struct removing *r = arg;

	remove_all(r->dir, name, r->depth - 1);
	return 0;
}

static int
remove_all(int parent, const char *name, int depth)
{
	struct removing r = { -1, depth };

	if (unlinkat(parent, name, 0) == 0)
		return 0;
	if (depth > 0 && (r.dir = file_open_dir(parent, name)) >= 0) {
		file_each(r.dir, remove_one, &r);
		close(r.dir);
	}
	return unlinkat(parent, name, AT_REMOVEDIR);
}

/* By names on disk: the folder and each below it; then their uses follow.
 * Whether all of them may have their new name is seen before the first one gets
 * it; where one cannot have it, as on a full disk, all have their old ones. */
static int
rename_tree(const struct tree *t, const char *from, const char *to)
{
	char b[FOLDER_NAME + 1];
	struct tree_list l;
	size_t i, n = 0;
	int e, r;

	if (tree_list(t, &l) < 0)
		return -1;
	l.n = below(&l, from + 1);
	errno = ENOENT;
	r = l.n ? 0 : -1;
	for (i = 0; i < l.n && r == 0; i++)
		r = new_name(b, &l.v[i], from, to) < 0 ? -1 : is_free(t, b);
	while (n < l.n && r == 0)
		if ((r = rename_one(t, &l.v[n], from, to, 0)) == 0)
			n++;
	if (r == 0 && ((r = rename_uses(t, &l, from, to)) == 0))
		r = fsync(t->root);
	e = errno;
	while (r < 0 && n > 0)
		(void)rename_one(t, &l.v[--n], from, to, 1);
	errno = e;
	tree_list_free(&l);
	return r;
}

static int
new_name(char out[FOLDER_NAME + 1], const struct tree_entry *e,
    const char *from, const char *to)
{
	errno = ENAMETOOLONG;
	return snprintf(out, FOLDER_NAME + 1, "%s%s", to, e->name +
	    strlen(from + 1)) > FOLDER_NAME ? -1 : 0;
}

/* Leaves those that exist, and are that one or below it.  How many? */
static size_t
below(struct tree_list *l, const char *name)
{
	size_t i, n = 0;

	for (i = 1; i < l->n; i++)
		if (l->v[i].bits & TREE_EXISTS &&
		    tree_within(l->v[i].name, name))
			l->v[n++] = l->v[i];
	return n;
}

static int
is_free(const struct tree *t, const char *disk)
{
	struct stat st;

	if (fstatat(t->root, disk, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return errno == ENOENT ? 0 : -1;
}

static int
rename_one(const struct tree *t, const struct tree_entry *e, const char *from,
    const char *to, int back)
{
	char was[FOLDER_NAME + 1], now[FOLDER_NAME + 1];

	snprintf(was, sizeof was, ".%s", e->name);
	return new_name(now, e, from, to) < 0 ? -1 :
	    renameat(t->root, back ? now : was, t->root, back ? was : now);
}

/* All in one.  Killed before it, they are of folders that are not there, which
 * is none. */
static int
rename_uses(const struct tree *t, const struct tree_list *l, const char *from,
    const char *to)
{
	char (*name)[FOLDER_NAME + 1] = calloc(l->n, sizeof *name);
	struct tree_line *v = calloc(l->n, sizeof *v);
	size_t i, n = 0;
	int r = v && name ? 0 : -1;

	for (i = 0; i < l->n && r == 0; i++)
		if (l->v[i].use[0] &&
		    (r = new_name(name[n], &l->v[i], from, to)) == 0) {
			v[n] = (struct tree_line){ "use", l->v[i].use,
			    name[n] + 1 };
			n++;
		}
	if (r == 0 && n)
		r = tree_file_edit(t, v, n);
	free(name);
	free(v);
	return r;
}

/* No folder's name: it does not begin with a dot. */
static void
scratch_name(char out[32])
{
	uint64_t v;

	arc4random_buf(&v, sizeof v);
	memcpy(out, "correo-tmp.", 11);
	encode_base32(out + 11, 13, v);
	out[24] = '\0';
}
