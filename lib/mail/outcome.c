/* outcome - a line of state/ID: what became of a recipient so far. */
#include "base/ascii.h"
#include "base/encode.h"
#include "base/scan.h"
#include "mail/outcome.h"

enum { RCPT_NR_MAX = 1000000 };

static void add_word(struct buf *, struct span);
static void add_text(struct buf *, struct span);
static int  take_word(struct span *, struct span *);
static int  parse_result(struct span, struct outcome *, const char **);
static int  parse_to(struct span, struct outcome *, const char **);
static int  parse_report(struct span, struct outcome *, const char **);

static const char *const kind_name[] = {
	[OUTCOME_DONE] = "done", [OUTCOME_LATER] = "later",
	[OUTCOME_NEVER] = "never", [OUTCOME_TO] = "to",
	[OUTCOME_REPORT] = "report"
};

int
outcome_add(struct buf *b, const struct outcome *o)
{
	buf_addu(b, (uint64_t)o->when);
	buf_addf(b, " r%u %s ", o->nr, kind_name[o->kind]);
	switch (o->kind) {
	case OUTCOME_TO:
		buf_addu(b, o->nto);
		add_word(b, o->to);
		if (o->has_sender) {
			buf_adds(b, " sender=");
			buf_addspan(b, o->sender);
		}
		if (o->kept)
			buf_adds(b, " kept");
		break;
	case OUTCOME_REPORT:
		buf_addspan(b, o->report);
		add_word(b, o->id);
		break;
	default:
		buf_addu(b, o->code);
		add_word(b, o->enhanced);
		add_word(b, o->via);
		add_word(b, o->peer);
		buf_addc(b, ' ');
		add_text(b, o->text);
	}
	return buf_addc(b, '\n');
}

int
outcome_parse(struct span line, struct outcome *o, const char **why)
{
	struct span word, nr;
	uint64_t when;
	size_t k;

	*o = (struct outcome){ .nr = 0 };
	for (k = 0; k < line.n; k++)
		if (ascii_control(line.p[k])) {
			*why = "state: a control byte";
			return -1;
		}
	if (!take_word(&line, &word) || scan_u64(word, INT64_MAX, &when) < 0) {
		*why = "state: a line begins with seconds";
		return -1;
	}
	o->when = (int64_t)when;
	if (!take_word(&line, &nr) || nr.n < 2 || nr.p[0] != 'r' ||
	    scan_uint(span_from(nr, 1), RCPT_NR_MAX, &o->nr) < 0) {
		*why = "state: rN is missing";
		return -1;
	}
	o->event = line;
	if (take_word(&line, &word))
		for (k = 0; k <= OUTCOME_REPORT; k++)
			if (span_eq(word, span_of(kind_name[k]))) {
				o->kind = (enum outcome_kind)k;
				return k == OUTCOME_TO ?
				    parse_to(line, o, why) :
				    k == OUTCOME_REPORT ?
				    parse_report(line, o, why) :
				    parse_result(line, o, why);
			}
	*why = "state: done, later, never, to or report";
	return -1;
}

int
outcome_add_target(struct buf *list, struct span target)
{
	struct span head;
	int more;

	if (list->n)
		buf_addc(list, ',');
	do {
		more = span_cut(&target, ',', &head);
		encode_log(list, head, 0);
		if (more)
			buf_adds(list, "\\x2c");
	} while (more);
	return buf_ok(list) ? 0 : -1;
}

int
outcome_next_target(struct span *list, struct buf *target)
{
	struct span word;

	if (list->n == 0)
		return 0;
	span_cut(list, ',', &word);
	return word.n && outcome_decode(word, target) == 0 ? 1 : -1;
}

int
outcome_decode(struct span s, struct buf *b)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		int high, low;

		if (s.p[i] != '\\') {
			buf_addc(b, s.p[i]);
			continue;
		}
		if (s.n - i < 4 || s.p[i + 1] != 'x' ||
		    (high = ascii_hex(s.p[i + 2])) < 0 ||
		    (low = ascii_hex(s.p[i + 3])) < 0)
			return -1;
		buf_addc(b, (unsigned char)(high << 4 | low));
		i += 3;
	}
	return buf_ok(b) ? 0 : -1;
}

static int
parse_result(struct span line, struct outcome *o, const char **why)
{
	struct span code;

	if (!take_word(&line, &code) || scan_uint(code, 999, &o->code) < 0 ||
	    !take_word(&line, &o->enhanced) || !take_word(&line, &o->via) ||
	    !take_word(&line, &o->peer)) {
		*why = "state: code, enhanced code, via, peer, text";
		return -1;
	}
	o->text = line;
	return 0;
}

static int
parse_to(struct span line, struct outcome *o, const char **why)
{
	struct span word, list;
	unsigned n;

	if (!take_word(&line, &word) ||
	    scan_uint(word, RCPT_NR_MAX, &o->nto) < 0 ||
	    !take_word(&line, &o->to)) {
		*why = "state: to COUNT TARGETS";
		return -1;
	}
	for (n = 0, list = o->to; list.n; n++)
		span_cut(&list, ',', &word);
	if (n != o->nto) {
		*why = "state: the count of targets";
		return -1;
	}
	if (span_starts(line, SPAN("sender="))) {
		o->has_sender = 1;
		line = span_from(line, sizeof "sender=" - 1);
		span_cut(&line, ' ', &o->sender);
	}
	o->kept = span_eq(line, SPAN("kept"));
	if (line.n == 0 || o->kept)
		return 0;
	*why = "state: sender=, kept or the end";
	return -1;
}

static int
parse_report(struct span line, struct outcome *o, const char **why)
{
	if (!take_word(&line, &o->report) || !take_word(&line, &o->id) ||
	    line.n || o->report.n == 0 ||
	    span_find(o->id, '\\') < o->id.n) {
		*why = "state: report KIND ID";
		return -1;
	}
	return 0;
}

/* A space and the word; what could end it is left out. */
static void
add_word(struct buf *b, struct span s)
{
	size_t i;

	buf_addc(b, ' ');
	if (s.n == 0)
		buf_addc(b, '-');
	for (i = 0; i < s.n; i++)
		buf_addc(b, ascii_control(s.p[i]) || s.p[i] == ' ' ? '?' :
		    s.p[i]);
}

static void
add_text(struct buf *b, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		buf_addc(b, ascii_control(s.p[i]) ? '?' : s.p[i]);
}

/* Up to the next single space; "-" is an empty word.  0: none is left. */
static int
take_word(struct span *in, struct span *word)
{
	if (in->n == 0)
		return 0;
	span_cut(in, ' ', word);
	if (word->n == 1 && word->p[0] == '-')
		word->n = 0;
	return 1;
}
