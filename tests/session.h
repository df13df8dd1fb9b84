/*
 * session - for programs that are one session after its login, to be killed or
 * traced: commands come from standard input, replies go to standard output by
 * a process of their own, which lives on.
 */
#ifndef TESTS_SESSION_H
#define TESTS_SESSION_H

#include <sys/socket.h>
#include <err.h>
#include <unistd.h>

#include "sys/file.h"

static void
session_pass(int from, int to)
{
	char b[4096];
	ssize_t n;

	while ((n = read(from, b, sizeof b)) > 0)
		if (file_write(to, span_mem(b, (size_t)n)) < 0)
			_exit(1);
}

/* The session's end of its stream.  All commands wait in it; or, when paced,
 * they come as somebody sends them. */
static int
session_stream(int paced)
{
	int p[2], bytes = 4 << 20;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p) < 0)
		err(100, "socketpair");
	(void)setsockopt(p[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	if (!paced)
		session_pass(STDIN_FILENO, p[0]);
	else if (fork() == 0) {
		close(p[1]);
		close(STDOUT_FILENO);
		session_pass(STDIN_FILENO, p[0]);
		_exit(0);
	}
	if (fork() == 0) {
		close(p[1]);
		session_pass(p[0], STDOUT_FILENO);
		_exit(0);
	}
	close(p[0]);
	return p[1];
}

#endif
