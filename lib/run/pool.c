/*
 * pool - the writers: a session has one from the start, or asks for one; an
 * idle one (or a new one) gets a stamped channel to it, and says NOTE_IDLE when
 * the session is done.
 */
#include <sys/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/listener_parts.h"
#include "sys/chan.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { SPARE = 8 };			/* idle ones that are kept */

static struct writer *make(struct listener *);
static struct writer *idle(struct listener *);
static void give(struct writer *, struct conn *);
static int  engage(struct writer *, const struct conn *);
static void rate(struct listener *, struct writer *, struct note *);

void
pool_want(struct listener *l, struct conn *c)
{
	struct writer *w = idle(l);

	if (w == NULL && (l->writers >= l->most ||
	    (w = make(l)) == NULL)) {
		c->waits = 1;
		c->next = NULL;
		*l->last = c;
		l->last = &c->next;
		return;
	}
	give(w, c);
}

int
pool_ahead(struct listener *l, const struct conn *c)
{
	struct writer *w = NULL;

	if (l->connections <= l->writers)
		w = idle(l);
	return w ? engage(w, c) : -1;
}

void
pool_forget(struct listener *l, struct conn *c)
{
	struct conn **at;

	if (!c->waits)
		return;
	for (at = &l->first; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	if (l->last == &c->next)
		l->last = at;
	c->waits = 0;
}

void
pool_note(struct listener *l, struct writer *w)
{
	struct writer **at;
	struct conn *c;
	struct note n;
	int r = note_recv(w->ev.fd, &n, NULL, 0);

	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (r > 0 && n.kind == NOTE_STOP) {
		errno = 0;
		log_die(LOG_AGAIN, "the queue cannot be flushed: mail is taken "
		    "again after a new start; the cure: look at the disk");
	}
	if (r > 0 && n.kind == NOTE_RATE && w->busy) {
		rate(l, w, &n);
		return;
	}
	if (r > 0 && n.kind == NOTE_IDLE && w->busy) {
		w->busy = 0;
		if ((c = l->first) != NULL) {
			pool_forget(l, c);
			give(w, c);
			return;
		}
		w->next = l->idle;
		l->idle = w;
		l->nidle++;
		return;
	}
	for (at = &l->idle; *at; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			l->nidle--;
			break;
		}
	close(w->ev.fd);
	free(w);
	l->writers--;
}

/* One idle writer too many goes, one session that waits is tried again. */
void
pool_every_second(struct listener *l)
{
	struct writer *w;
	struct conn *c;

	if (l->nidle > SPARE && (w = idle(l)) != NULL)
		shutdown(w->ev.fd, SHUT_WR);
	if ((c = l->first) != NULL &&
	    l->writers < l->most && (w = make(l)) != NULL) {
		pool_forget(l, c);
		give(w, c);
	}
}

static struct writer *
make(struct listener *l)
{
	struct writer *w = calloc(1, sizeof *w);
	int ch[2];

	if (w == NULL || chan_pair(CHAN_PACKETS, ch) < 0) {
		free(w);
		return NULL;
	}
	w->ev = (struct event){ SOURCE_WRITER, ch[0] };
	if (conns_watch(l, &w->ev) < 0 || note_say(role_link(l->env, "writer"),
	    NOTE_SPAWN, NULL, &ch[1], 1) < 0) {
		close(ch[0]);
		free(w);
		w = NULL;
	} else
		l->writers++;
	close(ch[1]);
	return w;
}

static struct writer *
idle(struct listener *l)
{
	struct writer *w = l->idle;

	if (w) {
		l->idle = w->next;
		l->nidle--;
	}
	return w;
}

/* A writer that has just died leaves the session a channel that has ended. */
static void
give(struct writer *w, struct conn *c)
{
	int fd = engage(w, c);

	conns_tell(c, NOTE_WRITER, fd);
	if (fd >= 0)
		close(fd);
}

/* A fresh channel: the session's end, or -1; the writer's goes to it with the
 * stamp. */
static int
engage(struct writer *w, const struct conn *c)
{
	struct note stamp = { .kind = NOTE_SPAWN };
	int ch[2] = { -1, -1 };

	w->busy = 1;
	memcpy(w->user, c->facts.user, sizeof w->user);
	stamp.facts = c->facts;
	/* one without work never says that it is idle */
	if (chan_pair(CHAN_STREAM, ch) < 0 ||
	    note_send(w->ev.fd, &stamp, &ch[0], 1) < 0)
		(void)shutdown(w->ev.fd, SHUT_RDWR);
	if (ch[0] >= 0)
		close(ch[0]);
	return ch[1];
}

/* A message of a user's, in the moment before it is accepted. */
static void
rate(struct listener *l, struct writer *w, struct note *n)
{
	n->arg = (uint32_t)rates_take(&l->rates, w->user, n->arg,
	    clock_mono_ms() / 1000);
	(void)note_send(w->ev.fd, n, NULL, 0);
}
