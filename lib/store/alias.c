/* alias - the targets of an alias, as the addresses that they stand for. */
#include "mail/target.h"
#include "store/alias.h"

static int  qualify(struct directory *, struct span, struct span,
    struct buf *);
static int  known(struct directory *, struct span local, struct span domain);

int
alias_target(struct directory *d, struct span address, struct span *list,
    struct buf *out, const char **why)
{
	struct buf text = { .max = 2 * ADDRESS_MAX };
	struct span local, domain;
	struct target t;
	int r;

	while ((r = target_next(list, &t, why)) == 1 && target_nowhere(&t))
		;
	if (r != 1)
		return r;
	address_split(address, &local, &domain);
	if (domain.n == 0)
		domain = span_of(d->hostname);
	r = -1;
	buf_reset(out);
	if (t.kind == TARGET_LIST)	/* in a table that others made */
		*why = "alias: :include: is read by `correo tables`";
	else if (t.kind == TARGET_PATH || t.kind == TARGET_PROGRAM)
		*why = "alias: files and programs belong in a user's .forward";
	else {
		*why = "alias: a target is too long";
		if (t.kind == TARGET_BACKSLASH)
			buf_addc(out, '\\');
		if (target_text(&t, &text) == 0 &&
		    qualify(d, buf_span(&text), domain, out) == 0)
			r = 1;
	}
	buf_free(&text);
	return r;
}

static int
qualify(struct directory *d, struct span name, struct span domain,
    struct buf *out)
{
	struct span in = span_of(d->domains ? d->domains : ""), word = domain;

	buf_addspan(out, name);
	if (span_find(name, '@') == name.n) {
		while (!known(d, name, word) && span_word(&in, &word))
			;
		buf_addc(out, '@');
		buf_addspan(out, word.n ? word : domain);
	}
	return buf_ok(out) ? 0 : -1;
}

static int
known(struct directory *d, struct span local, struct span domain)
{
	struct buf b = { .max = 2 * ADDRESS_MAX };
	struct recipient r;
	char normal[ADDRESS_MAX + 1];
	struct address a;
	const char *why;
	int is = 0;

	buf_addspan(&b, local);
	buf_addc(&b, '@');
	buf_addspan(&b, domain);
	if (buf_ok(&b) && address_mailbox(buf_span(&b), &a, &why) == 0) {
		address_normal(&a, normal);
		is = directory_lookup(d, span_of(normal), &r) == 0 &&
		    (r.kind == RECIPIENT_MAILBOX || r.kind == RECIPIENT_ALIAS);
	}
	buf_free(&b);
	return is;
}
