/*
 * quit_session MAILDIR - a POP3 session after its login, to be killed
 * (tests/session.h).
 */
#include <unistd.h>

#include "pop3d/drop.h"
#include "sys/log.h"
#include "tests/session.h"

int
main(int argc, char **argv)
{
	static struct site site = { .hostname = "mx.example.test" };
	static struct pop3d_conf conf = { .uidl = "%08Xu%08Xv",
	    .expire = "never", .max_errors = 20, .timeout = 600,
	    .reader.login_timeout = 60 };
	struct role_env env = { .site = &site, .conf = &conf };
	struct note n = { .kind = NOTE_SPAWN, .facts.user = "alice" };
	struct mailbox box = { 0 };

	log_program("quit_session");
	if (argc != 2 || span_str(span_of(argv[1]), box.maildir,
	    sizeof box.maildir) < 0)
		return 100;
	stream_init();
	drop_session(&env, &n, session_stream(0), &box, 0);
	_exit(0);
}
