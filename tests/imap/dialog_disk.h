/*
 * dialog_disk - the Maildir of a dialog, and what other programs do there: the
 * lines of a script that are about files.  Included by dialog_test.c, behind
 * cmocka.h.
 */
#ifndef IMAP_DIALOG_DISK_H
#define IMAP_DIALOG_DISK_H

#include <sys/stat.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/scan.h"

static struct {
	char dir[64];			/* in it stands Maildir */
	int mails;			/* that were put there */
} disk;

/* Of who includes it: the case has failed, on with the next. */
static void broken(const char *, struct span);

static inline void
folder_path(char out[200], struct span folder, const char *sub)
{
	if (span_case_eq(folder, SPAN("INBOX")))
		snprintf(out, 200, "%s/Maildir/%s", disk.dir, sub);
	else
		snprintf(out, 200, "%s/Maildir/.%.*s/%s", disk.dir,
		    SPAN_ARG(folder), sub);
}

/* By tmp/ and a rename: a session sees a file in new/ when it is whole. */
static inline void
put_mail(struct span folder, struct span flags, struct span text)
{
	char dir[200], tmp[220], path[400];
	int in_new = span_eq(flags, SPAN("new"));
	FILE *f;

	folder_path(dir, folder, "");
	mkdir(dir, 0700);
	folder_path(dir, folder, "cur");
	mkdir(dir, 0700);
	folder_path(dir, folder, "new");
	mkdir(dir, 0700);
	folder_path(dir, folder, "tmp");
	mkdir(dir, 0700);
	snprintf(tmp, sizeof tmp, "%s/mail", dir);
	folder_path(dir, folder, in_new ? "new" : "cur");
	disk.mails++;
	snprintf(path, sizeof path, "%s/17953000%02d.M%dP1.host%s%.*s", dir,
	    disk.mails, disk.mails, in_new ? "" : ":2,",
	    in_new || span_eq(flags, SPAN("-")) ? 0 : (int)flags.n, flags.p);
	if ((f = fopen(tmp, "w")) == NULL ||
	    fwrite(text.p, 1, text.n, f) != text.n || fclose(f) != 0 ||
	    rename(tmp, path) != 0)
		broken("cannot write ", span_of(path));
}

static inline void
put_deep_mail(struct span folder, unsigned n)
{
	struct buf b = { .max = 64 << 20 };
	unsigned i;

	buf_adds(&b, "Subject: deep\n");
	for (i = 0; i < n; i++)
		buf_addf(&b, "Content-Type: multipart/mixed; boundary=%u\n\n"
		    "--%u\n", i, i);
	buf_adds(&b, "\nat the bottom\n");
	put_mail(folder, SPAN("S"), buf_span(&b));
	buf_free(&b);
}

/* A message within a message, to n lines of addresses of one byte. */
static inline void
put_wide_mail(struct span folder, unsigned n)
{
	struct buf b = { .max = 64 << 20 };

	buf_adds(&b, "Subject: wide\nContent-Type: message/rfc822\n\nTo:\n");
	while (n-- > 0)
		buf_adds(&b, " a,a,a,a,a,\n");
	buf_adds(&b, "\nx\n");
	put_mail(folder, SPAN("S"), buf_span(&b));
	buf_free(&b);
}

static inline void
make_folders(struct span above, unsigned n)
{
	char name[100], path[200];
	unsigned i, j;

	for (i = 1; i <= n; i++)
		for (j = 0; j < 4; j++) {
			snprintf(name, sizeof name, "%.*s.%u", SPAN_ARG(above),
			    i);
			folder_path(path, span_of(name),
			    (const char *[]){ "", "tmp", "new", "cur" }[j]);
			assert_int_equal(mkdir(path, 0700), 0);
		}
}

static inline int
visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static inline void
free_names(struct dirent **e, int n)
{
	while (n > 0)
		free(e[--n]);
	free(e);
}

static inline unsigned
number(struct span s)
{
	unsigned n = 0;

	assert_int_equal(scan_uint(s, 1000000, &n), 0);
	return n;
}

/* The names in new/ or cur/, in order: free_names. */
static inline int
names_in(struct span folder, const char *sub, char dir[200],
    struct dirent ***e)
{
	int n;

