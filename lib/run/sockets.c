/* sockets - the listening sockets of a program. */
#include <stdlib.h>
#include <unistd.h>

#include "run/sockets.h"
#include "base/scan.h"
#include "sys/log.h"
#include "sys/net.h"

static void give(int, unsigned, int);
static unsigned number(const struct family *, struct span);
static int  bind_to(const struct service *, const char *);

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
sockets_give(int control, const struct family *f)
{
	const char *names = getenv("LISTEN_FDNAMES");
	struct span in = span_of(names ? names : ""), name;
	int fd, end = 3 + (int)sockets_passed();
	const struct conf_words *w;
	const struct service *v;
	size_t i, bound = 0;

	for (fd = 3; fd < end; fd++) {
		span_cut(&in, ':', &name);
		if (net_listen_options(fd) < 0)
			log_die(LOG_FIX, "passed socket %d", fd);
		give(control, number(f, name), fd);
	}
	for (v = f->service; v->name && end == 3; v++) {
		w = (const void *)((const char *)f->conf + v->offset);
		for (i = 0; i < w->n; i++, bound++)
			give(control, (unsigned)(v - f->service),
			    bind_to(v, w->word[i]));
	}
	if (end == 3 && bound == 0)
		log_die(LOG_FIX, "nothing to listen on");
}

static void
give(int control, unsigned service, int fd)
{
	note_tell(control, NOTE_LISTEN, service, "", fd);
	close(fd);
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

static int
bind_to(const struct service *v, const char *word)
{
	struct ip ip;
	unsigned port;
	int fd;

	if (conf_address(span_of(word), &ip, &port) < 0 ||
	    (fd = net_listen(&ip, port)) < 0)
		log_die(LOG_FIX, "%s: cannot listen on %s", v->name, word);
	return fd;
}
