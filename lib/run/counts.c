/* counts - how many connections an address and its network have open. */
#include <stdlib.h>
#include <string.h>

#include "run/counts.h"

struct count {
	struct count *next;
	struct ip ip;
	unsigned bits;
	uint64_t n;
};

static struct count **find(const struct counts *, const struct ip *, unsigned);

int
counts_init(struct counts *c, size_t n)
{
	size_t slots = 64;

	while (slots < n && slots < 1 << 20)
		slots *= 2;
	c->slot = calloc(slots, sizeof(struct count *));
	if (c->slot == NULL)
		return -1;
	c->slots = slots;
	c->used = 0;
	arc4random_buf(&c->secret, sizeof c->secret);
	return 0;
}

uint64_t
counts_get(const struct counts *c, const struct ip *ip, unsigned bits)
{
	struct count **at = find(c, ip, bits);

	return *at ? (*at)->n : 0;
}

int
counts_add(struct counts *c, const struct ip *ip, unsigned bits)
{
	struct count **at = find(c, ip, bits);

	if (*at == NULL) {
		if ((*at = calloc(1, sizeof **at)) == NULL)
			return -1;
		(*at)->ip = ip_masked(ip, bits);
		(*at)->bits = bits;
		c->used++;
	}
	(*at)->n++;
	return 0;
}

void
counts_sub(struct counts *c, const struct ip *ip, unsigned bits)
{
	struct count **at = find(c, ip, bits), *gone;

	if (*at == NULL || --(*at)->n > 0)
		return;
	gone = *at;
	*at = gone->next;
	free(gone);
	c->used--;
}

void
counts_free(struct counts *c)
{
	struct count *k;
	size_t i;

	for (i = 0; i < c->slots; i++)
		while ((k = c->slot[i]) != NULL) {
			c->slot[i] = k->next;
			free(k);
		}
	free(c->slot);
	*c = (struct counts){ 0 };
}

/* Where the key stands in its chain, or the chain's end. */
static struct count **
find(const struct counts *c, const struct ip *ip, unsigned bits)
{
	struct ip key = ip_masked(ip, bits);
	struct count **at;
	uint64_t h[2];

	memcpy(h, key.b, sizeof h);
	h[0] = (h[0] ^ c->secret) * 0x9e3779b97f4a7c15u;
	h[0] = (h[0] ^ h[0] >> 32 ^ h[1] ^ bits) * 0x9e3779b97f4a7c15u;
	at = &c->slot[(h[0] ^ h[0] >> 29) & (c->slots - 1)];
	while (*at && ((*at)->bits != bits ||
	    memcmp((*at)->ip.b, key.b, sizeof key.b) != 0))
		at = &(*at)->next;
	return at;
}
