/* policy - a child's side of its channel to the role sts. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "mail/idna.h"
#include "remoted/policy.h"
#include "sys/clock.h"
#include "wire/record.h"

enum { WAIT_S = 120 };			/* longer than a fetch may take */

static int  send_it(const struct policy *, const struct sts_request *);
static int  hear(struct policy *, uint64_t);

void
policy_begin(struct policy *p, const struct hop *h)
{
	struct ip ip;
	char *c;

	p->asked = 0;
	p->answer = (struct sts_answer){ .id = { NULL, 0 } };
	p->domain[0] = '\0';
	if (p->fd < 0 || ip_parse(h->host, &ip) == 0 ||
	    idna_ascii(h->host, p->domain, sizeof p->domain) < 0)
		p->domain[0] = '\0';
	for (c = p->domain; *c; c++)
		*c = (char)ascii_lower((unsigned char)*c);
}

int
policy_ask(struct policy *p, uint64_t end_ms, struct verdict *v)
{
	struct sts_request q = { .domain = span_of(p->domain) };

	if (p->asked || p->domain[0] == '\0')
		return 0;
	if (send_it(p, &q) == 0 && hear(p, end_ms) == 0) {
		p->asked = 1;
		return 0;
	}
	p->answer = (struct sts_answer){ .id = { NULL, 0 } };
	*v = verdict_make(451, "4.3.0", "the process that knows whether %s "
	    "has an MTA-STS policy does not answer", p->domain);
	return -1;
}

void
policy_count(const struct policy *p, const char *kind, const char *result,
    const char *host, const struct ip *ip)
{
	struct sts_request q = { .domain = span_of(p->domain), .counts = 1 };
	char word[64], text[IP_TEXT];

	if (p->domain[0] == '\0')
		return;
	snprintf(word, sizeof word, "%s", kind);
	if (strcmp(kind, "sts") == 0)
		snprintf(word, sizeof word, "sts:%s:%.*s", sts_mode_name(
		    p->answer.policy.mode), SPAN_ARG(p->answer.id));
	ip_format(ip, text);
	q.count = (struct sts_count){ span_of(word), span_of(result),
	    span_of(host), span_of(text) };
	(void)send_it(p, &q);		/* mail goes on without it */
}

static int
send_it(const struct policy *p, const struct sts_request *q)
{
	struct buf b = { .max = CHAN_PACKET_MAX };
	int r = sts_request_add(&b, q);

	if (r == 0)
		r = chan_send(p->fd, buf_span(&b), NULL, 0);
	buf_free(&b);
	return r;
}

static int
hear(struct policy *p, uint64_t end_ms)
{
	uint64_t now = clock_mono_ms(), wait = WAIT_S * 1000;
	struct pollfd f = { .fd = p->fd, .events = POLLIN };
	struct span in, fields;
	const char *why;
	ssize_t n;

	if (end_ms && end_ms < now + wait)
		wait = end_ms > now ? end_ms - now : 0;
	if (poll(&f, 1, (int)wait) != 1)
		return -1;
	n = chan_recv(p->fd, p->packet, sizeof p->packet, NULL, 0);
	if (n <= 0)
		return -1;
	in = span_mem(p->packet, (size_t)n);
	return record_next(&in, RECORD_MAX, &fields, &why) == 1 ?
	    sts_answer_parse(fields, &p->answer, &why) : -1;
}
