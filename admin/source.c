/* source - the text of the address tables: what one line says. */
#include <stdio.h>

#include "base/ascii.h"
#include "admin/source.h"
#include "mail/target.h"
#include "run/scram_keys.h"
#include "store/alias.h"
#include "wire/hop.h"

static int source_domains(struct span, struct buf *, struct buf *,
    const char **);
static int source_aliases(struct span, struct buf *, struct buf *,
    const char **);
static int alias_key(struct span, struct buf *, const char **);
static int alias_targets(struct span, struct buf *, const char **);
static int is_of_alias(const struct target *, const char **);
static int is_between(unsigned char);
static int source_users(struct span, struct buf *, struct buf *,
    const char **);
static int source_relay(struct span, struct buf *, struct buf *,
    const char **);
static int source_routes(struct span, struct buf *, struct buf *,
    const char **);
static int source_passwords(struct span, struct buf *, struct buf *,
    const char **);
static int app_password(struct span, struct span, struct buf *, struct buf *,
    const char **);
static int ends(const struct buf *, const struct buf *, const char **);
static struct span without_comment(struct span);
static size_t past_quotes(struct span, const char *);

static int (*const parse[SOURCE_COUNT])(struct span, struct buf *,
    struct buf *, const char **) = {
	[TABLE_DOMAINS] = source_domains,
	[TABLE_ALIASES] = source_aliases,
	[TABLE_USERS] = source_users,
	[TABLE_RELAY] = source_relay,
	[TABLE_ROUTES] = source_routes,
	[SOURCE_PASSWORDS] = source_passwords
};

int
source_next(struct span *in, unsigned *nr, struct source_line *l)
{
	struct span s, from, line, ahead;
	unsigned n;

	l->text.max = SOURCE_LINE;
	do {
		if (in->n == 0) {
			buf_free(&l->text);
			return 0;
		}
		from = *in;
		(void)span_cut(in, '\n', &s);
		++*nr;
		s = without_comment(s);
	} while (span_trim(s).n == 0);
	l->nr = *nr;
	buf_reset(&l->text);
	buf_addspan(&l->text, ascii_blank(s.p[0]) ? s : span_trim(s));
	for (ahead = *in, n = *nr + 1; ahead.n; n++) {
		(void)span_cut(&ahead, '\n', &line);
		s = span_trim(without_comment(line));
		if (s.n == 0)
			continue;	/* within it, or behind it */
		if (!ascii_blank(line.p[0]))
			break;
		buf_addc(&l->text, ' ');
		buf_addspan(&l->text, s);
		*in = ahead;
		*nr = n;
	}
	l->raw = span_sub(from, 0, from.n - in->n);
	return 1;
}

int
source_parse(int table, struct span line, struct buf *key, struct buf *value,
    const char **why)
{
	size_t i;

	buf_reset(key);
	buf_reset(value);
	if (line.n >= SOURCE_LINE) {
		*why = "a line of more than a megabyte";
		return -1;
	}
	if (line.n && ascii_blank(line.p[0])) {
		*why = "goes on with a line that is not there";
		return -1;
	}
	for (i = 0; i < line.n; i++)
		if (ascii_control(line.p[i]) && line.p[i] != '\t') {
			*why = "control byte";
			return -1;
		}
	return parse[table](line, key, value, why);
}

int
source_address(struct span s, char out[ADDRESS_MAX + 1], const char **why)
{
	char text[ADDRESS_MAX + 1];
	struct address a;
	struct span local, domain;
	int n, bare = span_find(s, '@') == s.n;

	if (!bare) {
		if (address_mailbox(s, &a, why) < 0)
			return -1;
		address_normal(&a, out);
		return 0;
	}
	n = snprintf(text, sizeof text, "%.*s@x", (int)(s.n < ADDRESS_MAX ?
	    s.n : ADDRESS_MAX), s.n ? (const char *)s.p : "");
	if (n < 0 || (size_t)n >= sizeof text) {
		*why = "address: longer than 320 bytes";
		return -1;
	}
	if (address_mailbox(span_of(text), &a, why) < 0)
		return -1;
	address_normal(&a, out);
	address_split(span_of(out), &local, &domain);
	out[local.n] = '\0';
	return 0;
}

