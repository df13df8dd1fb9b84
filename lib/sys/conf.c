/*
 * conf - correo.conf: `key value` lines, read by one typed table per program.
 *
 * The file is read by pread: its descriptor is shared by a family of processes.
 * What a value becomes is kept until exit, so nothing here is freed but on the
 * way out of an error, and there the process ends anyway.
 */
#include <sys/stat.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/encode.h"
#include "base/scan.h"
#include "sys/conf.h"
#include "sys/file.h"
#include "sys/log.h"

enum { CONF_MAX = 1 << 20 };

struct reader {
	const char *file;
	const struct conf_key *const *table;
	void *const *out;
	size_t ntables;
	unsigned char *seen;		/* one for each key of all tables */
	struct buf *errors;
	int failed;
};

struct line {
	unsigned nr;			/* of the line with the key */
	struct span key;
	struct buf value;		/* joined; kept */
};

static int read_whole(int, struct buf *);
static unsigned line_of(struct span, struct span);
static int line_next(struct span *, unsigned *, struct line *);
static struct span without_comment(struct span);
static void take_line(struct reader *, const struct line *);
static const struct conf_key *find(const struct reader *, struct span,
    size_t *, size_t *);
static int others_key(const struct reader *, struct span);
static void take_defaults(struct reader *);
static const char *take_value(const struct conf_key *, void *, struct span);
static const char *take_number(const struct conf_key *, void *, struct span);
static const char *not_one(enum conf_type, struct span);
static int host_name(struct span);
static const char *take_words(const struct conf_key *, void *, struct span);
static const char *take_times(const struct conf_key *, void *, struct span);
static const char *take_nets(void *, struct span);
static size_t count_words(struct span);
static char *keep(struct span);
static void *keep_array(size_t, size_t);
static void wrong(struct reader *, unsigned, struct span, const char *);
static void mdoc_text(const char *);
static void mdoc_default(const char *);

/* Whose keys a program passes over when it has no table for them. */
static const char *const programs[] = {
	"smtpd", "queued", "remoted", "localdeliver", "pop3d", "imapd",
	"sendmail", "auth", "tls"
};

static const char *const kind[] = {	/* by enum conf_type */
	"text", "number", "size", "time", "yes or no", "words", "times",
	"addr:port ...", "networks", "path", "addr[=name] ...",
	"name", "name ...", "addr:port"
};

int
conf_read(int fd, const char *file, const struct conf_key *const table[],
    size_t ntables, void *const out[], struct buf *errors)
{
	struct reader r = { .file = file, .table = table, .out = out,
	    .ntables = ntables, .errors = errors };
	struct buf text = { .max = CONF_MAX };
	struct line l = { 0 };
	struct span in;
	unsigned nr = 0;
	size_t i, keys = 1;

	if (read_whole(fd, &text) < 0) {
		buf_addf(errors, "%s:0: %s\n", file, strerror(errno));
		return -1;
	}
	for (i = 0; i < ntables; i++) {
		const struct conf_key *k;

		for (k = table[i]; k->name; k++)
			keys++;
	}
	r.seen = keep_array(keys, 1);
	in = buf_span(&text);
	if (span_starts(in, SPAN("\xef\xbb\xbf"))) {
		wrong(&r, 1, (struct span){ 0 }, "begins with a byte order "
		    "mark; save it without");
		in = span_from(in, 3);
	}
	while (line_next(&in, &nr, &l)) {
		take_line(&r, &l);
		buf_free(&l.value);
	}
	take_defaults(&r);
	free(r.seen);
	buf_free(&text);
	return r.failed ? -1 : 0;
}

void
conf_place(int fd, const char *file, struct buf *errors)
{
	struct buf text = { .max = CONF_MAX }, placed = { .max = errors->max };
	struct span in = buf_span(errors), line;
	unsigned nr;

	if (read_whole(fd, &text) < 0)
		text.n = 0;
	while (span_cut(&in, '\n', &line)) {
		nr = line_of(buf_span(&text),
		    span_sub(line, 0, span_find(line, ':')));
		if (nr)
			buf_addf(&placed, "%s:%u: ", file, nr);
		buf_addspan(&placed, line);
		buf_addc(&placed, '\n');
	}
	buf_free(&text);
	buf_free(errors);
	*errors = placed;
}

