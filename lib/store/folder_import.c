/* folder_import - the number files of other servers. */
#include "base/scan.h"
#include "store/folder_import.h"

static int number_of_line(struct span *, uint32_t *);

int
import_uidlist_head(struct span *in, struct import_head *h, const char **why)
{
	struct span line, w, v;
	uint64_t version;

	*h = (struct import_head){ 0 };
	span_cut(in, '\n', &line);
	*why = "uidlist: version 1 or 3 is wanted";
	if (scan_front(&line, 3, &version) != 1 || version == 2)
		return -1;
	*why = "uidlist: no UIDVALIDITY";
	if (version == 1)
		return number_of_line(&line, &h->uidvalidity) < 0 ||
		    number_of_line(&line, &h->uidnext) < 0 ||
		    h->uidvalidity == 0 ? -1 : 0;
	while (span_word(&line, &w)) {
		v = span_from(w, 1);
		if (w.p[0] == 'V' && number_of_line(&v, &h->uidvalidity) < 0)
			return -1;
		if (w.p[0] == 'N' && number_of_line(&v, &h->uidnext) < 0)
			return -1;
	}
	return h->uidvalidity ? 0 : -1;
}

int
import_uidlist_next(struct span *in, uint32_t *uid, struct span *name)
{
	struct span line;
	size_t i;

	while (in->n) {
		/* without its LF a line may be half */
		if (!span_cut(in, '\n', &line))
			return 0;
		if (number_of_line(&line, uid) < 0 || *uid == 0)
			continue;
		i = span_search(line, SPAN(" :"));
		*name = i < line.n ? span_from(line, i + 2) : span_trim(line);
		if (name->n)
			return 1;
	}
	return 0;
}

int
import_keyword_next(struct span *in, unsigned *number, struct span *keyword)
{
	struct span line;
	uint32_t n;

	while (in->n) {
		span_cut(in, '\n', &line);
		if (number_of_line(&line, &n) < 0 || n >= 26)
			continue;
		*number = n;
		*keyword = span_trim(line);
		if (keyword->n)
			return 1;
	}
	return 0;
}

int
import_list_keyword(struct span *in, struct span *keyword)
{
	if (in->n == 0)
		return 0;
	span_cut(in, '\n', keyword);
	return keyword->n > 0;
}

int
import_list_next(struct span *in, struct span *name, uint32_t *bits)
{
	struct span line, w;
	unsigned n;

	while (in->n) {
		span_cut(in, '\n', &line);
		*name = span_sub(line, 0, span_rfind(line, ':'));
		line = span_from(line, name->n + 1);
		for (*bits = 0; span_word(&line, &w);)
			if (scan_uint(w, 25, &n) == 0)
				*bits |= UINT32_C(1) << n;
		if (name->n && *bits)
			return 1;
	}
	return 0;
}

/* A number and the spaces around it. */
static int
number_of_line(struct span *s, uint32_t *out)
{
	uint64_t v;

	*s = span_from(*s, s->n && s->p[0] == ' ');
	if (scan_front(s, UINT32_MAX, &v) != 1)
		return -1;
	*out = (uint32_t)v;
	return 0;
}
