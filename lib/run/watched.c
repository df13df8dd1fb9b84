/* watched - the files that the monitor opens for its roles. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run/watched.h"
#include "sys/log.h"

enum { PEMS = 64, FILES = TABLE_COUNT + 4 + PEMS };

/* What tells one file from its successor. */
struct seen {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct watched {
	unsigned flag;			/* who gets it */
	char text[336];			/* of its note: "tls.cert PATH" */
	const char *path;
	struct seen seen;		/* all zero: no such file */
};

/* The tables are the first TABLE_COUNT, in their order. */
static struct watched file[FILES];
static unsigned nfile;

static void add(unsigned, const char *, const char *, const char *);

void
watched_init(const struct site *s)
{
	size_t i;

	for (i = 0; i < TABLE_COUNT; i++)
		add(ROLE_TABLES, directory_name[i], s->tables_dir, ".cdb");
	add(ROLE_PASSWORDS, "passwords", s->secrets_dir, ".cdb");
	add(ROLE_RELAY, "relay-passwords", s->secrets_dir, "");
	add(ROLE_RELAY, "relay-tokens", s->secrets_dir, "");
	add(ROLE_RELAY, "srs", s->secrets_dir, "");
	for (i = 0; i < s->tls_key.n; i++)
		add(ROLE_KEYS, "tls.key", s->tls_key.word[i], NULL);
	for (i = 0; i < s->tls_cert.n; i++)
		add(ROLE_CERTS, "tls.cert", s->tls_cert.word[i], NULL);
	for (i = 0; i < s->client_ca.n; i++)
		add(ROLE_CERTS, "tls.client_ca", s->client_ca.word[i], NULL);
	(void)watched_changed();
}

unsigned
watched_changed(void)
{
	struct seen now;
	struct stat st;
	unsigned changed = 0;
	size_t i;

	for (i = 0; i < nfile; i++) {
		memset(&now, 0, sizeof now);
		if (stat(file[i].path, &st) == 0) {
			now.dev = st.st_dev;
			now.ino = st.st_ino;
			now.size = st.st_size;
			now.changed = st.st_ctim;
		}
		if (memcmp(&now, &file[i].seen, sizeof now) != 0)
			changed |= file[i].flag;
		file[i].seen = now;
	}
	/* a pair belongs together: who gets one half again gets the other */
	if (changed & (ROLE_KEYS | ROLE_CERTS))
		changed |= ROLE_KEYS | ROLE_CERTS;
	return changed;
}

void
watched_give(int control, unsigned flags)
{
	const struct watched *w;
	char text[sizeof w->text];
	int fd, bad, n;

	for (w = file; w < file + nfile; w++) {
		if (!(flags & w->flag))
			continue;
		fd = open(w->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		/* one that is gone is no empty one while its text stands */
		n = (int)strlen(w->path) - (w->flag & ROLE_COMPILED ? 4 : 0);
		snprintf(text, sizeof text, "%.*s", n, w->path);
		bad = fd < 0 && (errno != ENOENT || access(text, F_OK) == 0);
		if (bad)
			log_warn("file", "%s: %s", w->path, strerror(errno));
		note_tell(control, bad ? NOTE_UNREADABLE :
		    w->flag == ROLE_TABLES ? NOTE_TABLE : NOTE_FILE,
		    (unsigned)(w - file), w->text, fd);
		if (fd >= 0)
			close(fd);
	}
}

/* Its path is DIR/NAME and the ending; or, where ending is NULL, DIR. */
static void
add(unsigned flag, const char *name, const char *dir, const char *ending)
{
	struct watched *w = &file[nfile++];
	int n;

	if (w == file + FILES)
		log_die(LOG_FIX, "more than %d certificates and keys", PEMS);
	n = snprintf(w->text, sizeof w->text, "%s %s%s%s%s", name, dir,
	    ending ? "/" : "", ending ? name : "", ending ? ending : "");
	if (n < 0 || (size_t)n >= sizeof w->text)
		log_die(LOG_FIX, "path too long: %s", dir);
	w->path = strchr(w->text, ' ') + 1;
	w->flag = flag;
}
