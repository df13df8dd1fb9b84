/* watched - the files that the monitor opens for its roles. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run/watched.h"
#include "sys/log.h"

enum { FILES = TABLE_COUNT + 4 + 64 };

/* What tells one file from its successor. */
struct seen {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct watched {
	unsigned flag;			/* who gets it */
	const char *kind;		/* "tls.cert" */
	char path[300];
	struct seen seen;		/* all zero: no such file */
};

/* The tables are the first TABLE_COUNT, in their order. */
static struct watched file[FILES];
static size_t nfile;

static void add(unsigned, const char *, const char *, const char *);
static int  give_tables(int);
static int  give_file(int, const struct watched *);
static int  open_it(const struct watched *);

void
watched_init(const struct site *s)
{
	char name[32];
	size_t i;

	for (i = 0; i < TABLE_COUNT; i++) {
		snprintf(name, sizeof name, "/%s.cdb", directory_name[i]);
		add(ROLE_TABLES, "table", s->tables_dir, name);
	}
	add(ROLE_PASSWORDS, "passwords", s->secrets_dir, "/passwords.cdb");
	add(ROLE_RELAY, "relay-passwords", s->secrets_dir, "/relay-passwords");
	add(ROLE_RELAY, "relay-tokens", s->secrets_dir, "/relay-tokens");
	add(ROLE_RELAY, "srs", s->secrets_dir, "/srs");
	for (i = 0; i < s->tls_key.n; i++)
		add(ROLE_KEYS, "tls.key", s->tls_key.word[i], "");
	for (i = 0; i < s->tls_cert.n; i++)
		add(ROLE_CERTS, "tls.cert", s->tls_cert.word[i], "");
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

int
watched_give(int control, unsigned flags)
{
	size_t i;

	if (flags & ROLE_TABLES && give_tables(control) < 0)
		return -1;
	for (i = TABLE_COUNT; i < nfile; i++)
		if (flags & file[i].flag && give_file(control, &file[i]) < 0)
			return -1;
	return 0;
}

static void
add(unsigned flag, const char *kind, const char *dir, const char *name)
{
	struct watched *w = &file[nfile];
	int n;

	if (nfile == FILES)
		log_die(LOG_FIX, "more than %d certificates and keys",
		    FILES - TABLE_COUNT - 4);
	n = snprintf(w->path, sizeof w->path, "%s%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof w->path)
		log_die(LOG_FIX, "path too long: %s", dir);
	w->flag = flag;
	w->kind = kind;
	nfile++;
}

static int
give_tables(int control)
{
	struct note n = { .kind = NOTE_TABLES };
	int fd[TABLE_COUNT], r;
	size_t i, k = 0;

	for (i = 0; i < TABLE_COUNT; i++)
		if ((fd[k] = open_it(&file[i])) >= 0) {
			n.mask |= (uint16_t)(1u << i);
			k++;
		}
	r = note_send(control, &n, fd, k);
	while (k > 0)
		close(fd[--k]);
	return r;
}

static int
give_file(int control, const struct watched *w)
{
	char text[sizeof ((struct note *)0)->text];
	int fd = open_it(w), r;

	snprintf(text, sizeof text, "%s %s", w->kind, w->path);
	r = note_say(control, NOTE_FILE, text, &fd, fd >= 0 ? 1 : 0);
	if (fd >= 0)
		close(fd);
	return r;
}

static int
open_it(const struct watched *w)
{
	int fd;

	if (w->seen.ino == 0)
		return -1;
	fd = open(w->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		log_warn("file", "%s: %s", w->path, strerror(errno));
	return fd;
}
