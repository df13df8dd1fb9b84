/*
 * role - one kind of process in a program's family.
 *
 * A program (smtpd, queued …) is a table of roles.  Its main pid is the
 * monitor, which executes each role afresh as `PROGRAM -c FILE -r ROLE` with
 * three descriptors: STDERR (the log), ROLE_CONTROL (notes with the monitor)
 * and ROLE_CONFIG (the configuration file, read by the role itself).  The role
 * opens what it needs, confines itself, waits for NOTE_GO, serves.
 */
#ifndef RUN_ROLE_H
#define RUN_ROLE_H

#include <sys/types.h>

#include "run/note.h"
#include "run/site.h"
#include "store/directory.h"
#include "sys/confine.h"

enum {
	ROLE_CONTROL = 3, ROLE_CONFIG = 4,
	/* A role's tables lie from here on, its links and its control channel
	 * (once it is a zygote) from ROLE_PRIVATE_FD on: what a child of a
	 * zygote must not have is closed in one call. */
	ROLE_TABLE_FD = 30, ROLE_PRIVATE_FD = 40,
	ROLE_LINKS = 8, ROLE_SOCKETS = 32
};

struct role_link {
	char name[24];
	int fd;				/* -1: none */
};

struct role_env {
	const struct role *role;
	const struct site *site;
	const void *conf;		/* the program's own struct */
	int control;			/* notes with the monitor */
	int root;			/* 1: ids change; 0: an ordinary user */
	uid_t uid;			/* the role's own ids */
	gid_t gid;
	int table[TABLE_COUNT];		/* newest descriptors, -1: none */
	struct role_link link[ROLE_LINKS];
	int listen[ROLE_SOCKETS];	/* listener: sockets; whose they are */
	unsigned service[ROLE_SOCKETS];
	size_t nlisten;
	/* What to do with NOTE_FILE: the descriptor (-1: no such file;
	 * TABLE_UNREADABLE: it could not be opened) is the callee's for the
	 * time of the call.  NULL: not wanted. */
	void (*file)(struct role_env *, const char *name, int fd);
	/* Called at each NOTE_GO (the first, and after each batch of files). */
	void (*go)(struct role_env *);
	/* Of a zygote: has what it opened at its start become something else,
	 * so that one in its place must begin anew?  May be NULL. */
	int (*stale)(void);
};

enum {
	ROLE_KEEPS_ROOT = 1,		/* localdeliver's parent */
	ROLE_TABLES = 2,		/* gets the address tables */
	ROLE_LISTENS = 4,		/* gets the listening sockets; the first
					 * role, and not ROLE_FRESH */
	ROLE_RESTS = 8,			/* a zygote that ends when it has nothing
					 * to do, and is executed again when it
					 * is asked: by one role, which is not
					 * ROLE_FRESH */
	ROLE_FRESH = 16,		/* a zygote: may always be replaced */
	ROLE_CERTS = 32,		/* "tls.cert PATH", "tls.client_ca
					 * PATH" */
	ROLE_KEYS = 64,			/* gets NOTE_FILE "tls.key PATH" */
	ROLE_PASSWORDS = 128,		/* gets NOTE_FILE "passwords" */
	ROLE_RELAY = 256,		/* "relay-passwords", "relay-tokens",
					 * "srs" */
	/* those that "correo tables" makes: NAME.cdb of the text NAME */
	ROLE_COMPILED = ROLE_TABLES | ROLE_PASSWORDS
};

struct role {
	const char *name;		/* "session" */
	const char *user;		/* "smtpd": user_prefix-smtpd */
	const char *program;		/* NULL: this one; else in libexec_dir */
	unsigned flags;
	const char *links;		/* roles of the table to which it has
					 * channels, by spaces; NULL: none */
	int (*serve)(struct role_env *);	/* NULL with another program */
	/* What is not configured is not started.  NULL: it always is. */
	int (*wanted)(const struct site *, const void *conf);
};

/* Confines as the role says: name and ids are filled in, and empty_dir where
 * it is not set. */
void	role_confine(const struct role_env *, struct confine *);

/* Takes one note from the monitor into env (tables, links, sockets); what the
 * start took of the heap goes back at NOTE_GO.  Returns its kind; 0 when the
 * monitor is gone (exit quietly); -1 with wait 0 and nothing there. */
int	role_note(struct role_env *, int wait);
/* role_note until NOTE_GO.  Exits when the monitor is gone. */
void	role_wait(struct role_env *);
/* Moves a descriptor to the lowest free one from `from` on.  Does not return
 * when that cannot be. */
int	role_move(int fd, int from);
/* The channel to a role by name, or -1. */
int	role_link(const struct role_env *, const char *name);

#endif
