/*
 * deliver_kill - what a delivery does when it is stopped or refused at any
 * system call.
 *
 *	deliver_kill order|kill|faults CHILD DIR
 *
 * CHILD (deliver_child, or a mutant of it) runs under strace and gets three
 * jobs that wait on its channel: a small message, one of several pieces, and
 * one that a forwarding file sends to the mailbox, to a folder, and on.
 *
 * order:  the calls of an undisturbed run stand in the order of the promise.
 * kill:   one run for each call, killed there; what was answered is whole in
 *	   new/, nothing in new/ is torn.  Then a reader moves what is there to
 *	   cur/, and the jobs come again: exactly one copy of each.
 * faults: one run for each call and each error it may have: what was refused
 *	   leaves nothing behind; the jobs come again: exactly one copy.
 *
 * One line for each thing that is wrong, then a line of counts; exit 0 or 1.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "store/queue.h"
#include "sys/chan.h"
#include "sys/file.h"
#include "sys/remove_tree.h"
#include "tests/kill/trace.h"
#include "wire/job.h"
#include "wire/record.h"

enum { JOBS = 3, COPIES = 4, FILES = 16 };

struct outcome {
	unsigned said[JOBS];		/* 0: nothing; else code, 1: to */
	int killed, status;
};

static const char *const id[JOBS] = { "1hqhsr2n466f907m4b31",
    "1hqhsr2n466f907m4b32", "1hqhsr2n466f907m4b33" };
static const size_t size[JOBS] = { 900, 200000, 1100 };
static struct buf message[JOBS];	/* as it stands in the Maildir */
static const char *child;

static void make_messages(void);
static void order(void);
static void kill_each(void);
static void faults(void);

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 4)
		errx(1, "usage: deliver_kill order|kill|faults CHILD DIR");
	child = argv[2];
	dir = argv[3];
	make_messages();
	if (strcmp(argv[1], "order") == 0)
		order();
	else if (strcmp(argv[1], "kill") == 0)
		kill_each();
	else
		faults();
	return wrong != 0;
}

/* Queue files, and what should become of their text. */
static void
make_messages(void)
{
	struct buf body = { .max = 1 << 20 };
	struct queue_head h = { 0 };
	char head[QUEUE_HEAD + 1];
	size_t i;
	int fd;

	for (i = 0; i < JOBS; i++) {
		buf_reset(&body);
		message[i].max = 1 << 20;
		buf_addf(&message[i], "Subject: message %zu\n\n", i);
		buf_addf(&body, "Subject: message %zu\r\n\r\n", i);
		while (body.n < size[i]) {
			buf_addf(&message[i], "%zu bytes so far\n", body.n);
			buf_addf(&body, "%zu bytes so far\r\n", body.n);
		}
		h.body = body.n;
		h.bodysum = crc32c(0, buf_span(&body));
		queue_head_format(&h, head);
		fd = open(path(id[i]), O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd < 0 || file_write(fd, span_mem(head, QUEUE_HEAD)) < 0 ||
		    file_write(fd, buf_span(&body)) < 0)
			err(1, "queue file");
		close(fd);
	}
	buf_free(&body);
}

static void
fresh_home(void)
{
	int fd;

	remove_tree(path("home"));
	if (mkdir(path("home"), 0700) < 0 || (fd = open(
	    path("home/.forward+x"), O_WRONLY | O_CREAT, 0600)) < 0 ||
	    dprintf(fd, "\\alice, bob@elsewhere.test\n%s/lists/\n",
	    path("home")) < 0)
		err(1, "home");
	close(fd);
}

static void
send_jobs(int ch, int repeat)
{
	static struct job j;
	struct buf b = { .max = CHAN_PACKET_MAX };
	size_t i;
	int fd;

	for (i = 0; i < JOBS; i++) {
		j = (struct job){ .id = span_of(id[i]), .nrcpt = 1,
		    .sender = SPAN("a@sender.test"), .class = SPAN("stranger"),
		    .arrived = 1795300000, .repeat = repeat };
		j.rcpt[0] = (struct job_rcpt){ .nr = 1,
		    .to = SPAN("alice@example.test") };
		if (i == JOBS - 1)
			j.rcpt[0].ext = SPAN("x");
		fd = open(path(id[i]), O_RDONLY | O_CLOEXEC);
		buf_reset(&b);
		if (fd < 0 || job_add(&b, &j) < 0 ||
		    chan_send(ch, buf_span(&b), &fd, 1) < 0)
			err(1, "job");
		close(fd);
	}
	shutdown(ch, SHUT_WR);
	buf_free(&b);
}

