/* flags - system flags and keywords. */
#include <errno.h>

#include "imapd/flags.h"

/* P of a file name, "passed on", is what clients call $Forwarded. */
static const struct {
	struct span name;
	uint32_t bit;
} known[] = {
	{ { (const unsigned char *)"\\Answered", 9 }, FLAG_ANSWERED },
	{ { (const unsigned char *)"\\Flagged", 8 }, FLAG_FLAGGED },
	{ { (const unsigned char *)"\\Deleted", 8 }, FLAG_DELETED },
	{ { (const unsigned char *)"\\Seen", 5 }, FLAG_SEEN },
	{ { (const unsigned char *)"\\Draft", 6 }, FLAG_DRAFT },
	{ { (const unsigned char *)"$Forwarded", 10 }, FLAG_PASSED }
};
enum { KNOWN = 6 };

void
flags_out(struct out *o, const struct folder *f, uint32_t flags, int recent)
{
	const char *before = "(";
	unsigned i;

	for (i = 0; i < KNOWN; i++)
		if (flags & known[i].bit) {
			out_str(o, before);
			out_span(o, known[i].name);
			before = " ";
		}
	flags >>= FLAG_KEYWORD;
	for (i = 0; flags; i++, flags >>= 1)
		if (flags & 1 && folder_keyword(f, i).n) {
			out_str(o, before);
			out_span(o, folder_keyword(f, i));
			before = " ";
		}
	if (recent) {
		out_str(o, before);
		out_str(o, "\\Recent");
		before = " ";
	}
	out_str(o, before[0] == '(' ? "()" : ")");
}

void
flags_known(struct out *o, const struct folder *f)
{
	unsigned i;

	for (i = 0; i < KNOWN; i++) {
		out_str(o, i ? " " : "");
		out_span(o, known[i].name);
	}
	for (i = 0; i < FOLDER_KEYWORDS; i++)
		if (folder_keyword(f, i).n) {
			out_str(o, " ");
			out_span(o, folder_keyword(f, i));
		}
}

unsigned
flags_keywords(const struct folder *f)
{
	unsigned i, n = 0;

	for (i = 0; i < FOLDER_KEYWORDS; i++)
		n += folder_keyword(f, i).n > 0;
	return n;
}

int
flags_take(struct box *b, struct folder *f, const struct imap_words *w,
    int make, uint32_t *flags)
{
	struct span s;
	uint32_t i, bit;
	int k;

	for (*flags = 0, i = 0; i < w->n; i++) {
		s = w->v[i].text;
		bit = flags_bit(f, s);
		if (bit || span_case_eq(s, SPAN("\\Recent"))) {
			*flags |= bit;
			continue;
		}
		if (s.p[0] == '\\' || s.n > KEYWORD_MAX) {
			b->answer = box_say(b, ANSWER_BAD, "", s.p[0] == '\\' ?
			    "no such system flag (RFC 9051 2.3.2)" :
			    "a keyword has at most 100 bytes");
			return -1;
		}
		if (!make)
			continue;
		if ((k = folder_keyword_find(f, s, 1)) < 0) {
			b->answer = errno == ERANGE ? box_say(b, ANSWER_NO,
			    "LIMIT", "a mailbox has at most 26 keywords") :
			    box_failed(b, "keyword");
			return -1;
		}
		*flags |= UINT32_C(1) << (FLAG_KEYWORD + k);
	}
	return 0;
}

uint32_t
flags_bit(struct folder *f, struct span s)
{
	unsigned i;
	int k;

	for (i = 0; i < KNOWN; i++)
		if (span_case_eq(s, known[i].name))
			return known[i].bit;
	k = folder_keyword_find(f, s, 0);
	return k < 0 ? 0 : UINT32_C(1) << (FLAG_KEYWORD + k);
}
