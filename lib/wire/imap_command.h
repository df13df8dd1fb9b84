/*
 * imap_command - one command of IMAP (RFC 9051 and 3501, and the extensions
 * that FEATURES names), with its arguments typed.
 *
 * Pure; spans point into the text and live as long as it and the command.
 * Mailbox names are as the client wrote them (UTF-7 or UTF-8: imap_name).
 */
#ifndef WIRE_IMAP_COMMAND_H
#define WIRE_IMAP_COMMAND_H

#include <stdint.h>

#include "wire/imap_search.h"
#include "wire/imap_section.h"
#include "wire/imap_set.h"
#include "wire/imap_token.h"

enum { IMAP_TAG = 128 };		/* octets of a tag */

enum imap_verb {
	IMAP_NONE,			/* not understood */
	IMAP_CAPABILITY, IMAP_NOOP, IMAP_LOGOUT, IMAP_STARTTLS,
	IMAP_AUTHENTICATE, IMAP_LOGIN, IMAP_ENABLE, IMAP_ID,
	IMAP_SELECT, IMAP_EXAMINE, IMAP_CREATE, IMAP_DELETE, IMAP_RENAME,
	IMAP_SUBSCRIBE, IMAP_UNSUBSCRIBE, IMAP_LIST, IMAP_LSUB,
	IMAP_NAMESPACE, IMAP_STATUS, IMAP_APPEND, IMAP_IDLE,
	IMAP_GETQUOTA, IMAP_GETQUOTAROOT, IMAP_SETQUOTA, IMAP_COMPRESS,
	IMAP_NOTIFY,
	IMAP_CHECK, IMAP_CLOSE, IMAP_UNSELECT, IMAP_EXPUNGE, IMAP_SEARCH,
	IMAP_SORT, IMAP_THREAD, IMAP_FETCH, IMAP_STORE, IMAP_COPY, IMAP_MOVE,
	IMAP_REPLACE
};

/* Tokens beside each other, none with others within. */
struct imap_words {
	const struct imap_token *v;
	uint32_t n;
};

struct imap_select {			/* SELECT, EXAMINE */
	int condstore;
	int qresync;			/* RFC 7162 3.2.5 */
	uint32_t uidvalidity;
	uint64_t modseq;
	struct imap_set known;		/* UIDs; n 0: not said */
};

enum imap_status_bits {			/* also for LIST RETURN (STATUS …) */
	IMAP_STATUS_MESSAGES = 1, IMAP_STATUS_UIDNEXT = 2,
	IMAP_STATUS_UIDVALIDITY = 4, IMAP_STATUS_UNSEEN = 8,
	IMAP_STATUS_DELETED = 16, IMAP_STATUS_SIZE = 32,
	IMAP_STATUS_RECENT = 64, IMAP_STATUS_HIGHESTMODSEQ = 128,
	IMAP_STATUS_APPENDLIMIT = 256, IMAP_STATUS_MAILBOXID = 512,
	IMAP_STATUS_DELETED_STORAGE = 1024
};

enum imap_list_bits {
	/* selection, RFC 5258 3.1 */
	IMAP_LIST_SUBSCRIBED = 1, IMAP_LIST_REMOTE = 2,
	IMAP_LIST_RECURSIVE = 4, IMAP_LIST_SPECIAL = 8,
	/* RETURN */
	IMAP_RETURN_SUBSCRIBED = 16, IMAP_RETURN_CHILDREN = 32,
	IMAP_RETURN_SPECIAL = 64, IMAP_RETURN_STATUS = 128
};

struct imap_list {			/* LIST, LSUB */
	struct span reference;
	struct imap_words patterns;
	int extended;			/* RFC 5258 3: not the LIST of old */
	unsigned bits;
	unsigned status;
};

struct imap_append {
	struct imap_words flags;
	int dated;
	int64_t date;
	int utf8;			/* UTF8 (~{n}), RFC 6855 4 */
	const struct imap_token *message;	/* IMAP_MESSAGE, or a literal
					 * that is kept in the text */
};

enum imap_result_bits {			/* RETURN (…) of SEARCH and SORT */
	IMAP_RESULT_MIN = 1, IMAP_RESULT_MAX = 2, IMAP_RESULT_ALL = 4,
	IMAP_RESULT_COUNT = 8, IMAP_RESULT_SAVE = 16,
	IMAP_RESULT = 32		/* RETURN was said: answer ESEARCH */
};

enum imap_sort_key {
	IMAP_SORT_ARRIVAL, IMAP_SORT_CC, IMAP_SORT_DATE, IMAP_SORT_FROM,
	IMAP_SORT_SIZE, IMAP_SORT_SUBJECT, IMAP_SORT_TO,
	IMAP_SORT_DISPLAYFROM, IMAP_SORT_DISPLAYTO
};
enum { IMAP_SORT_KEYS = 20 };
enum imap_thread { IMAP_THREAD_SUBJECT, IMAP_THREAD_REFERENCES };

