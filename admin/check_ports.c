/* check_ports - do the configured ports answer, and as this server? */
#include <sys/time.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "admin/check_ports.h"
#include "admin/config.h"
#include "base/encode.h"
#include "sys/net.h"

struct ports {
	struct conf_words smtp, submission, smtps, pop3, pop3s, imap, imaps;
	const char *greet;
};

static void check_port(struct check *, const char *, const char *);
static void check_greeting(struct check *, const char *, const char *, int);

#define AT(field) offsetof(struct ports, field)

/* The defaults of smtpd; of readers, whom not each host has, what is named. */
static const struct conf_key port_keys[] = {
	{ "smtpd.listen", CONF_LISTEN, AT(smtp), "0.0.0.0:25 [::]:25", 0, 0,
	    "" },
	{ "smtpd.submission.listen", CONF_LISTEN, AT(submission), "", 0, 0,
	    "" },
	{ "smtpd.smtps.listen", CONF_LISTEN, AT(smtps), "", 0, 0, "" },
	{ "pop3d.listen", CONF_LISTEN, AT(pop3), "0.0.0.0:110 [::]:110", 0, 0,
	    "" },
	{ "pop3d.pop3s.listen", CONF_LISTEN, AT(pop3s), "", 0, 0, "" },
	{ "imapd.listen", CONF_LISTEN, AT(imap), "0.0.0.0:143 [::]:143", 0, 0,
	    "" },
	{ "imapd.imaps.listen", CONF_LISTEN, AT(imaps), "", 0, 0, "" },
	{ "smtpd.greet", CONF_TEXT, AT(greet), "", 0, 0, "" },
	{ NULL, 0, 0, NULL, 0, 0, NULL }
};

void
check_ports(struct check *c)
{
	static struct ports p;		/* what is read lives until exit */
	const struct conf_words *all[] = { &p.smtp, &p.submission, &p.pop3,
	    &p.imap, &p.smtps, &p.pop3s, &p.imaps };
	const char *says[] = { c->site->hostname, c->site->hostname,
	    c->site->hostname, "IMAP4 ready", NULL, NULL, NULL };
	size_t i, k;

	if (config_some(c->config, port_keys, &p) < 0)
		return;
	if (p.greet && *p.greet)
		says[0] = says[1] = p.greet;
	for (i = 0; i < sizeof all / sizeof *all; i++)
		for (k = 0; k < all[i]->n; k++)
			check_port(c, all[i]->word[k], says[i]);
}

/* says: a part of our greeting; NULL: with TLS, it is not looked at. */
static void
check_port(struct check *c, const char *word, const char *says)
{
	struct sockaddr_storage ss;
	socklen_t size;
	struct ip ip;
	unsigned port;
	int fd, on = 1;

	if (conf_address(span_of(word), &ip, &port) < 0)
		return;
	fd = net_connect(&ip, port, 5);
	if (fd >= 0) {
		if (says)
			check_greeting(c, word, says, fd);
		else
			found(c, OK, word, "answers");
		close(fd);
		return;
	}
	fd = socket(ip_is_v4(&ip) ? AF_INET : AF_INET6, SOCK_STREAM |
	    SOCK_CLOEXEC, 0);
	size = net_sockaddr(&ip, port, &ss);
	/* as the listener does: connections of before take nothing */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof on) < 0 || bind(fd, (struct sockaddr *)&ss, size) < 0)
		found(c, FAIL, word, "nobody answers, and it cannot be taken: "
		    "%s", strerror(errno));
	else
		found(c, WARN, word, "nobody answers; it is free");
	if (fd >= 0)
		close(fd);
}

static void
check_greeting(struct check *c, const char *word, const char *says, int fd)
{
	const struct timeval wait = { .tv_sec = 10 };
	struct buf greeting = { .max = 4096 };
	struct span in;
	char reply[512];
	ssize_t n;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	n = recv(fd, reply, sizeof reply, 0);
	in = span_trim(span_mem(reply, n > 0 ? (size_t)n : 0));
	encode_log(&greeting, in, 1);
	if (in.n == 0)
		found(c, FAIL, word, "takes the connection and says nothing");
	else if (span_search(in, span_of(says)) == in.n)
		found(c, FAIL, word, "another server answers: %.*s",
		    SPAN_ARG(buf_span(&greeting)));
	else
		found(c, OK, word, "answers");
	buf_free(&greeting);
}
