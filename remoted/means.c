/* means - what both roles open before they are confined. */
#include <fcntl.h>
#include <unistd.h>

#include "remoted/means.h"
#include "sys/held.h"
#include "sys/log.h"

static int  stale(void);

static struct held source[2];		/* of dns, of tls */

void
means_open(struct role_env *env, struct means *m)
{
	const struct config *conf = env->conf;

	held_begin(&source[0], "/etc/resolv.conf", ROLE_PRIVATE_FD);
	held_begin(&source[1], conf->ca_file, ROLE_PRIVATE_FD);
	env->stale = stale;
	if (dns_open(&m->dns, env->site->resolver) < 0)
		log_die(LOG_FIX, "resolver %s", env->site->resolver);
	m->ca = *conf->ca_file ? open(conf->ca_file, O_RDONLY | O_CLOEXEC) :
	    -1;
}

void
means_tls(struct means *m)
{
	if (m->tls)
		return;
	if ((m->tls = tls_site_new(m->ca, &m->no_ca)) == NULL)
		log_die(LOG_AGAIN, "OpenSSL");
	if (m->ca >= 0)
		close(m->ca);
	m->ca = -1;
	if (m->no_ca)
		log_warn("ca_file", "remoted.ca_file: %s, so no certificate "
		    "is ever believed", m->no_ca);
}

static int
stale(void)
{
	return held_changed(&source[0]) || held_changed(&source[1]);
}
