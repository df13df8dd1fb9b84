/* listener_parts - what listener.c, handover.c, pool.c and conns.c share; each
 * calls those behind it. */
#ifndef RUN_LISTENER_PARTS_H
#define RUN_LISTENER_PARTS_H

#include "run/counts.h"
#include "run/listener.h"
#include "run/rates.h"

enum source { SOURCE_MONITOR, SOURCE_SOCKET, SOURCE_CONN, SOURCE_WRITER,
	SOURCE_AUTH };

struct event {				/* first in what epoll points at */
	enum source source;
	int fd;
};

struct writer {
	struct event ev;
	struct writer *next;		/* while idle */
	int busy;
	char user[321];			/* whose messages it takes, or "" */
};

/* A connection is, here, its control channel to whoever serves it now. */
struct conn {
	struct event ev;
	struct conn *next;		/* while it waits for a writer */
	struct conn *chain;		/* of its number's hash slot */
	int waits;
	int client;			/* its socket, or a relay's plain side */
	int shaking;			/* a relay shakes hands */
	int counted;			/* by its client's address */
	unsigned writers, logins;	/* that were asked for */
	struct facts facts;
};

struct listener {
	struct role_env *env;
	const struct listener_conf *conf;
	int ep;
	struct directory directory;
	int has_tables;
	struct counts counts;
	struct rates rates;
	uint64_t most;			/* connections; and writers */
	uint64_t connections, writers;
	uint32_t number;		/* of the last connection */
	struct conn *slot[1024];	/* by number */
	struct writer *idle;
	unsigned nidle;
	struct conn *first, **last;	/* waiting for a writer */
	unsigned logged;		/* refusals in this second */
	uint64_t second;
	int paused;			/* out of descriptors: no accepting */
	struct event monitor, auth, socket[ROLE_SOCKETS];
};

/* handover.c: each ends the connection when it cannot go on. */
void	handover_begin(struct listener *, struct conn *);
void	handover_note(struct listener *, struct conn *);
void	handover_auth(struct listener *);

/* pool.c */
void	pool_want(struct listener *, struct conn *);
/* An idle writer before it is asked for, while there is one for every
 * connection: those that wait keep none from others.  The session's end of its
 * channel, or -1. */
int	pool_ahead(struct listener *, const struct conn *);
void	pool_forget(struct listener *, struct conn *);
void	pool_note(struct listener *, struct writer *);
void	pool_every_second(struct listener *);

/* conns.c */
/* 0, or -1 with errno. */
int	conns_watch(struct listener *, struct event *);
/* On: clients wait in the kernel, and must not wake us meanwhile. */
void	conns_pause(struct listener *, int on);
/* Over a limit?  The rule's name, or NULL. */
const char *conns_over(const struct listener *, const struct ip *);
int	conns_proxy(const struct listener *, const struct ip *);
/* Tells the client, and the log, that by that rule there is no room. */
void	conns_refuse(struct listener *, int fd, unsigned service,
	    const struct ip *, const char *rule);
/* Takes the socket over; NULL: no memory. */
struct conn *conns_new(struct listener *, int fd, unsigned service,
	    const struct ip *);
/* By its client's address, from now on; a proxy is not: its clients are.  0, or
 * -1: no memory. */
int	conns_count(struct listener *, struct conn *);
/* Class and rights that follow from the client's address. */
void	conns_judge(struct listener *, struct facts *);
struct conn *conns_find(struct listener *, uint32_t number);
/* What a session has asked for: a descriptor, or -1. */
void	conns_tell(struct conn *, enum note_kind, int fd);
void	conns_close(struct listener *, struct conn *);
void	conns_every_second(struct listener *);

#endif
