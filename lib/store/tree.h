/*
 * tree - a user's folders: the Maildir and its Maildir++ folders.
 *
 *	Maildir			INBOX
 *	Maildir/.Lists.c	the folder "Lists.c" (a child of "Lists")
 *	Maildir/correo-folders	subscriptions, special uses, last UIDVALIDITY
 *
 * A folder's name is what stands on disk behind the first dot: modified UTF-7
 * (RFC 3501 5.1.3) with "." between levels; imapd translates.  "INBOX" in any
 * case is the Maildir itself.  correo-mailbox(5).
 */
#ifndef STORE_TREE_H
#define STORE_TREE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	FOLDER_NAME = 201,		/* longest name with its NUL */
	TREE_PATH = FOLDER_NAME + 8
};

struct tree {
	int root;			/* descriptor of the Maildir */
	char host[101];			/* in names of new files, escaped */
	/*
	 * Maildir++ quota, when set: asked with what will be added before it
	 * is, told (with told 1) what has come or gone.  -1 with errno EDQUOT
	 * refuses; when told, the answer is not looked at.
	 */
	int (*quota)(void *arg, int told, int64_t bytes, int64_t messages);
	void *quota_arg;
};

/* Makes what is missing of the Maildir.  0, or -1 with errno. */
int	tree_open(struct tree *, const char *maildir, const char *host);
void	tree_close(struct tree *);

/* May this be a folder's name?  0, or -1 with *why. */
int	tree_name(struct span, const char **why);
/* The order of tree_list: INBOX first. */
int	tree_order(const char *, const char *);
/* Is it that one, or below it? */
int	tree_within(const char *name, const char *top);
/* What lies in it, from the Maildir: "cur", ".Lists.c/cur". */
void	tree_path(const char *name, const char *sub, char out[TREE_PATH]);

enum tree_bits {
	TREE_EXISTS = 1,		/* else only subscribed to */
	TREE_SUBSCRIBED = 2
};
struct tree_entry {
	char name[FOLDER_NAME];
	unsigned bits;
	char use[16];			/* "\\Sent" (RFC 6154), "" none */
};
struct tree_list {
	struct tree_entry *v;
	size_t n, size;
};

/* All folders, sorted by name, INBOX first.  0, or -1 with errno. */
int	tree_list(const struct tree *, struct tree_list *);
void	tree_list_free(struct tree_list *);

/* Each 0, or -1 with errno (EEXIST, ENOENT, EINVAL; ENOSPC …).  When they
 * return 0 the change survives power loss. */
int	tree_create(const struct tree *, const char *name);
/* Behind it, where what belongs to it failed: no folder, unless mail came
 * meanwhile.  errno kept. */
void	tree_uncreate(const struct tree *, const char *name);
int	tree_delete(const struct tree *, const char *name);
/* Children move too, one by one, and all of them or none.  Not INBOX:
 * that is a create and a folder_move of all there is (RFC 9051 6.3.6). */
int	tree_rename(const struct tree *, const char *from, const char *to);
int	tree_subscribe(const struct tree *, const char *name, int on);
/* use "" takes it away, or is none; a use has one folder at most. */
int	tree_special(const struct tree *, const char *name, const char *use);
/* All of them get their use and are subscribed to, or none; n is at most
 * TREE_ADOPT. */
enum { TREE_ADOPT = 8 };
struct tree_use {
	const char *name, *use;
};
int	tree_adopt(const struct tree *, const struct tree_use *, size_t n);

/* A UIDVALIDITY above all that were given out in this tree: the time, or one
 * more than the last.  0 with errno when it cannot be had. */
uint32_t tree_uidvalidity(const struct tree *, uint32_t above);
/* It is durable, and may be told.  0, or -1 with errno. */
int	tree_flush(const struct tree *);
/* Bytes of a folder's correo-lock: who gives out numbers has the first.  Who
 * moves mail into it shares the second, and who deletes it has that: mail that
 * came before its UIDs would go with the folder, though the move failed. */
enum { FOLDER_NUMBERS, FOLDER_STAYS };
/* A descriptor of the folder's directory, or -1 with errno. */
int	tree_folder(const struct tree *, const char *name);

#endif
