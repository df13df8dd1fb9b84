/* ask - what a session may ask of its listener. */
#include <errno.h>
#include <unistd.h>

#include "run/ask.h"
#include "run/note.h"
#include "wire/record.h"

static int ask_channel(int, enum note_kind);

int
ask_writer(int control)
{
	return ask_channel(control, NOTE_WRITER);
}

int
ask_auth(int control)
{
	return ask_channel(control, NOTE_AUTH);
}

int
ask_login(int auth, const struct login_ask *ask, struct ask_room *room,
    struct login_answer *answer)
{
	struct buf b = { .max = LOGIN_RECORD + 64 };
	struct span in, fields;
	const char *why;
	ssize_t n;
	int r = -1;

	if (buf_room(&b, LOGIN_RECORD) == 0 &&
	    login_add_ask(&b, ask) == 0 &&
	    chan_send(auth, buf_span(&b), NULL, 0) == 0) {
		do
			n = chan_recv(auth, room->b, sizeof room->b, NULL, 1);
		while (n < 0 && errno == EINTR);
		if (n > 0) {
			in = span_mem(room->b, (size_t)n);
			if (record_next(&in, LOGIN_RECORD, &fields, &why) == 1)
				r = login_parse_answer(fields, answer, &why);
		}
	}
	if (b.p)
		explicit_bzero(b.p, b.size);
	buf_free(&b);
	return r;
}

int
ask_starttls(int control)
{
	return note_say(control, NOTE_STARTTLS, NULL, NULL, 0);
}

int
ask_logged_in(int control, const char *text)
{
	return note_say(control, NOTE_LOGIN, text, NULL, 0);
}

/* The answer to a question of that kind; a channel, or none. */
static int
ask_channel(int control, enum note_kind kind)
{
	struct note n;
	int fd[CHAN_FDS], i, r;

	if (note_say(control, kind, NULL, NULL, 0) < 0)
		return -1;
	do
		r = note_recv(control, &n, fd, 1);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return -1;
	if (n.kind == kind)
		return fd[0];
	for (i = 0; i < CHAN_FDS; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	return -1;
}