int
conf_address(struct span s, struct ip *ip, unsigned *port)
{
	struct span host, digits;
	size_t at = span_rfind(s, ':');

	if (at == s.n)
		return -1;
	host = span_sub(s, 0, at);
	digits = span_from(s, at + 1);
	if (host.n && host.p[0] == '[') {
		if (host.p[host.n - 1] != ']')
			return -1;
		host = span_sub(host, 1, host.n - 1);
	} else if (span_find(host, ':') < host.n)
		return -1;	/* IPv6: where would the port begin? */
	if (ip_parse(host, ip) < 0 || scan_uint(digits, 65535, port) < 0 ||
	    *port == 0)
		return -1;
	return 0;
}

int
conf_named(struct span s, struct ip *ip, struct span *name)
{
	struct span address;
	size_t i;
	int more = span_cut(&s, '=', &address);

	for (i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '.')
			return -1;
	*name = s;
	return ip_parse(address, ip) < 0 || (more && s.n == 0) || s.n > 253 ?
	    -1 : 0;
}

void
conf_mdoc(const struct conf_key *k)
{
	for (; k->name; k++) {
		printf(".It Ic %s Ar %s\n", k->name, kind[k->type]);
		mdoc_text(k->meaning);
		mdoc_default(k->fallback);
		if (k->max)
			printf("Range: %llu to %llu.\n",
			    (unsigned long long)k->min,
			    (unsigned long long)k->max);
		else if (k->min)
			printf("At least %llu.\n",
			    (unsigned long long)k->min);
	}
}

static int
read_whole(int fd, struct buf *b)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_size > CONF_MAX) {
		errno = S_ISDIR(st.st_mode) ? EISDIR :
		    S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		return -1;
	}
	if (buf_room(b, (size_t)st.st_size) < 0 ||
	    file_pread(fd, b->p, (size_t)st.st_size, 0) < 0)
		return -1;
	b->n = (size_t)st.st_size;
	return 0;
}

/* Where the text names the key; 0: nowhere. */
static unsigned
line_of(struct span text, struct span key)
{
	struct line l = { 0 };
	unsigned nr = 0, found = 0;

	while (!found && line_next(&text, &nr, &l)) {
		if (span_eq(l.key, key))
			found = l.nr;
		buf_free(&l.value);
	}
	return found;
}

/* Takes one line and those that go on with it: 1, or 0 at the end. */
static int
line_next(struct span *in, unsigned *nr, struct line *l)
{
	struct span s;

	do {
		if (in->n == 0)
			return 0;
		(void)span_cut(in, '\n', &s);
		++*nr;
		s = without_comment(s);
	} while (span_trim(s).n == 0);
	l->nr = *nr;
	l->value = (struct buf){ .max = CONF_MAX };
	/* a first line of the file that begins with a blank has no key */
	l->key = (struct span){ s.p, 0 };
	if (!ascii_blank(s.p[0]))
		(void)span_word(&s, &l->key);
	buf_addspan(&l->value, span_trim(s));
	while (in->n && (ascii_space(in->p[0]) || in->p[0] == '#')) {
		(void)span_cut(in, '\n', &s);
		++*nr;
		s = span_trim(without_comment(s));
		if (s.n && l->value.n)
			buf_addc(&l->value, ' ');
		buf_addspan(&l->value, s);
	}
	return 1;
}

static struct span
without_comment(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '#' && (i == 0 || ascii_blank(s.p[i - 1])))
			return span_sub(s, 0, i);
	return s;
}

static void
take_line(struct reader *r, const struct line *l)
{
	struct span value = buf_span(&l->value);
	const struct conf_key *k;
	const char *why;
	size_t t, nth, i;

	if (l->key.n == 0) {
		wrong(r, l->nr, l->key,
		    "goes on with a line that is not there");
		return;
	}
	if ((k = find(r, l->key, &t, &nth)) == NULL) {
		if (!others_key(r, l->key))
			wrong(r, l->nr, l->key, "unknown key");
		return;
	}
	if (r->seen[nth])
		wrong(r, l->nr, l->key, "named twice");
	r->seen[nth] = 1;
	for (i = 0; i < value.n; i++)
		if (ascii_control(value.p[i]) && value.p[i] != '\t') {
			wrong(r, l->nr, l->key, "control byte in the value");
			return;
		}
	why = take_value(k, (char *)r->out[t] + k->offset, value);
	if (why)
		wrong(r, l->nr, l->key, why);
}

