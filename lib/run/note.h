/*
 * note - the fixed record of a control channel, with up to CHAN_FDS
 * descriptors: monitor to role, listener to zygote, queued to its children's
 * parents.  A short or long packet is an error and ends the peer.
 */
#ifndef RUN_NOTE_H
#define RUN_NOTE_H

#include <stdint.h>

#include "run/facts.h"
#include "sys/chan.h"

enum note_kind {
	/* monitor -> role */
	NOTE_LINK = 1,		/* text: the other role; fd[0]: a channel to it
				 * (takes the place of an earlier one) */
	NOTE_TABLE,		/* arg: enum directory_table; fd[0]: it, if it is
				 * there */
	NOTE_UNREADABLE,	/* arg: a table that could not be opened, or is
				 * gone and its text is not; above those, text:
				 * a file */
	NOTE_LISTEN,		/* arg: service; fd[0]: a listening socket */
	NOTE_FILE,		/* text: "KIND PATH"; fd[0]: it, if there */
	NOTE_GO,		/* all there is has been sent: begin */
	/* asker -> zygote or parent */
	NOTE_SPAWN,		/* text: key; facts; fd: what the child gets;
				 * arg: SPAWN_…, or 0 */
	/* session -> listener, and back */
	NOTE_WRITER,		/* a writer, please; back with fd[0] */
	NOTE_STARTTLS,		/* a relay, please, in my place */
	NOTE_AUTH,		/* the password check, please; back: fd[0] */
	NOTE_LOGIN,		/* the login went well: text: tag or helo */
	NOTE_PROXY,		/* the header has been read: facts.client */
	/* others */
	NOTE_IDLE,		/* writer -> listener: done with that session */
	NOTE_STOP,		/* writer -> listener: ACCEPT_STOP */
	NOTE_RATE,		/* writer -> listener: a user's message; arg:
				 * recipients; back: enum rates_result */
	NOTE_UP,		/* relay -> listener: handshake done; facts */
	NOTE_USER,		/* password check -> listener: text: key */
	NOTE_NONE,		/* zygote -> who waits at the control channel
				 * that came with NOTE_SPAWN (fd[1]): there is no
				 * child; could not fork */
	NOTE_RETIRE		/* zygote -> monitor: a child of mine crashed;
				 * start another in my place */
};

enum {
	SPAWN_PROGRAM = 1,	/* localdeliver: runs programs: wire/job.h */
	SPAWN_BRIEF		/* remoted: no long wait for a greeting */
};

struct note {
	uint32_t kind;			/* enum note_kind */
	uint32_t arg;
	char text[336];		/* NUL-terminated */
	struct facts facts;
};

/* 0, or -1 with errno. */
int	note_send(int ch, const struct note *, const int *fd, size_t nfd);
/* 1 = got one (fd filled as chan_recv does), 0 = end of channel, -1 with
 * errno (EPROTO: not a note; EAGAIN with wait 0). */
int	note_recv(int ch, struct note *, int *fd, int wait);
/* The same with kind and text only. */
int	note_say(int ch, enum note_kind, const char *text, const int *fd,
	    size_t nfd);
/* The monitor's: with one descriptor (-1: none) to a role (-1: gone).  That
 * it has ended is no error here; any other ends the monitor. */
void	note_tell(int role, enum note_kind, unsigned arg, const char *text,
	    int fd);

#endif
