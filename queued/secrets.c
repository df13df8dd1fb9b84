/* secrets - what the monitor hands to the loop. */
#include <string.h>

#include "queued/secrets.h"
#include "sys/file.h"
#include "sys/log.h"
#include "wire/hop.h"

enum { PASSWORDS, TOKENS, SRS, FILES };

static const char *const names[FILES] = {
	"relay-passwords", "relay-tokens", "srs"
};
static struct buf file[FILES] = {
	{ .max = 1 << 16 }, { .max = 1 << 20 }, { .max = 4096 }
};

void
secrets_file(struct role_env *env, const char *name, int fd)
{
	struct span in = span_of(name), kind;
	size_t i;

	(void)env;
	span_cut(&in, ' ', &kind);
	for (i = 0; i < FILES; i++) {
		if (!span_eq(kind, span_of(names[i])) ||
		    fd == TABLE_UNREADABLE)	/* what it said holds on */
			continue;
		if (file[i].p)
			explicit_bzero(file[i].p, file[i].n);
		buf_free(&file[i]);
		if (fd >= 0 && file_read(fd, &file[i]) < 0) {
			log_warn("file", "%.*s cannot be read", SPAN_ARG(in));
			buf_free(&file[i]);
		}
	}
}

int
secrets_login(struct span name, struct span *user, struct span *secret,
    int *token)
{
	*token = hop_secret(buf_span(&file[TOKENS]), name, user, secret);
	return *token || hop_secret(buf_span(&file[PASSWORDS]), name, user,
	    secret);
}

struct span
secrets_srs(void)
{
	return buf_span(&file[SRS]);
}
