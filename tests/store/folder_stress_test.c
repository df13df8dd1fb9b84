/*
 * folder_stress_test - many at work in one folder, checked against a log.
 *
 * Two deliverers, a flag renamer, a remover (all by plain system calls) and
 * three sessions that store, expunge, append and come and go.  In memory they
 * share: which message has which UID (never a second one, never one twice),
 * what was told (never back), what was removed.  At the end everything that
 * was not removed is there.  STRESS_S seconds (5), STRESS_SEED.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/scan.h"
#include "store/folder.h"
#include "sys/clock.h"
#include "sys/remove_tree.h"

enum { IDS = 1 << 20, UIDS = 1 << 20, PLANTED = 3 };

struct shared {
	uint32_t next;			/* id of the next delivery */
	uint32_t uid_of[IDS], id_of[UIDS];
	unsigned char delivered[IDS], removed[IDS];
	unsigned char told[UIDS], leaving[UIDS], gone[UIDS];
	uint64_t modseq;		/* highest told */
	uint32_t uidvalidity, wrong, stop;
	uint32_t syncs, stores, expunges, appends, renames, removes;
};

static struct shared *sh;
static char dir[64];
static uint64_t rnd;
static int planted;

static uint32_t
roll(uint32_t n)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 7;
	rnd ^= rnd << 17;
	return (uint32_t)(rnd >> 32) % n;
}

static void
wrong(const char *what, uint32_t a, uint32_t b)
{
	if (!planted && sh->wrong < 20)
		fprintf(stderr, "wrong: %s: %u, %u\n", what, a, b);
	__atomic_add_fetch(&sh->wrong, 1, __ATOMIC_SEQ_CST);
}

static int
open_sub(const char *sub)
{
	char p[128];

	snprintf(p, sizeof p, "%s/%s", dir, sub);
	return open(p, O_RDONLY | O_DIRECTORY);
}

