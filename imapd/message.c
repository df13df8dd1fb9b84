/* message - one message of a folder, read and parsed at most once. */
#include <sys/stat.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "imapd/message.h"
#include "mail/header.h"
#include "wire/imap_envelope.h"

/* Room that is asked for first: what no message fills is never touched.  HEAD:
 * read of a message of which only fields are wanted. */
enum { ROOM = 256 << 10, HEAD = 16 << 10, BLOB_MAX = 256 << 20 };

static void let_go(struct message *);
static int  load(struct message *, int);
static int  get(struct message *, int, int);
static int  make_room(struct message *, size_t);
static int  make(struct message *, unsigned);
static int  make_fields(struct message *);
static int  add_fields(struct message *, struct span);
static void keep(struct message *, unsigned);
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
message_start(struct message *m, struct folder *f, uint32_t number, int form)
{
	let_go(m);
	m->folder = f;
	m->number = number;
	m->form = form;
	return folder_mail(f, number, &m->mail);
}

int
message_load(struct message *m)
{
	return m->loaded ? 0 : load(m, 0);
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
	/* lists are made of them, of many messages whose bodies nobody reads */
	if (kinds == 1u << KIND_FIELDS)
		return make_fields(m);
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

/* All of it, or with head what fits into HEAD. */
static int
load(struct message *m, int head)
{
	int fd, r, e;

	if ((fd = folder_fd(m->folder, m->number)) < 0)
		return -1;
	r = get(m, fd, head);
	e = errno;
	close(fd);
	errno = e;
	m->loaded = r == 0 && (!head || m->bytes.n < HEAD);
	if (m->loaded)
		folder_measured(m->folder, m->number, m->bytes);
	return r;
}

/* Read, never mapped: its owner may truncate it meanwhile. */
static int
get(struct message *m, int fd, int head)
{
	struct stat st;
	ssize_t n;

	if (m->room == NULL && make_room(m, ROOM) < 0)
		return -1;
	while ((n = pread(fd, m->room, head ? HEAD : m->room_n, 0)) ==
	    (ssize_t)m->room_n)
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
	unsigned i;
	int r = 0;

	if (message_parse(m) < 0)
		return -1;
	for (i = 0; i < KINDS; i++) {
		m->made[i].max = BLOB_MAX;
		buf_reset(&m->made[i]);
	}
	if (kinds & 1u << KIND_ENVELOPE)
		r |= imap_envelope(&m->mime, m->mime.part, m->form,
		    &m->made[KIND_ENVELOPE]);
	if (kinds & 1u << KIND_STRUCTURE)
		r |= imap_bodystructure(&m->mime, 1, m->form,
		    &m->made[KIND_STRUCTURE]);
	if (kinds & 1u << KIND_BODY)
		r |= imap_bodystructure(&m->mime, 0, m->form,
		    &m->made[KIND_BODY]);
	if (kinds & 1u << KIND_FIELDS) {
		(void)add_fields(m, m->bytes);
		r |= buf_ok(&m->made[KIND_FIELDS]) ? 0 : -1;
	}
	if (r < 0) {
		errno = EFBIG;
		return -1;
	}
	for (i = 0; i < KINDS; i++)
		if (kinds & 1u << i)
			keep(m, i);
	return 0;
}

static int
make_fields(struct message *m)
{
	struct buf *b = &m->made[KIND_FIELDS];

	if (!m->loaded && load(m, 1) < 0)
		return -1;
	b->max = BLOB_MAX;
	buf_reset(b);
	if (!add_fields(m, m->bytes) && !m->loaded) {
		if (load(m, 0) < 0)
			return -1;
		buf_reset(b);
		(void)add_fields(m, m->bytes);
	}
	if (!buf_ok(b)) {
		errno = EFBIG;
		return -1;
	}
	keep(m, KIND_FIELDS);
	return 0;
}

/* 1: the header ends in these bytes; 0: or where they are cut off. */
static int
add_fields(struct message *m, struct span in)
{
	struct header h;
	struct span line;
	int r;

	if (span_starts(in, SPAN("From ")))
		span_cut(&in, '\n', &line);
	while ((r = header_next(&in, &h)) == 1)
		if (message_is_field(h.name))
			buf_addspan(&m->made[KIND_FIELDS], h.whole);
	buf_adds(&m->made[KIND_FIELDS], "\n");
	return r < 0 ? span_find(in, '\n') < in.n : in.n > 0;
}

static void
keep(struct message *m, unsigned i)
{
	m->blob[i] = buf_span(&m->made[i]);
	folder_cache_put(m->folder, m->mail.uid, cache_kind(m, i),
	    m->blob[i]);
}

static unsigned
cache_kind(const struct message *m, unsigned i)
{
	return KIND_FIRST + i + (i == KIND_FIELDS ? 0 :
	    KIND_FORM * (unsigned)m->form);
}