struct imap_find {			/* SEARCH, SORT, THREAD */
	unsigned result;		/* enum imap_result_bits */
	struct span charset;		/* empty: not said */
	struct imap_search search;
	struct {
		enum imap_sort_key key;
		int reverse;
	} sort[IMAP_SORT_KEYS];
	uint32_t nsort;
	enum imap_thread thread;
};

enum imap_item {
	IMAP_FETCH_UID, IMAP_FETCH_FLAGS, IMAP_FETCH_INTERNALDATE,
	IMAP_FETCH_SIZE, IMAP_FETCH_ENVELOPE, IMAP_FETCH_BODY_OLD,
	IMAP_FETCH_BODYSTRUCTURE, IMAP_FETCH_MODSEQ, IMAP_FETCH_EMAILID,
	IMAP_FETCH_THREADID, IMAP_FETCH_SAVEDATE, IMAP_FETCH_PREVIEW,
	IMAP_FETCH_RFC822, IMAP_FETCH_RFC822_HEADER, IMAP_FETCH_RFC822_TEXT,
	IMAP_FETCH_SECTION, IMAP_FETCH_BINARY, IMAP_FETCH_BINARY_SIZE
};

enum { IMAP_ITEMS = 200 };		/* of a FETCH */
struct imap_fetch_item {
	enum imap_item item;
	int peek;			/* of a section: does not set \Seen */
	int lazy;			/* PREVIEW (LAZY) */
	uint32_t section;		/* index into imap_fetch.section */
};

struct imap_fetch {			/* { 0 } before */
	struct imap_fetch_item *v;
	uint32_t n, size;
	struct imap_section *section;
	uint32_t nsection, section_size;
	int changed;			/* CHANGEDSINCE was said */
	uint64_t changed_since;
	int vanished;
};

enum imap_store_how { IMAP_STORE_SET, IMAP_STORE_ADD, IMAP_STORE_REMOVE };
struct imap_store {
	enum imap_store_how how;
	int silent;
	int unchanged;			/* UNCHANGEDSINCE was said */
	uint64_t unchanged_since;
	struct imap_words flags;
};

/* RFC 5465.  Which events are of which mailboxes. */
enum imap_notify_events {
	IMAP_NOTIFY_NEW = 1, IMAP_NOTIFY_EXPUNGE = 2, IMAP_NOTIFY_FLAGS = 4,
	IMAP_NOTIFY_ANNOTATION = 8, IMAP_NOTIFY_NAME = 16,
	IMAP_NOTIFY_SUBSCRIPTION = 32, IMAP_NOTIFY_METADATA = 64,
	IMAP_NOTIFY_SERVER_METADATA = 128,
	IMAP_NOTIFY_UNKNOWN = 256	/* event-ext, RFC 5465 8 */
};
enum imap_notify_filter {
	IMAP_NOTIFY_SELECTED, IMAP_NOTIFY_SELECTED_DELAYED,
	IMAP_NOTIFY_INBOXES, IMAP_NOTIFY_PERSONAL, IMAP_NOTIFY_SUBSCRIBED,
	IMAP_NOTIFY_SUBTREE, IMAP_NOTIFY_MAILBOXES
};
enum { IMAP_NOTIFY_GROUPS = 100 };
struct imap_notify_group {
	enum imap_notify_filter filter;
	struct imap_words mailboxes;	/* SUBTREE, MAILBOXES */
	unsigned events;		/* 0: NONE */
};
struct imap_notify {
	int set;			/* else NONE */
	int status;
	struct imap_notify_group *v;
	uint32_t n;
	struct imap_fetch fetch;	/* of MessageNew of SELECTED */
};

struct imap_command {			/* { 0 } before */
	struct span tag;
	struct span name;		/* the verb as written */
	enum imap_verb verb;
	int uid;			/* UID FETCH …; EXPUNGE with a set */
	struct span mailbox;		/* also quota root */
	struct span target;		/* RENAME, COPY, MOVE, REPLACE */
	struct span mechanism;		/* AUTHENTICATE, COMPRESS */
	struct span initial;		/* AUTHENTICATE: p NULL: none */
	struct span user, password;	/* LOGIN */
	struct imap_words words;	/* ENABLE; ID: names and values, NIL is
					 * an atom; SETQUOTA: the same */
	struct span use;		/* CREATE … (USE (\Sent)): the first */
	struct imap_words uses;		/* all of them */
	struct imap_select select;
	struct imap_list list;
	unsigned status;
	struct imap_set set;		/* messages, or UIDs when uid */
	struct imap_append *append;	/* APPEND, REPLACE */
	uint32_t nappend;
	struct imap_find find;
	struct imap_fetch fetch;
	struct imap_store store;
	struct imap_notify notify;
	struct imap_tokens tokens;	/* behind all that */
};

/*
 * 0; or -1 with *why, which names the rule: answer "tag BAD why", tag "*" when
 * .tag is empty.  verb is what was understood.  partial 1: the text as it is
 * at IMAP_READ_MESSAGE, once imap_reader_message was called: the last of
 * .append is the message that comes.
 */
int	imap_command_parse(struct imap_command *, struct span text, int partial,
	    const char **why);
void	imap_command_free(struct imap_command *);	/* { 0 } again */

#endif
