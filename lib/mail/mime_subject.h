/*
 * mime_subject - the base subject of RFC 5256 2.1, for SORT and THREAD.
 */
#ifndef MAIL_MIME_SUBJECT_H
#define MAIL_MIME_SUBJECT_H

#include "base/buf.h"
#include "base/span.h"

/*
 * subject is decoded (encword_decode), in any case; white space is made one
 * space.  Adds the base subject to the buf; *reply: something of a reply or
 * forward was taken off (5256 2.1 step 6 and "is a reply").  0, or -1.
 */
int	mime_subject_base(struct span subject, struct buf *, int *reply);

#endif
