/* message - one message of a folder, read and parsed at most once. */
#include <sys/stat.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "imapd/message.h"
#include "mail/header.h"
#include "wire/imap_envelope.h"

/* Room that is asked for first: what no message fills is never touched. */
enum { ROOM = 256 << 10, BLOB_MAX = 64 << 20 };

static void let_go(struct message *);
static int  get(struct message *, int);
static int  make_room(struct message *, size_t);
static int  make(struct message *, unsigned);
static unsigned cache_kind(const struct message *, unsigned);

/* What clients ask for by name, and SEARCH, SORT and THREAD look at. */
static const char *const fields[] = {
	"From", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID",
	"In-Reply-To", "References", "Reply-To", "Sender", "Content-Type",
	"MIME-Version", "List-ID", "List-Post", "List-Unsubscribe",
	"List-Unsubscribe-Post", "Newsgroups", "Priority", "X-Priority",
	"Importance", "X-Mailer", "User-Agent", "Delivered-To",
	"Disposition-Notification-To", "Content-Transfer-Encoding",
	"X-Spam-Status", "X-Spam-Flag", "Autocrypt"
};

int
message_start(struct message *m, struct folder *f, uint32_t number, int utf8)
{
	let_go(m);
	m->folder = f;
	m->number = number;
	m->utf8 = utf8;
	return folder_mail(f, number, &m->mail);
}

int
message_load(struct message *m)
{
	int fd, r, e;

	if (m->loaded)
		return 0;
	if ((fd = folder_fd(m->folder, m->number)) < 0)
		return -1;
	r = get(m, fd);
	e = errno;
	close(fd);
	errno = e;
	m->loaded = r == 0;
	return r;
}

int
message_parse(struct message *m)
{
	if (m->parsed)
		return 0;
	if (message_load(m) < 0)
		return -1;
	if (mime_parse(&m->mime, m->bytes) < 0) {
		errno = ENOMEM;
		return -1;
	}
	m->parsed = 1;
	return 0;
}

int
message_blobs(struct message *m, unsigned kinds)
{
	unsigned i, missing = 0;

	for (i = 0; i < KINDS; i++)
		if (kinds & 1u << i && !folder_cache_get(m->folder,
		    m->mail.uid, cache_kind(m, i), &m->blob[i]))
			missing |= 1u << i;
	if (missing == 0)
		return 0;
	/* putting one takes the others away: so all are made at once, and
	 * with them what the next question will be about */
	return make(m, kinds | 1u << KIND_ENVELOPE | 1u << KIND_STRUCTURE |
	    1u << KIND_FIELDS);
}

void
message_free(struct message *m)
{
	unsigned i;

	let_go(m);
	free(m->room);
	mime_free(&m->mime);
	for (i = 0; i < KINDS; i++)
		buf_free(&m->made[i]);
	*m = (struct message){ 0 };
}

int
message_is_field(struct span name)
{
	size_t i;

	for (i = 0; name.n && i < sizeof fields / sizeof *fields; i++)
		if (((name.p[0] ^ (unsigned char)fields[i][0]) & 0xdf) == 0 &&
		    span_case_eq(name, span_of(fields[i])))
			return 1;
	return 0;
}

static void
let_go(struct message *m)
{
	m->loaded = m->parsed = 0;
}

/* Read, never mapped: its owner may truncate it meanwhile. */
static int
get(struct message *m, int fd)
{
	struct stat st;
	ssize_t n;

	if (m->room == NULL && make_room(m, ROOM) < 0)
		return -1;
	while ((n = pread(fd, m->room, m->room_n, 0)) == (ssize_t)m->room_n)
		if (fstat(fd, &st) < 0 ||
		    make_room(m, (size_t)st.st_size + 1) < 0)
			return -1;
	m->bytes = span_mem(m->room, n < 0 ? 0 : (size_t)n);
	return n < 0 ? -1 : 0;
}

static int
make_room(struct message *m, size_t n)
{
	if (n <= m->room_n)
		return 0;
	free(m->room);
	m->room_n = 0;
	if ((m->room = malloc(n)) == NULL) {
		errno = EFBIG;		/* of this one, not of the command */
		return -1;
	}
	m->room_n = n;
	return 0;
}

static int
make(struct message *m, unsigned kinds)
{
	struct header h;
	struct span in;
	unsigned i;
	int r = 0;

	if (message_parse(m) < 0)
		return -1;
	for (i = 0; i < KINDS; i++) {
		m->made[i].max = BLOB_MAX;
		buf_reset(&m->made[i]);
	}
	if (kinds & 1u << KIND_ENVELOPE)
		r |= imap_envelope(&m->mime, m->mime.part, m->utf8,
		    &m->made[KIND_ENVELOPE]);
	if (kinds & 1u << KIND_STRUCTURE)
		r |= imap_bodystructure(&m->mime, 1, m->utf8,
		    &m->made[KIND_STRUCTURE]);
	if (kinds & 1u << KIND_BODY)
		r |= imap_bodystructure(&m->mime, 0, m->utf8,
		    &m->made[KIND_BODY]);
	if (kinds & 1u << KIND_FIELDS) {
		for (in = mime_header(&m->mime, m->mime.part);
		    header_next(&in, &h) == 1;)
			if (message_is_field(h.name))
				r |= buf_addspan(&m->made[KIND_FIELDS],
				    h.whole);
		r |= buf_adds(&m->made[KIND_FIELDS], "\n");
	}
	if (r < 0) {
		errno = ENOMEM;
		return -1;
	}
	for (i = 0; i < KINDS; i++) {
		if (!(kinds & 1u << i))
			continue;
		m->blob[i] = buf_span(&m->made[i]);
		folder_cache_put(m->folder, m->mail.uid, cache_kind(m, i),
		    m->blob[i]);
	}
	return 0;
}

static unsigned
cache_kind(const struct message *m, unsigned i)
{
	return KIND_FIRST + i + (m->utf8 && i != KIND_FIELDS ? KIND_UTF8 : 0);
}
