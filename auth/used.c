/* used - what the password check keeps below STATE/auth. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/used.h"
#include "run/app_password.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

enum { HOUR = 3600 };

int
used_confine(const struct role_env *env)
{
	struct confine c = { .files = 16384 };
	char path[1024];
	int dir;

	snprintf(path, sizeof path, "%s/auth", env->site->state_dir);
	if ((dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0) {
		c.may = MAY_READ | MAY_WRITE;
		c.dir[0] = path;
	} else
		log_warn("auth", "%s: %s; when app passwords are used is not "
		    "kept", path, strerror(errno));
	role_confine(env, &c);
	return dir;
}

/* Under a lock: several services start at once. */
void
used_secret(int dir, unsigned char out[USED_SECRET])
{
	struct buf b = { .max = USED_SECRET };
	int fd;

	arc4random_buf(out, USED_SECRET);
	if (dir < 0)
		return;
	fd = openat(dir, "secret", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd < 0 || file_lock(fd, 1) < 0 || file_read(fd, &b) < 0)
		log_warn("auth", "secret: %s", strerror(errno));
	else if (b.n == USED_SECRET)
		memcpy(out, b.p, USED_SECRET);
	else		/* none yet, or what a crash has left of it */
		(void)(ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
		    file_write(fd, span_mem(out, USED_SECRET)));
	if (fd >= 0)
		close(fd);
	buf_free(&b);
}

/* Its time says it; there is nothing in it. */
void
used_now(int dir, const char *key, const char *id)
{
	char name[APP_USED];
	struct stat st;
	int fd;

	if (dir < 0)
		return;
	app_password_used(key, id, name);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    clock_s() - st.st_mtime < HOUR)
		return;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd < 0 || futimens(fd, NULL) < 0)
		log_warn("auth", "%s: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
}
