/*
 * tables - all address tables at once: read the texts, check them together,
 * replace text and compiled form.
 *
 *	tables_open	locks, reads every text
 *	text[i]		may be changed now by tables_add and tables_remove
 *	tables_check	parses all; errors are "FILE:LINE: reason" lines
 *	compile_write	(admin/compile.h) changed texts and each NAME.cdb
 *	tables_close
 *
 * A table that fails any check leaves every file as it was.  A NAME.cdb
 * without a text beside it was made by something else (Postfix, say) and is
 * left alone.
 */
#ifndef ADMIN_TABLES_H
#define ADMIN_TABLES_H

#include "admin/source.h"
#include "run/site.h"

struct tables_entry {
	size_t key, nkey, value, nvalue;	/* in bytes of the set */
	unsigned nr;				/* 0: made by us */
};

struct tables_set {			/* one parsed table, sorted by key */
	struct buf bytes;
	struct tables_entry *entry;
	size_t n, size;
};

struct tables {
	const struct site *site;
	int dir, secrets, lock;
	struct buf text[SOURCE_COUNT];
	int there[SOURCE_COUNT];	/* there is a text */
	int changed[SOURCE_COUNT];
	struct tables_set set[SOURCE_COUNT];
	struct buf lists;		/* that aliases name: a path a line */
	struct buf errors;
};

/* 0, or -1 with errno and what was said.  write 0: no lock, nothing will be
 * written. */
int	tables_open(struct tables *, const struct site *, int write);
int	tables_check(struct tables *);		/* 0, or -1: see errors */
void	tables_close(struct tables *);

const char *tables_name(int table);
int	tables_dir(const struct tables *, int table);
/* Was the compiled form made by something else? */
int	tables_foreign(const struct tables *, int table);
struct span tables_key(const struct tables_set *, size_t i);
struct span tables_value(const struct tables_set *, size_t i);
/* After tables_check: the entry of a key, or NULL. */
const struct tables_entry *tables_find(const struct tables_set *,
	    struct span key);
/* Is it a domain of ours that is "local": by tables, config, or name? */
int	tables_local(const struct tables *, struct span domain);

/* Changes of a text; 0, or -1 (memory). */
int	tables_add(struct tables *, int table, struct span line);
/* Takes out every entry that has the key, in normal form.  How many; -1. */
int	tables_remove(struct tables *, int table, struct span key);

#endif
