/* writer_role - the zygote "writer" of a program that accepts mail. */
#ifndef RUN_WRITER_ROLE_H
#define RUN_WRITER_ROLE_H

#include "run/writer.h"

/* Opens the queue and the FIFO of the site, confines, serves.  Never returns
 * but at the end of its family. */
int	writer_role(struct role_env *, const struct writer_limits *);

#endif
