/*
 * quit_session MAILDIR - a POP3 session after its login, to be killed: its
 * commands come from standard input, its replies go to standard output by a
 * process of their own, which lives on.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "pop3d/drop.h"
#include "sys/file.h"
#include "sys/log.h"

static void pass(int from, int to);

int
main(int argc, char **argv)
{
	static struct site site = { .hostname = "mx.example.test" };
	static struct pop3d_conf conf = { .uidl = "%08Xu%08Xv",
	    .expire = "never", .max_errors = 20, .timeout = 600,
	    .login_timeout = 60 };
	struct role_env env = { .site = &site, .conf = &conf };
	struct note n = { .kind = NOTE_SPAWN, .facts.user = "alice" };
	struct mailbox box = { 0 };
	int p[2];

	log_program("quit_session");
	if (argc != 2 || span_str(span_of(argv[1]), box.maildir,
	    sizeof box.maildir) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, p) < 0)
		return 100;
	stream_init();
	pass(STDIN_FILENO, p[0]);
	if (fork() == 0) {
		close(p[1]);
		pass(p[0], STDOUT_FILENO);
		_exit(0);
	}
	close(p[0]);
	drop_session(&env, &n, p[1], &box, 0);
	_exit(0);
}

static void
pass(int from, int to)
{
	char b[4096];
	ssize_t n;

	while ((n = read(from, b, sizeof b)) > 0)
		if (file_write(to, span_mem(b, (size_t)n)) < 0)
			_exit(1);
}
