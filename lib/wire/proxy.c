/* proxy - the PROXY protocol's header. */
#include "base/scan.h"
#include "wire/proxy.h"

enum { V1_MAX = 107, V2_HEAD = 16 };

static int version1(struct span, struct proxy_header *, const char **);
static int line(struct span, struct proxy_header *);
static int version2(struct span, struct proxy_header *, const char **);
static unsigned port(const unsigned char *);

static const unsigned char signature[12] = {
	0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
};

int
proxy_parse(struct span in, struct proxy_header *h, const char **why)
{
	size_t n = in.n < sizeof signature ? in.n : sizeof signature;

	*h = (struct proxy_header){ 0 };
	if (memcmp(in.p ? in.p : signature, signature, n) == 0)
		return in.n < V2_HEAD ? 0 : version2(in, h, why);
	return version1(in, h, why);
}

/* "PROXY TCP4 src dst sport dport CRLF", "PROXY UNKNOWN …CRLF"; at most 107
 * bytes with the CRLF (2.1).  A proxy that listens for both families on one
 * socket says TCP6 ::ffff:192.0.2.1 of a client by IPv4. */
static int
version1(struct span in, struct proxy_header *h, const char **why)
{
	struct span all = span_sub(in, 0, V1_MAX);
	size_t at = span_search(all, SPAN("\r\n"));

	*why = "no PROXY header where one must be";
	if (!span_starts(all, SPAN("PROXY ")) &&
	    !span_starts(SPAN("PROXY "), all))
		return -1;
	if (at == all.n)
		return all.n < V1_MAX ? 0 : -1;
	h->n = at + 2;
	if (at < 6 || line(span_sub(all, 6, at), h) < 0) {
		*why = "PROXY header of version 1: TCP4 or TCP6, two "
		    "addresses, two ports";
		return -1;
	}
	return 1;
}

static int
line(struct span s, struct proxy_header *h)
{
	struct span family, src, dst, sport;

	span_cut(&s, ' ', &family);
	if (span_eq(family, SPAN("UNKNOWN"))) {
		h->local = 1;
		return 0;
	}
	if ((!span_eq(family, SPAN("TCP4")) && !span_eq(family, SPAN("TCP6")))
	    || !span_cut(&s, ' ', &src) || !span_cut(&s, ' ', &dst) ||
	    !span_cut(&s, ' ', &sport) || ip_parse(src, &h->client) < 0 ||
	    ip_parse(dst, &h->server) < 0 ||
	    (span_find(src, ':') < src.n) != (family.p[3] == '6') ||
	    scan_uint(sport, 65535, &h->client_port) < 0 ||
	    scan_uint(s, 65535, &h->server_port) < 0)
		return -1;
	return 0;
}

/* 2.2: signature, version and command, family and protocol, length, then
 * addresses and TLVs (passed over). */
static int
version2(struct span in, struct proxy_header *h, const char **why)
{
	const unsigned char *a = in.p + V2_HEAD;
	size_t n = port(in.p + 14);
	unsigned command = in.p[12] & 15, family = in.p[13];

	if (in.p[12] >> 4 != 2 || command > 1 || n > PROXY_MAX - V2_HEAD) {
		*why = "PROXY header of version 2: version, command or length";
		return -1;
	}
	if (in.n < V2_HEAD + n)
		return 0;
	h->n = V2_HEAD + n;
	if (command == 1 && family == 0x11 && n >= 12) {
		h->client = ip_from_v4(a);
		h->server = ip_from_v4(a + 4);
		h->client_port = port(a + 8);
		h->server_port = port(a + 10);
	} else if (command == 1 && family == 0x21 && n >= 36) {
		memcpy(h->client.b, a, 16);
		memcpy(h->server.b, a + 16, 16);
		h->client_port = port(a + 32);
		h->server_port = port(a + 34);
	} else if (command == 1 && (family == 0x11 || family == 0x21)) {
		*why = "PROXY header of version 2: shorter than its addresses";
		return -1;
	} else
		h->local = 1;
	return 1;
}

static unsigned
port(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}
