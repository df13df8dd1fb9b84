/* box - the state of an IMAP session after its login. */
#include <sys/mman.h>
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "imapd/box.h"
#include "run/reader_log.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { BAD_MS = 1000 };

static uint64_t deadline(const struct box *);
static int  of_uids(const struct folder *, const struct imap_set *,
	    struct imap_set *);

enum answer
box_say(struct box *b, enum answer answer, const char *code, const char *fmt,
    ...)
{
	va_list ap;

	buf_reset(&b->code);
	buf_adds(&b->code, code);
	va_start(ap, fmt);
	if (vsnprintf(b->text, sizeof b->text, fmt, ap) < 0)
		b->text[0] = '\0';
	va_end(ap);
	return answer;
}

enum answer
box_failed(struct box *b, const char *what)
{
	static const struct {
		int error;
		const char *code;
	} codes[] = {
		{ ENOENT, "NONEXISTENT" }, { ENOTDIR, "NONEXISTENT" },
		{ EEXIST, "ALREADYEXISTS" }, { EDQUOT, "OVERQUOTA" },
		{ EACCES, "NOPERM" }, { EPERM, "NOPERM" },
		{ EROFS, "READ-ONLY" }, { EINVAL, "CANNOT" },
		{ ENAMETOOLONG, "CANNOT" }, { 0, "UNAVAILABLE" }
	};
	int e = errno;
	size_t i = 0;

	if (e == EUCLEAN) {
		log_warn("damaged-index", "mailbox %s: thrown away, the next "
		    "session makes it anew", b->facts->user);
		out_line(&b->out, "* BYE [UNAVAILABLE] an index was damaged; "
		    "connect again");
		b->over = "damaged index";
		return ANSWER_NONE;
	}
	while (codes[i].error && codes[i].error != e)
		i++;
	if (codes[i].error == 0)
		log_warn("failed", "mailbox %s: %s: %s", b->facts->user, what,
		    strerror(e));
	return box_say(b, ANSWER_NO, codes[i].code, "%s: %s", what,
	    strerror(e));
}

void
box_answer(struct box *b, struct span tag, enum answer a)
{
	static const char *const word[] = { "OK", "NO", "BAD" };

	b->command_ms = 0;
	if (a == ANSWER_NONE)
		return;
	b->bad = a == ANSWER_BAD ? b->bad + 1 : 0;
	/* who has logged in is a user, whose program may be at a loss; that it
	 * begins anew would not help.  Many may wait in the buffer: no service
	 * that stops waits for them */
	if (b->bad > b->conf->max_errors && !stream_ended &&
	    out_flush(&b->out) == 0)
		poll(NULL, 0, BAD_MS);
	out_tagged(&b->out, tag, word[a], box_code(b), b->text);
	b->answers[a]++;
}

struct folder *
box_folder(struct box *b, const char *name, int create)
{
	struct folder *f;

	/* by whose name there may be another meanwhile */
	if (b->folder && strcmp(b->name, name) == 0 &&
	    folder_is(b->folder, name))
		return b->folder;
	if (folder_open(&f, &b->tree, name, FOLDER_READ) == 0)
		return f;
	if (create && errno == ENOENT)
		box_say(b, ANSWER_NO, "TRYCREATE", "no such mailbox");
	else
		box_failed(b, "mailbox");
	return NULL;
}

void
box_release(struct box *b, struct folder *f)
{
	if (f != b->folder)
		folder_close(f);
}

int
box_resolve(struct box *b, struct imap_set *set, int uid)
{
	uint32_t count = folder_count(b->folder);
	struct imap_set numbers = { 0 };
	struct mail last = { .uid = 0 };
	int r;

	if (!uid && !set->saved) {
		imap_set_resolve(set, count);
		return 0;
	}
	/* what "*" stands for */
	if (count && folder_mail(b->folder, count, &last) < 0)
		return -1;
	imap_set_resolve(set, last.uid);
	r = of_uids(b->folder, set->saved ? &b->saved : set, &numbers);
	imap_set_free(set);
	*set = numbers;
	return r;
}

