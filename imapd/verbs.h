/* verbs - the commands of a session after its login: which there are, and
 * where each is allowed. */
#ifndef IMAPD_VERBS_H
#define IMAPD_VERBS_H

#include "imapd/box.h"

/* One command, and its tagged reply. */
void	verbs_run(struct box *, struct span text);

#endif
