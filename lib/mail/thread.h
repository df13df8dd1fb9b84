/*
 * thread - messages put into threads: REFERENCES and ORDEREDSUBJECT (RFC 5256
 * 3 and 5).
 *
 * Ids and subjects are kept as hashes under a key of the caller's, of 64 bits:
 * memory does not grow with their length, and nobody can make them collide.
 * Of a message's References the last THREAD_REFERENCES count.  All but the
 * sort by date is linear; no recursion.
 *
 * Where references contradict each other, whether a link would be a loop is
 * looked for over THREAD_DEPTH messages for all references of one; farther up
 * it is not made.
 */
#ifndef MAIL_THREAD_H
#define MAIL_THREAD_H

#include <stdint.h>

#include "base/siphash.h"
#include "base/span.h"

enum { THREAD_REFERENCES = 100, THREAD_DEPTH = 1000 };

struct thread_mail {
	uint32_t number;		/* what is told of it; not 0 */
	int64_t date;			/* sent, or INTERNALDATE (5256 2.2) */
	struct span subject;		/* base subject, folded; may be empty */
	int reply;			/* something was taken off that */
	/* fields as they stand; empty: none.  For REFERENCES only. */
	struct span id, references, in_reply_to;
};

struct thread;

/* NULL: no memory. */
struct thread *thread_new(const unsigned char key[SIPHASH_KEY]);
/* In the order of sequence numbers.  0, or -1: no memory. */
int	thread_add(struct thread *, const struct thread_mail *);
/* One of these, once, when all are there.  0, or -1: no memory. */
int	thread_by_references(struct thread *);
int	thread_by_subject(struct thread *);
/* The pieces of *thread-list, "(2)(3 6 (4 23)(44 7 96))". */
void	thread_tell(const struct thread *, void (*put)(void *, struct span),
	    void *arg);
void	thread_free(struct thread *);

#endif
