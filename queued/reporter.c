/* reporter - writes reports, and takes over what sendmail(8) dropped. */
#include <stdio.h>
#include <unistd.h>

#include "queued/places.h"
#include "queued/reporter.h"
#include "run/zygote.h"
#include "sys/log.h"
#include "wire/record.h"

static int  serve(struct role_env *, const struct note *, int *);
static void obey(struct reporter *, struct span, int, struct buf *);

/* Opened by the zygote, once for all its children. */
static struct reporter reporter;

int
reporter_role(struct role_env *env)
{
	struct places p;

	places_open(env, &p);
	close(p.drop_tmp);
	reporter.env = env;
	reporter.queue = p.queue;
	reporter.drop_new = p.drop_new;
	places_group(env, p.drop_new);	/* what users drop is 0640 */
	role_confine(env, &(struct confine){ .files = 64,
	    .data_bytes = 128 << 20, .may = MAY_READ | MAY_WRITE | MAY_FORK,
	    .dir = { p.queue_path, p.drop_path } });
	role_wait(env);
	return zygote_run(env, serve);
}

int
reporter_serve(struct reporter *r, int ch)
{
	static unsigned char packet[CHAN_PACKET_MAX];
	struct buf out = { .max = RECORD_MAX };
	int fd[CHAN_FDS], bad;
	ssize_t size;

	size = chan_recv(ch, packet, sizeof packet, fd, 1);
	if (size <= 0)
		return LOG_AGAIN;
	obey(r, span_mem(packet, (size_t)size), fd[0], &out);
	bad = chan_send(ch, buf_span(&out), NULL, 0) < 0;
	buf_free(&out);
	return bad ? LOG_AGAIN : 0;
}

static int
serve(struct role_env *env, const struct note *n, int *fd)
{
	(void)n;
	reporter.env = env;
	return fd[0] < 0 || queue_own(&reporter.queue) < 0 ? LOG_AGAIN :
	    reporter_serve(&reporter, fd[0]);
}

static void
obey(struct reporter *r, struct span in, int message, struct buf *out)
{
	static struct order o;
	static struct answer a;
	char id[QUEUE_ID + 1] = "", name[256];
	struct span fields;
	const char *why = "order: cut off";

	if (record_next(&in, RECORD_MAX, &fields, &why) != 1 ||
	    order_parse(fields, &o, &why) < 0)
		a.verdict = verdict_make(451, "4.3.0", "%s", why);
	else if (o.kind != ORDER_DROP)
		report_write(r, &o, message, &a.verdict, id);
	else if (span_str(o.id, name, sizeof name) == 0)
		drop_take(r, name, &a.verdict, id);
	else
		a.verdict = verdict_make(554, "5.3.0", "not a name");
	a.nr = 1;
	a.id = id[0] ? span_of(id) : SPAN("-");
	(void)answer_add(out, &a);
}
