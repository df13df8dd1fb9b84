/* handin - a message on its way from a program of this host to queued. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin/compose.h"
#include "admin/handin.h"
#include "admin/via.h"
#include "base/utf8.h"
#include "mail/address.h"
#include "sys/clock.h"

enum { HEADER_MAX = 1 << 20, PIECE_MAX = 1 << 18, RCPTS_MAX = 4 << 20 };

static int header_ends(struct span, size_t);
static int take_header(struct handin *, int);
static int put(struct handin *, struct span);
static int make_envelope(struct handin *, struct envelope *);
static int leave(struct handin *, const struct envelope *);
static int send_by_via(struct handin *, const struct envelope *);
static int no(struct handin *, int, unsigned, const char *, const char *);
static int fault(struct handin *, int, const char *, const char *);

void
handin_init(struct handin *h, const struct config *config,
    const struct sendmail_args *args, gid_t drop)
{
	*h = (struct handin){ .config = config, .args = args, .drop = drop,
	    .caller.max = ADDRESS_MAX + 256, .sender.max = ADDRESS_MAX + 256,
	    .rcpts.max = RCPTS_MAX, .header.max = HEADER_MAX + PIECE_MAX,
	    .spool = { .fd = -1, .tmp = -1, .new = -1 } };
}

int
handin_open(struct handin *h)
{
	const struct site *site = &h->config->site;

	h->by_via = 0;
	if (setegid(h->drop) < 0)
		return fault(h, EX_OSERR, "setegid", "");
	if (spool_open(&h->spool, site->state_dir, h->config->max_size) == 0)
		return EX_OK;
	if (errno != EACCES && errno != EPERM && errno != ENOENT)
		return fault(h, EX_TEMPFAIL, site->state_dir, "/drop");
	if (*h->config->via == '\0') {
		h->v = verdict_make(451, "4.3.5", "%s/drop: no right to leave "
		    "a message there; make sendmail setgid %s-drop (confined "
		    "services lose that), or set sendmail.via ADDRESS:PORT to "
		    "send over SMTP: %s", site->state_dir, site->user_prefix,
		    strerror(errno));
		return EX_TEMPFAIL;
	}
	h->by_via = 1;
	if (spool_open_nameless(&h->spool, h->config->max_size) < 0)
		return fault(h, EX_CANTCREAT, "/tmp", "");
	return EX_OK;
}

int
handin_text(struct handin *h, struct span s)
{
	size_t had = h->header.n;
	int whole;

	if (h->in_body)
		return put(h, s);
	buf_addspan(&h->header, s);
	whole = header_ends(buf_span(&h->header), had > 3 ? had - 3 : 0);
	if (!whole && buf_ok(&h->header) && h->header.n <= HEADER_MAX)
		return EX_OK;
	return take_header(h, !whole);
}

int
handin_end(struct handin *h)
{
	struct envelope e = { .class = CLASS_LOCAL };
	int r = h->in_body ? EX_OK : take_header(h, 0);

	if (r == EX_OK && (r = make_envelope(h, &e)) == EX_OK)
		r = h->by_via ? send_by_via(h, &e) : leave(h, &e);
	free(e.rcpt);
	return r;
}

void
handin_forget(struct handin *h)
{
	spool_abort(&h->spool);
	buf_reset(&h->sender);
	buf_reset(&h->rcpts);
	buf_free(&h->header);
	h->utf8 = h->in_body = h->eight_bit = h->by_via = 0;
}

/* Whether the blank line is there; it does not begin before at. */
static int
header_ends(struct span s, size_t at)
{
	if (span_starts(s, SPAN("\r\n")))
		return 1;
	s = span_from(s, at);
	return span_search(s, SPAN("\r\n\r\n")) < s.n;
}

/* Puts the header section as it is to be, and what stands behind it; with more
 * its blank line has not come. */
static int
take_header(struct handin *h, int more)
{
	struct compose c = {
		.hostname = h->config->site.hostname, .id = h->spool.name,
		.now = clock_s(), .name = h->name,
		.take_recipients = h->args->take_recipients,
		.nodename = h->nodename
	};
	struct buf out = { .max = 4 * HEADER_MAX }, from = { .max = 1024 };
	struct span text = buf_span(&h->header), lines = text;
	const char *why;
	size_t used = 0;
	int r;

	buf_addspan(&from, buf_span(h->sender.n ? &h->sender : &h->caller));
	buf_addc(&from, '\0');
	c.from = (const char *)from.p;
	/* a line that was not read to its end says nothing yet */
	if (more)
		lines = span_sub(lines, 0, span_rfind(lines, '\n') + 1);
	r = compose_header(lines, &c, &out, &h->rcpts, &used, &why);
	if (!buf_ok(&h->header) || (r == 0 && more && used == lines.n))
		r = no(h, EX_DATAERR, 554, "5.6.0",
		    "the header is longer than a megabyte");
	else if (r < 0) {
		h->v = verdict_make(554, "5.6.0", "%s%.*s%s%s", h->rcpts.n ?
		    "recipient " : "", SPAN_ARG(buf_span(&h->rcpts)),
		    h->rcpts.n ? ": " : "", why);
		r = EX_DATAERR;
	} else if ((r = put(h, buf_span(&out))) == EX_OK)
		r = put(h, span_from(text, used));
	h->in_body = 1;
	buf_free(&h->header);
	buf_free(&out);
	buf_free(&from);
	return r;
}