static const struct conf_key *
find(const struct reader *r, struct span name, size_t *t, size_t *nth)
{
	const struct conf_key *k;

	*nth = 0;
	for (*t = 0; *t < r->ntables; ++*t)
		for (k = r->table[*t]; k->name; k++, ++*nth)
			if (span_eq(name, span_of(k->name)))
				return k;
	return NULL;
}

/* A key with the prefix of a program none of whose keys is in our tables. */
static int
others_key(const struct reader *r, struct span name)
{
	struct span prefix;
	size_t i, at = span_find(name, '.');
	const struct conf_key *k;

	if (at == name.n)
		return 0;
	prefix = span_sub(name, 0, at + 1);
	for (i = 0; i < r->ntables; i++)
		for (k = r->table[i]; k->name; k++)
			if (span_starts(span_of(k->name), prefix))
				return 0;
	prefix.n--;
	for (i = 0; i < sizeof programs / sizeof *programs; i++)
		if (span_eq(prefix, span_of(programs[i])))
			return 1;
	return 0;
}

static void
take_defaults(struct reader *r)
{
	const struct conf_key *k;
	const char *why;
	size_t i, nth = 0;

	for (i = 0; i < r->ntables; i++)
		for (k = r->table[i]; k->name; k++) {
			if (r->seen[nth++])
				continue;
			why = k->fallback ? take_value(k,
			    (char *)r->out[i] + k->offset,
			    span_of(k->fallback)) : "must be named";
			if (why)
				wrong(r, 0, span_of(k->name), why);
		}
}

/* Sets the field; NULL, or what is wrong. */
static const char *
take_value(const struct conf_key *k, void *field, struct span v)
{
	const char *s, *why;
	int yes;

	switch (k->type) {
	case CONF_NUMBER:
	case CONF_SIZE:
	case CONF_TIME:
		return take_number(k, field, v);
	case CONF_YES:
		yes = span_eq(v, SPAN("yes"));
		if (!yes && !span_eq(v, SPAN("no")))
			return "yes or no is wanted";
		memcpy(field, &yes, sizeof yes);
		return NULL;
	case CONF_WORDS:
	case CONF_LISTEN:
	case CONF_NAMED:
	case CONF_HOSTS:
		return take_words(k, field, v);
	case CONF_TIMES:
		return take_times(k, field, v);
	case CONF_NETS:
		return take_nets(field, v);
	case CONF_PATH:
	case CONF_HOST:
	case CONF_ADDRESS:
		if ((why = not_one(k->type, v)) != NULL)
			return why;
		/* FALLTHROUGH */
	case CONF_TEXT:
		s = keep(v);
		memcpy(field, &s, sizeof s);
		return NULL;
	}
	return "not a type";
}

static const char *
take_number(const struct conf_key *k, void *field, struct span v)
{
	uint64_t n, max = k->max ? k->max : INT64_MAX;
	const char *why;
	int bad;

	switch (k->type) {
	case CONF_SIZE:
		bad = scan_size(v, max, &n);
		why = "no size (digits and k, M or G), or out of range";
		break;
	case CONF_TIME:
		bad = scan_duration(v, max, &n);
		why = "no time (digits and s, m, h, d or w), or out of range";
		break;
	default:
		bad = scan_u64(v, max, &n);
		why = "no number, or out of range";
	}
	if (bad || n < k->min)
		return why;
	memcpy(field, &n, sizeof n);
	return NULL;
}