struct span
source_owner(struct span key)
{
	size_t at = span_rfind(key, '@');

	at = at < key.n ? at : 0;
	return span_sub(key, 0, at + span_find(span_from(key, at), ' '));
}

int
source_domain(struct span s, char out[ADDRESS_MAX + 1], const char **why)
{
	char text[ADDRESS_MAX + 1], normal[ADDRESS_MAX + 1];
	struct address a;
	int n;

	n = snprintf(text, sizeof text, "x@%.*s", (int)(s.n < ADDRESS_MAX ?
	    s.n : ADDRESS_MAX), s.n ? (const char *)s.p : "");
	if (n < 0 || (size_t)n >= sizeof text) {
		*why = "domain: longer than 255 bytes";
		return -1;
	}
	if (address_mailbox(span_of(text), &a, why) < 0)
		return -1;
	address_normal(&a, normal);
	snprintf(out, ADDRESS_MAX + 1, "%s", normal + 2);
	return 0;
}

/* domain [ "local" / "relay" / "alias" domain ] */
static int
source_domains(struct span in, struct buf *key, struct buf *value,
    const char **why)
{
	char name[ADDRESS_MAX + 1];
	struct span word, more;

	(void)span_word(&in, &word);
	if (source_domain(word, name, why) < 0)
		return -1;
	buf_adds(key, name);
	if (!span_word(&in, &word))
		word = SPAN("local");
	buf_addspan(value, word);
	if (span_eq(word, SPAN("alias"))) {
		(void)span_word(&in, &more);
		if (source_domain(more, name, why) < 0)
			return -1;
		buf_addf(value, " %s", name);
	} else if (!span_eq(word, SPAN("local")) &&
	    !span_eq(word, SPAN("relay"))) {
		*why = "a domain is local, relay, or alias DOMAIN";
		return -1;
	}
	if (span_trim(in).n) {
		*why = "words behind the entry";
		return -1;
	}
	return ends(key, value, why);
}

/* ( local / local@domain / "@" domain ) ":" targets */
static int
source_aliases(struct span in, struct buf *key, struct buf *value,
    const char **why)
{
	size_t at = past_quotes(in, ":");

	if (at == in.n) {
		*why = "alias: a colon is wanted behind the name";
		return -1;
	}
	if (alias_key(span_trim(span_sub(in, 0, at)), key, why) < 0 ||
	    alias_targets(span_from(in, at + 1), value, why) < 0)
		return -1;
	return ends(key, value, why);
}

static int
alias_key(struct span s, struct buf *key, const char **why)
{
	char name[ADDRESS_MAX + 1];
	int r;

	if (s.n && s.p[0] == '@') {
		buf_addc(key, '@');
		r = source_domain(span_from(s, 1), name, why);
	} else if (s.n && s.p[0] == '*' && (s.n == 1 || s.p[1] == '@')) {
		*why = "alias: all that nobody else has is @DOMAIN";
		r = -1;
	} else
		r = source_address(s, name, why);
	if (r == 0)
		buf_adds(key, name);
	return r;
}

static int
alias_targets(struct span in, struct buf *value, const char **why)
{
	struct span text;
	unsigned n = 0;
	int r, list;

	while ((r = source_target(&in, &text, &list, why)) == 1) {
		if (++n > ALIAS_TARGETS) {
			*why = "alias: more than 10000 targets";
			return -1;
		}
		buf_adds(value, value->n ? ", " : "");
		buf_addspan(value, text);
	}
	if (r == 0 && value->n == 0) {
		*why = "alias: no target";
		return -1;
	}
	return r;
}

int
source_target(struct span *in, struct span *text, int *list, const char **why)
{
	struct target t;
	struct span s = *in;
	int r;

	while (s.n && is_between(s.p[0]))
		s = span_from(s, 1);
	*text = s;
	if ((r = target_next(&s, &t, why)) != 1) {
		if (r < 0 && span_starts(*text, SPAN("@")))
			*why = "alias: one domain for another is DOMAIN alias "
			    "DOMAIN, in domains";
		return r;
	}
	text->n -= s.n;
	*list = t.kind == TARGET_LIST;
	*in = s;
	return is_of_alias(&t, why) ? 1 : -1;
}

