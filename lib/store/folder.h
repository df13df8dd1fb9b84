/*
 * folder - one folder of a mailbox, for imapd and pop3d.
 *
 * The Maildir is the truth.  UIDs, mod-sequences, keywords and tombstones live
 * in correo-uids; correo-index and correo-cache may be thrown away at any
 * time.  Others may deliver, rename and delete meanwhile: folder_sync sees it.
 *
 * A session has a view: messages 1..folder_count, which changes only by
 * folder_next.  Numbers of messages are of the view.  Whatever is told (UID,
 * mod-sequence, flags, that a message is gone) is durable before the call
 * returns that lets it be told.
 *
 * Results: 0, or -1 with errno.  EUCLEAN: the index is rotten; end the session,
 * folder_close throws it away, and the next one makes it anew.
 */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "store/tree.h"

/* Bits of flags, in the order of their letters in a file name: DFPRST a..z. */
enum {
	FLAG_DRAFT = 1, FLAG_FLAGGED = 2, FLAG_PASSED = 4, FLAG_ANSWERED = 8,
	FLAG_SEEN = 16, FLAG_DELETED = 32,
	FLAG_KEYWORD = 6,		/* bit of keyword 0 */
	FOLDER_KEYWORDS = 26,
	KEYWORD_MAX = 100		/* bytes of a keyword */
};

struct folder;

enum folder_mode { FOLDER_READ, FOLDER_WRITE };
/* FOLDER_WRITE moves what is in new/ to cur/ (EXAMINE, STATUS and POP3 leave
 * it there), and what it is told of is recent to nobody else.  Syncs once; the
 * view is what was found. */
int	folder_open(struct folder **, const struct tree *, const char *name,
	    enum folder_mode);
/* Saves what was learned (index, cache); never fails in a way that matters. */
void	folder_close(struct folder *);
/* Is it the one of that name?  Others may have renamed it, or deleted it. */
int	folder_is(const struct folder *, const char *name);
/* The same without closing: for an idle moment, after the reply. */
void	folder_save(struct folder *);
/* After each reply: what a long one has taught, for a session that may come at
 * once.  Not flushed: that is left to folder_save. */
void	folder_share(struct folder *);

struct folder_totals {
	uint32_t uidvalidity, uidnext, messages, unseen, deleted;
	uint32_t recent;		/* as those of struct mail */
	uint64_t modseq;		/* HIGHESTMODSEQ */
	char id[28];			/* MAILBOXID, RFC 8474 */
};
/* Of the last sync (STATUS): may be ahead of the view. */
void	folder_totals(const struct folder *, struct folder_totals *);
/* Sum of the vsizes of the view; reads what nobody measured yet. */
int	folder_size(struct folder *, uint64_t *);

/* ---- the view */

struct mail {
	uint32_t uid, flags;
	uint64_t modseq;
	int64_t saved;			/* SAVEDATE; 0 unknown */
	int recent;			/* no other FOLDER_WRITE was told */
	int gone;			/* expunged, not told yet */
};

uint32_t folder_count(const struct folder *);
int	folder_mail(struct folder *, uint32_t number, struct mail *);
/* The first message whose UID is at least uid; count + 1 when there is none. */
uint32_t folder_seek(const struct folder *, uint32_t uid);

/* INTERNALDATE in seconds; size as stored; vsize with CRLF.  Looked up once,
 * then kept.  ENOENT: it is gone. */
int	folder_date(struct folder *, uint32_t number, int64_t *);
int	folder_sizes(struct folder *, uint32_t number, uint64_t *size,
	    uint64_t *vsize);
/* All its bytes were read: what its name says of their number is put right. */
void	folder_measured(struct folder *, uint32_t number, struct span bytes);
/* A descriptor to read it: a regular file, no link.  ENOENT: it is gone. */
int	folder_fd(struct folder *, uint32_t number);
/* The file's name without flags, borrowed until the next call. */
int	folder_base(struct folder *, uint32_t number, struct span *);
enum { EMAILID = 27 };			/* with its NUL */
int	folder_emailid(struct folder *, uint32_t number, char out[EMAILID]);

/* Looks for what others did; the view stays. */
int	folder_sync(struct folder *);
/* Does that errno say that the disk is full, or a quota of it?  What is known
 * can be read all the same. */
