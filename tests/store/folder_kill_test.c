/*
 * folder_kill_test - each operation on a folder, killed at each of its system
 * calls; and the order of the calls that make it durable.
 *
 * A child does the operation under ptrace.  After the kill the folder is
 * opened and checked: no number taken back, nothing lost, what was
 * acknowledged is so.  In a whole run the calls are noted as events, and rules
 * are applied to them; then every event that makes something durable is left
 * out, or put behind the next, and the rules must notice.
 */
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/folder_impl.h"
#include "sys/file.h"
#include "sys/remove_tree.h"

enum { EVENTS = 400, MAIL = 6 };

/* W write, S flush, R rename, L link, U unlink, M mkdir, A acknowledged. */
struct event {
	char kind, mark;		/* mark: the letter of a log line */
	char path[200], to[200];
};

struct op {
	const char *name;
	int (*run)(const struct tree *);
	int (*after)(int acked, uint32_t inbox, uint32_t other);
};

static char dir[64];
static int *acked;
static struct event event[EVENTS];
static size_t nevent;
static int takes_name;		/* file_flush_takes_name here */

/* ---- the operations */

static int
ack(int r)
{
	/* seen in the trace */
	syscall(SYS_getppid);
	*acked = r == 0;
	return r;
}

static int
with_folder(const struct tree *t, int (*call)(struct folder *,
    struct folder *))
{
	struct folder *f, *g;
	int r;

	if (folder_open(&f, t, "INBOX", FOLDER_WRITE) < 0 ||
	    folder_open(&g, t, "other", FOLDER_WRITE) < 0)
		return -1;
	r = call(f, g);
	folder_close(f);
	folder_close(g);
	return r;
}

static int
call_append(struct folder *f, struct folder *g)
{
	struct append a[2] = { { .date = 1 }, { .date = 2 } };

	(void)g;
	append_open(f, &a[0]);
	append_open(f, &a[1]);
	append_write(&a[0], SPAN("one\r\n"));
	append_write(&a[1], SPAN("two\r\n"));
	return ack(folder_append(f, a, 2));
}

static const uint32_t two[] = { 2, 3 };

static int
call_copy(struct folder *f, struct folder *g)
{
	uint32_t uid[2];

	return ack(folder_copy(f, two, 2, g, uid));
}

static int
call_move(struct folder *f, struct folder *g)
{
	uint32_t uid[2];

	return ack(folder_move(f, two, 2, g, uid));
}

static int
call_store(struct folder *f, struct folder *g)
{
	struct store s = { STORE_ADD, FLAG_FLAGGED, UINT64_MAX };
	unsigned char result[2];

	(void)g;
	return ack(folder_store(f, &s, two, 2, result));
}

static int
call_expunge(struct folder *f, struct folder *g)
{
	(void)g;
	return ack(folder_expunge(f, two, 2));
}

static int
call_compact(struct folder *f, struct folder *g)
{
	int r;

	(void)g;
	folder_cache_put(f, 1, 1, SPAN("blob"));
	f->table.learned = 1000;
	folder_save(f);
	if ((r = folder_lock(f)) == 0)
		r = folder_log_replace(&f->log, &f->table, 0);
	folder_unlock(f);
	return ack(r);
}

static int
call_keyword(struct folder *f, struct folder *g)
{
	(void)g;
	return ack(folder_keyword_find(f, SPAN("$Junk"), 1) < 0);
}

