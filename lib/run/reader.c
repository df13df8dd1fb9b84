/* reader - the family of pop3d and of imapd. */
#include <sys/prctl.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "run/become.h"
#include "run/enclose.h"
#include "run/listener.h"
#include "run/monitor.h"
#include "run/reader.h"
#include "run/zygote.h"
#include "sys/log.h"

/* The first sight of a folder with a million messages. */
enum { DATA_BYTES = 1 << 30 };

static int listener(struct role_env *);
static int session(struct role_env *);
static int mailbox(struct role_env *);
static int mailbox_child(struct role_env *, const struct note *, int *);
static void check(const struct site *, const void *, struct buf *);

static const struct role roles[] = {
	{ .name = "listener", .user = "listen", .flags = ROLE_LISTENS,
	    .links = "session mailbox auth keyholder relay",
	    .serve = listener },
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
	{ .name = NULL }
};

static const struct reader *reader;	/* what this program is */
static char *shared;			/* what its warm named */

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
		{ .name = reader->proto, .proto = reader->proto,
		    .busy = reader->busy, .alpn = reader->proto },
		{ .name = reader->tls_proto, .proto = reader->proto,
		    .busy = reader->busy, .tls = 1, .alpn = reader->proto }
	};

	return listener_run(env, &(struct listener_conf){
	    .max_connections = c->max_connections,
	    .max_per_address = c->max_per_address,
	    .max_per_network = c->max_per_network,
	    .local_networks = c->local_networks,
	    .proxies = c->proxies, .service = kinds, .mailboxes = 1,
	    .plus = mechanisms_plus(&c->mechanisms) });
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
	struct buf missing = { .max = 64 };

	if (reader->warm)
		shared = reader->warm();
	prctl(PR_SET_NAME, env->role->name);
	/* once for all children */
	confine_filter(MAY_READ | MAY_WRITE | MAY_FORK, &missing);
	if (missing.n)
		log_warn("confine", "%s runs without%.*s", env->role->name,
		    (int)missing.n, (const char *)missing.p);
	buf_free(&missing);
	role_wait(env);
	return zygote_run(env, mailbox_child);
}

/* Root's until become(). */
static int
mailbox_child(struct role_env *env, const struct note *n, int *fd)
{
	const struct enclose e = { .name = "reader", .filtered = 1,
	    .data_bytes = DATA_BYTES, .shared = shared };
	struct mailbox m;
	struct maildir md;
	struct verdict v;
	const char *path;
	int r = become(env, n->text, &m, &v), never = 0;

	if (enclose(&e, r < 0 ? NULL : &m, &md, NULL, &path) == 0) {
		maildir_close(&md);
		return reader->mailbox(env, n, fd[0], &m, 0);
	}
	if (r < 0)
		never = v.kind == VERDICT_NEVER;
	else {
		never = errno == EACCES || errno == EPERM ||
		    errno == ENOTDIR || errno == ELOOP;
		log_warn("unreachable", "mailbox %s: %s: %s", n->text, path,
		    strerror(errno));
	}
	return reader->mailbox(env, n, fd[0], NULL, never);
}

static void
check(const struct site *site, const void *conf, struct buf *errors)
{
	const struct reader_conf *c = conf;

	site_check_logins(site, &(struct site_logins){
	    .program = reader->program, .service = "",
	    .tls_service = reader->tls_proto, .listen = c->listen.n > 0,
	    .tls_listen = c->tls_listen.n > 0,
	    .without_tls = c->local_networks.n > 0 }, errors);
	mechanisms_check(&c->mechanisms, reader->program, errors);
	if (reader->check)
		reader->check(conf, errors);
}
