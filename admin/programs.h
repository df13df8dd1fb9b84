/* programs - the suite's other programs, run for their -n and -m. */
#ifndef ADMIN_PROGRAMS_H
#define ADMIN_PROGRAMS_H

#include <stddef.h>

#include "run/site.h"

extern const char *const programs[];	/* ends with NULL */

/* Its path, beside this program or in libexec_dir; 0, or -1: not there. */
int	programs_find(const struct site *, const char *name, char *out,
	    size_t size);
/* Runs it with that option and config; its standard output and error are
 * ours.  Its exit status, or -1 with errno. */
int	programs_run(const char *path, const char *option, const char *config);

#endif