	folder_path(dir, folder, sub);
	n = scandir(dir, e, visible, alphasort);
	assert_true(n >= 0);
	return n;
}

/* The path of the N-th of cur/, and the directory's. */
static inline void
nth(struct span folder, struct span n, char dir[200], char path[700])
{
	struct dirent **e;
	int count = names_in(folder, "cur", dir, &e), i = (int)number(n);

	assert_true(i >= 1 && i <= count);
	snprintf(path, 700, "%s/%s", dir, e[i - 1]->d_name);
	free_names(e, count);
}

/* ------------------------------------------------------ the X: lines */

static inline void
deliver(struct span folder, struct span rest)
{
	(void)rest;
	put_mail(folder, SPAN("new"), SPAN("From: other@example.test\n"
	    "Subject: delivered\n\nHello.\n"));
}

static inline void
none(struct span folder, struct span rest)
{
	char path[200];

	(void)rest;
	folder_path(path, folder, "");
	if (access(path, F_OK) == 0)
		broken("it is there: ", folder);
}

/* Or it is put back. */
static inline void
put_aside(struct span folder, struct span file, int blocked)
{
	char name[80], path[200], other[210];

	snprintf(name, sizeof name, "%.*s", SPAN_ARG(file));
	folder_path(path, folder, name);
	snprintf(other, sizeof other, "%s.away", path);
	if (blocked ? rmdir(path) == 0 : access(other, F_OK) == 0) {
		rename(other, path);
		return;
	}
	rename(path, other);
	if (blocked)
		assert_int_equal(mkdir(path, 0700), 0);
}

static inline void
block(struct span folder, struct span file)
{
	put_aside(folder, file, 1);
}

static inline void
away(struct span folder, struct span file)
{
	put_aside(folder, file, 0);
}

static inline void
folders(struct span folder, struct span n)
{
	make_folders(folder, number(n));
}

static inline void
deep(struct span folder, struct span n)
{
	put_deep_mail(folder, number(n));
}

static inline void
wide(struct span folder, struct span n)
{
	put_wide_mail(folder, number(n));
}

static inline void
count(struct span folder, struct span n)
{
	struct dirent **e;
	char dir[200];
	int in_cur = names_in(folder, "cur", dir, &e), in_new;

	free_names(e, in_cur);
	in_new = names_in(folder, "new", dir, &e);
	free_names(e, in_new);
	if ((unsigned)(in_cur + in_new) != number(n))
		broken("other number of files", SPAN(""));
}

static inline void
take_away(struct span folder, struct span n)
{
	char dir[200], path[700];

	nth(folder, n, dir, path);
	unlink(path);
}

static inline void
make_long(struct span folder, struct span n)
{
	char dir[200], from[700], to[700];

	nth(folder, n, dir, from);
	snprintf(to, sizeof to, "%s/%0252u:2,", dir, number(n));
	rename(from, to);
}

static inline void
flag(struct span folder, struct span rest)
{
	char dir[200], from[700], to[700];
	struct span n, flags;

	if (!span_word(&rest, &n) || !span_word(&rest, &flags))
		broken("flag wants a number and flags", SPAN(""));
	nth(folder, n, dir, from);
	snprintf(to, sizeof to, "%.*s:2,%.*s",
	    (int)span_find(span_of(from), ':'), from, SPAN_ARG(flags));
	rename(from, to);
}

/* Does what an X: line says.  1, or 0: there is no such verb. */
static inline int
disk_act(struct span verb, struct span rest)
{
	static const struct {
		const char *verb;
		void (*run)(struct span folder, struct span rest);
	} acts[] = {
		{ "deliver", deliver }, { "remove", take_away },
		{ "flag", flag }, { "long", make_long }, { "count", count },
		{ "folders", folders }, { "deep", deep }, { "wide", wide },
		{ "block", block }, { "away", away }, { "none", none }
	};
	struct span folder;
	size_t i;

	for (i = 0; i < sizeof acts / sizeof *acts; i++)
		if (span_eq(verb, span_of(acts[i].verb))) {
			span_word(&rest, &folder);
			acts[i].run(folder, span_trim(rest));
			return 1;
		}
	return 0;
}

#endif
