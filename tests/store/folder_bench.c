/*
 * folder_bench DIR MESSAGES - how long a folder takes to open.
 *
 * Makes MESSAGES small files in DIR/cur if it is empty, then prints
 * milliseconds (median of 5 where it can be repeated) of: listing cur/, the
 * first open of all, an open without the index, warm opens, all flags, a store
 * of 10,000, an expunge of 10,000; and what memory is private after the first
 * open, and in another process after a warm one with all flags.
 */
#include <sys/wait.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/folder.h"
#include "sys/clock.h"
#include "sys/file.h"

static struct tree tree;
static struct folder *f;

static double
now_ms(void)
{
	return (double)clock_ns() / 1e6;
}

static void
make_mail(unsigned n)
{
	int cur = openat(tree.root, "cur", O_RDONLY | O_DIRECTORY), fd;
	char name[128];
	unsigned i;

	for (i = 0; i < n; i++) {
		/* as large as they say: else each would be read */
		snprintf(name, sizeof name, "%u.M%uP42.host.test,S=0,W=0:2,%s",
		    1600000000 + i, i * 7919 % 1000000, i % 3 ? "S" : "");
		fd = openat(cur, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	close(cur);
}

static int
count(void *arg, const char *name)
{
	(void)name;
	++*(unsigned *)arg;
	return 0;
}

static void
list(void)
{
	int cur = openat(tree.root, "cur", O_RDONLY | O_DIRECTORY);
	unsigned n = 0;

	file_each(cur, count, &n);
	close(cur);
}

static void
open_it(void)
{
	if (folder_open(&f, &tree, "INBOX", FOLDER_WRITE) < 0) {
		perror("folder_open");
		exit(1);
	}
}

static void
close_it(void)
{
	folder_close(f);
}

static void
open_close(void)
{
	open_it();
	close_it();
}

static void
all_flags(void)
{
	uint32_t i, n = folder_count(f);
	uint64_t sum = 0;
	struct mail m;

	for (i = 1; i <= n; i++)
		if (folder_mail(f, i, &m) == 0)
			sum += m.flags;
	if (sum == 0)
		puts("no flags?");
}

static void
change(int expunge)
{
	uint32_t *v = calloc(10000, sizeof *v), i, n = folder_count(f);
	unsigned char *r = calloc(10000, 1);
	struct store s = { STORE_ADD, FLAG_FLAGGED, UINT64_MAX };

	for (i = 0; i < 10000 && i < n; i++)
		v[i] = i + 1;
	if ((expunge ? folder_expunge(f, v, i) :
	    folder_store(f, &s, v, i, r)) < 0)
		perror("change");
	while (folder_next(f, FOLDER_GONE | FOLDER_FLAGS).kind != CHANGE_NONE)
		;
	free(v);
	free(r);
}

static void
store10k(void)
{
	change(0);
}

static void
expunge10k(void)
{
	change(1);
}

static int
by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
timed(const char *what, void (*call)(void), int times)
{
	double ms[5], t;
	int i;

	for (i = 0; i < times; i++) {
		t = now_ms();
		call();
		ms[i] = now_ms() - t;
	}
	qsort(ms, (size_t)times, sizeof *ms, by_value);
	printf("%-28s %10.2f ms\n", what, ms[times / 2]);
	fflush(stdout);
}

static void
memory(void)
{
	char line[256];
	FILE *s = fopen("/proc/self/status", "r");

	/* its own, and that of mapped files */
	while (s && fgets(line, sizeof line, s))
		if (strncmp(line, "RssAnon", 7) == 0 ||
		    strncmp(line, "RssFile", 7) == 0)
			fputs(line, stdout);
	if (s)
		fclose(s);
}

/* In a process of its own, where nothing was freed before. */
static void
warm_memory(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		open_it();
		all_flags();
		memory();
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

int
main(int argc, char **argv)
{
	unsigned n = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

	if (n == 0 || tree_open(&tree, argv[1], "host.test") < 0) {
		fputs("usage: folder_bench DIR MESSAGES\n", stderr);
		return 100;
	}
	make_mail(n);
	usleep(2100000);
	timed("list cur/", list, 5);
	unlinkat(tree.root, "correo-uids", 0);
	unlinkat(tree.root, "correo-index", 0);
	timed("first open", open_it, 1);
	memory();
	timed("save and close", close_it, 1);
	timed("warm open and close", open_close, 5);
	unlinkat(tree.root, "correo-index", 0);
	timed("open without index", open_it, 1);
	folder_close(f);
	warm_memory();
	timed("warm open", open_it, 1);
	timed("all flags", all_flags, 5);
	timed("store 10,000", store10k, 1);
	timed("expunge 10,000", expunge10k, 1);
	folder_close(f);
	return 0;
}
