/* passwd - the ids of a service's user. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "sys/passwd.h"

int
passwd_ids(const char *file, const char *user, uid_t *uid, gid_t *gid)
{
	FILE *f = fopen(file, "re");
	const struct passwd *p;

	if (f == NULL)
		return -1;
	do
		p = fgetpwent(f);
	while (p && strcmp(p->pw_name, user) != 0);
	fclose(f);
	if (p == NULL) {
		errno = ENOENT;
		return -1;
	}
	*uid = p->pw_uid;
	*gid = p->pw_gid;
	return 0;
}
