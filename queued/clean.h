/*
 * clean - what dead processes left behind is taken away.
 */
#ifndef QUEUED_CLEAN_H
#define QUEUED_CLEAN_H

#include "queued/places.h"

enum { CLEAN_TMP_S = 600, CLEAN_DROP_S = 36 * 3600, CLEAN_STATE_S = 86400 };

/* queue/tmp: older than 10 minutes, and no process has it locked.  drop/tmp:
 * older than 36 hours.  How many. */
unsigned clean_tmp(const struct places *, int64_t now);
/* state/ of messages that are nowhere any more; once, at start, before
 * anything else looks at the queue. */
unsigned clean_states(const struct places *, int64_t now);

#endif
