/*
 * send - a message on its way to the client: from its file through one buffer
 * into that of the replies, which is written when it is full; so messages
 * asked for in one go leave in one stream of full writes.
 */
#include <errno.h>
#include <unistd.h>

#include "base/utf8.h"
#include "pop3d/send.h"
#include "sys/log.h"
#include "wire/pop3_text.h"

static int  begin(struct drop *, const struct send *, int, struct span *);
static int  text(struct drop *, struct pop3_text *, struct span);
static int  international(struct span);
static ssize_t read_some(struct drop *, int);
static void refuse(struct drop *, uint32_t);

int
send_message(struct drop *d, const struct send *s)
{
	struct pop3_text t = { .top = s->top, .lines = s->lines };
	struct span in;
	int fd = folder_fd(d->folder, s->number);
	ssize_t n;

	if (fd < 0) {
		refuse(d, s->number);
		return -1;
	}
	if (begin(d, s, fd, &in) < 0) {
		close(fd);
		return -1;
	}
	for (n = (ssize_t)in.n; n > 0 && !t.over && text(d, &t, in) == 0;) {
		/* of a file only its end comes in a smaller piece */
		n = n < DROP_BUFFER ? 0 : read_some(d, fd);
		in = span_mem(d->text, n > 0 ? (size_t)n : 0);
	}
	if (n < 0) {
		/* it cannot be taken back: no end, so that the client knows */
		log_warn("unreadable", "mailbox %s: message %u: %s",
		    d->facts->user, s->number, strerror(errno));
		out_flush(&d->out);
		d->out.lost = 1;
		d->over = "read error";
	} else if (out_room(&d->out, POP3_TEXT_END) == 0)
		d->out.n += pop3_text_end(&t, d->out.b + d->out.n);
	close(fd);
	return d->out.lost ? -1 : 0;
}

/* The first bytes, and the +OK when they can be read. */
static int
begin(struct drop *d, const struct send *s, int fd, struct span *in)
{
	ssize_t n = read_some(d, fd);

	if (n < 0) {
		refuse(d, s->number);
		return -1;
	}
	*in = span_mem(d->text, (size_t)n);
	if (d->conf->refuse_utf8 && !d->utf8 && international(*in)) {
		out_err(&d->out, "UTF8", "message %u: its header is UTF-8 "
		    "(RFC 6856 5)", s->number);
		return -1;
	}
	if (s->top)
		out_ok(&d->out, "message %u", s->number);
	else
		out_ok(&d->out, "%llu octets", (unsigned long long)s->octets);
	return 0;
}

static int
text(struct drop *d, struct pop3_text *t, struct span in)
{
	struct out *o = &d->out;

	while (in.n) {
		/* 4: pop3_text_add takes a byte at least */
		if (o->size - o->n < 4 && out_flush(o) < 0)
			return -1;
		o->n += pop3_text_add(t, &in, o->b + o->n, o->size - o->n);
	}
	return 0;
}

/* A byte beyond ASCII in the header, so far as it stands here. */
static int
international(struct span in)
{
	struct span line;

	while (in.n) {
		span_cut(&in, '\n', &line);
		if (span_trim(line).n == 0)
			break;
		if (!utf8_is_ascii(line))
			return 1;
	}
	return 0;
}

static ssize_t
read_some(struct drop *d, int fd)
{
	ssize_t n;

	do
		n = read(fd, d->text, DROP_BUFFER);
	while (n < 0 && errno == EINTR);
	return n;
}

static void
refuse(struct drop *d, uint32_t number)
{
	if (errno == ENOENT) {
		out_err(&d->out, "", "message %u is gone: another program "
		    "has removed it", number);
		return;
	}
	log_warn("unreadable", "mailbox %s: message %u: %s", d->facts->user,
	    number, strerror(errno));
	out_err(&d->out, errno == EACCES || errno == EPERM ||
	    errno == EINVAL || errno == ELOOP ? "SYS/PERM" : "SYS/TEMP",
	    "message %u cannot be read: %s", number, strerror(errno));
}
