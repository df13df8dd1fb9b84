/*
 * ip - addresses and networks.
 *
 * The text forms are the C library's inet_pton and inet_ntop, which open
 * nothing and know no zones: "fe80::1%eth0" and "010.1.2.3" are no addresses.
 */
#include <sys/socket.h>
#include <arpa/inet.h>

#include "base/ip.h"
#include "base/scan.h"

static const unsigned char mapped[12] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
};

int
ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->b, mapped, sizeof mapped) == 0;
}

struct ip
ip_from_v4(const void *four)
{
	struct ip ip;

	memcpy(ip.b, mapped, sizeof mapped);
	memcpy(ip.b + sizeof mapped, four, 4);
	return ip;
}

int
ip_is_loopback(const struct ip *ip)
{
	static const struct ip one = { .b = { [15] = 1 } };

	return ip_is_v4(ip) ? ip->b[12] == 127 :
	    memcmp(ip, &one, sizeof one) == 0;
}

int
ip_parse(struct span s, struct ip *ip)
{
	char text[IP_TEXT];
	struct ip got;

	if (span_str(s, text, sizeof text) < 0)
		return -1;
	if (inet_pton(AF_INET6, text, got.b) != 1) {
		memcpy(got.b, mapped, sizeof mapped);
		if (inet_pton(AF_INET, text, got.b + sizeof mapped) != 1)
			return -1;
	}
	*ip = got;
	return 0;
}

void
ip_format(const struct ip *ip, char out[IP_TEXT])
{
	if (ip_is_v4(ip))
		inet_ntop(AF_INET, ip->b + sizeof mapped, out, IP_TEXT);
	else
		inet_ntop(AF_INET6, ip->b, out, IP_TEXT);
}

int
ip_net_parse(struct span s, struct ip_net *net)
{
	struct span text;
	struct ip_net got;
	struct ip clear;
	int given = span_cut(&s, '/', &text);
	/* As written: "::ffff:192.0.2.0/120" counts in 128 bits. */
	unsigned wide = span_find(text, ':') < text.n ? 128 : 32;

	got.bits = wide;
	if (ip_parse(text, &got.ip) < 0 ||
	    (given && scan_uint(s, wide, &got.bits) < 0))
		return -1;
	got.bits += 128 - wide;
	clear = ip_masked(&got.ip, got.bits);
	if (memcmp(&clear, &got.ip, sizeof clear) != 0)
		return -1;
	*net = got;
	return 0;
}

int
ip_in_net(const struct ip *ip, const struct ip_net *net)
{
	struct ip m = ip_masked(ip, net->bits);

	return memcmp(&m, &net->ip, sizeof m) == 0;
}

struct ip
ip_masked(const struct ip *ip, unsigned bits)
{
	struct ip m = { .b = { 0 } };
	unsigned whole = bits / 8;

	if (bits >= 128)
		return *ip;
	memcpy(m.b, ip->b, whole);
	m.b[whole] = (unsigned char)(ip->b[whole] & 0xff00 >> bits % 8);
	return m;
}
