/* heap - what malloc holds, where processes are forked and memory counts. */
#ifndef SYS_HEAP_H
#define SYS_HEAP_H

/* Before a process forks many: what was freed is put in its place.  Else each
 * child's first call to malloc does it, in copies of all those pages. */
void	heap_settle(void);
/* After that, once, where children take much: what is free between what is
 * used is taken for good.  A child that got it would have a copy of each such
 * page; new pages are fewer. */
void	heap_fill(void);
/* Pages that hold nothing go back to the system. */
void	heap_trim(void);

#endif