static void
read_answers(int ch, struct outcome *o)
{
	static unsigned char packet[CHAN_PACKET_MAX];
	static struct answer a;
	struct span in, fields;
	const char *why;
	ssize_t n;
	size_t i;

	while ((n = chan_recv(ch, packet, sizeof packet, NULL, 1)) > 0) {
		in = span_mem(packet, (size_t)n);
		while (record_next(&in, RECORD_MAX, &fields, &why) == 1) {
			if (answer_parse(fields, &a, &why) < 0)
				bad("answer", why);
			for (i = 0; i < JOBS; i++)
				if (span_eq(a.id, span_of(id[i])))
					o->said[i] = a.nto ? 1 :
					    a.verdict.code;
		}
	}
}

static void
run(const char *inject, int repeat, struct outcome *o)
{
	int ch[2];
	pid_t pid;

	memset(o, 0, sizeof *o);
	if (chan_pair(CHAN_PACKETS, ch) < 0)
		err(1, "channel");
	send_jobs(ch[0], repeat);
	if ((pid = fork()) < 0)
		err(1, "fork");
	if (pid == 0)
		trace_exec(inject, child, path("home"), NULL,
		    &ch[1], 1);
	close(ch[1]);
	read_answers(ch[0], o);
	if (waitpid(pid, &o->status, 0) < 0)
		err(1, "waitpid");
	close(ch[0]);
	o->killed = trace_read();
}

/* -------------------------------------------- what stands in the Maildirs */

struct standing {
	const char *where;
	int fd, torn_ok;
	unsigned copies[JOBS], files;
};

static int
look_at(void *arg, const char *name)
{
	struct standing *s = arg;
	struct buf b = { .max = 1 << 20 };
	size_t i;
	int fd, which = -1;

	/* may lie about in tmp/: not mail, and swept with the rest */
	if (strncmp(name, "maildirsize.", 12) == 0)
		return 0;
	s->files++;
	fd = openat(s->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && file_read(fd, &b) == 0)
		for (i = 0; i < JOBS; i++)
			if (strstr(name, id[i]) && span_starts(buf_span(&b),
			    SPAN("Return-Path: <a@sender.test>\nDelivered-To: "
			    "alice@example.test\nSubject: ")) &&
			    span_eq(span_from(buf_span(&b), 29 + 33),
			    buf_span(&message[i])))
				which = (int)i;
	if (fd >= 0)
		close(fd);
	buf_free(&b);
	if (which >= 0)
		s->copies[which]++;
	else if (!s->torn_ok)
		bad(s->where, "a torn file");
	return 0;
}