int	folder_full(int error);

enum change_kind { CHANGE_NONE, CHANGE_GONE, CHANGE_FLAGS, CHANGE_EXISTS };
struct change {
	enum change_kind kind;
	uint32_t number;		/* or the new count */
	uint32_t uid;
};
/* What may be told now (RFC 9051 7.5.1, RFC 5465 5); the rest waits. */
enum { FOLDER_GONE = 1, FOLDER_FLAGS = 2 };
/*
 * The next thing the client has to be told, and the view follows it: first
 * those that are gone, highest number first, then flags changed by others,
 * then one CHANGE_EXISTS.  To be called until CHANGE_NONE before anything else
 * is.
 */
struct change folder_next(struct folder *, unsigned what);

/* Each UID gone with a mod-sequence above modseq, ascending, as ranges; more
 * UIDs than that (all that are not there) when memory does not reach so far
 * back (RFC 7162 3.2.5.1). */
int	folder_vanished(struct folder *, uint64_t modseq,
	    int (*)(void *arg, uint32_t first, uint32_t last), void *arg);

/* ---- keywords */

/* The name of keyword i, "" when it has none. */
struct span folder_keyword(const struct folder *, unsigned i);
/* Its number; with make 1 a free one is named (durable).  -1: there is none,
 * or all 26 are in use (errno ERANGE). */
int	folder_keyword_find(struct folder *, struct span name, int make);

/* ---- changes; each is one command, one flush of each kind */

enum store_how { STORE_SET, STORE_ADD, STORE_REMOVE };
enum store_result { STORED, STORE_MODIFIED, STORE_GONE };
struct store {
	enum store_how how;
	uint32_t flags;
	uint64_t unchanged_since;	/* UINT64_MAX: any */
};
/* result[i] is of number[i] (ascending).  Own changes are not told again by
 * folder_next, folder_mail gives flags and modseq; what is STORE_MODIFIED is
 * told by it, though it was before (RFC 7162 3.1.3). */
int	folder_store(struct folder *, const struct store *,
	    const uint32_t *number, size_t n, unsigned char *result);
/* Tombstones, then unlink.  folder_next tells them.  Also QUIT of POP3. */
int	folder_expunge(struct folder *, const uint32_t *number, size_t n);

/* A message that comes in, { 0 } before append_open but for flags and date; it
 * ends with folder_append or append_abort. */
struct append {
	int fd;				/* of tmp/name + 1, 0: none */
	char name[256];			/* "" none */
	unsigned char *b;
	size_t n;
	int cr;
	unsigned char last;		/* written */
	uint64_t size, vsize;
	uint32_t flags;			/* to be set by the caller */
	int64_t date;			/* the same; INTERNALDATE */
	uint32_t uid;			/* afterwards */
};
int	append_open(struct folder *, struct append *);
/* Bytes as on the wire; CRLF becomes LF.  EDQUOT, ENOSPC … */
int	append_write(struct append *, struct span);
/* No more comes: dated and durable under its name in tmp/, and it holds no
 * descriptor any more.  folder_append does it where it was not done. */
int	append_end(struct append *);
/* All n or none (MULTIAPPEND); sets their uid (0: others expunged, removed or
 * renamed it meanwhile).  The view learns by sync. */
int	folder_append(struct folder *, struct append *, size_t n);
void	append_abort(struct folder *, struct append *);

/*
 * To another open folder (or the same).  uid[i] is the new UID of number[i],
 * 0 when it was gone.  All that is there or none is copied; a move takes them
 * out of here when they are durable there.
 */
int	folder_copy(struct folder *from, const uint32_t *number, size_t n,
	    struct folder *to, uint32_t *uid);
int	folder_move(struct folder *from, const uint32_t *number, size_t n,
	    struct folder *to, uint32_t *uid);

/* ---- bytes that somebody finished before */

/* The blob of that kind (below 2^16) of a message: 1 and *blob, borrowed until
 * the next folder_cache_put, folder_sync or change; 0: there is none. */
int	folder_cache_get(struct folder *, uint32_t uid, unsigned kind,
	    struct span *blob);
/* A hint: what does not fit or fails is forgotten. */
void	folder_cache_put(struct folder *, uint32_t uid, unsigned kind,
	    struct span blob);

#endif
