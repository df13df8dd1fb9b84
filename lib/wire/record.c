/* record - what travels on a channel, and the envelope of a queue file. */
#include <stdio.h>

#include "base/ascii.h"
#include "wire/record.h"

static int length_next(struct span *, size_t, size_t *, const char **);

int
field_add(struct buf *b, const char *name, struct span value)
{
	buf_adds(b, name);
	buf_addc(b, ' ');
	buf_addu(b, value.n);
	buf_addc(b, ':');
	buf_addspan(b, value);
	return buf_add(b, ",\n", 2);
}

int
field_adds(struct buf *b, const char *name, const char *value)
{
	return field_add(b, name, span_of(value));
}

int
field_addu(struct buf *b, const char *name, uint64_t value)
{
	char d[24];

	snprintf(d, sizeof d, "%llu", (unsigned long long)value);
	return field_add(b, name, span_of(d));
}

/* field = name SP length ":" length-OCTETs "," LF */
int
field_next(struct span *in, struct field *f, const char **why)
{
	struct span s = *in;
	size_t i = 0, n;

	if (s.n == 0)
		return 0;
	while (i < s.n && i <= FIELD_NAME && (ascii_digit(s.p[i]) ||
	    (s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '-'))
		i++;
	if (i == 0 || i > FIELD_NAME || i == s.n || s.p[i] != ' ') {
		*why = "field: name of 1 to 20 characters and a space";
		return -1;
	}
	f->name = span_sub(s, 0, i);
	s = span_from(s, i + 1);
	switch (length_next(&s, SIZE_MAX, &n, why)) {
	case 0:
		*why = "field: cut off in its length";
		return -1;
	case -1:
		return -1;
	}
	if (s.n < 2 || n > s.n - 2 || s.p[n] != ',' || s.p[n + 1] != '\n') {
		*why = "field: not ended by comma and newline at its length";
		return -1;
	}
	f->value = span_sub(s, 0, n);
	*in = span_from(s, n + 2);
	return 1;
}

int
field_is(const struct field *f, const char *name)
{
	return span_eq(f->name, span_of(name));
}

int
field_store(const struct field *f, const struct field_slot *slot, void *to,
    const char **why)
{
	struct span *at;

	while (slot->name && !field_is(f, slot->name))
		slot++;
	if (slot->name == NULL)
		return 0;
	at = (struct span *)(void *)((char *)to + slot->at);
	if (at->p) {
		*why = "field: came twice";
		return -1;
	}
	*at = f->value;
	return 1;
}

int
field_give(struct buf *b, const struct field_slot *slot, const void *from)
{
	const struct span *at;

	for (; slot->name; slot++) {
		at = (const struct span *)(const void *)
		    ((const char *)from + slot->at);
		if (at->n)
			field_add(b, slot->name, *at);
	}
	return buf_ok(b) ? 0 : -1;
}

int
record_add(struct buf *b, struct span fields)
{
	char head[24];
	int n = snprintf(head, sizeof head, "%zu:", fields.n);

	if (buf_room(b, (size_t)n + fields.n + 1) < 0)
		return -1;
	buf_add(b, head, (size_t)n);
	buf_addspan(b, fields);
	return buf_addc(b, ',');
}

int
record_close(struct buf *b, struct buf *fields)
{
	int r = buf_ok(fields) ? record_add(b, buf_span(fields)) : -1;

	buf_free(fields);
	return r;
}

/* record = length ":" *field "," */
int
record_next(struct span *in, size_t max, struct span *fields, const char **why)
{
	struct span s = *in;
	size_t n;
	int r;

	if ((r = length_next(&s, max, &n, why)) != 1)
		return r;
	if (s.n <= n)
		return 0;
	if (s.p[n] != ',') {
		*why = "record: not ended by a comma at its length";
		return -1;
	}
	*fields = span_sub(s, 0, n);
	*in = span_from(s, n + 1);
	return 1;
}

/* length = 1*8DIGIT ":"; 1 = got it, 0 = needs more, -1 = no. */
static int
length_next(struct span *s, size_t max, size_t *out, const char **why)
{
	size_t i, n = 0;

	for (i = 0; i < s->n && i < 8 && ascii_digit(s->p[i]); i++)
		n = n * 10 + (size_t)(s->p[i] - '0');
	if (i > 1 && s->p[0] == '0') {
		*why = "length: leading zero";
		return -1;
	}
	if (i == s->n && i <= 8)
		return 0;
	if (i == 0 || s->p[i] != ':') {
		*why = "length: 1 to 8 digits and a colon";
		return -1;
	}
	if (n > max) {
		*why = "record: longer than allowed here";
		return -1;
	}
	*s = span_from(*s, i + 1);
	*out = n;
	return 1;
}
