/* target - where an alias or a forwarding file sends mail. */
#include "base/ascii.h"
#include "mail/address.h"
#include "mail/target.h"

static int take_target(struct span *, struct target *, const char **);
static int take_string(struct span *, struct span *, const char **);
static int sort(struct target *, const char **);
static int list(struct target *, const char **);
static int command(struct target *, struct span, const char **);
static int is_printable(struct span, const char **);
static int is_separator(unsigned char);
static void take(struct span *, size_t, struct span *);

int
target_next(struct span *in, struct target *out, const char **why)
{
	struct span s = *in;
	struct target t = { .kind = TARGET_ADDRESS };
	size_t i = 0;

	while (i < s.n && is_separator(s.p[i]))
		i++;
	s = span_from(s, i);
	if (s.n == 0) {
		*in = s;
		return 0;
	}
	if (take_target(&s, &t, why) < 0)
		return -1;
	if (s.n && !is_separator(s.p[0])) {
		*why = "targets are separated by commas";
		return -1;
	}
	/* Jane Doe <jane@example.test> would go to three */
	for (i = 0; i < s.n && ascii_blank(s.p[i]); i++)
		;
	if (i < s.n && s.p[i] == '<') {
		*why = "a name before <address>; write the address alone, or "
		    "a comma between two";
		return -1;
	}
	*in = s;
	*out = t;
	return 1;
}

int
target_nowhere(const struct target *t)
{
	return t->kind == TARGET_PATH && span_eq(t->text, SPAN("/dev/null"));
}

int
target_text(const struct target *t, struct buf *b)
{
	size_t i;

	for (i = 0; i < t->text.n; i++) {
		if (t->escaped && t->text.p[i] == '\\' && i + 1 < t->text.n)
			i++;
		buf_addc(b, t->text.p[i]);
	}
	return buf_ok(b) ? 0 : -1;
}

/* *in stands on the first byte of a target. */
static int
take_target(struct span *in, struct target *t, const char **why)
{
	struct span s = *in;
	struct address a;
	int program = s.p[0] == '|';
	size_t i = 0;

	if (s.p[0] == '<') {
		if (address_parse(in, 0, &a, why) < 0)
			return -1;
		t->text = a.text;
		return 0;
	}
	*in = span_from(s, program ? 1 : 0);
	if (in->n && in->p[0] == '"') {
		if (take_string(in, &t->text, why) < 0)
			return -1;
		if (!program && in->n && in->p[0] == '@') {
			*in = s;
			if (address_take(in, &a, why) < 0)
				return -1;
			t->text = a.text;
			return 0;
		}
		t->escaped = 1;
	} else {
		while (i < in->n && (!is_separator(in->p[i]) ||
		    (program && ascii_blank(in->p[i]))))
			i++;
		take(in, i, &t->text);
	}
	return program ? command(t, t->text, why) :
	    sort(t, why);
}

/* DQUOTE *( any / "\" any ) DQUOTE; what stands between. */
static int
take_string(struct span *in, struct span *out, const char **why)
{
	size_t i;

	for (i = 1; i < in->n && in->p[i] != '"'; i++)
		if (in->p[i] == '\\')
			i++;
	if (i >= in->n) {
		*why = "a quote is not closed";
		return -1;
	}
	*out = span_sub(*in, 1, i);
	*in = span_from(*in, i + 1);
	return 0;
}

static int
sort(struct target *t, const char **why)
{
	struct span s = t->text;
	struct address a;

	switch (s.n ? s.p[0] : 0) {
	case '|':
		return command(t, span_from(s, 1), why);
	case '/':
		t->kind = TARGET_PATH;
		return is_printable(s, why);
	case ':':
		return list(t, why);
	case '\\':
		t->kind = TARGET_BACKSLASH;
		t->text = span_from(s, 1);
		break;
	default:
		if (span_find(s, '@') < s.n)
			return address_mailbox(s, &a, why);
		/* "Maildir/" is hardly meant as somebody's name */
		if (span_find(s, '/') < s.n) {
			*why = "a path begins with /";
			return -1;
		}
		t->kind = TARGET_LOCAL;
	}
	if (!address_is_atoms(t->text)) {
		*why = "a target is an address, a local part, /path or "
		    "|command";
		return -1;
	}
	return 0;
}

static int
list(struct target *t, const char **why)
{
	const struct span include = SPAN(":include:");

	if (!span_starts(t->text, include)) {
		*why = "of the words in colons only :include:/PATH is known";
		return -1;
	}
	t->kind = TARGET_LIST;
	t->text = span_trim(span_from(t->text, include.n));
	if (t->text.n == 0 || t->text.p[0] != '/') {
		*why = "behind :include: stands a path that begins with /";
		return -1;
	}
	return is_printable(t->text, why);
}

static int
command(struct target *t, struct span s, const char **why)
{
	t->kind = TARGET_PROGRAM;
	t->text = span_trim(s);
	if (t->text.n == 0) {
		*why = "no command behind |";
		return -1;
	}
	return is_printable(t->text, why);
}

static int
is_printable(struct span s, const char **why)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (ascii_control(s.p[i]) && s.p[i] != '\t') {
			*why = "a control character in a path or command";
			return -1;
		}
	return 0;
}

static int
is_separator(unsigned char c)
{
	return c == ',' || ascii_space(c);
}

static void
take(struct span *in, size_t n, struct span *out)
{
	*out = span_sub(*in, 0, n);
	*in = span_from(*in, n);
}
