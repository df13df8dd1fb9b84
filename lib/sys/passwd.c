/* passwd - the ids of a service's user. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/scan.h"
#include "sys/passwd.h"

static int is_of(struct span, const char *, uid_t *, gid_t *);

int
passwd_ids(const char *file, const char *user, uid_t *uid, gid_t *gid)
{
	FILE *f = fopen(file, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int found = 0;

	if (f == NULL)
		return -1;
	errno = 0;
	while (!found && (n = getline(&line, &size, f)) > 0)
		found = is_of(span_mem(line, (size_t)n), user, uid, gid);
	if (!found && errno == 0)
		errno = ENOENT;
	free(line);
	fclose(f);
	return found ? 0 : -1;
}

/* name:password:uid:gid:…  1, or 0: another's, or no such line. */
static int
is_of(struct span in, const char *user, uid_t *uid, gid_t *gid)
{
	struct span name, password, u, g;

	return span_cut(&in, ':', &name) && span_eq(name, span_of(user)) &&
	    span_cut(&in, ':', &password) &&
	    span_cut(&in, ':', &u) && scan_uint(u, UINT_MAX, uid) == 0 &&
	    span_cut(&in, ':', &g) && scan_uint(g, UINT_MAX, gid) == 0;
}
