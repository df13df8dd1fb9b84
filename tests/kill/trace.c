/* trace - a program under strace. */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/kill/trace.h"

enum { FDS = 4 };

struct call call[CALLS];
size_t calls;
unsigned wrong;
const char *dir;

void
bad(const char *where, const char *what)
{
	printf("wrong: %s: %s\n", where, what);
	wrong++;
}

char *
path(const char *name)
{
	static char p[4][1024];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(p[i], sizeof p[i], "%s/%s", dir, name);
	return p[i];
}

void
trace_exec(const char *inject, const char *program, const char *argument,
    const char *second, const int *fd, int nfd)
{
	char option[128];
	int log, i, up[FDS];

	log = open(path("log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	/* out of the way of those that it gets */
	for (i = 0; i < nfd; i++)
		if ((up[i] = fcntl(fd[i], F_DUPFD, 20)) < 0)
			err(1, "descriptors");
	for (i = 0; i < nfd; i++)
		if (dup2(up[i], 3 + i) < 0)
			err(1, "descriptors");
	if (log < 0 || dup2(log, 2) < 0)
		err(1, "log");
	closefrom(3 + nfd);
	snprintf(option, sizeof option, "inject=%s", inject ? inject : "");
	execlp("strace", "strace", "-y", "-s", "2000", "-o", path("trace"),
	    "-e", inject ? option : "trace=all", program, argument, second,
	    (char *)NULL);
	err(1, "strace");
}

int
trace_read(void)
{
	struct call *c;
	FILE *f;
	size_t i, n;
	int files = 0, killed = 0;

	calls = 0;
	if ((f = fopen(path("trace"), "r")) == NULL)
		err(1, "trace");
	for (;;) {
		c = &call[calls];
		if (calls == CALLS || fgets(c->text, LINE, f) == NULL)
			break;
		if (strstr(c->text, "+++ killed by SIGKILL"))
			killed = 1;
		n = strcspn(c->text, "(");
		if (n == 0 || n >= sizeof c->name || c->text[0] < 'a')
			continue;
		memcpy(c->name, c->text, n);
		c->name[n] = '\0';
		files += strstr(c->text, "O_EXCL") != NULL;
		c->files = files;
		for (c->nth = 1, i = 0; i < calls; i++)
			c->nth += strcmp(call[i].name, c->name) == 0;
		calls++;
	}
	fclose(f);
	return killed;
}
