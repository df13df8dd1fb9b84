/* order - what the loop asks of a reporter. */
#include <stddef.h>

#include "base/scan.h"
#include "queued/order.h"
#include "wire/record.h"

static int parse_head(struct order *, const struct field *, const char **);
static int parse_rcpt(struct order_rcpt *, const struct field *,
    const char **);
static int number(struct span, uint64_t *, const char **);

#define SLOT(s, f) { #f, offsetof(struct s, f) }
static const struct field_slot head[] = {
	SLOT(order, id), SLOT(order, sender), SLOT(order, envid), { NULL, 0 }
}, of_rcpt[] = {
	SLOT(order_rcpt, orig), SLOT(order_rcpt, orcpt),
	SLOT(order_rcpt, action), SLOT(order_rcpt, enhanced),
	SLOT(order_rcpt, text), SLOT(order_rcpt, peer), { NULL, 0 }
};

static const char *const name[] = {
	[ORDER_FAILURE] = "failure", [ORDER_DELAY] = "delay",
	[ORDER_SUCCESS] = "success", [ORDER_DROP] = "drop"
};

const char *
order_name(enum order_kind k)
{
	return name[k];
}

size_t
order_size(const struct order_rcpt *r)
{
	return 200 + r->to.n + r->orig.n + r->orcpt.n + r->action.n +
	    r->enhanced.n + r->text.n + r->peer.n;
}

int
order_add(struct buf *b, const struct order *o)
{
	struct buf f = { .max = RECORD_MAX };
	size_t i;

	field_adds(&f, "kind", name[o->kind]);
	field_give(&f, head, o);
	field_addu(&f, "null", o->null != 0);
	field_addu(&f, "utf8", o->utf8 != 0);
	field_addu(&f, "whole", o->whole != 0);
	field_addu(&f, "arrived", (uint64_t)o->arrived);
	field_addu(&f, "until", (uint64_t)o->until);
	field_addu(&f, "number", o->number);
	for (i = 0; i < o->nrcpt; i++) {
		const struct order_rcpt *p = &o->rcpt[i];

		field_add(&f, "to", p->to);
		field_give(&f, of_rcpt, p);
		field_addu(&f, "code", p->code);
		field_addu(&f, "when", (uint64_t)p->when);
	}
	return record_close(b, &f);
}

int
order_parse(struct span in, struct order *o, const char **why)
{
	struct field f;
	int r, got = 0;

	o->id = o->sender = o->envid = (struct span){ NULL, 0 };
	o->null = o->utf8 = o->whole = 0;
	o->arrived = o->until = 0;
	o->number = 0;
	o->nrcpt = 0;
	while ((r = field_next(&in, &f, why)) == 1) {
		if (field_is(&f, "to")) {
			if (o->nrcpt == ORDER_RCPTS) {
				*why = "order: too many recipients";
				return -1;
			}
			o->rcpt[o->nrcpt++] = (struct order_rcpt){
			    .to = f.value };
			continue;
		}
		r = o->nrcpt ? parse_rcpt(&o->rcpt[o->nrcpt - 1], &f, why) :
		    parse_head(o, &f, why);
		if (r < 0)
			return -1;
		got |= field_is(&f, "kind");
	}
	if (r == 0 && (!got || o->id.n == 0)) {
		*why = "order: kind and id must be there";
		return -1;
	}
	return r;
}

static int
parse_head(struct order *o, const struct field *f, const char **why)
{
	uint64_t v = 0;
	unsigned i;
	int r;

	if (field_is(f, "kind")) {
		for (i = 0; i <= ORDER_DROP; i++)
			if (span_eq(f->value, span_of(name[i]))) {
				o->kind = (enum order_kind)i;
				return 0;
			}
		*why = "order: kind";
		return -1;
	}
	if ((r = field_store(f, head, o, why)) != 0)
		return r;
	if (number(f->value, &v, why) < 0)
		return -1;
	if (field_is(f, "null"))
		o->null = v != 0;
	else if (field_is(f, "utf8"))
		o->utf8 = v != 0;
	else if (field_is(f, "whole"))
		o->whole = v != 0;
	else if (field_is(f, "arrived"))
		o->arrived = (int64_t)v;
	else if (field_is(f, "until"))
		o->until = (int64_t)v;
	else if (field_is(f, "number"))
		o->number = (unsigned)v;
	return 0;
}

static int
parse_rcpt(struct order_rcpt *r, const struct field *f, const char **why)
{
	uint64_t v = 0;
	int got;

	if ((got = field_store(f, of_rcpt, r, why)) != 0)
		return got;
	if (number(f->value, &v, why) < 0)
		return -1;
	if (field_is(f, "code"))
		r->code = (unsigned)v;
	else if (field_is(f, "when"))
		r->when = (int64_t)v;
	return 0;
}

static int
number(struct span s, uint64_t *out, const char **why)
{
	if (scan_u64(s, INT64_MAX, out) == 0)
		return 0;
	*why = "order: a number";
	return -1;
}
