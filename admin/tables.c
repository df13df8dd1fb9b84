/* tables - all address tables at once. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/include.h"
#include "admin/say.h"
#include "admin/tables.h"
#include "base/scan.h"
#include "sys/file.h"

enum { TEXT_MAX = 1 << 30, ERRORS_MAX = 1 << 20 };

static int open_dirs(struct tables *, int);
static int read_text(struct tables *, int);
static void parse_table(struct tables *, int);
static int read_lists(struct tables *, unsigned, struct buf *);
static int set_add(struct tables_set *, struct span, struct span, unsigned);
static void set_sort(struct tables_set *);
static int entry_cmp(const void *, const void *);
static void check_twice(struct tables *, int);
static void check_domains(struct tables *);
static void check_local(struct tables *, int);
static void check_passwords(struct tables *);
static void add_relay_lists(struct tables *);
static void add_postmaster(struct tables *);
static void wrong(struct tables *, int, unsigned, const char *, struct span);

static const struct tables_set *sorted;	/* what entry_cmp looks at */

int
tables_open(struct tables *t, const struct site *site, int write)
{
	int i;

	*t = (struct tables){ .site = site, .dir = -1, .secrets = -1,
	    .lock = -1, .errors = { .max = ERRORS_MAX },
	    .lists = { .max = TEXT_MAX } };
	for (i = 0; i < SOURCE_COUNT; i++) {
		t->text[i].max = TEXT_MAX;
		t->set[i].bytes.max = TEXT_MAX;
	}
	if (open_dirs(t, write) < 0)
		return -1;
	for (i = 0; i < SOURCE_COUNT; i++)
		if (read_text(t, i) < 0) {
			say_errno(0, "%s/%s", i == SOURCE_PASSWORDS ?
			    site->secrets_dir : site->tables_dir,
			    tables_name(i));
			return -1;
		}
	return 0;
}

int
tables_check(struct tables *t)
{
	int i;

	buf_reset(&t->errors);
	buf_reset(&t->lists);
	for (i = 0; i < SOURCE_COUNT; i++) {
		t->set[i].n = 0;
		buf_reset(&t->set[i].bytes);
		parse_table(t, i);
		set_sort(&t->set[i]);
		check_twice(t, i);
	}
	check_domains(t);
	check_local(t, TABLE_ALIASES);
	check_local(t, TABLE_USERS);
	check_passwords(t);
	add_relay_lists(t);
	add_postmaster(t);
	if (t->errors.n == 0)
		return 0;
	if (!buf_ok(&t->errors)) {
		buf_reset(&t->errors);
		buf_adds(&t->errors, "more errors than can be listed\n");
	}
	return -1;
}

void
tables_close(struct tables *t)
{
	int i;

	for (i = 0; i < SOURCE_COUNT; i++) {
		buf_free(&t->text[i]);
		buf_free(&t->set[i].bytes);
		free(t->set[i].entry);
	}
	buf_free(&t->errors);
	buf_free(&t->lists);
	if (t->dir >= 0)
		close(t->dir);
	if (t->secrets >= 0)
		close(t->secrets);
	if (t->lock >= 0)
		close(t->lock);
}

const char *
tables_name(int table)
{
	return table == SOURCE_PASSWORDS ? "passwords" : directory_name[table];
}

int
tables_dir(const struct tables *t, int i)
{
	return i == SOURCE_PASSWORDS ? t->secrets : t->dir;
}

int
tables_foreign(const struct tables *t, int table)
{
	char name[32];

	if (t->there[table])
		return 0;
	snprintf(name, sizeof name, "%s.cdb", tables_name(table));
	return faccessat(tables_dir(t, table), name, F_OK, 0) == 0;
}

struct span
tables_key(const struct tables_set *s, size_t i)
{
	return span_mem(s->bytes.p + s->entry[i].key, s->entry[i].nkey);
}

