/* idle - IDLE. */
#include "imapd/attend.h"
#include "imapd/idle.h"

static int  said_done(struct box *, struct span *);

enum answer
idle_run(struct box *b, struct imap_command *c)
{
	struct attend i;
	enum answer a = ANSWER_NONE;
	struct span line;
	int r;

	attend_begin(&i, b, 1);
	out_str(&b->out, "+ idling\r\n");
	/* the text of the command goes when the next line is read */
	(void)span_str(c->tag, b->tag, sizeof b->tag);
	c->tag = span_of(b->tag);
	while ((r = said_done(b, &line)) == 0 && !b->over)
		if (attend_look(&i, 1) < 0) {
			a = box_failed(b, "mailbox");
			break;
		} else if (out_flush(&b->out) < 0)
			b->over = "closed by client";
		else if (!attend_wait(&i))
			break;
	attend_end(&i);
	if (r == 1)
		a = span_case_eq(line, SPAN("DONE")) ?
		    box_say(b, ANSWER_OK, "", "woken") :
		    box_say(b, ANSWER_BAD, "", "DONE was wanted (RFC 2177 3)");
	else if (r < 0)
		a = box_say(b, ANSWER_BAD, "", "DONE was wanted (RFC 2177 3)");
	return a;
}

/* The line that ends it: 1; 0: not whole yet; -1: it is none. */
static int
said_done(struct box *b, struct span *line)
{
	struct span have = stream_have(&b->client), in = have;
	const char *why;
	enum imap_read r;

	b->reader.line_only = 1;
	r = imap_read(&b->reader, &in, &why);
	b->reader.line_only = 0;
	stream_eat(&b->client, have.n - in.n);
	if (r == IMAP_READ_COMMAND)
		*line = buf_span(&b->reader.text);
	return r == IMAP_READ_COMMAND ? 1 : r == IMAP_READ_MORE ? 0 : -1;
}
