/*
 * imap_session MAILDIR - an IMAP session after its login, to be killed
 * (tests/session.h).
 */
#include <sys/mman.h>
#include <stdio.h>
#include <unistd.h>

#include "imapd/loop.h"
#include "run/role.h"
#include "store/mailbox.h"
#include "sys/log.h"
#include "tests/session.h"

int
main(int argc, char **argv)
{
	const struct conf_key *const keys[] = { site_keys, imapd_keys };
	static const char text[] = "hostname mx.example.test\n"
	    "domains example.test\n";
	static struct site site;
	static struct imapd_conf conf;
	static struct mailbox box;
	struct note n = { .kind = NOTE_SPAWN, .facts.user = "alice",
	    .facts.helo = "login PLAIN" };
	void *const out[] = { &site, &conf };
	struct buf errors = { .max = 4096 };
	struct role_env env = { .site = &site, .conf = &conf, .control = -1 };
	int file = memfd_create("conf", 0);

	log_program("imap_session");
	if (argc != 2 || span_str(span_of(argv[1]), box.maildir,
	    sizeof box.maildir) < 0)
		return 100;
	if (file_write(file, SPAN(text)) < 0 ||
	    conf_read(file, "conf", keys, 2, out, &errors) < 0)
		log_die(LOG_FIX, "%.*s", SPAN_ARG(buf_span(&errors)));
	close(file);
	stream_init();
	loop_session(&env, &n, session_stream(1), &box, 0);
	_exit(0);
}
