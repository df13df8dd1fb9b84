/* sts_channel - what remoted and the role sts say to each other. */
#include <stddef.h>

#include "base/ascii.h"
#include "wire/record.h"
#include "wire/sts_channel.h"

enum { DOMAIN_MOST = 253, WORD_MOST = 255 };

static int  is_domain(struct span);
static int  is_word(struct span);

#define SLOT(s, f) { #f, offsetof(struct s, f) }
static const struct field_slot count_slot[] = {
	SLOT(sts_count, policy), SLOT(sts_count, result),
	SLOT(sts_count, host), SLOT(sts_count, ip), { NULL, 0 }
};

int
sts_request_add(struct buf *b, const struct sts_request *q)
{
	struct buf f = { .max = RECORD_MAX };

	field_add(&f, q->counts ? "count" : "ask", q->domain);
	if (q->counts)
		field_give(&f, count_slot, &q->count);
	return record_close(b, &f);
}

int
sts_answer_add(struct buf *b, const struct sts_answer *a)
{
	struct buf f = { .max = RECORD_MAX };
	size_t i;

	field_adds(&f, "mode", sts_mode_name(a->policy.mode));
	field_add(&f, "id", a->id);
	for (i = 0; i < a->policy.nmx; i++)
		field_add(&f, "mx", a->policy.mx[i]);
	return record_close(b, &f);
}

int
sts_request_parse(struct span in, struct sts_request *q, const char **why)
{
	const struct sts_count *c = &q->count;
	struct field f;
	int r;

	*q = (struct sts_request){ .counts = 0 };
	if ((r = field_next(&in, &f, why)) == 1) {
		q->counts = field_is(&f, "count");
		q->domain = f.value;
		if (!q->counts && !field_is(&f, "ask"))
			r = 0;
	}
	if (r == 1 && !is_domain(q->domain))
		r = 0;
	if (r != 1) {
		*why = "sts: ask or count comes first, with a domain";
		return -1;
	}
	while (q->counts && (r = field_next(&in, &f, why)) == 1)
		if (field_store(&f, count_slot, &q->count, why) < 0)
			return -1;
	if (r < 0)
		return -1;
	*why = "sts: a count has policy, result, host and ip, in words";
	return !q->counts || (is_word(c->policy) && is_word(c->result) &&
	    is_word(c->host) && is_word(c->ip)) ? 0 : -1;
}

int
sts_answer_parse(struct span in, struct sts_answer *a, const char **why)
{
	struct field f;
	int r, mode = 0;

	*a = (struct sts_answer){ .id = { NULL, 0 } };
	while ((r = field_next(&in, &f, why)) == 1) {
		*why = "sts: mode, id, and up to 100 times mx";
		if (field_is(&f, "mode")) {
			mode++;
			if (sts_mode_parse(f.value, &a->policy.mode) < 0)
				return -1;
		} else if (field_is(&f, "id"))
			a->id = f.value;
		else if (field_is(&f, "mx")) {
			if (a->policy.nmx == STS_MX || f.value.n == 0)
				return -1;
			a->policy.mx[a->policy.nmx++] = f.value;
		}
	}
	return r == 0 && mode == 1 ? 0 : -1;
}

static int
is_domain(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((!ascii_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' &&
		    (s.p[i] != '.' || i == 0 || s.p[i - 1] == '.')) ||
		    s.p[i] != ascii_lower(s.p[i]))
			return 0;
	return s.n > 0 && s.n <= DOMAIN_MOST;
}

static int
is_word(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && (s.p[i] == '\0' ||
		    strchr("-:=._", s.p[i]) == NULL))
			return 0;
	return s.n > 0 && s.n <= WORD_MOST;
}
