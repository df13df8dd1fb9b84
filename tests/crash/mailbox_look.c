/*
 * mailbox_look - what stands in a mailbox after a crash, for house.py.
 *
 *	mailbox_look MAILDIR
 *
 * Opens each folder as a client's SELECT does, twice: what the first look
 * mended, the second has to find.  A line for each message and look, written
 * when the look is over:
 * FOLDER UIDVALIDITY UID FLAGS TOKEN, where FLAGS are letters and keywords
 * joined by commas, and TOKEN is the subject where the text ends as a whole
 * one does ("end TOKEN"), else "torn".
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/folder.h"
#include "store/tree.h"
#include "sys/file.h"
#include "sys/log.h"

static void
flags(const struct folder *f, uint32_t bits)
{
	static const char letter[] = "DFPRST";
	unsigned i;

	putchar('-');
	for (i = 0; i < FLAG_KEYWORD; i++)
		if (bits & 1U << i)
			printf(",%c", letter[i]);
	for (i = 0; i < FOLDER_KEYWORDS; i++)
		if (bits & 1U << (FLAG_KEYWORD + i))
			printf(",%.*s", SPAN_ARG(folder_keyword(f, i)));
}

static void
token(struct folder *f, uint32_t number)
{
	struct buf b = { .max = 1 << 20 };
	struct span in, line;
	char end[256];
	int fd = folder_fd(f, number);

	if (fd < 0 || file_read(fd, &b) < 0)
		err(1, "message %u", number);
	in = buf_span(&b);
	(void)span_cut(&in, '\n', &line);
	line = span_from(line, sizeof "Subject: " - 1);
	snprintf(end, sizeof end, "\nend %.*s\n", SPAN_ARG(line));
	if (span_ends(in, span_of(end)))
		printf(" %.*s\n", SPAN_ARG(line));
	else
		puts(" torn");
	buf_free(&b);
	close(fd);
}

static void
look(const struct tree *t, const char *name)
{
	struct folder_totals totals;
	struct folder *f;
	struct mail m;
	uint32_t i;

	if (folder_open(&f, t, name, FOLDER_WRITE) < 0)
		err(1, "%s", name);
	folder_totals(f, &totals);
	for (i = 1; i <= folder_count(f); i++) {
		if (folder_mail(f, i, &m) < 0)
			err(1, "%s %u", name, i);
		printf("%s %u %u ", name, totals.uidvalidity, m.uid);
		flags(f, m.flags);
		token(f, i);
	}
	folder_close(f);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	struct tree_list list;
	struct tree t = { .host = "mx.example.test" };
	size_t i;

	log_program("mailbox_look");
	if (argc != 2)
		errx(2, "usage: mailbox_look MAILDIR");
	if (tree_open(&t, argv[1], t.host) < 0 || tree_list(&t, &list) < 0)
		err(1, "%s", argv[1]);
	for (i = 0; i < list.n; i++)
		if (list.v[i].bits & TREE_EXISTS) {
			look(&t, list.v[i].name);
			look(&t, list.v[i].name);
		}
	return 0;
}
