/* sts - the role, and a child's loop of questions. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "remoted/sts.h"
#include "remoted/sts_count.h"
#include "remoted/sts_find.h"
#include "run/zygote.h"
#include "sys/chan.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/stream.h"
#include "wire/dns_message.h"
#include "wire/record.h"

static int  child(struct role_env *, const struct note *, int *);
static int  request(int, struct span);
static int  answer(int, struct span);
static int  directory(const char *, const char *, struct role_env *);

static struct sts sts;

int
sts_role(struct role_env *env)
{
	char path[1024];
	int n = snprintf(path, sizeof path, "%s/sts", env->site->state_dir);

	if (n < 0 || (size_t)n >= sizeof path)
		log_die(LOG_FIX, "state_dir is too long");
	sts.conf = env->conf;
	sts.hostname = env->site->hostname;
	sts.policy = directory(path, "policy", env);
	sts.failed = directory(path, "failed", env);
	sts.count = directory(path, "count", env);
	means_open(env, &sts.means);
	role_confine(env, &(struct confine){ .may = MAY_NET | MAY_READ |
	    MAY_WRITE, .dir = { path } });
	umask(027);			/* operators read it */
	role_wait(env);
	return zygote_run(env, child);
}

/* Without a channel: the hourly look at all. */
static int
child(struct role_env *env, const struct note *n, int *fd)
{
	static unsigned char packet[CHAN_PACKET_MAX];
	ssize_t got;

	(void)env;
	(void)n;
	if (fd[0] < 0) {
		sts_refresh(&sts);
		sts_count_clean(&sts, clock_s());
		return 0;
	}
	while (!stream_ended) {
		got = chan_recv(fd[0], packet, sizeof packet, NULL, 1);
		if (got == 0 || (got < 0 && (errno == EINTR ||
		    errno == ECONNRESET)))
			return 0;
		if (got < 0)
			log_die(LOG_AGAIN, "channel of questions");
		if (request(fd[0], span_mem(packet, (size_t)got)) < 0)
			return LOG_AGAIN;
	}
	return 0;
}

static int
request(int ch, struct span in)
{
	struct sts_request q;
	struct span fields;
	const char *why = "a short record";

	if (record_next(&in, RECORD_MAX, &fields, &why) != 1 || in.n ||
	    sts_request_parse(fields, &q, &why) < 0) {
		errno = 0;
		log_die(LOG_AGAIN, "question: %s", why);
	}
	if (!q.counts)
		return answer(ch, q.domain);
	sts_count_add(&sts, q.domain, &q.count, clock_s());
	return 0;
}

static int
answer(int ch, struct span domain)
{
	static struct sts_kept k;
	static struct sts_answer a;
	struct buf b = { .max = CHAN_PACKET_MAX };
	char name[DNS_NAME];
	int r;

	a = (struct sts_answer){ .id = { NULL, 0 } };
	(void)span_str(domain, name, sizeof name);
	if (sts_find(&sts, name, &k)) {
		a.policy = k.policy;
		a.id = span_of(k.id);
	}
	r = sts_answer_add(&b, &a);
	if (r == 0)
		r = chan_send(ch, buf_span(&b), NULL, 0);
	buf_free(&b);
	sts_kept_free(&k);
	return r;
}

/* Files there get its group, which is the operators'. */
static int
directory(const char *path, const char *name, struct role_env *env)
{
	struct stat st;
	int dir = file_open_dir(AT_FDCWD, path);
	int fd = dir < 0 ? -1 : file_open_dir(dir, name);

	if (fd < 0 || fstat(fd, &st) < 0)
		log_die(LOG_FIX, "%s/%s (made by etc/setup dirs)", path, name);
	if (env->root && st.st_gid != 0)
		env->gid = st.st_gid;
	close(dir);
	return fd;
}
