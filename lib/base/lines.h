/*
 * lines - how many lines end in these bytes.
 *
 * Every message is counted through before its size can be told, so this is
 * written to be done by the processor sixteen bytes at a time.
 */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include "base/span.h"

size_t	lines_count(struct span);	/* LF */
size_t	lines_bare(struct span);	/* of them without CR before */

#endif
