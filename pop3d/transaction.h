/* transaction - the commands of a session after its login. */
#ifndef POP3D_TRANSACTION_H
#define POP3D_TRANSACTION_H

#include "pop3d/drop.h"
#include "wire/pop3_command.h"

/* One line.  Replies go to drop.out; at QUIT drop.over is set. */
void	transaction_run(struct drop *, struct span line);

#endif
