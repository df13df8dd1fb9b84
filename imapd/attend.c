/*
 * attend - a client that says nothing is told what happens.
 *
 * One poll over the client and the hints.  The timed look is the rule.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "imapd/attend.h"
#include "imapd/hint.h"
#include "imapd/notify.h"
#include "imapd/update.h"
#include "sys/clock.h"

enum { REST_MS = 500 };			/* silent so long, it may stay so */

void
attend_begin(struct attend *a, struct box *b, int idle)
{
	*a = (struct attend){ .b = b, .hint = -1, .idle = idle,
	    .said = clock_mono_ms() };
	a->until = a->said + b->conf->timeout * 1000;
	if (b->folder && (a->hint = hint_open()) >= 0)
		(void)hint_mailbox(a->hint, b, b->name);
}

int
attend_look(struct attend *a, int gone)
{
	struct box *b = a->b;

	if (b->folder && update_sync(b, gone) < 0)
		return -1;
	return notify_look(b);
}

int
attend_wait(struct attend *a)
{
	struct box *b = a->b;
	struct pollfd p[3] = { { .fd = b->client.fd, .events = POLLIN },
	    { .fd = a->hint, .events = POLLIN },
	    { .fd = notify_hint(b), .events = POLLIN } };
	uint64_t now;
	int ready = box_ready(b);
	int r = poll(p, 3, ready ? 0 : !a->rested ? REST_MS :
	    (int)b->conf->look * 1000);

	now = clock_mono_ms();
	if (stream_ended || (r < 0 && errno != EINTR) || now >= a->until) {
		b->over = stream_ended ? "shutdown" : "timeout";
		out_line(&b->out, "* BYE [UNAVAILABLE] %s", b->over);
		return 0;
	}
	if (p[1].revents)
		hint_drain(a->hint);
	if (p[2].revents)
		notify_hinted(b);
	if (r == 0 && !ready && !a->rested) {
		box_rest(b);
		a->rested = 1;
	}
	if (a->idle && now - a->said >= b->conf->still_here * 1000) {
		out_str(&b->out, "* OK still here\r\n");
		a->said = now;
	}
	return ready || p[0].revents ? box_fill(b) : 1;
}

void
attend_end(struct attend *a)
{
	if (a->hint >= 0)
		close(a->hint);
}
