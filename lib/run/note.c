/* note - the fixed record of a control channel. */
#include <errno.h>
#include <string.h>

#include "run/note.h"
#include "sys/log.h"

int
note_send(int ch, const struct note *n, const int *fd, size_t nfd)
{
	return chan_send(ch, span_mem(n, sizeof *n), fd, nfd);
}

int
note_recv(int ch, struct note *n, int *fd, int wait)
{
	ssize_t r = chan_recv(ch, n, sizeof *n, fd, wait);
	size_t i;

	if (r == 0)
		return 0;
	if (r < 0)
		return -1;
	if (r == sizeof *n && memchr(n->text, 0, sizeof n->text))
		return 1;
	for (i = 0; fd && i < CHAN_FDS; i++)
		if (fd[i] >= 0)
			chan_close(fd[i]);
	errno = EPROTO;
	return -1;
}

int
note_say(int ch, enum note_kind kind, const char *text, const int *fd,
    size_t nfd)
{
	struct note n = { .kind = kind };

	if (text && span_str(span_of(text), n.text, sizeof n.text) < 0) {
		errno = EINVAL;
		return -1;
	}
	return note_send(ch, &n, fd, nfd);
}

void
note_tell(int role, enum note_kind kind, unsigned arg, const char *text, int fd)
{
	struct note n = { .kind = kind, .arg = arg };

	if (span_str(span_of(text), n.text, sizeof n.text) < 0)
		log_die(LOG_FIX, "too long: %s", text);
	if (role >= 0 && note_send(role, &n, &fd, fd >= 0) < 0 &&
	    errno != EPIPE && errno != ECONNRESET)
		log_die(LOG_AGAIN, "control channel");
}
