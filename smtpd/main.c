/* smtpd - receives mail by SMTP and puts it into the queue. */
#include <string.h>

#include "run/listener.h"
#include "run/mechanisms.h"
#include "run/monitor.h"
#include "run/queue_dirs.h"
#include "run/writer_role.h"
#include "run/zygote.h"
#include "smtpd/config.h"
#include "smtpd/session.h"

static int listener(struct role_env *);
static int session(struct role_env *);
static int writer(struct role_env *);
static int with_login(const struct site *, const void *);
static void check(const struct site *, const void *, struct buf *);

/* Room for our Received field, above the largest message. */
enum { TRACE_ROOM = 4096 };

static const struct role roles[] = {
	{ .name = "listener", .user = "listen",
	    .flags = ROLE_LISTENS | ROLE_TABLES,
	    .links = "session writer auth keyholder relay",
	    .serve = listener },
	{ .name = "session", .user = "smtpd", .flags = ROLE_TABLES | ROLE_FRESH,
	    .serve = session },
	{ .name = "writer", .user = "queue", .flags = ROLE_FRESH,
	    .serve = writer },
	{ .name = "auth", .user = "auth", .program = "auth",
	    .flags = ROLE_PASSWORDS, .wanted = with_login },
	{ .name = "keyholder", .user = "key", .program = "tls",
	    .flags = ROLE_KEYS, .wanted = site_has_tls },
	{ .name = "relay", .user = "tls", .program = "tls",
	    .flags = ROLE_CERTS | ROLE_FRESH, .links = "keyholder",
	    .wanted = site_has_tls },
	{ .name = NULL }
};

static const struct service services[] = {
	[SERVICE_SMTP] = { "smtp", offsetof(struct smtpd_conf, listen) },
	[SERVICE_SUBMISSION] = { "submission",
	    offsetof(struct smtpd_conf, submission_listen) },
	[SERVICE_SMTPS] = { "smtps",
	    offsetof(struct smtpd_conf, smtps_listen) },
	{ .name = NULL }
};

#define BUSY "421 4.7.0 too many connections\r\n"

static const struct listener_service kinds[] = {
	[SERVICE_SMTP] = { .name = "smtp", .proto = "smtp", .busy = BUSY,
	    .strangers = 1, .alpn = "" },
	[SERVICE_SUBMISSION] = { .name = "submission", .proto = "smtp",
	    .busy = BUSY, .alpn = "" },
	[SERVICE_SMTPS] = { .name = "smtps", .proto = "smtp", .busy = BUSY,
	    .tls = 1, .alpn = "" }
};

static struct smtpd_conf conf;

int
main(int argc, char **argv)
{
	static const struct family family = { .program = "smtpd",
	    .role = roles, .service = services, .keys = smtpd_keys,
	    .conf = &conf, .check = check,
	    .lag_ms = 500 };

	return monitor_main(argc, argv, &family);
}

static int
listener(struct role_env *env)
{
	const struct smtpd_conf *c = env->conf;

	return listener_run(env, &(struct listener_conf){
	    .max_connections = c->max_connections,
	    .max_per_address = c->max_per_address,
	    .max_per_network = c->max_per_network,
	    .local_networks = c->local_networks,
	    .proxies = c->proxies, .service = kinds,
	    .user_messages = c->user_messages,
	    .user_recipients = c->user_recipients,
	    .plus = mechanisms_plus(&c->mechanisms) });
}

static int
session(struct role_env *env)
{
	role_confine(env, &(struct confine){ .may = 0 });
	role_wait(env);
	return zygote_run(env, session_serve);
}

static int
writer(struct role_env *env)
{
	const struct smtpd_conf *c = env->conf;

	return writer_role(env, &(struct writer_limits){
	    .message_bytes = c->max_size + TRACE_ROOM,
	    .recipients = (unsigned)c->max_recipients,
	    .floor_bytes = c->min_free, .floor_files = c->min_free_files });
}

static int
with_login(const struct site *site, const void *conf)
{
	const struct smtpd_conf *c = conf;

	(void)site;
	return c->submission_listen.n || c->smtps_listen.n;
}

static void
check(const struct site *site, const void *conf, struct buf *errors)
{
	const struct smtpd_conf *c = conf;
	size_t i;

	for (i = 0; i < c->senders.n; i++)
		if (!strchr(c->senders.word[i], '=') ||
		    !strchr(c->senders.word[i], '@'))
			buf_addf(errors, "smtpd.submission.senders: %s: "
			    "KEY=ADDRESS or KEY=@DOMAIN is wanted\n",
			    c->senders.word[i]);
	mechanisms_check(&c->mechanisms, "smtpd", errors);
	site_check_logins(site, &(struct site_logins){ .program = "smtpd",
	    .service = "submission.", .tls_service = "smtps",
	    .listen = c->submission_listen.n > 0,
	    .tls_listen = c->smtps_listen.n > 0,
	    .without_tls = c->local_networks.n > 0 }, errors);
	queue_dirs_check(site, errors);
}
