/* say - what an administrator's command tells a person. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/say.h"
#include "sys/file.h"

static const char *name = "correo";

void
say_name(const char *program)
{
	name = program;
}

int
say(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "%s: ", name);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return status;
}

int
say_errno(int status, const char *fmt, ...)
{
	va_list ap;
	int e = errno;

	va_start(ap, fmt);
	fprintf(stderr, "%s: ", name);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, ": %s\n", strerror(e));
	va_end(ap);
	return status;
}

int
say_out(struct buf *b)
{
	int r = buf_ok(b) ? file_write(STDOUT_FILENO, buf_span(b)) : -1;

	buf_reset(b);
	return r;
}

void
say_lines(const struct buf *b)
{
	(void)file_write(STDERR_FILENO, buf_span(b));
}

int
say_refused(const struct buf *errors)
{
	say_lines(errors);
	return say(SAY_FIX, "nothing was changed");
}
