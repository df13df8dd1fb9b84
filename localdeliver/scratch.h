/* scratch - a home, a queue file and a channel, for the tests of localdeliver.
 * Included by one test each; what a test does not use is no error. */
#ifndef LOCALDELIVER_SCRATCH_H
#define LOCALDELIVER_SCRATCH_H

#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "localdeliver/deliver.h"
#include "localdeliver/program.h"
#include "run/enclose.h"
#include "store/queue.h"
#include "sys/chan.h"
#include "sys/confine.h"
#include "sys/file.h"
#include "sys/remove_tree.h"
#include "wire/record.h"

/* A sanitizer needs more memory and calls than a confined process may have. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

#define SCRATCH_ID "1hqhsr2n466f907m4b33"

struct scratch {
	char top[64], home[80];
	struct owner owner;
	int ch;				/* our end, -1: no child */
	pid_t pid;
	unsigned char packet[CHAN_PACKET_MAX];
	struct span rest;		/* of the latest packet of answers */
};

static inline void
scratch_begin(struct scratch *s)
{
	memset(s, 0, sizeof *s);
	s->ch = -1;
	strlcpy(s->top, "/tmp/correo-deliver-XXXXXX", sizeof s->top);
	if (mkdtemp(s->top) == NULL)
		abort();
	snprintf(s->home, sizeof s->home, "%s/home", s->top);
	if (mkdir(s->home, 0700) < 0)
		abort();
	s->owner.key = "alice@example.test";
	s->owner.hostname = "mx.example.test";
	s->owner.delimiter = '+';
	s->owner.max_hops = 100;
	s->owner.program_timeout_s = 10;
	s->owner.box.uid = getuid();
	s->owner.box.gid = getgid();
	strlcpy(s->owner.box.home, s->home, sizeof s->owner.box.home);
	snprintf(s->owner.box.maildir, sizeof s->owner.box.maildir,
	    "%s/Maildir", s->home);
}

static inline void
scratch_end(struct scratch *s)
{
	remove_tree(s->top);
}

static inline void
scratch_put(const struct scratch *s, const char *name, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/%s", s->home, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || file_write(fd, span_of(text)) < 0)
		abort();
	close(fd);
}

/* A queue file without its envelope, which deliverers do not read. */
static inline int
scratch_message(const struct scratch *s, struct span body)
{
	struct queue_head h = { .body = body.n, .bodysum = crc32c(0, body) };
	char path[256], head[QUEUE_HEAD + 1];
	int fd;

	snprintf(path, sizeof path, "%s/message", s->top);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	queue_head_format(&h, head);
	if (fd < 0 || file_write(fd, span_mem(head, QUEUE_HEAD)) < 0 ||
	    file_write(fd, body) < 0)
		abort();
	return fd;
}

/* A child that serves: programs, or deliveries; confined as in earnest, or,
 * for sanitizers, not. */
static inline void
scratch_child(struct scratch *s, int programs, int confined)
{
	struct enclose e = { .name = "deliver", .home = 1 };
	struct owner *o = &s->owner;
	const char *path;
	int end[2];

	fflush(NULL);
	if (chan_pair(CHAN_PACKETS, end) < 0 || (s->pid = fork()) < 0)
		abort();
	if (s->pid == 0) {
		close(end[0]);
		if (programs)
			_exit(program_serve(o, end[1]));
		if (confined) {
			if (enclose(&e, &o->box, &o->maildir, &o->home,
			    &path) < 0)
				_exit(99);
		} else {
			o->home = file_open_dir(AT_FDCWD, o->box.home);
			if (maildir_open(&o->maildir, AT_FDCWD,
			    o->box.maildir) < 0)
				_exit(99);
		}
		_exit(deliver_serve(o, end[1]));
	}
	close(end[1]);
	s->ch = end[0];
	s->rest.n = 0;
}

/* For that one recipient, number 1. */
static inline void
scratch_job(struct job *j, const char *to)
{
	memset(j, 0, sizeof *j);
	j->id = SPAN(SCRATCH_ID);
	j->sender = SPAN("a@s.test");
	j->class = SPAN("stranger");
	j->arrived = 1795300000;
	j->nrcpt = 1;
	j->rcpt[0].nr = 1;
	j->rcpt[0].to = j->rcpt[0].orig = span_of(to);
}

static inline void
scratch_send(struct scratch *s, const struct job *j, int fd)
{
	struct buf b = { .max = CHAN_PACKET_MAX };

	/* a child that refuses its home may have ended already */
	if (job_add(&b, j) < 0 || (chan_send(s->ch, buf_span(&b), &fd, 1) < 0 &&
	    errno != EPIPE))
		abort();
	buf_free(&b);
}

/* 1, or 0 at the end of the channel. */
static inline int
scratch_answer(struct scratch *s, struct answer *a)
{
	struct span fields;
	const char *why;
	ssize_t n;

	if (s->rest.n == 0) {
		n = chan_recv(s->ch, s->packet, sizeof s->packet, NULL, 1);
		if (n <= 0)
			return 0;
		s->rest = span_mem(s->packet, (size_t)n);
	}
	if (record_next(&s->rest, RECORD_MAX, &fields, &why) != 1 ||
	    answer_parse(fields, a, &why) < 0)
		abort();
	return 1;
}

/* The child's exit status. */
static inline int
scratch_close(struct scratch *s)
{
	int st = 0;

	close(s->ch);
	s->ch = -1;
	waitpid(s->pid, &st, 0);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 1000 + WTERMSIG(st);
}

#endif
