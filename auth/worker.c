/* worker - the processes that hash passwords. */
#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/program.h"
#include "auth/worker.h"
#include "base/sha256.h"
#include "sys/chan.h"
#include "sys/heap.h"
#include "sys/log.h"
#include "wire/saslprep.h"

static void work(const struct role_env *, const struct auth_conf *, int)
	    __attribute__((noreturn));
static enum worker_answer check(struct worker_ask *);
static enum worker_answer compare(const struct worker_ask *);
static enum worker_answer none_fits(const struct worker_ask *,
	    struct crypt_data *);

static char dummy[CRYPT_OUTPUT_SIZE];

int
worker_start(const struct role_env *env, const struct auth_conf *conf)
{
	int ch[2];
	pid_t pid;

	if (chan_pair(CHAN_PACKETS, ch) < 0)
		return -1;
	if ((pid = fork()) == 0) {
		close(ch[0]);
		close(env->control);
		work(env, conf, ch[1]);
	}
	close(ch[1]);
	if (pid < 0) {
		close(ch[0]);
		return -1;
	}
	return ch[0];
}

const char *
worker_dummy(void)
{
	struct crypt_data d = { 0 };
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *h;

	if (dummy[0] == '\0' && crypt_gensalt_rn(NULL, 0, NULL, 0, salt,
	    sizeof salt) != NULL && (h = crypt_r("", salt, &d)) != NULL)
		snprintf(dummy, sizeof dummy, "%s", h);
	return dummy;
}

static void
work(const struct role_env *env, const struct auth_conf *conf, int ch)
{
	struct confine c = { .name = "worker", .data_bytes = 256 << 20 };
	struct worker_ask q;
	unsigned char a;
	ssize_t n;

	/* a program of the operator's needs the system; a hash nothing */
	c.ids_only = conf->checkpassword[0] != '\0';
	role_confine(env, &c);
	heap_settle();
	for (;;) {
		n = chan_recv(ch, &q, sizeof q, NULL, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof q)
			_exit(0);
		q.user[sizeof q.user - 1] = q.hash[sizeof q.hash - 1] = '\0';
		q.password[sizeof q.password - 1] = '\0';
		q.proto[sizeof q.proto - 1] = '\0';
		a = (unsigned char)(conf->checkpassword[0] ?
		    program_ask(&q, conf) : check(&q));
		explicit_bzero(&q, sizeof q);
		if (chan_send(ch, span_mem(&a, 1), NULL, 0) < 0)
			_exit(0);
	}
}

/*
 * RFC 4616 2: a password is looked for in its prepared form, but hashes that
 * came from elsewhere may be of what was typed.  Whether there are two tries
 * depends on what the client sent alone.
 */
static enum worker_answer
check(struct worker_ask *q)
{
	struct buf b = { .max = sizeof q->password - 1 };
	enum worker_answer a = compare(q);
	const char *why;

	if (a == WORKER_WRONG && buf_room(&b, b.max) == 0 &&
	    saslprep(span_of(q->password), &b, &why) == 0 &&
	    !span_eq(buf_span(&b), span_of(q->password)) &&
	    span_str(buf_span(&b), q->password, sizeof q->password) == 0)
		a = compare(q);
	freezero(b.p, b.size);
	return a;
}

static enum worker_answer
compare(const struct worker_ask *q)
{
	static struct crypt_data d;
	const char *h;
	int same;

	memset(&d, 0, sizeof d);
	errno = 0;
	h = crypt_r(q->password, q->hash, &d);
	if (h == NULL || h[0] == '*')
		return errno == ENOMEM ? WORKER_LATER : none_fits(q, &d);
	same = secret_equal(span_of(h), span_of(q->hash));
	explicit_bzero(&d, sizeof d);
	return same ? WORKER_GOOD : WORKER_WRONG;
}

/* What another system hashed, and crypt(3) here has no method for: as long an
 * answer, and the same one, as for a user who is not there. */
static enum worker_answer
none_fits(const struct worker_ask *q, struct crypt_data *d)
{
	log_warn("passwords", "the hash of %s is of no method that crypt(3) "
	    "has here", q->user);
	(void)crypt_r(q->password, dummy, d);
	explicit_bzero(d, sizeof *d);
	return WORKER_WRONG;
}
