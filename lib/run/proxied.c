/* proxied - reads the PROXY header of a connection from a proxy of ours. */
#include <sys/socket.h>
#include <poll.h>

#include "run/note.h"
#include "run/proxied.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "wire/proxy.h"

enum { HEADER_S = 10 };

static int look(int, struct proxy_header *, const char **);

int
proxied_serve(const struct facts *f, int client, int control)
{
	unsigned char b[PROXY_MAX];
	struct note n = { .kind = NOTE_PROXY };
	struct proxy_header h;
	const char *why = "the PROXY header was cut off or late";
	char ip[IP_TEXT];
	ssize_t got = 0;

	/* the kernel has these bytes: one call takes them all */
	if (look(client, &h, &why) == 1)
		got = recv(client, b, h.n, MSG_DONTWAIT);
	if (got == 0 || (size_t)got != h.n) {
		ip_format(&f->client, ip);
		log_warn("refused", "connection from proxy %s: %s", ip, why);
		return 0;
	}
	n.facts = *f;
	if (!h.local) {
		n.facts.client = h.client;
		n.facts.port = (uint16_t)h.client_port;
	}
	return note_send(control, &n, NULL, 0) < 0 ? LOG_AGAIN : 0;
}

static int
look(int client, struct proxy_header *h, const char **why)
{
	unsigned char b[PROXY_MAX];
	uint64_t end = clock_mono_ms() + HEADER_S * 1000, now;
	struct pollfd p = { .fd = client, .events = POLLIN };
	ssize_t n, before = 0;
	int r;

	while ((now = clock_mono_ms()) < end) {
		if (poll(&p, 1, (int)(end - now)) <= 0)
			return -1;
		n = recv(client, b, sizeof b, MSG_PEEK | MSG_DONTWAIT);
		if (n <= 0)
			return -1;
		if ((r = proxy_parse(span_mem(b, (size_t)n), h, why)) != 0)
			return r;
		/* what was looked at keeps poll awake: wait for more */
		if (n == before)
			poll(NULL, 0, 10);
		before = n;
	}
	return -1;
}
