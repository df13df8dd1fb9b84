/*
 * idle - IDLE.
 *
 * One poll over the client and a watch on new/ and cur/.  The watch is a hint
 * (another machine's changes it does not see); the timed look is the rule.
 */
#include <sys/inotify.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "imapd/idle.h"
#include "imapd/update.h"
#include "sys/clock.h"

struct idle {
	struct box *b;
	int watch;			/* -1: none */
	uint64_t until, said;		/* ms */
	int rested;
};

static int  watch_on(struct box *);
static int  wait_some(struct idle *);
static int  look(struct idle *);
static int  said_done(struct box *, struct span *);
static void drain(int);

enum answer
idle_run(struct box *b, struct imap_command *c)
{
	struct idle i = { .b = b, .watch = watch_on(b),
	    .said = clock_mono_ms() };
	enum answer a = ANSWER_NONE;
	struct span line;
	int r;

	(void)c;
	i.until = i.said + b->conf->timeout * 1000;
	out_str(&b->out, "+ idling\r\n");
	/* the text of the command goes when the next line is read */
	(void)span_str(c->tag, b->tag, sizeof b->tag);
	c->tag = span_of(b->tag);
	while ((r = said_done(b, &line)) == 0 && !b->over)
		if (look(&i) < 0) {
			a = box_failed(b, "mailbox");
			break;
		} else if (out_flush(&b->out) < 0)
			b->over = "closed by client";
		else if (!wait_some(&i))
			break;
	if (i.watch >= 0)
		close(i.watch);
	if (r == 1)
		a = span_case_eq(line, SPAN("DONE")) ?
		    box_say(b, ANSWER_OK, "", "woken") :
		    box_say(b, ANSWER_BAD, "", "DONE was wanted (RFC 2177 3)");
	else if (r < 0)
		a = box_say(b, ANSWER_BAD, "", "DONE was wanted (RFC 2177 3)");
	return a;
}

static int
watch_on(struct box *b)
{
	char path[sizeof b->mailbox->maildir + FOLDER_NAME + 8];
	int fd, cur, r = -1;

	if (b->folder == NULL ||
	    (fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) < 0)
		return -1;
	for (cur = 0; cur < 2; cur++) {
		if (strcmp(b->name, "INBOX") == 0)
			snprintf(path, sizeof path, "%s/%s",
			    b->mailbox->maildir, cur ? "cur" : "new");
		else
			snprintf(path, sizeof path, "%s/.%s/%s",
			    b->mailbox->maildir, b->name, cur ? "cur" :
			    "new");
		if (inotify_add_watch(fd, path, IN_CREATE | IN_MOVED_FROM |
		    IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) >= 0)
			r = 0;
	}
	if (r == 0)
		return fd;
	close(fd);
	return -1;
}

/* Until the client speaks, the watch does, or it is time to look.  1, or 0:
 * the session is over, or the client has spoken: said_done will know. */
static int
wait_some(struct idle *i)
{
	struct box *b = i->b;
	struct pollfd p[2] = { { .fd = b->client.fd, .events = POLLIN },
	    { .fd = i->watch, .events = POLLIN } };
	uint64_t now;
	int ready = box_ready(b);
	int r = poll(p, 2, ready ? 0 : (int)b->conf->look * 1000);

	now = clock_mono_ms();
	if (stream_ended || (r < 0 && errno != EINTR) || now >= i->until) {
		b->over = stream_ended ? "shutdown" : "timeout";
		out_line(&b->out, "* BYE [UNAVAILABLE] %s", b->over);
		return 0;
	}
	if (p[1].revents)
		drain(i->watch);
	if (r == 0 && !ready && !i->rested) {
		box_rest(b);
		i->rested = 1;
	}
	if (now - i->said >= b->conf->still_here * 1000) {
		out_str(&b->out, "* OK still here\r\n");
		i->said = now;
	}
	return ready || p[0].revents ? box_more(b) : 1;
}

static int
look(struct idle *i)
{
	return i->b->folder ? update_sync(i->b, 1) : 0;
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

static void
drain(int fd)
{
	char b[4096];

	while (read(fd, b, sizeof b) > 0)
		;
}
