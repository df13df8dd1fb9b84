/*
 * dialogue - sendmail -bs: SMTP with the program that started us, by two
 * descriptors.  Messages go where those of sendmail's other mode go.
 */
#ifndef ADMIN_DIALOGUE_H
#define ADMIN_DIALOGUE_H

#include "admin/handin.h"

/* Until QUIT or the end of input: EX_OK; EX_PROTOCOL or EX_IOERR where we
 * ended it.  What has no end by then is not sent. */
int	dialogue_serve(struct handin *, int in, int out);

#endif
