/* imapd - lets users read their mail where it is, by IMAP. */
#include "imapd/box.h"
#include "imapd/config.h"
#include "imapd/session.h"
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
	[SERVICE_IMAP] = { "imap", offsetof(struct imapd_conf, listen) },
	[SERVICE_IMAPS] = { "imaps",
	    offsetof(struct imapd_conf, imaps_listen) },
	{ .name = NULL }
};

#define BUSY "* BYE [UNAVAILABLE] too many connections\r\n"

static const struct listener_service kinds[] = {
	[SERVICE_IMAP] = { .proto = "imap", .busy = BUSY, .alpn = "imap" },
	[SERVICE_IMAPS] = { .proto = "imap", .busy = BUSY, .tls = 1,
	    .alpn = "imap" }
};

static struct imapd_conf conf;

int
main(int argc, char **argv)
{
	static const struct family family = { .program = "imapd",
	    .role = roles, .service = services, .keys = imapd_keys,
	    .conf = &conf, .check = check };

	return monitor_main(argc, argv, &family);
}

static int
listener(struct role_env *env)
{
	const struct imapd_conf *c = env->conf;

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
	box_warm();
	return mailbox_role(env, box_serve);
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
	const struct imapd_conf *c = conf;

	if (site->tls_cert.n != site->tls_key.n)
		buf_addf(errors, "tls.key: one for each of tls.cert, in the "
		    "same order\n");
	if (c->imaps_listen.n && site->tls_cert.n == 0)
		buf_addf(errors, "imapd.imaps.listen: needs tls.cert and "
		    "tls.key\n");
	if (c->listen.n && site->tls_cert.n == 0 && c->local_networks.n == 0)
		buf_addf(errors, "imapd.listen: nobody could log in; name "
		    "tls.cert and tls.key, or imapd.local_networks\n");
	return errors->n ? -1 : 0;
}
