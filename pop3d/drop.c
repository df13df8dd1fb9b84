/* drop - a POP3 session after its login. */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "pop3d/events.h"
#include "pop3d/transaction.h"
#include "run/reader_log.h"
#include "store/maildirsize.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { IDLE_MS = 2000 };

static int  enter(struct drop *);
static void unreachable(struct drop *, int);
static int  open_folder(struct drop *);
static int  quota(void *, int, int64_t, int64_t);
static int  too_soon(struct drop *);
static int  next_line(struct drop *, struct span *);
static void rest(struct drop *);

int
drop_session(struct role_env *env, const struct note *n, int stream,
    const struct mailbox *box, int never)
{
	static unsigned char output[DROP_BUFFER], text[DROP_BUFFER];
	static unsigned char input[4 * POP3_LINE];
	static struct drop d;
	struct span line, words = span_of(n->facts.helo), word;

	d.env = env;
	d.conf = env->conf;
	d.facts = &n->facts;
	d.box = box;
	d.text = text;
	d.began_ms = clock_mono_ms();
	d.client = (struct stream){ .fd = stream, .b = input,
	    .size = sizeof input, .timeout_s = (unsigned)d.conf->timeout };
	d.out = (struct out){ .stream = &d.client, .b = output,
	    .size = sizeof output };
	span_word(&words, &word);
	(void)span_str(word, d.mech, sizeof d.mech);
	d.utf8 = span_word(&words, &word);
	if (box == NULL)
		unreachable(&d, never);
	else if (enter(&d) == 0)
		while (!d.over && next_line(&d, &line))
			transaction_run(&d, line);
	out_flush(&d.out);
	if (d.folder) {
		events_logout(&d);
		/* what is only for the next session need not be waited for */
		shutdown(d.client.fd, SHUT_RDWR);
		folder_close(d.folder);
	}
	return 0;
}

int
drop_bit(const unsigned char *bits, uint32_t number)
{
	return bits && bits[number / 8] & 1u << number % 8;
}

int
drop_set(const struct drop *d, unsigned char **bits, uint32_t number)
{
	if (*bits == NULL && (*bits = calloc(d->count / 8 + 1, 1)) == NULL)
		return -1;
	(*bits)[number / 8] |= (unsigned char)(1u << number % 8);
	return 0;
}

/* 0; or -1 and the client told why not. */
static int
enter(struct drop *d)
{
	struct folder_totals t;

	if (open_folder(d) < 0) {
		log_warn("unreachable", "mailbox %s: %s: %s", d->facts->user,
		    d->box->maildir, strerror(errno));
		unreachable(d, errno == EACCES || errno == EPERM ||
		    errno == ENOTDIR || errno == ELOOP);
		return -1;
	}
	if (too_soon(d)) {
		out_err(&d->out, "LOGIN-DELAY", "once in %llu seconds",
		    (unsigned long long)d->conf->login_delay);
		events_login(d, "login-delay");
		d->over = "LOGIN-DELAY";
		return -1;
	}
	folder_totals(d->folder, &t);
	d->uidvalidity = t.uidvalidity;
	d->count = folder_count(d->folder);
	out_ok(&d->out, "%u message%s", d->count, d->count == 1 ? "" : "s");
	events_login(d, "ok");
	return 0;
}

static void
unreachable(struct drop *d, int never)
{
	out_err(&d->out, never ? "SYS/PERM" : "SYS/TEMP",
	    "the mailbox cannot be opened");
	events_login(d, "unreachable");
}

static int
open_folder(struct drop *d)
{
	enum folder_mode mode = d->conf->mark_seen ? FOLDER_WRITE :
	    FOLDER_READ;

	d->tree.root = -1;
	if (tree_open(&d->tree, d->box->maildir, d->env->site->hostname) < 0)
		return -1;
	if (d->box->quota_bytes || d->box->quota_count) {
		d->tree.quota = quota;
		d->tree.quota_arg = d;
	}
	return folder_open(&d->folder, &d->tree, "INBOX", mode);
}

/* Deletes make room. */
static int
quota(void *arg, int told, int64_t bytes, int64_t messages)
{
	struct drop *d = arg;

	return told ? maildirsize_add(d->tree.root, bytes, messages) : 0;
}

/* RFC 2449 8.1.1.  The last login's time is the mtime of a file in the
 * Maildir, which all nodes see.  What cannot be told does not lock out. */
static int
too_soon(struct drop *d)
{
	struct timespec now[2] = { { .tv_sec = clock_s() } };
	struct stat st;
	int fd, soon;

	if (d->conf->login_delay == 0)
		return 0;
	fd = openat(d->tree.root, "correo-pop3", O_RDWR | O_NOFOLLOW |
	    O_CLOEXEC);
	soon = fd >= 0 && fstat(fd, &st) == 0 &&
	    st.st_mtime <= now[0].tv_sec && now[0].tv_sec - st.st_mtime <
	    (int64_t)d->conf->login_delay;
	if (fd < 0)
		fd = openat(d->tree.root, "correo-pop3", O_RDWR | O_CREAT |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
	now[1] = now[0];
	if (fd >= 0 && !soon)
		futimens(fd, now);
	if (fd >= 0)
		close(fd);
	return soon;
}

/* The next command; replies leave when none is there to be read.  1; 0: the
 * session is over.  RFC 1939 3: at the timeout it closes without a word. */
static int
next_line(struct drop *d, struct span *line)
{
	struct stream *c = &d->client;
	struct span have;
	size_t n;
	long r;

	for (c->deadline_ms = 0; !d->out.lost;) {
		have = span_sub(stream_have(c), 0, POP3_LINE);
		if ((n = span_find(have, '\n')) < have.n) {
			stream_eat(c, n + 1);
			n -= n && have.p[n - 1] == '\r';
			*line = span_sub(have, 0, n);
			return 1;
		}
		if (n == POP3_LINE) {
			out_err(&d->out, "", "line too long (RFC 2449 4)");
			d->over = "long line";
			return 0;
		}
		out_flush(&d->out);
		if (n == 0)
			rest(d);
		if (c->deadline_ms == 0)
			c->deadline_ms = clock_mono_ms() +
			    d->conf->timeout * 1000;
		if ((r = stream_fill(c)) <= 0) {
			d->over = reader_log_stream(r);
			return 0;
		}
	}
	if (!d->over)
		d->over = "closed by client";
	return 0;
}

/* A client that is silent for a while: what is known is saved, and memory is
 * given back. */
static void
rest(struct drop *d)
{
	struct pollfd p = { .fd = d->client.fd, .events = POLLIN };

	if (poll(&p, 1, IDLE_MS) != 0)
		return;
	folder_save(d->folder);
	madvise(d->out.b, DROP_BUFFER, MADV_DONTNEED);
	madvise(d->text, DROP_BUFFER, MADV_DONTNEED);
}
