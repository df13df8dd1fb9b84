/* programs - the suite's other programs. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/programs.h"

const char *const programs[] = { "smtpd", "queued", "localdeliver",
    "remoted", "pop3d", "imapd", "tls", "auth", NULL };

int
programs_find(const struct site *site, const char *name, char *out,
    size_t size)
{
	char self[1024], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n > 0) {
		self[n] = '\0';
		if ((slash = strrchr(self, '/')) != NULL) {
			*slash = '\0';
			if ((size_t)snprintf(out, size, "%s/%s", self, name) <
			    size && access(out, X_OK) == 0)
				return 0;
		}
	}
	return (size_t)snprintf(out, size, "%s/%s", site->libexec_dir, name) <
	    size && access(out, X_OK) == 0 ? 0 : -1;
}

int
programs_run(const char *path, const char *option, const char *config)
{
	char arg[4][1024], *argv[5];
	static char env_path[] = "PATH=/usr/bin:/bin";
	char *env[] = { env_path, NULL };
	const char *word[4] = { path, "-c", config, option };
	int i, e, status;
	pid_t pid;

	for (i = 0; i < 4; i++) {
		if (strlcpy(arg[i], word[i], sizeof arg[i]) >= sizeof arg[i]) {
			errno = ENAMETOOLONG;
			return -1;
		}
		argv[i] = arg[i];
	}
	argv[4] = NULL;
	if ((e = posix_spawn(&pid, path, NULL, NULL, argv, env)) != 0) {
		errno = e;
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