int
box_numbers(struct box *b, struct imap_command *c, struct imap_set *numbers)
{
	uint32_t count = folder_count(b->folder);
	int r = box_resolve(b, &c->set, c->uid);

	*numbers = c->set;
	c->set = (struct imap_set){ 0 };
	if (r < 0)
		b->answer = box_failed(b, "set");
	else if (numbers->n && numbers->v[numbers->n - 1].last > count) {
		/* RFC 3501 9 has "*" of an empty mailbox BAD as well, but
		 * clients ask for 1:* without looking */
		b->answer = box_say(b, ANSWER_BAD, "", "there are %u messages "
		    "(RFC 9051 9, seq-number)", count);
		r = -1;
	}
	if (r < 0)
		imap_set_free(numbers);
	return r;
}

uint32_t *
box_array(struct box *b, struct imap_command *c, size_t *n)
{
	struct imap_set s;
	uint32_t *v, number = 0;

	if (box_numbers(b, c, &s) < 0)
		return NULL;
	v = calloc((size_t)imap_set_count(&s) + 1, sizeof *v);
	if (v == NULL)
		b->answer = box_failed(b, "set");
	for (*n = 0; v && imap_set_next(&s, number, &number);)
		v[(*n)++] = number;
	imap_set_free(&s);
	return v;
}

void
box_put(struct box *b)
{
	if (buf_ok(&b->scratch))
		out_span(&b->out, buf_span(&b->scratch));
	else
		b->out.lost = 1;
}

void
box_ranges(struct box *b, const struct imap_range *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i)
			out_str(&b->out, ",");
		out_number(&b->out, v[i].first);
		if (v[i].last == v[i].first)
			continue;
		out_str(&b->out, ":");
		out_number(&b->out, v[i].last);
	}
}

void
box_esearch(struct box *b, const struct imap_command *c)
{
	/* a tag has nothing in it that would have to be escaped */
	out_str(&b->out, "* ESEARCH (TAG \"");
	out_span(&b->out, c->tag);
	out_str(&b->out, c->uid ? "\") UID" : "\")");
}

struct span
box_code(const struct box *b)
{
	return buf_ok(&b->code) ? buf_span(&b->code) : SPAN("");
}

int
box_fill(struct box *b)
{
	uint64_t end = deadline(b);
	long r;

	if (out_flush(&b->out) < 0) {
		b->over = "closed by client";
		return 0;
	}
	b->client.deadline_ms = end;
	r = b->deflate ? deflate_fill(b->deflate, &b->client) :
	    stream_fill(&b->client);
	b->client.deadline_ms = 0;
	if (r > 0) {
		if (end == 0) {
			b->command_ms = clock_mono_ms();
			b->command_bytes = 0;
		}
		b->command_bytes += (uint64_t)r;
		return 1;
	}
	b->over = reader_log_stream(r);
	if (r == STREAM_TIMEOUT || r == STREAM_SIGNAL)
		out_line(&b->out, "* BYE [UNAVAILABLE] %s", b->over);
	return 0;
}

int
box_ready(struct box *b)
{
	return b->deflate && deflate_ready(b->deflate, &b->client);
}

int
box_between(const struct box *b)
{
	return b->reader.state == IMAP_AT_LINE && b->reader.text.n == 0;
}

void
box_unselect(struct box *b)
{
	if (b->folder)
		folder_close(b->folder);
	b->folder = NULL;
	imap_set_free(&b->saved);
}

void
box_rest(struct box *b)
{
	if (b->folder)
		folder_save(b->folder);
	buf_free(&b->scratch);
	buf_free(&b->code);
	madvise(b->out.b, BOX_BUFFER, MADV_DONTNEED);
	malloc_trim(0);
}

/* Of the command that is being read; 0: none is, and silence has its time in
 * the stream.  Who breaks it with a byte now and then is not active by RFC 9051
 * 5.4, which asks for commands. */
static uint64_t
deadline(const struct box *b)
{
	if (box_between(b) || b->command_ms == 0)
		return 0;
	return b->command_ms + b->conf->command_timeout * 1000 +
	    b->command_bytes * 1000 / b->conf->min_rate;
}

/* UIDs as numbers of the view; out is empty before. */
static int
of_uids(const struct folder *f, const struct imap_set *uids,
    struct imap_set *out)
{
	uint32_t first, last, count = folder_count(f);
	size_t i;

	for (i = 0; i < uids->n; i++) {
		first = folder_seek(f, uids->v[i].first);
		last = uids->v[i].last == UINT32_MAX ? count :
		    folder_seek(f, uids->v[i].last + 1) - 1;
		if (first <= last && imap_set_add(out, first, last) < 0)
			return -1;
	}
	return 0;
}