/* Why the text is none of that type; NULL when it is. */
static const char *
not_one(enum conf_type type, struct span s)
{
	struct span name;
	struct ip ip;
	unsigned port;

	switch (type) {
	case CONF_PATH:
		return s.n && s.p[0] == '/' ? NULL :
		    "a path that begins with / is wanted";
	case CONF_HOST:
	case CONF_HOSTS:
		return host_name(s) ? NULL : "a name like mx.example.test is "
		    "wanted";
	case CONF_ADDRESS:
		if (s.n == 0)
			return NULL;
		/* FALLTHROUGH */
	case CONF_LISTEN:
		return conf_address(s, &ip, &port) == 0 ? NULL :
		    "ADDRESS:PORT is wanted, [ADDRESS]:PORT for IPv6";
	case CONF_NAMED:
		return conf_named(s, &ip, &name) == 0 ? NULL :
		    "ADDRESS or ADDRESS=NAME is wanted";
	default:
		return NULL;
	}
}

/* Letters of any script, digits, - and _ in labels of 63 octets (RFC 1035
 * 2.3.4). */
static int
host_name(struct span s)
{
	size_t i, label = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '.' ? label == 0 : !ascii_alnum(s.p[i]) &&
		    s.p[i] != '-' && s.p[i] != '_' && s.p[i] < 0x80)
			return 0;
		label = s.p[i] == '.' ? 0 : label + 1;
		if (label > 63)
			return 0;
	}
	return label > 0 && s.n <= 253;
}

static const char *
take_words(const struct conf_key *k, void *field, struct span v)
{
	struct conf_words w = { .n = count_words(v) };
	const char **word = keep_array(w.n, sizeof *word), *why;
	struct span s;
	size_t i;

	for (i = 0; span_word(&v, &s); i++) {
		if ((why = not_one(k->type, s)) != NULL)
			return why;
		word[i] = keep(s);
	}
	w.word = word;
	memcpy(field, &w, sizeof w);
	return NULL;
}

static const char *
take_times(const struct conf_key *k, void *field, struct span v)
{
	struct conf_times t = { .n = count_words(v) };
	uint64_t *s = keep_array(t.n, sizeof *s);
	struct conf_key one = *k;
	struct span word;
	const char *why;
	size_t i;

	if (t.n == 0)
		return "at least one time is wanted";
	one.type = CONF_TIME;
	for (i = 0; span_word(&v, &word); i++)
		if ((why = take_number(&one, &s[i], word)) != NULL)
			return why;
	t.s = s;
	memcpy(field, &t, sizeof t);
	return NULL;
}

static const char *
take_nets(void *field, struct span v)
{
	struct conf_nets nets = { .n = count_words(v) };
	struct ip_net *net = keep_array(nets.n, sizeof *net);
	struct span word;
	size_t i;

	for (i = 0; span_word(&v, &word); i++)
		if (ip_net_parse(word, &net[i]) < 0)
			return "no network (192.0.2.0/24, 2001:db8::/32), "
			    "or bits set behind its length";
	nets.net = net;
	memcpy(field, &nets, sizeof nets);
	return NULL;
}

static size_t
count_words(struct span v)
{
	struct span word;
	size_t n = 0;

	while (span_word(&v, &word))
		n++;
	return n;
}

static char *
keep(struct span s)
{
	char *p = keep_array(s.n + 1, 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

static void *
keep_array(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (p == NULL)
		log_die(LOG_AGAIN, "no memory for the configuration");
	return p;
}

static void
wrong(struct reader *r, unsigned nr, struct span key, const char *why)
{
	r->failed = 1;
	buf_addf(r->errors, "%s:%u: ", r->file, nr);
	encode_log(r->errors, span_sub(key, 0, 80), 0);
	buf_addf(r->errors, "%s%s\n", key.n ? ": " : "", why);
}

/* Lines of at most 78 bytes, and each sentence on a new one. */
static void
mdoc_text(const char *text)
{
	struct span in = span_of(text), word;
	size_t column = 0;

	while (span_word(&in, &word)) {
		if (column + 1 + word.n > 78) {
			putchar('\n');
			column = 0;
		}
		printf("%s%.*s", column ? " " : "", SPAN_ARG(word));
		column += (column > 0) + word.n;
		if (word.p[word.n - 1] == '.')
			column = 78;
	}
	putchar('\n');
}

static void
mdoc_default(const char *fallback)
{
	if (fallback == NULL)
		printf("Must be named.\n");
	else if (*fallback == '\0')
		printf("Default: empty.\n");
	else
		/* the \& keeps mdoc from taking a last :: for punctuation */
		printf("Default:\n.Ql %s\\& .\n", fallback);
}
