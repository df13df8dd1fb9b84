/* sts - what a domain says of the TLS that mail to it needs. */
#include "base/ascii.h"
#include "base/buf.h"
#include "base/scan.h"
#include "wire/dns_message.h"
#include "wire/sts.h"

enum { VERSION = 1, MODE = 2, AGE = 4, ALL = 7 };

static int  joined(struct span, struct buf *);
static int  record_id(struct span, char [STS_ID]);
static int  field(struct span, struct span, struct sts_policy *, unsigned *,
    const char **);
static int  is_pattern(struct span);
static int  clean(struct span);

static const char *const modes[] = {
	[STS_NONE] = "none", [STS_TESTING] = "testing",
	[STS_ENFORCE] = "enforce"
};

int
sts_record(struct span data, char id[STS_ID])
{
	struct buf b = { .max = 4096 };
	int r = 0;

	if (joined(data, &b) == 0)
		r = record_id(buf_span(&b), id);
	buf_free(&b);
	return r;
}

int
sts_parse(struct span in, struct sts_policy *p, const char **why)
{
	struct span line, key;
	unsigned seen = 0;

	*p = (struct sts_policy){ .mode = STS_NONE };
	while (in.n) {
		(void)span_cut(&in, '\n', &line);
		line = span_trim(line);
		if (line.n == 0)
			continue;
		*why = "policy: KEY: VALUE lines of printable ASCII";
		if (!clean(line) || !span_cut(&line, ':', &key))
			return -1;
		if (field(key, span_trim(line), p, &seen, why) < 0)
			return -1;
	}
	*why = "policy: version, mode and max_age are wanted";
	if (seen != ALL)
		return -1;
	*why = "policy: an mx is wanted";
	return p->mode == STS_NONE || p->nmx ? 0 : -1;
}

int
sts_match(const struct sts_policy *p, struct span host)
{
	struct span parent = span_from(host, span_find(host, '.'));
	size_t i;

	for (i = 0; i < p->nmx; i++) {
		if (p->mx[i].p[0] != '*') {
			if (span_case_eq(p->mx[i], host))
				return 1;
		} else if (parent.n < host.n && parent.n &&
		    span_case_eq(span_from(p->mx[i], 1), parent))
			return 1;
	}
	return 0;
}

const char *
sts_mode_name(enum sts_mode m)
{
	return modes[m];
}

int
sts_mode_parse(struct span s, enum sts_mode *out)
{
	unsigned i;

	for (i = 0; i <= STS_ENFORCE; i++)
		if (span_eq(s, span_of(modes[i]))) {
			*out = (enum sts_mode)i;
			return 0;
		}
	return -1;
}

/* RFC 7208 3.3 says it for all: strings of a record are one text. */
static int
joined(struct span s, struct buf *b)
{
	size_t n;

	while (s.n) {
		n = s.p[0];
		if (n > s.n - 1)
			return -1;
		buf_addspan(b, span_sub(s, 1, 1 + n));
		s = span_from(s, 1 + n);
	}
	return buf_ok(b) ? 0 : -1;
}

static int
record_id(struct span in, char id[STS_ID])
{
	struct span word;
	size_t i;
	int got = -1;

	(void)span_cut(&in, ';', &word);
	if (!span_eq(span_trim(word), SPAN("v=STSv1")))
		return 0;
	while (in.n && got < 0) {
		(void)span_cut(&in, ';', &word);
		word = span_trim(word);
		if (!span_starts(word, SPAN("id=")))
			continue;
		word = span_from(word, 3);
		for (i = 0; i < word.n && ascii_alnum(word.p[i]); i++)
			;
		if (i < word.n || i == 0 || span_str(word, id, STS_ID) < 0)
			return -1;
		got = 1;
	}
	return got;
}

static int
field(struct span key, struct span value, struct sts_policy *p,
    unsigned *seen, const char **why)
{
	if (span_eq(key, SPAN("mx"))) {
		*why = "policy: mx is a host name, or *. and a domain";
		if (!is_pattern(value))
			return -1;
		*why = "policy: more than 100 mx";
		if (p->nmx == STS_MX)
			return -1;
		p->mx[p->nmx++] = value;
	} else if (span_eq(key, SPAN("version")) && !(*seen & VERSION)) {
		*seen |= VERSION;
		*why = "policy: a version other than STSv1";
		return span_eq(value, SPAN("STSv1")) ? 0 : -1;
	} else if (span_eq(key, SPAN("mode")) && !(*seen & MODE)) {
		*seen |= MODE;
		*why = "policy: mode is enforce, testing or none";
		return sts_mode_parse(value, &p->mode);
	} else if (span_eq(key, SPAN("max_age")) && !(*seen & AGE)) {
		*seen |= AGE;
		*why = "policy: max_age is a number of seconds";
		if (value.n > 10 || scan_u64(value, UINT64_MAX,
		    &p->max_age) < 0)
			return -1;
		if (p->max_age > STS_AGE)
			p->max_age = STS_AGE;
	}
	return 0;
}

static int
is_pattern(struct span s)
{
	return dns_is_name(span_starts(s, SPAN("*.")) ? span_from(s, 2) : s);
}

static int
clean(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] >= 0x7f)
			return 0;
	return 1;
}
