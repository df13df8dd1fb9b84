/* pop3d - lets users fetch their mail by POP3. */
#include "base/scan.h"
#include "pop3d/config.h"
#include "pop3d/drop.h"
#include "pop3d/login.h"
#include "pop3d/session.h"
#include "pop3d/uidl.h"
#include "run/listener.h"
#include "run/mailbox_role.h"
#include "run/monitor.h"
#include "run/zygote.h"

static int listener(struct role_env *);
static int session(struct role_env *);
static int mailbox(struct role_env *);
static int with_tls(const struct site *, const void *);
static int check(const struct site *, const void *, struct buf *);

static const struct role roles[] = {
	{ .name = "session", .user = "login", .flags = ROLE_FRESH,
	    .serve = session },
	{ .name = "mailbox", .flags = ROLE_KEEPS_ROOT | ROLE_TABLES |
	    ROLE_FRESH, .serve = mailbox },
	{ .name = "auth", .user = "auth", .program = "auth",
	    .flags = ROLE_PASSWORDS },
	{ .name = "keyholder", .user = "key", .program = "tls",
	    .flags = ROLE_KEYS, .wanted = with_tls },
	{ .name = "relay", .user = "tls", .program = "tls",
	    .flags = ROLE_CERTS | ROLE_FRESH, .links = "keyholder",
	    .wanted = with_tls },
	{ .name = "listener", .user = "listen", .flags = ROLE_LISTENS,
	    .links = "session mailbox auth keyholder relay",
	    .serve = listener },
	{ .name = NULL }
};

static const struct service services[] = {
	[SERVICE_POP3] = { "pop3", offsetof(struct pop3d_conf, listen) },
	[SERVICE_POP3S] = { "pop3s",
	    offsetof(struct pop3d_conf, pop3s_listen) },
	{ .name = NULL }
};

#define BUSY "-ERR [SYS/TEMP] too many connections\r\n"

static const struct listener_service kinds[] = {
	[SERVICE_POP3] = { .proto = "pop3", .busy = BUSY, .alpn = "pop3" },
	[SERVICE_POP3S] = { .proto = "pop3", .busy = BUSY, .tls = 1,
	    .alpn = "pop3" }
};

static struct pop3d_conf conf;

int
main(int argc, char **argv)
{
	static const struct family family = { .program = "pop3d",
	    .role = roles, .service = services, .keys = pop3d_keys,
	    .conf = &conf, .check = check };

	return monitor_main(argc, argv, &family);
}

static int
listener(struct role_env *env)
{
	const struct pop3d_conf *c = env->conf;

	return listener_run(env, &(struct listener_conf){
	    .max_connections = c->max_connections,
	    .max_per_address = c->max_per_address,
	    .max_per_network = c->max_per_network,
	    .local_networks = c->local_networks,
	    .proxies = c->proxies, .service = kinds, .mailboxes = 1 });
}

static int
session(struct role_env *env)
{
	role_confine(env, &(struct confine){ .may = 0 });
	role_wait(env);
	return zygote_run(env, session_serve);
}

static int
mailbox(struct role_env *env)
{
	return mailbox_role(env, drop_serve);
}

static int
with_tls(const struct site *site, const void *conf)
{
	(void)conf;
	return site->tls_cert.n > 0;
}

static int
check(const struct site *site, const void *conf, struct buf *errors)
{
	const struct pop3d_conf *c = conf;
	const char *why;
	unsigned days;
	size_t i;

	if (site->tls_cert.n != site->tls_key.n)
		buf_addf(errors, "tls.key: one for each of tls.cert, in the "
		    "same order\n");
	if (c->pop3s_listen.n && site->tls_cert.n == 0)
		buf_addf(errors, "pop3d.pop3s.listen: needs tls.cert and "
		    "tls.key\n");
	if (c->listen.n && site->tls_cert.n == 0 && c->local_networks.n == 0)
		buf_addf(errors, "pop3d.listen: nobody could log in; name "
		    "tls.cert and tls.key, or pop3d.local_networks\n");
	for (i = 0; i < c->mechanisms.n; i++)
		if (!login_known(c->mechanisms.word[i]))
			buf_addf(errors, "pop3d.mechanisms: %s is not known\n",
			    c->mechanisms.word[i]);
	if (uidl_check(span_of(c->uidl), &why) < 0)
		buf_addf(errors, "pop3d.uidl: %s\n", why);
	if (!span_eq(span_of(c->expire), SPAN("never")) &&
	    scan_uint(span_of(c->expire), 36500, &days) < 0)
		buf_addf(errors, "pop3d.expire: never, or a number of days\n");
	return errors->n ? -1 : 0;
}