struct span
tables_value(const struct tables_set *s, size_t i)
{
	return span_mem(s->bytes.p + s->entry[i].value, s->entry[i].nvalue);
}

const struct tables_entry *
tables_find(const struct tables_set *s, struct span key)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = span_cmp(tables_key(s, mid), key);

		if (c == 0)
			return &s->entry[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

int
tables_local(const struct tables *t, struct span domain)
{
	const struct tables_set *s = &t->set[TABLE_DOMAINS];
	const struct tables_entry *e = tables_find(s, domain);
	size_t i;

	if (e)
		return span_eq(tables_value(s, (size_t)(e - s->entry)),
		    SPAN("local"));
	for (i = 0; i < t->site->domains.n; i++)
		if (span_case_eq(domain, span_of(t->site->domains.word[i])))
			return 1;
	return span_case_eq(domain, span_of(t->site->hostname)) ||
	    span_eq(domain, SPAN("localhost"));
}

int
tables_add(struct tables *t, int table, struct span line)
{
	struct buf *b = &t->text[table];

	if (b->n && b->p[b->n - 1] != '\n')
		buf_addc(b, '\n');
	buf_addspan(b, line);
	t->there[table] = t->changed[table] = 1;
	return buf_addc(b, '\n');
}

int
tables_remove(struct tables *t, int table, struct span key)
{
	struct buf rest = { .max = TEXT_MAX };
	struct buf k = { .max = SOURCE_KEY }, v = { .max = SOURCE_LINE };
	struct source_line l = { 0 };
	struct span in = buf_span(&t->text[table]), kept = in;
	const char *why;
	unsigned nr = 0;
	int n = 0, ok;

	while (source_next(&in, &nr, &l)) {
		if (source_parse(table, buf_span(&l.text), &k, &v, &why) < 0 ||
		    !span_eq(buf_span(&k), key))
			continue;
		/* what stands before it, comments too, stays */
		buf_add(&rest, kept.p, (size_t)(l.raw.p - kept.p));
		kept = in;
		n++;
	}
	buf_addspan(&rest, kept);
	ok = buf_ok(&rest);
	buf_free(&k);
	buf_free(&v);
	if (!ok || n == 0) {
		buf_free(&rest);
		return ok ? 0 : -1;
	}
	buf_free(&t->text[table]);
	t->text[table] = rest;
	t->changed[table] = 1;
	return n;
}

static int
open_dirs(struct tables *t, int write)
{
	t->dir = file_open_dir(AT_FDCWD, t->site->tables_dir);
	if (t->dir < 0) {
		say_errno(0, "%s", t->site->tables_dir);
		return -1;
	}
	/* without it there are no passwords, and nothing else is missing */
	t->secrets = file_open_dir(AT_FDCWD, t->site->secrets_dir);
	if (!write)
		return 0;
	t->lock = openat(t->dir, ".lock", O_RDWR | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (t->lock < 0 || file_lock(t->lock, 1) < 0) {
		say_errno(0, "%s/.lock", t->site->tables_dir);
		return -1;
	}
	return 0;
}

static int
read_text(struct tables *t, int i)
{
	int dir = tables_dir(t, i);

	t->there[i] = dir >= 0 &&
	    file_read_at(dir, tables_name(i), &t->text[i]) == 0;
	/* nobody but root reads passwords: a check by others does without */
	return t->there[i] || dir < 0 || errno == ENOENT ||
	    (i == SOURCE_PASSWORDS && errno == EACCES && t->lock < 0) ? 0 : -1;
}

static void
parse_table(struct tables *t, int i)
{
	struct buf k = { .max = SOURCE_KEY }, v = { .max = SOURCE_LINE };
	struct source_line l = { 0 };
	struct span in = buf_span(&t->text[i]);
	const char *why;
	unsigned nr = 0;

	if (span_starts(in, SPAN("\xef\xbb\xbf"))) {
		wrong(t, i, 1, "begins with a byte order mark; save it "
		    "without", (struct span){ 0 });
		in = span_from(in, 3);
	}
	while (source_next(&in, &nr, &l)) {
		if (source_parse(i, buf_span(&l.text), &k, &v, &why) < 0)
			wrong(t, i, l.nr, why, (struct span){ 0 });
		else if (i == TABLE_ALIASES && read_lists(t, l.nr, &v) < 0)
			continue;
		else if (set_add(&t->set[i], buf_span(&k), buf_span(&v),
		    l.nr) < 0)
			wrong(t, i, l.nr, "no memory", (struct span){ 0 });
	}
	buf_free(&k);
	buf_free(&v);
}

static int
read_lists(struct tables *t, unsigned nr, struct buf *targets)
{
	struct span in = buf_span(targets);
	char at[PATH_MAX + 32];

	if (span_search(in, SPAN(":include:")) == in.n)
		return 0;
	snprintf(at, sizeof at, "%s/aliases:%u", t->site->tables_dir, nr);
	return include_lists(targets, at, &t->lists, &t->errors);
}

static int
set_add(struct tables_set *s, struct span key, struct span value, unsigned nr)
{
	struct tables_entry *e;

	if (s->n == s->size) {
		size_t size = s->size ? s->size * 2 : 64;

		if ((e = reallocarray(s->entry, size, sizeof *e)) == NULL)
			return -1;
		s->entry = e;
		s->size = size;
	}
	e = &s->entry[s->n];
	*e = (struct tables_entry){ s->bytes.n, key.n, s->bytes.n + key.n,
	    value.n, nr };
	buf_addspan(&s->bytes, key);
	if (buf_addspan(&s->bytes, value) < 0)
		return -1;
	s->n++;
	return 0;
}

static void
set_sort(struct tables_set *s)
{
	sorted = s;
	if (s->n)
		qsort(s->entry, s->n, sizeof *s->entry, entry_cmp);
}

static int
entry_cmp(const void *a, const void *b)
{
	const struct tables_entry *x = a, *y = b;
	int c = span_cmp(span_mem(sorted->bytes.p + x->key, x->nkey),
	    span_mem(sorted->bytes.p + y->key, y->nkey));

	return c ? c : (x->nr > y->nr) - (x->nr < y->nr);
}

static void
check_twice(struct tables *t, int i)
{
	const struct tables_set *s = &t->set[i];
	char why[64];
	size_t k;

	for (k = 1; k < s->n; k++)
		if (span_eq(tables_key(s, k - 1), tables_key(s, k))) {
			snprintf(why, sizeof why, "stands in line %u already",
			    s->entry[k - 1].nr);
			wrong(t, i, s->entry[k].nr, why, tables_key(s, k));
		}
}

/* The domain at the end of a chain of aliases is local or relay. */
static void
check_domains(struct tables *t)
{
	const struct tables_set *s = &t->set[TABLE_DOMAINS];
	const struct tables_entry *e;
	struct span v, target;
	size_t i;
	int depth;

	for (i = 0; i < s->n; i++) {
		v = tables_value(s, i);
		target = tables_key(s, i);
		for (depth = 0; span_starts(v, SPAN("alias ")) && depth < 10;
		    depth++) {
			target = span_from(v, 6);
			e = tables_find(s, target);
			v = e ? tables_value(s, (size_t)(e - s->entry)) :
			    SPAN("local");
		}
		if (span_starts(v, SPAN("alias ")))
			wrong(t, TABLE_DOMAINS, s->entry[i].nr,
			    "aliases of aliases without end", tables_key(s, i));
		else if (span_eq(v, SPAN("local")) && !tables_local(t, target))
			wrong(t, TABLE_DOMAINS, s->entry[i].nr,
			    "the domain that it is an alias of is no domain "
			    "of ours", target);
	}
}

/* Aliases and users at a domain that is not local would never be asked for. */
static void
check_local(struct tables *t, int table)
{
	const struct tables_set *s = &t->set[table];
	struct span local, domain;
	size_t i;

	/* a table of domains that something else made is not looked into */
	if (tables_foreign(t, TABLE_DOMAINS))
		return;
	for (i = 0; i < s->n; i++) {
		address_split(tables_key(s, i), &local, &domain);
		if (domain.n && !tables_local(t, domain))
			wrong(t, table, s->entry[i].nr,
			    "no local domain (correo domain add)", domain);
	}
}

static void
check_passwords(struct tables *t)
{
	const struct tables_set *s = &t->set[SOURCE_PASSWORDS];
	struct span key;
	size_t i;

	if (tables_foreign(t, TABLE_USERS))
		return;
	for (i = 0; i < s->n; i++) {
		key = source_owner(tables_key(s, i));
		if (tables_find(&t->set[TABLE_USERS], key) == NULL)
			wrong(t, SOURCE_PASSWORDS, s->entry[i].nr,
			    "no such user", key);
	}
}

/* Beside what stands in the text, relay has "list DOMAIN" for each domain with
 * recipients, and "bits", the lengths of networks in use. */
static void
add_relay_lists(struct tables *t)
{
	struct tables_set *s = &t->set[TABLE_RELAY];
	struct buf bits = { .max = 4096 }, list = { .max = SOURCE_KEY };
	unsigned char used[2][129] = { { 0 } };
	struct span key, local, domain;
	size_t i, n = s->n;
	unsigned b, v6;
	int r = 0;

	for (i = 0; i < n; i++) {
		key = tables_key(s, i);
		if (span_starts(key, SPAN("net "))) {
			v6 = span_find(key, ':') < key.n;
			if (scan_uint(span_from(key, span_find(key, '/') + 1),
			    128, &b) < 0 || used[v6][b])
				continue;
			used[v6][b] = 1;
			buf_addf(&bits, "%s%c/%u", bits.n ? " " : "",
			    v6 ? '6' : '4', b);
			continue;
		}
		address_split(span_from(key, 5), &local, &domain);
		buf_reset(&list);
		buf_adds(&list, "list ");
		buf_addspan(&list, domain);
		r |= set_add(s, buf_span(&list), (struct span){ 0 }, 0);
	}
	if (bits.n)
		r |= set_add(s, SPAN("bits"), buf_span(&bits), 0);
	buf_free(&bits);
	buf_free(&list);
	set_sort(s);
	if (r < 0)
		wrong(t, TABLE_RELAY, 0, "no memory", (struct span){ 0 });
}

/* Mail for postmaster always has a place: the first uid of the range, or our
 * own where ids do not change. */
static void
add_postmaster(struct tables *t)
{
	struct buf v = { .max = 2048 };
	int root = geteuid() == 0;

	if (tables_find(&t->set[TABLE_USERS], SPAN("postmaster")))
		return;
	buf_addu(&v, root ? t->site->uid_first : geteuid());
	buf_addc(&v, ':');
	buf_addu(&v, root ? t->site->uid_first : getegid());
	buf_addf(&v, ":%s/postmaster", t->site->state_dir);
	if (!buf_ok(&v) || set_add(&t->set[TABLE_USERS], SPAN("postmaster"),
	    buf_span(&v), 0) < 0)
		wrong(t, TABLE_USERS, 0, "no memory", (struct span){ 0 });
	buf_free(&v);
	set_sort(&t->set[TABLE_USERS]);
}

static void
wrong(struct tables *t, int table, unsigned nr, const char *why,
    struct span what)
{
	buf_addf(&t->errors, "%s/%s:%u: ", table == SOURCE_PASSWORDS ?
	    t->site->secrets_dir : t->site->tables_dir, tables_name(table),
	    nr);
	buf_addspan(&t->errors, what);
	buf_addf(&t->errors, "%s%s\n", what.n ? ": " : "", why);
}
