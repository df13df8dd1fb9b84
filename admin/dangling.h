/* dangling - mail that reaches nobody, though the tables are right. */
#ifndef ADMIN_DANGLING_H
#define ADMIN_DANGLING_H

#include "admin/tables.h"

/* Adds a line "KEY -> TARGET: no such recipient" for each target in a domain of
 * ours that is none, and one for each alias whose mail queued would return as
 * in a loop, by the compiled tables; of all aliases, and of always_bcc, or
 * (key.p) of one alias.  0, or -1: they cannot be read. */
int	dangling_find(const struct tables *, struct span key,
	    struct buf *lines);
/* The same lines, said. */
void	dangling_say(const struct tables *, struct span key);
/* Does mail for that name end in the mailbox that `correo tables` made because
 * there was no other?  1, 0; 2: its aliases are a loop; -1 as above. */
int	dangling_unread(const struct tables *, const char *name);
/* Adds a line for each route of a domain whose mail stays here, and for each
 * whose login= has no secret; none of these where secrets may not be read. */
void	dangling_routes(const struct tables *, struct buf *lines);

#endif
