/* reader - the family of pop3d and of imapd. */
#include <stddef.h>

#include "run/listener.h"
#include "run/mailbox_role.h"
#include "run/monitor.h"
#include "run/reader.h"
#include "run/zygote.h"

static int listener(struct role_env *);
static int session(struct role_env *);
static int mailbox(struct role_env *);
static int check(const struct site *, const void *, struct buf *);

static const struct role roles[] = {
	{ .name = "session", .user = "login", .flags = ROLE_FRESH,
	    .serve = session },
	{ .name = "mailbox", .flags = ROLE_KEEPS_ROOT | ROLE_TABLES |
	    ROLE_FRESH, .serve = mailbox },
	{ .name = "auth", .user = "auth", .program = "auth",
	    .flags = ROLE_PASSWORDS },
	{ .name = "keyholder", .user = "key", .program = "tls",
	    .flags = ROLE_KEYS, .wanted = site_has_tls },
	{ .name = "relay", .user = "tls", .program = "tls",
	    .flags = ROLE_CERTS | ROLE_FRESH, .links = "keyholder",
	    .wanted = site_has_tls },
	{ .name = "listener", .user = "listen", .flags = ROLE_LISTENS,
	    .links = "session mailbox auth keyholder relay",
	    .serve = listener },
	{ .name = NULL }
};

static const struct reader *reader;	/* what this program is */

int
reader_main(int argc, char **argv, const struct reader *r)
{
	const struct service services[] = {
		{ r->proto, offsetof(struct reader_conf, listen) },
		{ r->tls_proto, offsetof(struct reader_conf, tls_listen) },
		{ .name = NULL }
	};

	reader = r;
	return monitor_main(argc, argv, &(struct family){
	    .program = r->program, .role = roles, .service = services,
	    .keys = r->keys, .conf = r->conf, .check = check });
}

static int
listener(struct role_env *env)
{
	const struct reader_conf *c = env->conf;
	const struct listener_service kinds[] = {
		{ .proto = reader->proto, .busy = reader->busy,
		    .alpn = reader->proto },
		{ .proto = reader->proto, .busy = reader->busy, .tls = 1,
		    .alpn = reader->proto }
	};

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
	role_confine(env, &(struct confine){ .name = "login" });
	role_wait(env);
	return zygote_run(env, reader->session);
}

static int
mailbox(struct role_env *env)
{
	if (reader->warm)
		reader->warm();
	return mailbox_role(env, reader->mailbox);
}

static int
check(const struct site *site, const void *conf, struct buf *errors)
{
	const struct reader_conf *c = conf;

	site_check_logins(site, &(struct site_logins){
	    .program = reader->program, .service = "",
	    .tls_service = reader->tls_proto, .listen = c->listen.n > 0,
	    .tls_listen = c->tls_listen.n > 0,
	    .without_tls = c->local_networks.n > 0 }, errors);
	if (reader->check)
		reader->check(conf, errors);
	return errors->n ? -1 : 0;
}
