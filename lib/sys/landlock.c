/* landlock - Linux's rules on paths, by raw system calls. */
#include <sys/syscall.h>
#include <linux/landlock.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/landlock.h"

enum {
	READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	WRITE = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	    LANDLOCK_ACCESS_FS_REMOVE_DIR
};
/* Since ABI 2 and 3; older headers do not name them. */
#define REFER ((uint64_t)1 << 13)
#define TRUNCATE ((uint64_t)1 << 14)

static int allow(int, const char *, uint64_t);

int
landlock_confine(int write, const char *const dir[], const char *shared)
{
	struct landlock_ruleset_attr all = { 0 };
	uint64_t may;
	long abi;
	int rules, i;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	/* Whatever the error: containers answer EPERM for what they do not
	 * know.  ABI 1 has no REFER, and no file moves from a directory to
	 * another. */
	if (abi < 2) {
		errno = EOPNOTSUPP;
		return -1;
	}
	all.handled_access_fs = (((uint64_t)1 << 13) - 1) | REFER |
	    (abi >= 3 ? TRUNCATE : 0);
	may = READ;
	if (write)
		may |= WRITE | REFER | (abi >= 3 ? TRUNCATE : 0);
	rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
	if (rules < 0)
		return -1;
	for (i = 0; dir[i]; i++)
		if (allow(rules, dir[i], may) < 0)
			goto fail;
	if (shared)
		(void)allow(rules, shared, LANDLOCK_ACCESS_FS_READ_FILE);
	if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		goto fail;
	close(rules);
	return 0;
fail:
	return file_close_failed(rules);
}

static int
allow(int rules, const char *path, uint64_t may)
{
	struct landlock_path_beneath_attr b = { .allowed_access = may };
	long r;
	int e;

	b.parent_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (b.parent_fd < 0)
		return -1;
	r = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
	    &b, 0);
	e = errno;
	close(b.parent_fd);
	errno = e;
	return (int)r;
}
