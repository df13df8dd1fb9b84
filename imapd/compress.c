/* compress - COMPRESS=DEFLATE. */
#include "imapd/compress.h"

static int write_deflated(void *, struct stream *, struct span);

/* The reply is said here, since it is the last that is not compressed. */
enum answer
compress_run(struct box *b, struct imap_command *c)
{
	struct deflate *d;

	if (!span_case_eq(c->mechanism, SPAN("DEFLATE")))
		return box_say(b, ANSWER_BAD, "",
		    "DEFLATE is the only mechanism (RFC 4978 3)");
	if (b->deflate)
		return box_say(b, ANSWER_NO, "COMPRESSIONACTIVE",
		    "DEFLATE is active already");
	if ((d = deflate_new(&b->client)) == NULL)
		return box_say(b, ANSWER_NO, "UNAVAILABLE", "no memory");
	out_tagged(&b->out, c->tag, "OK", SPAN(""), "DEFLATE from here on");
	(void)out_flush(&b->out);
	b->deflate = d;
	b->out.write = write_deflated;
	b->out.with = d;
	return ANSWER_NONE;
}

static int
write_deflated(void *with, struct stream *s, struct span bytes)
{
	return deflate_write(with, s, bytes);
}