static void
deliver(void)
{
	int tmp = open_sub("tmp"), new = open_sub("new"), fd;
	char name[64];
	uint32_t id;

	while (!sh->stop) {
		id = __atomic_add_fetch(&sh->next, 1, __ATOMIC_SEQ_CST);
		if (id >= IDS)
			break;
		snprintf(name, sizeof name, "%lld.s%u.h",
		    (long long)clock_s(), id);
		fd = openat(tmp, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
		(void)!write(fd, "x\n", 2);
		close(fd);
		if (renameat(tmp, name, new, name) == 0)
			sh->delivered[id] = 1;
		usleep(roll(4000));
	}
}

/* The id of a delivery of ours, or 0. */
static uint32_t
id_of(struct span base)
{
	uint64_t v = 0;
	size_t i = span_search(base, SPAN(".s"));

	base = span_from(base, i + 2);
	/* names of our own may have ".s" and a digit too, but not ".h" behind */
	return scan_front(&base, IDS - 1, &v) == 1 &&
	    span_starts(base, SPAN(".h")) ? (uint32_t)v : 0;
}

/* A name of cur/, each as likely as another. */
static int
any_name(int fd, char out[256])
{
	DIR *d = fdopendir(dup(fd));
	struct dirent *e;
	uint32_t n = 0;

	rewinddir(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && roll(++n) == 0)
			snprintf(out, 256, "%s", e->d_name);
	closedir(d);
	return n > 0;
}

static void
disturb(int remove)
{
	static const char *const flags[] = { "", "S", "F", "FS", "RS", "DX" };
	int cur = open_sub("cur");
	char a[256], b[512];
	uint32_t id;

	while (!sh->stop) {
		if (any_name(cur, a) && remove) {
			id = id_of(span_of(a));
			if (id) {
				sh->removed[id] = 1;
				__atomic_add_fetch(&sh->removes,
				    unlinkat(cur, a, 0) == 0, __ATOMIC_SEQ_CST);
			}
			usleep(20000);
		} else if (a[0]) {
			snprintf(b, sizeof b, "%.*s:2,%s",
			    (int)strcspn(a, ":"), a, flags[roll(6)]);
			__atomic_add_fetch(&sh->renames,
			    renameat(cur, a, cur, b) == 0, __ATOMIC_SEQ_CST);
			usleep(roll(300));
		}
	}
}

static void
check(struct folder *f, uint64_t modseq)
{
	struct folder_totals t;
	uint32_t i, n = folder_count(f), id, last = 0, was;
	struct mail m;
	struct span base;

	folder_totals(f, &t);
	if (sh->uidvalidity != t.uidvalidity)
		wrong("uidvalidity", sh->uidvalidity, t.uidvalidity);
	if (t.modseq < modseq)
		wrong("modseq back", (uint32_t)t.modseq, (uint32_t)modseq);
	for (was = 0; t.modseq > sh->modseq && was < 100; was++)
		sh->modseq = t.modseq;
	for (i = 1; i <= n; i++) {
		if (folder_mail(f, i, &m) < 0 || folder_base(f, i, &base) < 0) {
			wrong("mail", i, (uint32_t)errno);
			return;
		}
		if (m.uid <= last)
			wrong("uid order", m.uid, last);
		last = m.uid;
		if (m.gone)
			continue;
		sh->told[m.uid] = 1;
		if ((id = id_of(base)) == 0)
			continue;
		if (planted && id % PLANTED == 0)
			id++;
		was = 0;
		if (!__atomic_compare_exchange_n(&sh->uid_of[id], &was, m.uid,
		    0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) && was != m.uid)
			wrong("message with two UIDs", was, m.uid);
		was = 0;
		if (!__atomic_compare_exchange_n(&sh->id_of[m.uid], &was, id,
		    0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) && was != id)
			wrong("UID with two messages", was, id);
	}
}

static void
one_step(struct folder *f)
{
	struct store s = { (enum store_how)roll(3), 1u << roll(8),
	    UINT64_MAX };
	uint32_t n = folder_count(f), number[4], uid[4];
	struct append a = { .date = 1000000000 };
	unsigned char result[4];
	struct mail m;
	struct span base;
	uint32_t i, k = 1 + roll(4), id;

	switch (roll(8)) {
	case 0: case 1: case 2:
		if (n < 8)
			return;
		number[0] = 1 + roll(n - 4);
		for (i = 1; i < k; i++)
			number[i] = number[i - 1] + 1;
		if (folder_store(f, &s, number, k, result) < 0 &&
		    errno != EROFS)
			wrong("store", (uint32_t)errno, 0);
		__atomic_add_fetch(&sh->stores, 1, __ATOMIC_SEQ_CST);
		return;
	case 3:
		if (n < 40)
			return;
		number[0] = 1 + roll(n - 4);
		for (i = 0; i < k; i++) {
			number[i] = number[0] + i;
			folder_mail(f, number[i], &m);
			uid[i] = m.uid;
			sh->leaving[m.uid] = 1;
			/* no check may have seen it yet */
			if (folder_base(f, number[i], &base) == 0 &&
			    (id = id_of(base)) != 0)
				sh->uid_of[id] = m.uid;
		}
		if (folder_expunge(f, number, k) < 0)
			wrong("expunge", (uint32_t)errno, 0);
		for (i = 0; i < k; i++)
			sh->gone[uid[i]] = 1;
		__atomic_add_fetch(&sh->expunges, k, __ATOMIC_SEQ_CST);
		return;
	case 4:
		if (append_open(f, &a) < 0 || append_write(&a,
		    SPAN("y\r\n")) < 0 || folder_append(f, &a, 1) < 0)
			wrong("append", (uint32_t)errno, 0);
		else if (a.uid && __atomic_exchange_n(&sh->told[a.uid], 2,
		    __ATOMIC_SEQ_CST) == 2)
			wrong("UID told twice", a.uid, 0);
		__atomic_add_fetch(&sh->appends, 1, __ATOMIC_SEQ_CST);
	}
}

static void
session(const struct tree *tree)
{
	struct folder *f = NULL;
	uint64_t modseq;
	uint32_t i;

	while (!sh->stop) {
		modseq = sh->modseq;
		if (folder_open(&f, tree, "INBOX", roll(4) ? FOLDER_WRITE :
		    FOLDER_READ) < 0) {
			wrong("open", (uint32_t)errno, 0);
			return;
		}
		for (i = roll(100); !sh->stop && i; i--) {
			check(f, modseq);
			modseq = sh->modseq;
			if (folder_sync(f) < 0)
				wrong("sync", (uint32_t)errno, 0);
			while (folder_next(f, i % 3 == 0 ?
			    FOLDER_GONE | FOLDER_FLAGS : FOLDER_FLAGS).kind != CHANGE_NONE)
				;
			__atomic_add_fetch(&sh->syncs, 1, __ATOMIC_SEQ_CST);
			if (roll(3) == 0)
				one_step(f);
			if (roll(30) == 0)
				folder_save(f);
		}
		folder_close(f);
	}
}

/* All that was not removed is there, and nothing that went came back. */
static void
last_look(const struct tree *tree)
{
	unsigned char *here = calloc(1, UIDS), *id_here = calloc(1, IDS);
	struct folder *f;
	struct mail m;
	struct span base;
	uint32_t i;

	assert_int_equal(folder_open(&f, tree, "INBOX", FOLDER_WRITE), 0);
	check(f, sh->modseq);
	for (i = 1; i <= folder_count(f); i++) {
		assert_int_equal(folder_mail(f, i, &m), 0);
		folder_base(f, i, &base);
		here[m.uid] = 1;
		id_here[id_of(base)] = 1;
		if (sh->gone[m.uid])
			wrong("expunged came back", m.uid, 0);
	}
	for (i = 1; i < IDS; i++)
		if (sh->delivered[i] && !sh->removed[i] && !id_here[i] &&
		    !(sh->uid_of[i] && sh->leaving[sh->uid_of[i]]))
			wrong("lost delivery", i, sh->uid_of[i]);
	for (i = 1; i < UIDS; i++)
		if (sh->told[i] == 2 && !here[i] && !sh->leaving[i])
			wrong("lost append", i, 0);
	folder_close(f);
	free(here);
	free(id_here);
}

static void
run(unsigned seconds)
{
	struct tree tree;
	pid_t pid[7];
	uint64_t seed = rnd;
	int i, status;

	sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED |
	    MAP_ANONYMOUS, -1, 0);
	snprintf(dir, sizeof dir, "/tmp/folder_stress.XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(tree_open(&tree, dir, "host.test"), 0);
	{
		struct folder *f;
		struct folder_totals t;

		assert_int_equal(folder_open(&f, &tree, "INBOX",
		    FOLDER_WRITE), 0);
		folder_totals(f, &t);
		sh->uidvalidity = t.uidvalidity;
		folder_close(f);
	}
	for (i = 0; i < 7; i++)
		if ((pid[i] = fork()) == 0) {
			rnd = seed + (uint64_t)i * 7919 + 1;
			roll(1);
			if (i < 2)
				deliver();
			else if (i < 4)
				disturb(i == 3);
			else
				session(&tree);
			_exit(0);
		}
	sleep(seconds);
	sh->stop = 1;
	for (i = 0; i < 7; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		if (status)
			wrong("child died", (uint32_t)i, (uint32_t)status);
	}
	last_look(&tree);
	tree_close(&tree);
	remove_tree(dir);
	printf("seed %llu: %u deliveries, %u renames, %u removes, %u syncs, "
	    "%u stores, %u expunged, %u appends, %u wrong\n",
	    (unsigned long long)seed, sh->next, sh->renames, sh->removes,
	    sh->syncs, sh->stores, sh->expunges, sh->appends, sh->wrong);
}

static void
test_stress(void **state)
{
	const char *s = getenv("STRESS_S"), *seed = getenv("STRESS_SEED");

	(void)state;
	rnd = seed ? strtoull(seed, NULL, 10) : clock_ns();
	run(s ? (unsigned)strtoul(s, NULL, 10) : 3);
	assert_int_equal(sh->wrong, 0);
}

/* The check itself: a message that is taken for another must be found. */
static void
test_planted(void **state)
{
	(void)state;
	rnd = 42;
	planted = 1;
	run(1);
	assert_true(sh->wrong > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stress), cmocka_unit_test(test_planted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
