/* thread_id - message ids, found in the fields that name them (RFC 5322 3.6.4)
 * and in one form, so that THREAD can compare them. */
#ifndef MAIL_THREAD_ID_H
#define MAIL_THREAD_ID_H

#include "base/span.h"

enum { THREAD_ID = 1000 };		/* longer ones are no ids */

/* The next message id, between < and >, off the front of *in: without quotes,
 * backslashes and white space (5256 5, "normalized").  Its bytes, at most
 * THREAD_ID; 0 at the end. */
size_t	thread_next_id(struct span *in, unsigned char out[THREAD_ID]);

#endif