static void
look(struct standing *s, const char *name)
{
	s->fd = open(path(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0)
		return;			/* not made yet */
	file_each(s->fd, look_at, s);
	close(s->fd);
}

static unsigned
left_in_tmp(const char *where)
{
	struct standing s = { .where = where, .torn_ok = 1 };

	look(&s, "home/Maildir/tmp");
	look(&s, "home/lists/tmp");
	return s.files;
}

/* Each answer well kept; with `all`, exactly one copy of everything. */
static unsigned
check(const char *where, const struct outcome *o, int all)
{
	struct standing own = { .where = where }, lists = { .where = where };
	unsigned i;

	look(&own, "home/Maildir/new");
	look(&own, "home/Maildir/cur");
	look(&lists, "home/lists/new");
	look(&lists, "home/lists/cur");
	for (i = 0; i < JOBS; i++) {
		if (o->said[i] && (o->said[i] == 250 || o->said[i] == 1) &&
		    (own.copies[i] != 1 || (i == JOBS - 1 &&
		    lists.copies[i] != 1)))
			bad(where, "answered, and not there once");
		if (own.copies[i] > 1 || lists.copies[i] > 1)
			bad(where, "two copies");
		if (all && o->said[i] != (i == JOBS - 1 ? 1 : 250))
			bad(where, "a job was not done");
	}
	if (all && left_in_tmp(where))
		bad(where, "a leftover in tmp/");
	return own.files + lists.files;
}

static int
move_it(void *arg, const char *name)
{
	int *d = arg;
	char to[300];

	snprintf(to, sizeof to, "%s:2,S", name);
	return renameat(d[0], name, d[1], to);
}

static void
reader_moves(const char *folder)
{
	char name[64];
	int d[2];

	snprintf(name, sizeof name, "home/%s/new", folder);
	d[0] = open(path(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(name, sizeof name, "home/%s/cur", folder);
	d[1] = open(path(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d[0] >= 0 && d[1] >= 0)
		file_each(d[0], move_it, d);
	close(d[0]);
	close(d[1]);
}

/* -------------------------------------------------------------- the order */

enum state { OPEN, FLUSHED, NAMED, DURABLE };

struct file {
	char tmp[512];			/* path in tmp/ */
	char new[512];			/* path of the new/ beside */
	enum state at;
};

struct promise {
	struct file file[FILES];
	size_t n;
	char dirty[FILES][512];		/* directories with a new directory */
	size_t ndirty;
};

/* The path that -y shows in <> behind the argument with that number. */
static const char *
argument(const struct call *c, unsigned nr, char out[512])
{
	const char *p = c->text, *end;

	do {
		p = strchr(p + 1, '<');
		if (p == NULL)
			return "";
	} while (nr-- > 0);
	if ((end = strchr(p, '>')) == NULL)
		return "";
	snprintf(out, 512, "%.*s", (int)(end - p - 1), p + 1);
	return out;
}

static struct file *
of(struct promise *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->file[i].tmp, name) == 0)
			return &p->file[i];
	return NULL;
}

static const char *
opened(struct promise *p, const struct call *c)
{
	struct file *f = &p->file[p->n++];
	char result[512];
	size_t n;

	if (strstr(c->text, "O_NOFOLLOW") == NULL)
		return "opened without O_NOFOLLOW";
	argument(c, 1, result);
	snprintf(f->tmp, sizeof f->tmp, "%s", result);
	n = (size_t)(strrchr(result, '/') - result) - 3;
	snprintf(f->new, sizeof f->new, "%.*snew", (int)n, result);
	f->at = OPEN;
	return NULL;
}

static const char *
flushed(struct promise *p, const char *what)
{
	struct file *f = of(p, what);
	size_t i;

	if (f && f->at == OPEN)
		f->at = FLUSHED;
	for (i = 0; i < p->n; i++)
		if (p->file[i].at == NAMED && strcmp(p->file[i].new, what) == 0)
			p->file[i].at = DURABLE;
	for (i = 0; i < p->ndirty; i++)
		if (strcmp(p->dirty[i], what) == 0)
			p->dirty[i][0] = '\0';
	return NULL;
}

static const char *
renamed(struct promise *p, const struct call *c, const char *from)
{
	char tmp[1100];
	const char *name = strchr(c->text, '"');
	struct file *f;

	snprintf(tmp, sizeof tmp, "%s/%.*s", from,
	    (int)strcspn(name + 1, "\""), name + 1);
	if (strstr(c->text, "maildirsize"))
		return NULL;
	if ((f = of(p, tmp)) == NULL || f->at != FLUSHED)
		return "renamed before its flush";
	if (strstr(c->text, "RENAME_NOREPLACE") == NULL)
		return "renamed without NOREPLACE";
	f->at = NAMED;
	return NULL;
}

static int
dirty(const struct promise *p)
{
	size_t i;

	for (i = 0; i < p->ndirty; i++)
		if (p->dirty[i][0])
			return 1;
	return 0;
}

static const char *
all_durable(const struct promise *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->file[i].at != DURABLE)
			return "answered before all is durable";
	return dirty(p) ? "a new directory is not flushed" : NULL;
}

static const char *
step(struct promise *p, const struct call *c)
{
	char a[512] = "";
	struct file *f;

	argument(c, 0, a);
	if (strcmp(c->name, "openat") == 0 && strstr(c->text, "O_EXCL"))
		return opened(p, c);
	if (strncmp(c->name, "write", 5) == 0 && (f = of(p, a)) != NULL)
		return f->at == OPEN ? NULL : "written after its flush";
	if (strcmp(c->name, "fsync") == 0)
		return flushed(p, a);
	if (strncmp(c->name, "rename", 6) == 0)
		return renamed(p, c, a);
	if (strcmp(c->name, "mkdirat") == 0) {
		if (strstr(c->text, "\"cur\"") && dirty(p))
			return "cur/ made before the rest is durable";
		snprintf(p->dirty[p->ndirty++], 512, "%s", a);
		return NULL;
	}
	return strcmp(c->name, "sendmsg") == 0 ? all_durable(p) : NULL;
}

static void
order(void)
{
	static struct promise p;
	struct outcome o;
	const char *why;
	size_t i;

	fresh_home();
	run(NULL, 0, &o);
	check("order", &o, 1);
	for (i = 0; i < calls && p.n < FILES && p.ndirty < FILES; i++)
		if (strstr(call[i].text, " = -1 ") == NULL &&
		    (why = step(&p, &call[i])) != NULL) {
			bad(why, call[i].text);
			break;
		}
	if (p.n != COPIES)
		bad("order", "number of files");
	printf("order: %zu calls, %zu files, %u wrong\n", calls, p.n, wrong);
}

/* ------------------------------------------------------ kills and refusals */

static void
kill_each(void)
{
	static struct call clean[CALLS];
	unsigned seen = 0, hit = 0, leftovers = 0, ahead = 0;
	struct outcome o;
	char inject[64];
	size_t i, n;

	fresh_home();
	run(NULL, 0, &o);
	check("kill", &o, 1);
	memcpy(clean, call, sizeof clean);
	n = calls;
	for (i = 0; i < n; i++) {
		/* before execve it is not yet the child */
		if (strcmp(clean[i].name, "execve") == 0)
			continue;
		seen++;
		snprintf(inject, sizeof inject, "%.23s:signal=KILL:when=%u",
		    clean[i].name, clean[i].nth);
		fresh_home();
		run(inject, 0, &o);
		hit += o.killed != 0;
		if (!o.killed)
			bad(inject, "was not killed there");
		ahead += check(inject, &o, 0) > 0 && !o.said[0];
		leftovers += left_in_tmp(inject) > 0;
		if (i % 2) {
			reader_moves("Maildir");
			reader_moves("lists");
		}
		run(NULL, 1, &o);
		check(inject, &o, 1);
	}
	printf("kill: points seen %u, hit %u; %u left files in tmp/, %u whole "
	    "ones without an answer; %u wrong\n", seen, hit, leftovers, ahead,
	    wrong);
}

static const struct fault {
	const char *call, *in;		/* and words of its line */
	const char *error[4];
	unsigned code;			/* 0: no job suffers */
	int ends;			/* the child must end */
} fault[] = {
	{ "openat", "O_EXCL", { "ENOSPC" }, 452, 0 },
	{ "openat", "O_EXCL", { "EMFILE", "EACCES", "EIO" }, 451, 0 },
	{ "openat", ".forward", { "EIO", "EACCES", "ELOOP" }, 451, 0 },
	{ "pread64", "/1hqhsr2n", { "EIO" }, 451, 0 },
	{ "writev", "/tmp/1795300000", { "ENOSPC", "EDQUOT" }, 452, 0 },
	{ "writev", "/tmp/1795300000", { "EIO", "EFBIG" }, 451, 0 },
	{ "writev", "/tmp/1795300000", { "EINTR" }, 0, 0 },
	{ "sync_file_range", "", { "EIO", "ENOSYS" }, 0, 0 },
	{ "fsync", "/tmp/1795300000", { "ENOSPC", "EDQUOT" }, 452, 0 },
	{ "fsync", "/tmp/1795300000", { "EIO" }, 451, 0 },
	{ "renameat2", "NOREPLACE", { "ENOSPC", "EDQUOT" }, 452, 0 },
	{ "renameat2", "NOREPLACE", { "EIO", "EROFS" }, 451, 0 },
	{ "fsync", "/new>", { "EIO", "ENOSPC" }, 451, 1 }
};

static void
check_fault(const char *where, const struct outcome *o, const struct fault *f)
{
	unsigned i, met = 0;

	for (i = 0; i < JOBS; i++) {
		if (o->said[i] == 0)
			bad(where, "a job without an answer");
		met += f->code && o->said[i] == f->code;
		if (o->said[i] > 250 && o->said[i] != f->code)
			bad(where, "code of an answer");
	}
	if (f->code && met == 0)
		bad(where, "nobody was told");
	if (f->code == 0 || !f->ends)
		check(where, o, 0);
	if (left_in_tmp(where))
		bad(where, "a leftover in tmp/");
	if (!WIFEXITED(o->status) ||
	    WEXITSTATUS(o->status) != (f->ends ? 111 : 0))
		bad(where, "exit status");
}

static void
faults(void)
{
	static struct call clean[CALLS];
	const struct fault *f;
	const char *const *e;
	unsigned runs = 0;
	struct outcome o;
	char inject[64];
	size_t i, n;

	fresh_home();
	run(NULL, 0, &o);	/* makes the Maildirs: so the second counts */
	fresh_home();
	if (mkdir(path("home/Maildir"), 0700) < 0)
		err(1, "Maildir");
	run(NULL, 0, &o);
	memcpy(clean, call, sizeof clean);
	n = calls;
	for (f = fault; f < fault + sizeof fault / sizeof *fault; f++)
		for (i = 0; i < n; i++) {
			/* maildirsize may be lost, and is counted again */
			if (strcmp(clean[i].name, f->call) != 0 ||
			    strstr(clean[i].text, f->in) == NULL ||
			    strstr(clean[i].text, "maildirsize") ||
			    strstr(clean[i].text, "ELF"))
				continue;
			for (e = f->error; e < f->error + 4 && *e; e++) {
				snprintf(inject, sizeof inject,
				    "%s:error=%s:when=%u", f->call, *e,
				    clean[i].nth);
				fresh_home();
				if (mkdir(path("home/Maildir"), 0700) < 0)
					err(1, "Maildir");
				run(inject, 0, &o);
				check_fault(inject, &o, f);
				run(NULL, 1, &o);
				check(inject, &o, 1);
				runs++;
			}
		}
	printf("faults: %u runs, %u wrong\n", runs, wrong);
}