#define WITH(n) static int op_##n(const struct tree *t) \
	{ return with_folder(t, call_##n); }
WITH(append) WITH(copy) WITH(move) WITH(store) WITH(expunge) WITH(compact)
WITH(keyword)

static void
put(const char *sub, const char *name)
{
	char p[300];
	int fd;

	snprintf(p, sizeof p, "%s/%s/%s", dir, sub, name);
	fd = open(p, O_WRONLY | O_CREAT, 0600);
	(void)!write(fd, "x\n", 2);
	close(fd);
}

/* The first look at mail that came. */
static int
op_select(const struct tree *t)
{
	struct folder *f;
	int r = folder_open(&f, t, "INBOX", FOLDER_WRITE);

	ack(r);
	if (r == 0)
		folder_close(f);
	return r;
}

static int
op_create(const struct tree *t)
{
	return ack(tree_create(t, "fresh")) < 0 ||
	    ack(tree_rename(t, "fresh", "fresher")) < 0 ||
	    ack(tree_subscribe(t, "fresher", 1)) < 0 ||
	    ack(tree_delete(t, "fresher")) < 0;
}

/* ---- what must hold: messages in INBOX and in other */

static int
after_append(int ok, uint32_t inbox, uint32_t other)
{
	/* not acknowledged, one alone may have come */
	return other == 0 && (ok ? inbox == MAIL + 2 : inbox >= MAIL &&
	    inbox <= MAIL + 2);
}

static int
after_copy(int ok, uint32_t inbox, uint32_t other)
{
	return inbox == MAIL && (ok ? other == 2 : other <= 2);
}

static int
after_move(int ok, uint32_t inbox, uint32_t other)
{
	return inbox + other == MAIL && (!ok || other == 2);
}

static int
after_expunge(int ok, uint32_t inbox, uint32_t other)
{
	return other == 0 && (ok ? inbox == MAIL - 2 : inbox == MAIL ||
	    inbox == MAIL - 2);
}

static int
after_same(int ok, uint32_t inbox, uint32_t other)
{
	(void)ok;
	return inbox == MAIL && other == 0;
}

static const struct op ops[] = {
	{ "append", op_append, after_append },
	{ "copy", op_copy, after_copy },
	{ "move", op_move, after_move },
	{ "store", op_store, after_same },
	{ "expunge", op_expunge, after_expunge },
	{ "compact", op_compact, after_same },
	{ "keyword", op_keyword, after_same },
	{ "select", op_select, after_same },
	{ "create", op_create, after_same },
};

static struct folder_totals before;
static char base_of[MAIL + 1][64];

static void
prepare(const struct op *op, struct tree *t)
{
	struct folder *f;
	struct span s;
	char name[32];
	uint32_t i;

	snprintf(dir, sizeof dir, "/tmp/folder_kill.XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(tree_open(t, dir, "host.test"), 0);
	assert_int_equal(tree_create(t, "other"), 0);
	for (i = 0; i < MAIL; i++) {
		snprintf(name, sizeof name, "%u.m%u", 100 + i, i);
		put("new", name);
	}
	before = (struct folder_totals){ 0 };
	memset(base_of, 0, sizeof base_of);
	if (op->run == op_select) {
		/* a UIDVALIDITY is then added to correo-folders */
		assert_int_equal(tree_subscribe(t, "other", 1), 0);
		return;
	}
	assert_int_equal(folder_open(&f, t, "INBOX", FOLDER_WRITE), 0);
	folder_totals(f, &before);
	for (i = 1; i <= MAIL; i++) {
		folder_base(f, i, &s);
		span_str(s, base_of[i], sizeof base_of[i]);
	}
	folder_close(f);
	assert_int_equal(folder_open(&f, t, "other", FOLDER_WRITE), 0);
	folder_close(f);
}

static void
finish(struct tree *t)
{
	tree_close(t);
	remove_tree(dir);
}

static void
check(const struct op *op, const struct tree *t, int at)
{
	struct folder *f, *g;
	struct folder_totals now, again;
	struct mail m;
	struct span s;
	uint32_t i;

	if (folder_open(&f, t, "INBOX", FOLDER_WRITE) < 0)
		fail_msg("%s %d: open: %s", op->name, at, strerror(errno));
	assert_int_equal(folder_open(&g, t, "other", FOLDER_WRITE), 0);
	if (!op->after(*acked, folder_count(f), folder_count(g)))
		fail_msg("%s %d: acked %d, %u and %u messages", op->name, at,
		    *acked, folder_count(f), folder_count(g));
	folder_totals(f, &now);
	if (f->table.uid_reserved < now.uidnext ||
	    f->table.modseq_reserved < now.modseq)
		fail_msg("%s %d: told without being reserved", op->name, at);
	if (before.uidvalidity && (now.uidvalidity != before.uidvalidity ||
	    now.uidnext < before.uidnext || now.modseq < before.modseq))
		fail_msg("%s %d: numbers went back", op->name, at);
	for (i = 1; i <= folder_count(f); i++) {
		assert_int_equal(folder_mail(f, i, &m), 0);
		folder_base(f, i, &s);
		if (m.uid <= MAIL && base_of[m.uid][0] &&
		    !span_eq(s, span_of(base_of[m.uid])))
			fail_msg("%s %d: UID %u is another", op->name, at,
			    m.uid);
		if (op->run == op_store && *acked && (m.uid == 2 ||
		    m.uid == 3) && !(m.flags & FLAG_FLAGGED))
			fail_msg("%s %d: flag lost", op->name, at);
	}
	folder_close(f);
	folder_close(g);
	assert_int_equal(folder_open(&f, t, "INBOX", FOLDER_WRITE), 0);
	folder_totals(f, &again);
	assert_int_equal(again.messages, now.messages);
	assert_int_equal(again.uidnext, now.uidnext);
	folder_close(f);
}

/* ---- the tracer */

static void
fd_path(pid_t pid, uint64_t fd, char out[200])
{
	char p[64];
	ssize_t n;

	snprintf(p, sizeof p, "/proc/%d/fd/%d", pid, (int)fd);
	n = readlink(p, out, 199);
	out[n < 0 ? 0 : n] = '\0';
	/* paths below the Maildir */
	n = (ssize_t)strlen(dir);
	if (strncmp(out, dir, (size_t)n) == 0)
		memmove(out, out + n, strlen(out + n) + 1);
}

static void
peek(pid_t pid, uint64_t at, char *out, size_t n)
{
	struct iovec l = { out, n }, r = { (void *)(size_t)at, n };
	ssize_t got = process_vm_readv(pid, &l, 1, &r, 1, 0);

	if (got < (ssize_t)n)
		out[got < 0 ? 0 : got] = '\0';
}

static void
at_path(pid_t pid, uint64_t fd, uint64_t name, char out[200])
{
	char d[200], n[200];

	fd_path(pid, fd, d);
	peek(pid, name, n, sizeof n);
	n[sizeof n - 1] = '\0';
	snprintf(out, 200, "%.90s/%.90s", d, n);
}

static int
ends(const char *s, const char *tail)
{
	return span_ends(span_of(s), span_of(tail));
}

static void
note(pid_t pid, const struct user_regs_struct *r)
{
	struct event e = { 0 };
	struct iovec v;
	char line[12];

	switch (r->orig_rax) {
	case SYS_writev:
		fd_path(pid, r->rdi, e.path);
		e.kind = 'W';
		peek(pid, r->rsi, (char *)&v, sizeof v);
		peek(pid, (uint64_t)(size_t)v.iov_base, line, sizeof line);
		e.mark = ends(e.path, "/correo-uids") ? line[9] : 0;
		break;
	case SYS_pwrite64: case SYS_write:
		fd_path(pid, r->rdi, e.path);
		e.kind = 'W';
		break;
	case SYS_fsync: case SYS_fdatasync:
		fd_path(pid, r->rdi, e.path);
		e.kind = 'S';
		break;
	case SYS_renameat: case SYS_renameat2: case SYS_linkat:
		at_path(pid, r->rdi, r->rsi, e.path);
		at_path(pid, r->rdx, r->r10, e.to);
		e.kind = r->orig_rax == SYS_linkat ? 'L' : 'R';
		break;
	case SYS_unlinkat:
		at_path(pid, r->rdi, r->rsi, e.path);
		e.kind = 'U';
		break;
	case SYS_mkdirat:
		at_path(pid, r->rdi, r->rsi, e.path);
		e.kind = 'M';
		break;
	case SYS_getppid:
		e.kind = 'A';
		break;
	default:
		return;
	}
	if (nevent < EVENTS)
		event[nevent++] = e;
}

/* Runs it; kills it at its at-th call (0: not).  The number of calls. */
static int
trace(const struct op *op, const struct tree *t, int at)
{
	struct user_regs_struct r;
	int status, calls = 0, in = 0;
	pid_t pid;

	*acked = 0;
	nevent = 0;
	if ((pid = fork()) == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(op->run(t) != 0);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD |
	    PTRACE_O_EXITKILL);
	while (ptrace(PTRACE_SYSCALL, pid, 0, 0) == 0 &&
	    waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		if (WSTOPSIG(status) != (SIGTRAP | 0x80) || (in = !in) == 0)
			continue;
		if (++calls == at)
			kill(pid, SIGKILL);
		else if (at == 0) {
			ptrace(PTRACE_GETREGS, pid, 0, &r);
			note(pid, &r);
		}
	}
	if (at == 0 && (!WIFEXITED(status) || WEXITSTATUS(status)))
		fail_msg("%s: status %x", op->name, (unsigned)status);
	return calls;
}

static void
test_kill(void **state)
{
	struct tree t;
	size_t i;
	int at, n, points = 0;

	(void)state;
	for (i = 0; i < sizeof ops / sizeof *ops; i++) {
		prepare(&ops[i], &t);
		n = trace(&ops[i], &t, 0);
		check(&ops[i], &t, 0);
		finish(&t);
		for (at = 1; at <= n; at++) {
			prepare(&ops[i], &t);
			trace(&ops[i], &t, at);
			check(&ops[i], &t, at);
			finish(&t);
		}
		printf("%s: killed at %d calls\n", ops[i].name, n);
		points += n;
	}
	printf("%d points\n", points);
}

/* ---- the rules */

struct dirty {
	char path[200];
	int out;			/* a name left it; none came */
};

/* The directory of a path. */
static void
parent(const char *path, char out[200])
{
	snprintf(out, 200, "%.*s", (int)(strrchr(path, '/') - path), path);
}

static int
is_dirty(const struct dirty *d, size_t n, const char *path)
{
	while (n-- > 0)
		if (!d[n].out && strcmp(d[n].path, path) == 0)
			return 1;
	return 0;
}

/* Any that ends so? */
static int
any_dirty(const struct dirty *d, size_t n, const char *tail)
{
	while (n-- > 0)
		if (ends(d[n].path, tail))
			return 1;
	return 0;
}

static void
soil(struct dirty *d, size_t *m, const char *path, int out)
{
	d[*m].out = out;
	snprintf(d[(*m)++].path, sizeof d->path, "%s", path);
}

/* A name appears. */
static const char *
named(const struct event *v, struct dirty *d, size_t *m)
{
	char p[200];

	if (is_dirty(d, *m, v->path) && !strstr(v->path, "correo-cache"))
		return "a name before the file's flush";
	/* or a later folder might get the same UIDVALIDITY */
	if ((ends(v->to, "/correo-uids") || strstr(v->to, "/correo-tmp")) &&
	    (is_dirty(d, *m, "") || is_dirty(d, *m, "/correo-folders")))
		return "numbers before UIDVALIDITY";
	/* disposable, new to cur: nothing is promised; the first numbers are
	 * found by either name */
	if (strstr(v->path, "correo-index") ||
	    strstr(v->path, "correo-cache") || strstr(v->path, "/new/") ||
	    (takes_name && strstr(v->path, "correo-uids.first")))
		return NULL;
	parent(v->to, p);
	soil(d, m, p, 0);
	if (v->kind == 'R' && strstr(v->path, "/cur/")) {
		parent(v->path, p);
		soil(d, m, p, 1);
	}
	return NULL;
}

/* 0, or the rule that is broken. */
static const char *
rules(const struct event *v, size_t n)
{
	static struct dirty d[2 * EVENTS];
	const char *why;
	char p[200];
	size_t i, j, m = 0;

	for (i = 0; i < n; i++) {
		switch (v[i].kind) {
		case 'W':
			if (v[i].mark == '=') {
				parent(v[i].path, p);
				strncat(p, "/cur", 5);
				if (is_dirty(d, m, v[i].path))
					return "\"=\" before its flush";
				if (is_dirty(d, m, p))
					return "\"=\" before fsync(cur)";
				continue;
			}
			soil(d, &m, v[i].path, 0);
			break;
		case 'S':
			for (j = 0; j < m; j++)
				if (strcmp(d[j].path, v[i].path) == 0)
					d[j--] = d[--m];
			break;
		case 'R': case 'L':
			if ((why = named(&v[i], d, &m)) != NULL)
				return why;
			break;
		case 'M':
			parent(v[i].path, p);
			soil(d, &m, p, 0);
			break;
		case 'U':
			if (strstr(v[i].path, "/cur/") &&
			    any_dirty(d, m, "/correo-uids"))
				return "unlink before the tombstone's flush";
			break;
		case 'A':
			for (j = 0; j < m; j++)
				if (!strstr(d[j].path, "correo-index") &&
				    !strstr(d[j].path, "correo-cache") &&
				    strcmp(d[j].path, "pipe") != 0)
					return "told before it is durable";
		}
	}
	return NULL;
}

static void
test_order(void **state)
{
	static struct event w[EVENTS];
	struct tree t;
	const char *why;
	size_t i, k, j;
	int out = 0, late = 0;

	(void)state;
	for (i = 0; i < sizeof ops / sizeof *ops; i++) {
		prepare(&ops[i], &t);
		takes_name = file_flush_takes_name(t.root);
		trace(&ops[i], &t, 0);
		finish(&t);
		if (getenv("KILL_TRACE"))
			for (k = 0; k < nevent; k++)
				printf("%zu %c%c %s %s\n", k, event[k].kind,
				    event[k].mark ? event[k].mark : ' ',
				    event[k].path, event[k].to);
		if ((why = rules(event, nevent)) != NULL)
			fail_msg("%s: %s", ops[i].name, why);
		for (k = 0; k < nevent; k++) {
			/* not what is only for speed, nor behind the ack */
			for (j = k; j < nevent && event[j].kind != 'A'; j++)
				;
			if (event[k].kind != 'S' || j == nevent ||
			    strstr(event[k].path, "correo-index"))
				continue;
			memcpy(w, event, sizeof w);
			memmove(&w[k], &w[k + 1], (nevent - k - 1) *
			    sizeof *w);
			if (rules(w, nevent - 1) == NULL)
				fail_msg("%s: flush %zu of %s is not missed",
				    ops[i].name, k, event[k].path);
			out++;
			/* or done behind the next call that is no flush */
			for (j = k + 1; j < nevent && event[j].kind == 'S'; j++)
				;
			memmove(&w[k], &event[k + 1], (j - k) * sizeof *w);
			w[j] = event[k];
			memcpy(&w[j + 1], &event[j + 1], (nevent - j - 1) *
			    sizeof *w);
			if (rules(w, nevent) != NULL)
				late++;
		}
	}
	printf("%d flushes left out, all missed; of %d put off by one call "
	    "%d missed\n", out, out, late);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_kill),
	};

	acked = mmap(NULL, sizeof *acked, PROT_READ | PROT_WRITE, MAP_SHARED |
	    MAP_ANONYMOUS, -1, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
