/* crew - a long list of work, done by several processes at once. */
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "admin/crew.h"
#include "admin/say.h"
#include "sys/file.h"

enum { CREW = 8 };

struct crew {
	int (*part)(void *, size_t, size_t);
	void *arg;
	size_t n, begun, done;		/* parts, but for n */
	pid_t pid[CREW];		/* by number of its part */
	int out[CREW];			/* what it writes */
};

static int  begin(struct crew *);
static void work(const struct crew *, int) __attribute__((noreturn));
static int  finish(struct crew *);
static int  copy(int);

int
crew_run(size_t n, int (*part)(void *, size_t, size_t), void *arg)
{
	struct crew c = { .part = part, .arg = arg, .n = n };
	size_t parts = (n + CREW_PART - 1) / CREW_PART;
	int status = SAY_OK, r;

	if (parts <= 1)
		return part(arg, 0, n);
	while (c.done < parts) {
		while (c.begun < parts && c.begun < c.done + CREW)
			if (begin(&c) < 0) {
				status = say_errno(SAY_AGAIN, "fork");
				parts = c.begun;
			}
		if (c.done < parts && (r = finish(&c)) != SAY_OK) {
			status = r > status ? r : status;
			if (r == SAY_AGAIN)
				parts = c.begun;
		}
	}
	return status;
}

static int
begin(struct crew *c)
{
	size_t k = c->begun % CREW;
	int end[2];

	if (pipe2(end, O_CLOEXEC) < 0)
		return -1;
	if ((c->pid[k] = fork()) < 0) {
		close(end[0]);
		close(end[1]);
		return -1;
	}
	c->out[k] = end[0];
	if (c->pid[k] == 0)
		work(c, end[1]);
	close(end[1]);
	c->begun++;
	return 0;
}

static void
work(const struct crew *c, int out)
{
	size_t i, from = c->begun * CREW_PART;
	size_t n = c->n - from < CREW_PART ? c->n - from : CREW_PART;

	/* or a child would not notice that nobody reads it any more */
	for (i = c->done; i <= c->begun; i++)
		close(c->out[i % CREW]);
	if (dup2(out, STDOUT_FILENO) < 0)
		_exit(SAY_AGAIN);
	close(out);
	_exit(c->part(c->arg, from, from + n));
}

static int
finish(struct crew *c)
{
	size_t k = c->done++ % CREW;
	int r = copy(c->out[k]), st;

	close(c->out[k]);
	while (waitpid(c->pid[k], &st, 0) < 0)
		if (errno != EINTR)
			return SAY_AGAIN;
	return r < 0 || !WIFEXITED(st) ? SAY_AGAIN : WEXITSTATUS(st);
}

static int
copy(int from)
{
	static unsigned char block[65536];
	ssize_t n;

	while ((n = read(from, block, sizeof block)) > 0)
		if (file_write(STDOUT_FILENO, span_mem(block, (size_t)n)) < 0)
			return errno == EPIPE ? -1 :
			    say_errno(-1, "standard output");
	return n < 0 ? -1 : 0;
}
