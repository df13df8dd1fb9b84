/*
 * ask - what the process that serves a connection may ask of its listener, on
 * their control channel.
 */
#ifndef RUN_ASK_H
#define RUN_ASK_H

#include "wire/login.h"

/* In a connection; of writers, before STARTTLS and from there on.  No session of
 * ours asks for more; one that was taken over has no more writers, and cannot
 * fill its channel with answers that it leaves unread, so that the listener
 * waits. */
enum { ASK_WRITERS = 4, ASK_LOGINS = 64 };

/* A channel to a writer: descriptor, or -1: none to be had now. */
int	ask_writer(int control);
/* A channel to the password check, likewise. */
int	ask_auth(int control);

/*
 * One step of a login on that channel; waits for the answer (a check may be
 * slow on purpose).  The answer points into room.  0, or -1: the check is
 * gone, which is LOGIN_LATER to the client.
 */
struct ask_room {
	unsigned char b[LOGIN_RECORD + 64];
};
int	ask_login(int auth, const struct login_ask *, struct ask_room *,
	    struct login_answer *);

/* The connection goes on without us: exit after 0.  text is the HELO name or
 * the tag that the next process needs.  0, or -1. */
int	ask_starttls(int control);
int	ask_logged_in(int control, const char *text);

#endif