static int
put(struct handin *h, struct span s)
{
	h->eight_bit |= !utf8_is_ascii(s);
	if (spool_add(&h->spool, s) == 0)
		return EX_OK;
	if (errno != EFBIG)
		return fault(h, EX_TEMPFAIL, "the message cannot be written",
		    "");
	h->v = verdict_make(552, "5.3.4", "the message is larger than "
	    "sendmail.max_size (%llu bytes)",
	    (unsigned long long)h->config->max_size);
	return EX_UNAVAILABLE;
}

/* Each recipient once. */
static int
make_envelope(struct handin *h, struct envelope *e)
{
	struct span in = buf_span(&h->rcpts), one;
	const struct sendmail_args *a = h->args;
	size_t i;

	if (!buf_ok(&h->rcpts))
		return no(h, EX_USAGE, 554, "5.5.3", "too many recipients");
	e->sender = buf_span(&h->sender);
	e->body = h->eight_bit ? SPAN("8BITMIME") : (struct span){ 0 };
	e->ret = span_of(a->ret ? a->ret : "");
	e->envid = span_of(a->envid ? a->envid : "");
	e->utf8 = h->utf8 || !utf8_is_ascii(e->sender) || !utf8_is_ascii(in);
	e->rcpt = calloc(ENVELOPE_RCPTS, sizeof *e->rcpt);
	if (e->rcpt == NULL)
		return no(h, EX_OSERR, 451, "4.3.0", "no memory");
	while (span_cut(&in, '\n', &one)) {
		for (i = 0; i < e->nrcpt; i++)
			if (span_eq(one, e->rcpt[i].address))
				break;
		if (i < e->nrcpt)
			continue;
		if (e->nrcpt == ENVELOPE_RCPTS)
			return no(h, EX_USAGE, 554, "5.5.3",
			    "more than 10000 recipients");
		e->rcpt[e->nrcpt].address = one;
		e->rcpt[e->nrcpt++].notify = span_of(a->notify);
	}
	return e->nrcpt ? EX_OK : no(h, EX_USAGE, 554, "5.5.1",
	    "no recipients in the header");
}

static int
leave(struct handin *h, const struct envelope *e)
{
	struct envelope head = *e;
	struct buf b = { .max = QUEUE_ENVELOPE_MAX };
	char uid[24];
	size_t i;
	int r;

	/* queued believes the file's owner, not this */
	snprintf(uid, sizeof uid, "%u", (unsigned)getuid());
	head.class_arg = span_of(uid);
	r = envelope_add_head(&b, &head);
	for (i = 0; i < e->nrcpt && r == 0; i++)
		r = envelope_add_rcpt(&b, &e->rcpt[i]);
	if (r < 0)
		r = no(h, EX_USAGE, 554, "5.5.3", "an envelope too long");
	else if (spool_commit(&h->spool, buf_span(&b)) < 0)
		r = fault(h, EX_TEMPFAIL, h->config->site.state_dir, "/drop");
	else
		h->v = verdict_make(250, "2.0.0", "left as %s for queued",
		    h->spool.name);
	buf_free(&b);
	return r;
}

/* The server's words, behind a code of ours: a 421 of its is not ours, and
 * what it took for some only was not taken. */
static int
send_by_via(struct handin *h, const struct envelope *e)
{
	const char *via = h->config->via;
	size_t refused;
	struct verdict v = via_send(via, h->config->site.hostname, e,
	    &h->spool, &refused);

	if (v.kind == VERDICT_DONE && refused) {
		h->v = verdict_make(554, "5.5.0", "%s took the message, but "
		    "not for %zu of the recipients", via, refused);
		return EX_UNAVAILABLE;
	}
	h->v = verdict_make(v.kind == VERDICT_DONE ? 250 :
	    v.kind == VERDICT_NEVER ? 554 : 451, v.enhanced, "%s: %u %s %s",
	    via, v.code, v.enhanced, v.text);
	return v.kind == VERDICT_DONE ? EX_OK :
	    v.kind == VERDICT_NEVER ? EX_UNAVAILABLE : EX_TEMPFAIL;
}

static int
no(struct handin *h, int status, unsigned code, const char *enhanced,
    const char *text)
{
	h->v = verdict_make(code, enhanced, "%s", text);
	return status;
}

/* What errno means, of something. */
static int
fault(struct handin *h, int status, const char *of, const char *part)
{
	int full = errno == ENOSPC || errno == EDQUOT;

	h->v = verdict_make(full ? 452 : 451, full ? "4.3.1" : "4.3.0",
	    "%s%s: %s", of, part, strerror(errno));
	return status;
}
