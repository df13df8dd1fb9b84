/* folder_name - a message's file name: base, information, sizes. */
#include "base/ascii.h"
#include "base/encode.h"
#include "base/scan.h"
#include "store/folder_name.h"

static const unsigned char letters[] = "DFPRSTabcdefghijklmnopqrstuvwxyz";

static int letter_bit(unsigned char);
static int field(struct span, unsigned char, struct span *);

int
file_name_parse(struct span s, struct file_name *f)
{
	size_t i;
	int bit, last = -1;

	if (s.n == 0 || s.n >= FOLDER_FILE || s.p[0] == '.' || s.p[0] == ':' ||
	    span_find(s, '\n') < s.n || span_find(s, '\0') < s.n)
		return -1;
	i = span_find(s, ':');
	f->base = span_sub(s, 0, i);
	f->info = span_from(s, i);
	f->flags = 0;
	f->plain = span_starts(f->info, SPAN(":2,"));
	if (!f->plain)
		return 0;
	for (i = 3; i < f->info.n; i++) {
		if ((bit = letter_bit(f->info.p[i])) >= 0)
			f->flags |= UINT32_C(1) << bit;
		if (bit <= last)
			f->plain = 0;
		last = bit;
	}
	return 0;
}

int
file_name_format(char out[FOLDER_FILE], struct span base, uint32_t flags,
    struct span info)
{
	size_t n = base.n, i;
	size_t want = n + 3 + (size_t)__builtin_popcount(flags);

	if (want >= FOLDER_FILE)
		return -1;
	/* the letters of others, where there is room for them */
	if (want + info.n >= FOLDER_FILE)
		info.n = 0;
	memcpy(out, base.p, n);
	memcpy(out + n, ":2,", 3);
	n += 3;
	for (i = 0; i < 32; i++)
		if (flags & UINT32_C(1) << i)
			out[n++] = (char)letters[i];
	if (span_starts(info, SPAN(":2,")))
		for (i = 3; i < info.n; i++)
			if (letter_bit(info.p[i]) < 0)
				out[n++] = (char)info.p[i];
	out[n] = '\0';
	return (int)n;
}

int
file_name_sizes(struct span base, uint64_t *size, uint64_t *vsize)
{
	const uint64_t max = UINT64_C(1) << 62;
	struct span s;
	int found = 0;

	span_cut(&base, ',', &s);
	while (base.n) {
		span_cut(&base, ',', &s);
		if (!(found & FILE_NAME_SIZE) && span_starts(s, SPAN("S=")) &&
		    scan_u64(span_from(s, 2), max, size) == 0)
			found |= FILE_NAME_SIZE;
		if (!(found & FILE_NAME_VSIZE) && span_starts(s, SPAN("W=")) &&
		    scan_u64(span_from(s, 2), max, vsize) == 0)
			found |= FILE_NAME_VSIZE;
	}
	return found;
}

uint64_t
file_name_time(struct span base)
{
	uint64_t v;

	return scan_front(&base, UINT64_C(1) << 40, &v) == 1 ? v : 0;
}

int
file_name_ours(struct span base)
{
	size_t i = span_find(base, '.');

	base = span_from(base, i);
	return base.n > 23 && span_starts(base, SPAN(".Q")) &&
	    base.p[22] == 'R' && ascii_digit(base.p[23]);
}

void
file_name_id(struct span base, char out[27])
{
	uint64_t a = UINT64_C(0xcbf29ce484222325), b = ~a;
	struct span s;
	size_t i;

	if (field(base, 'E', &s) && s.n == 26) {
		memcpy(out, s.p, 26);
		out[26] = '\0';
		for (i = 0; i < 26; i++)
			if (!ascii_alnum(s.p[i]))
				out[i] = '0';
		return;
	}
	/* two of FNV-1a with different starts and orders: names are unique
	 * already, this makes them one length and of letters */
	s = span_sub(base, 0, span_find(base, ','));
	for (i = 0; i < s.n; i++) {
		a = (a ^ s.p[i]) * UINT64_C(0x100000001b3);
		b = (b ^ s.p[s.n - 1 - i]) * UINT64_C(0x100000001b3);
	}
	encode_base32(out, 13, a);
	encode_base32(out + 13, 13, b);
	out[26] = '\0';
}

static int
letter_bit(unsigned char c)
{
	if (c >= 'a' && c <= 'z')
		return 6 + c - 'a';
	switch (c) {
	case 'D': return 0;
	case 'F': return 1;
	case 'P': return 2;
	case 'R': return 3;
	case 'S': return 4;
	case 'T': return 5;
	}
	return -1;
}

/* ",L=value" up to the next comma or the end. */
static int
field(struct span base, unsigned char letter, struct span *value)
{
	struct span head;

	while (base.n) {
		span_cut(&base, ',', &head);
		if (base.n >= 2 && base.p[0] == letter && base.p[1] == '=') {
			span_cut(&base, ',', &head);
			*value = span_from(head, 2);
			return 1;
		}
	}
	return 0;
}
