/* envelope - what stands behind the message in a queue file. */
#include <stdlib.h>

#include "mail/envelope.h"
#include "wire/record.h"

static int parse_field(struct envelope *, const struct field *, const char **);
static int another_rcpt(struct envelope *, struct span, const char **);

/* Which classes there are, and whether a word follows. */
static const struct {
	const char *name;
	int arg;
} class[] = {
	[CLASS_STRANGER] = { "stranger", 0 }, [CLASS_NET] = { "net", 0 },
	[CLASS_USER] = { "user", 1 }, [CLASS_LOCAL] = { "local", 1 },
	[CLASS_REPORT] = { "report", 1 }
};
enum { CLASSES = sizeof class / sizeof *class };

#define SLOT(f) { #f, offsetof(struct envelope, f) }
static const struct field_slot before_sender[] = {
	SLOT(client), SLOT(helo), SLOT(proto), SLOT(tls), { NULL, 0 }
}, sender[] = {
	SLOT(sender), { NULL, 0 }
}, behind_sender[] = {
	SLOT(ret), SLOT(envid), SLOT(body), { NULL, 0 }
}, of_rcpt[] = {
	{ "notify", offsetof(struct envelope_rcpt, notify) },
	{ "orcpt", offsetof(struct envelope_rcpt, orcpt) }, { NULL, 0 }
};

int
envelope_add_head(struct buf *b, const struct envelope *e)
{
	struct buf text = { .max = 1024 };

	if (class_add(&text, e->class, e->class_arg) < 0)
		b->failed = 1;
	field_add(b, "class", buf_span(&text));
	buf_free(&text);
	field_give(b, before_sender, e);
	field_add(b, "sender", e->sender);
	field_give(b, behind_sender, e);
	if (e->utf8)
		field_adds(b, "utf8", "1");
	return buf_ok(b) ? 0 : -1;
}

int
envelope_add_rcpt(struct buf *b, const struct envelope_rcpt *r)
{
	field_add(b, "rcpt", r->address);
	return field_give(b, of_rcpt, r);
}

/*
 * The class comes first and no field twice: where a stranger's fields stand
 * behind a class and client of ours, they cannot say these again.
 */
int
envelope_parse(struct span in, struct envelope *out, const char **why)
{
	struct envelope e = { .class = CLASS_STRANGER };
	struct field f;
	int r;

	if ((r = field_next(&in, &f, why)) < 0)
		return -1;
	if (r == 0 || !field_is(&f, "class") ||
	    class_parse(f.value, &e.class, &e.class_arg) < 0) {
		*why = "envelope: begins with its class";
		return -1;
	}
	while (r == 1 && (r = field_next(&in, &f, why)) == 1)
		r = parse_field(&e, &f, why);
	if (r == 0 && e.sender.p == NULL) {
		*why = "envelope: no sender";
		r = -1;
	}
	if (r < 0)
		envelope_free(&e);
	else
		*out = e;
	return r;
}

void
envelope_free(struct envelope *e)
{
	free(e->rcpt);
	e->rcpt = NULL;
	e->nrcpt = 0;
}

int
class_add(struct buf *b, enum mail_class c, struct span arg)
{
	buf_adds(b, class[c].name);
	if (class[c].arg) {
		buf_addc(b, ' ');
		buf_addspan(b, arg);
	}
	return buf_ok(b) ? 0 : -1;
}

int
class_parse(struct span s, enum mail_class *c, struct span *arg)
{
	struct span name;
	int given = span_cut(&s, ' ', &name);
	unsigned i;

	for (i = 0; i < CLASSES; i++)
		if (span_eq(name, span_of(class[i].name)))
			break;
	if (i == CLASSES || given != class[i].arg || (given && s.n == 0))
		return -1;
	*c = (enum mail_class)i;
	*arg = s;
	return 0;
}

/* 1 = taken or passed over, -1 with *why. */
static int
parse_field(struct envelope *e, const struct field *f, const char **why)
{
	int r, again;

	if (f->value.n > ENVELOPE_VALUE) {
		*why = "envelope: a field is longer than 4096 bytes";
		return -1;
	}
	if (field_is(f, "rcpt"))
		return another_rcpt(e, f->value, why);
	if (e->nrcpt)
		r = field_store(f, of_rcpt, &e->rcpt[e->nrcpt - 1], why);
	else if ((r = field_store(f, before_sender, e, why)) == 0 &&
	    (r = field_store(f, sender, e, why)) == 0)
		r = field_store(f, behind_sender, e, why);
	if (r)
		return r;
	again = field_is(f, "class") || (field_is(f, "utf8") && e->utf8);
	if (field_is(f, "utf8"))
		e->utf8 = 1;
	if (again) {
		*why = "field: came twice";
		return -1;
	}
	return 1;
}

static int
another_rcpt(struct envelope *e, struct span address, const char **why)
{
	struct envelope_rcpt *p;
	size_t n = e->nrcpt;

	if (n == ENVELOPE_RCPTS) {
		*why = "envelope: more than 10000 recipients";
		return -1;
	}
	if (address.n == 0) {
		*why = "envelope: an empty recipient";
		return -1;
	}
	if ((n & (n - 1)) == 0) {	/* full at each power of 2 */
		p = reallocarray(e->rcpt, n ? n * 2 : 1, sizeof *p);
		if (p == NULL) {
			*why = "envelope: no memory for its recipients";
			return -1;
		}
		e->rcpt = p;
	}
	e->rcpt[e->nrcpt++] = (struct envelope_rcpt){ .address = address };
	return 1;
}
