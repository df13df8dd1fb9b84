/* auth - the password check.  Executed by the monitors of smtpd, pop3d and
 * imapd. */
#include <unistd.h>

#include "auth/check.h"
#include "auth/config.h"
#include "run/monitor.h"

static void check(const struct site *, const void *, struct buf *);

static struct auth_conf conf;

static const struct role roles[] = {
	{ .name = "auth", .user = "auth", .serve = check_role },
	{ .name = NULL }
};

int
main(int argc, char **argv)
{
	static const struct family family = { .program = "auth",
	    .role = roles, .keys = auth_keys, .conf = &conf,
	    .check = check };

	return monitor_main(argc, argv, &family);
}

/* The program is there, and all of its words fit. */
static void
check(const struct site *site, const void *conf, struct buf *errors)
{
	const struct auth_conf *c = conf;
	struct span in = span_of(c->checkpassword), word;
	char path[CHECK_WORD];
	size_t n;

	(void)site;
	for (n = 0; span_word(&in, &word); n++)
		if (n == CHECK_WORDS || word.n >= CHECK_WORD) {
			buf_addf(errors, "auth.checkpassword: more than %d "
			    "words, or one of more than %d bytes\n",
			    CHECK_WORDS, CHECK_WORD - 1);
			return;
		}
	in = span_of(c->checkpassword);
	if (span_word(&in, &word) && (span_str(word, path, sizeof path) < 0 ||
	    path[0] != '/' || access(path, X_OK) < 0))
		buf_addf(errors, "auth.checkpassword: the path of a program is "
		    "wanted\n");
}
