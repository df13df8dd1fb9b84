/* serve - the role, and a child's loop of jobs. */
#include <string.h>
#include <unistd.h>

#include "remoted/attempt.h"
#include "remoted/means.h"
#include "remoted/serve.h"
#include "run/jobs.h"
#include "run/zygote.h"
#include "sys/chan.h"
#include "sys/log.h"

static int  child(struct role_env *, const struct note *, int *);
static int  answer(int, const struct job *, const struct fate *, int);
static int  flush(int, struct buf *);

static struct means means;

int
serve_role(struct role_env *env)
{
	const struct config *conf = env->conf;
	struct confine c = { .may = MAY_NET };

	means_open(env, &means);
	means_tls(&means);
	if (*conf->lmtp_dir)
		c.empty_dir = conf->lmtp_dir;
	role_confine(env, &c);
	role_wait(env);
	return zygote_run(env, child);
}

static int
child(struct role_env *env, const struct note *n, int *fd)
{
	static struct attempt a = { .client.conn.fd = -1 };
	static struct job j;
	static struct policy policy;
	static char key[HOP_KEY];
	static struct hop hop;
	const char *why;
	int file, kept = 1;

	if (fd[0] < 0 || span_str(span_of(n->text), key, sizeof key) < 0)
		return LOG_AGAIN;
	if (hop_parse(span_of(key), &hop, &why) < 0)
		log_die(LOG_AGAIN, "next hop %s: %s", key, why);
	a.client.conf = a.resolve.conf = env->conf;
	a.client.hostname = a.resolve.hostname = env->site->hostname;
	a.client.tls = means.tls;
	a.client.no_ca = means.no_ca;
	a.client.hop = &hop;
	policy.fd = fd[1];
	a.client.policy = &policy;
	a.client.enclosed = env->root;
	a.client.brief = n->arg == SPAWN_BRIEF;
	a.resolve.dns = &means.dns;
	/* without a connection, or with an old one, there is nothing to be
	 * kept: the next one's child knows what its zygote knows by then */
	while (kept && jobs_take(fd[0], &j, &file, -1) == 1) {
		attempt_job(&a, &j, file);
		close(file);
		kept = client_lasts(&a.client);
		if (answer(fd[0], &j, a.fate, kept) < 0)
			break;
	}
	client_close(&a.client, 1);
	return 0;
}

/* All verdicts, and whether the next job may come. */
static int
answer(int ch, const struct job *j, const struct fate *f, int ready)
{
	static struct answer a;		/* large, and all 0 but for these */
	struct buf b = { .max = CHAN_PACKET_MAX };
	int r = 0;
	size_t i;

	for (i = 0; i < j->nrcpt && r == 0; i++) {
		a.ready = 0;
		a.id = j->id;
		a.nr = j->rcpt[i].nr;
		a.verdict = f[i].verdict;
		a.peer = span_of(f[i].peer);
		a.dsn = f[i].dsn;
		if (answer_add(&b, &a) < 0)
			log_die(LOG_AGAIN, "answer");
		if (b.n > CHAN_PACKET_MAX / 2)
			r = flush(ch, &b);
	}
	a.ready = 1;
	if (r == 0 && ready && answer_add(&b, &a) < 0)
		log_die(LOG_AGAIN, "answer");
	if (r == 0)
		r = flush(ch, &b);
	buf_free(&b);
	return r;
}

static int
flush(int ch, struct buf *b)
{
	int r = chan_send(ch, buf_span(b), NULL, 0);

	buf_reset(b);
	return r;
}
