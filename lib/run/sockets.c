/* sockets - the listening sockets of a program. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/sockets.h"
#include "base/scan.h"
#include "sys/log.h"
#include "sys/net.h"

static void take(struct sockets *, const struct family *, unsigned);
static unsigned number(const struct family *, struct span);
static void bind_all(struct sockets *, const struct family *, unsigned);
static void add(struct sockets *, int, unsigned);

unsigned
sockets_passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	unsigned count;
	uint64_t p;

	if (pid == NULL || n == NULL || scan_u64(span_of(pid), INT32_MAX, &p) ||
	    p != (uint64_t)getpid() ||
	    scan_uint(span_of(n), ROLE_SOCKETS, &count) < 0)
		return 0;
	return count;
}

void
sockets_open(struct sockets *s, const struct family *f)
{
	unsigned i, passed = sockets_passed();

	if (f->service == NULL)
		return;
	if (passed)
		take(s, f, passed);
	for (i = 0; !passed && f->service[i].name; i++)
		bind_all(s, f, i);
	if (s->n == 0)
		log_die(LOG_FIX, "nothing to listen on");
}

static void
take(struct sockets *s, const struct family *f, unsigned count)
{
	const char *names = getenv("LISTEN_FDNAMES");
	struct span in = span_of(names ? names : ""), name;
	int fd;

	for (fd = 3; fd < 3 + (int)count; fd++) {
		span_cut(&in, ':', &name);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		if (net_listen_options(fd) < 0)
			log_die(LOG_FIX, "passed socket %d", fd);
		add(s, fd, number(f, name));
	}
}

/* The only service of a program needs no name. */
static unsigned
number(const struct family *f, struct span name)
{
	unsigned i;

	for (i = 0; f->service[i].name; i++)
		if (span_eq(name, span_of(f->service[i].name)))
			return i;
	if (i > 1)
		log_die(LOG_FIX, "LISTEN_FDNAMES: \"%.*s\" is no service of %s",
		    SPAN_ARG(name), f->program);
	return 0;
}

static void
bind_all(struct sockets *s, const struct family *f, unsigned service)
{
	const struct service *v = &f->service[service];
	const struct conf_words *w = (const void *)((const char *)f->conf +
	    v->offset);
	struct ip ip;
	unsigned port;
	size_t i;
	int fd;

	for (i = 0; i < w->n; i++) {
		if (conf_address(span_of(w->word[i]), &ip, &port) < 0)
			continue;	/* the table has checked it */
		if ((fd = net_listen(&ip, port)) < 0)
			log_die(LOG_FIX, "%s: cannot listen on %s", v->name,
			    w->word[i]);
		add(s, fd, service);
	}
}

static void
add(struct sockets *s, int fd, unsigned service)
{
	if (s->n == ROLE_SOCKETS)
		log_die(LOG_FIX, "more than %d listening addresses",
		    ROLE_SOCKETS);
	s->fd[s->n] = fd;
	s->service[s->n++] = service;
}