/* What it may be in an alias, which has no user. */
static int
is_of_alias(const struct target *t, const char **why)
{
	char name[ADDRESS_MAX + 1];
	struct buf text = { .max = SOURCE_LINE };
	int good = 1;

	switch (t->kind) {
	case TARGET_ADDRESS:
	case TARGET_LOCAL:
	case TARGET_BACKSLASH:
		good = target_text(t, &text) == 0 &&
		    source_address(buf_span(&text), name, why) == 0;
		buf_free(&text);
		return good;
	case TARGET_LIST:
		return 1;
	case TARGET_PATH:
		if (target_nowhere(t))
			return 1;
		*why = "alias: a file would be written by no user; name a user "
		    "and put the path of a Maildir in its .forward";
		return 0;
	case TARGET_PROGRAM:
		break;
	}
	*why = "alias: a program would run as no user; name USER+EXT and put "
	    "the command in .forward+EXT of that user's home";
	return 0;
}

static int
is_between(unsigned char c)
{
	return c == ',' || ascii_space(c);
}

/* key ":" UID ":" GID ":" HOME [ ":" options ] */
static int
source_users(struct span in, struct buf *key, struct buf *value,
    const char **why)
{
	char name[ADDRESS_MAX + 1];
	struct mailbox m;
	struct span head;

	if (!span_cut(&in, ':', &head)) {
		*why = "user: KEY:UID:GID:HOME:options is wanted";
		return -1;
	}
	if (source_address(span_trim(head), name, why) < 0 ||
	    mailbox_parse(in, &m, why) < 0)
		return -1;
	if (m.uid == 0) {
		*why = "user: uid 0 gets no mail; make root an alias of a "
		    "person";
		return -1;
	}
	buf_adds(key, name);
	buf_addspan(value, in);
	return ends(key, value, why);
}

/* "net" NETWORK / "rcpt" DOMAIN LOCAL */
static int
source_relay(struct span in, struct buf *key, struct buf *value,
    const char **why)
{
	char domain[ADDRESS_MAX + 1], name[ADDRESS_MAX + 1], text[IP_TEXT];
	struct span kind, a, b, more;
	struct ip_net net;

	(void)span_word(&in, &kind);
	(void)span_word(&in, &a);
	(void)span_word(&in, &b);
	if (span_eq(kind, SPAN("net"))) {
		more = b;
		if (ip_net_parse(a, &net) < 0) {
			*why = "relay: no network (192.0.2.0/24, "
			    "2001:db8::/32), or bits set behind its length";
			return -1;
		}
		ip_format(&net.ip, text);
		buf_addf(key, "net %s/%u", text, ip_is_v4(&net.ip) &&
		    net.bits >= 96 ? net.bits - 96 : net.bits);
	} else if (span_eq(kind, SPAN("rcpt"))) {
		more = in;
		if (source_domain(a, domain, why) < 0 ||
		    source_address(b, name, why) < 0)
			return -1;
		if (span_find(b, '@') < b.n) {
			*why = "relay: rcpt DOMAIN LOCAL, without @";
			return -1;
		}
		buf_addf(key, "rcpt %s@%s", name, domain);
	} else {
		*why = "relay: net NETWORK, or rcpt DOMAIN LOCAL";
		return -1;
	}
	if (span_trim(more).n) {
		*why = "words behind the entry";
		return -1;
	}
	return ends(key, value, why);
}

/* ( [ "from:" ] ( domain / "." domain ) / "*" ) hop (wire/hop.h) */
static int
source_routes(struct span in, struct buf *key, struct buf *value,
    const char **why)
{
	char name[ADDRESS_MAX + 1];
	struct span word;
	struct hop hop;

	(void)span_word(&in, &word);
	if (span_eq(word, SPAN("*")))
		buf_addc(key, '*');
	else {
		if (span_starts(word, SPAN("from:"))) {
			buf_adds(key, "from:");
			word = span_from(word, 5);
		}
		if (word.n && word.p[0] == '.') {
			buf_addc(key, '.');
			word = span_from(word, 1);
		}
		if (source_domain(word, name, why) < 0)
			return -1;
		buf_adds(key, name);
	}
	if (hop_parse(span_trim(in), &hop, why) < 0)
		return -1;
	while (span_word(&in, &word)) {
		if (value->n)
			buf_addc(value, ' ');
		buf_addspan(value, word);
	}
	return ends(key, value, why);
}

