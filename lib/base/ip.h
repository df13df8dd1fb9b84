/* ip - addresses and networks, both families in one 16-byte form (IPv4 as
 * ::ffff:a.b.c.d, RFC 4291 2.5.5.2). */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/buf.h"
#include "base/span.h"

struct ip {
	unsigned char b[16];
};

struct ip_net {
	struct ip ip;
	unsigned bits;			/* 0..128, in the 16-byte form */
};

enum { IP_TEXT = 46 };			/* longest text with its NUL */

int	ip_is_v4(const struct ip *);
/* Four bytes, in the order of the network; ip->b + 12 are the same. */
struct ip ip_from_v4(const void *);
int	ip_is_loopback(const struct ip *);
/* Dotted quad or RFC 4291 2.2 text, no brackets.  0, or -1. */
int	ip_parse(struct span, struct ip *);
/* RFC 5952; IPv4 as dotted quad. */
void	ip_format(const struct ip *, char out[IP_TEXT]);
/* "192.0.2.0/24", "2001:db8::/32", or one address.  Host bits must be zero. */
int	ip_net_parse(struct span, struct ip_net *);
int	ip_in_net(const struct ip *, const struct ip_net *);
/* Clears all but the first bits. */
struct ip ip_masked(const struct ip *, unsigned bits);

#endif
