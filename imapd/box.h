/*
 * box - the state of an IMAP session after its login, and what every command
 * needs of it.
 *
 * The client's numbers of messages are those of the folder's view
 * (store/folder.h), which follows only in update_tell.
 */
#ifndef IMAPD_BOX_H
#define IMAPD_BOX_H

#include "imapd/config.h"
#include "imapd/out.h"
#include "run/role.h"
#include "store/folder.h"
#include "sys/charset.h"
#include "sys/deflate.h"
#include "wire/imap_command.h"
#include "wire/imap_reader.h"

enum { BOX_BUFFER = 131072, BOX_TEXT = 256, BOX_CODE = 4 << 20 };

/* What a handler answers; box_say sets the rest.  NONE: nothing, the session
 * is over. */
enum answer { ANSWER_OK, ANSWER_NO, ANSWER_BAD, ANSWER_NONE };

struct incoming;
struct names_levels;
struct notify;

struct box {
	const struct role_env *env;
	const struct imapd_conf *conf;
	const struct facts *facts;
	const struct mailbox *mailbox;
	char tag[IMAP_TAG + 1], mech[32];	/* of the login */
	const char *over;		/* why it ends, or NULL */
	uint64_t bad;			/* BAD answers in a row */
	uint64_t answers[ANSWER_NONE];	/* how many of each */

	int condstore, qresync, utf8, rev2;	/* ENABLEd */
	int all_utf8;			/* UTF8=ACCEPT, not only by rev2 */

	struct tree tree;
	struct names_levels *levels;	/* of the tree, while names_keep says */
	struct folder *folder;		/* selected; NULL: none */
	char name[FOLDER_NAME];		/* its name, as the tree has it */
	int read_only;
	unsigned keywords;		/* that the client knows of */
	uint64_t modseq;		/* all up to it was told */
	int behind;			/* not all is told */
	struct imap_set saved;		/* "$", as UIDs */

	enum answer answer;
	char text[BOX_TEXT];		/* of the tagged reply */
	struct buf code;		/* its response code */
	struct incoming *incoming;	/* of an APPEND that is read */
	uint64_t replaced_bytes;	/* of the message that it replaces */
	int replaced;
	struct notify *notify;		/* NULL: none */
	unsigned deaf;			/* enum imap_notify_events of the
					 * selected mailbox it is not told */

	uint64_t fetched, fetched_bytes, appended, expunged;
	uint64_t began_ms;
	uint64_t command_ms;		/* when the command that comes began
					 * to; 0: none has */
	uint64_t command_bytes;		/* of it, so far */
	struct charset_cache *charset;	/* NULL until one is wanted */
	struct imap_reader reader;
	struct stream client;
	struct out out;
	struct deflate *deflate;	/* NULL: not compressed */
	struct buf scratch;		/* of whoever needs one for a while */
};

/* Sets the text and the code ("" none) of the reply, and returns the answer. */
enum answer box_say(struct box *, enum answer, const char *code,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* NO, and the code that errno calls for (RFC 5530).  EUCLEAN ends the session:
 * nothing that the index says can be told any more. */
enum answer box_failed(struct box *, const char *what);
/* The tagged reply.  After too many BAD in a row each comes later. */
void	box_answer(struct box *, struct span tag, enum answer);

/* A folder by that name: the selected one, or another, which box_release
 * closes.  NULL and the answer is said; create 1: with [TRYCREATE]. */
struct folder *box_folder(struct box *, const char *name, int create);
void	box_release(struct box *, struct folder *);

/* A set as a client wrote it (uid: of UIDs) becomes one of numbers of the view,
 * in normal form.  0, or -1 with errno. */
int	box_resolve(struct box *, struct imap_set *, int uid);
/* The set of a command so, all of them there.  0, or -1 and the answer is said.
 * The caller frees it; that of the command is used up. */
int	box_numbers(struct box *, struct imap_command *,
	    struct imap_set *numbers);
/* The same as an array: *n of them, ascending; NULL only on failure. */
uint32_t *box_array(struct box *, struct imap_command *, size_t *n);

/* What stands in scratch, as a part of a reply.  Where there was no memory for
 * all of it the session is over: what follows would be read as if it were. */
void	box_put(struct box *);
/* "1:3,5": as long as it is, and without memory. */
void	box_ranges(struct box *, const struct imap_range *, size_t n);
/* What a reply to SEARCH or SORT begins with (RFC 4731 3.1). */
void	box_esearch(struct box *, const struct imap_command *);
/* The response code of the answer; none, where there is no room for it. */
struct span box_code(const struct box *);

/* Reads more of the client's bytes; what is told so far leaves before.  1; or
 * 0 and the session is over. */
int	box_fill(struct box *);
/* 1: box_fill would not wait, though a poll may. */
int	box_ready(struct box *);
/* 1: nothing of a next command has come. */
int	box_between(const struct box *);
/* Nothing is selected any more. */
void	box_unselect(struct box *);
/* A client that is silent: what is known is saved, memory given back. */
void	box_rest(struct box *);

#endif