/* key ":" hash / key ":SCRAM-SHA-256$" keys /
 * key ":app:" id ":" scopes ":" hmac ":" created ":" name */
static int
source_passwords(struct span in, struct buf *key, struct buf *value,
    const char **why)
{
	char name[ADDRESS_MAX + 1];
	struct scram_keys scram;
	struct span head, s;

	if (!span_cut(&in, ':', &head)) {
		*why = "password: KEY:HASH is wanted";
		return -1;
	}
	if (source_address(span_trim(head), name, why) < 0)
		return -1;
	s = in;
	if (span_starts(s, SPAN("app:")))
		return app_password(span_of(name), span_from(s, 4), key, value,
		    why);
	if (span_starts(s, SPAN("SCRAM-SHA-256$"))) {
		if (scram_keys_parse(s, &scram) < 0) {
			*why = "password: no SCRAM keys (RFC 5803)";
			return -1;
		}
		buf_addf(key, "%s scram", name);
		buf_addspan(value, s);
		return ends(key, value, why);
	}
	if (span_starts(s, SPAN("{"))) {
		*why = "password: a hash of crypt(5) has no {SCHEME} before "
		    "it; other hashes cannot be checked here";
		return -1;
	}
	/* crypt(5): no hash has a colon, a space, * or ! */
	if (s.n < 13 || s.n > 384 || span_find(s, ':') < s.n ||
	    span_find(s, ' ') < s.n || span_find(s, '*') < s.n ||
	    span_find(s, '!') < s.n) {
		*why = "password: no hash of crypt(5)";
		return -1;
	}
	buf_adds(key, name);
	buf_addspan(value, s);
	return ends(key, value, why);
}

/* Under "KEY app ID", so that each is found by one exact key. */
static int
app_password(struct span name, struct span in, struct buf *key,
    struct buf *value, const char **why)
{
	struct span id, field[2], s = in;
	size_t i;
	int good;

	good = span_cut(&s, ':', &id) && id.n > 0 && id.n <= 16;
	for (i = 0; i < id.n; i++)
		good = good && ascii_alnum(id.p[i]);
	in = s;
	/* the time has colons itself: it is what stands up to its Z: */
	good = good && span_cut(&s, ':', &field[0]) &&
	    span_cut(&s, ':', &field[1]) && field[0].n && field[1].n;
	if (good) {
		i = span_search(s, SPAN("Z:"));
		good = i < s.n && i > 0 && i + 2 < s.n;
	}
	if (!good) {
		*why = "password: KEY:app:ID:SCOPES:HMAC:CREATED:NAME is "
		    "wanted";
		return -1;
	}
	buf_addspan(key, name);
	buf_adds(key, " app ");
	buf_addspan(key, id);
	buf_addspan(value, in);
	return ends(key, value, why);
}

static int
ends(const struct buf *key, const struct buf *value, const char **why)
{
	if (buf_ok(key) && buf_ok(value))
		return 0;
	*why = "an entry too long";
	return -1;
}

static struct span
without_comment(struct span s)
{
	size_t i, at = 0;

	while ((i = at + past_quotes(span_from(s, at), "#")) < s.n) {
		if (i == 0 || ascii_blank(s.p[i - 1]))
			return span_sub(s, 0, i);
		at = i + 1;
	}
	return s;
}

/* Where the first of the bytes stands that is not in quotes, or s.n. */
static size_t
past_quotes(struct span s, const char *bytes)
{
	size_t i;
	int quoted = 0;

	for (i = 0; i < s.n; i++) {
		if (quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && s.p[i] && strchr(bytes, s.p[i]))
			return i;
	}
	return s.n;
}
