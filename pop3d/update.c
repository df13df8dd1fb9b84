/*
 * update - QUIT after the login.
 *
 * The store writes tombstones, flushes, then unlinks (store/folder.h), so a
 * crash at any point leaves each message whole or deleted for good.  In
 * portions, so that memory is bounded; what a portion has deleted stays so
 * when a later one fails.
 */
#include <errno.h>

#include "pop3d/update.h"
#include "sys/log.h"

enum { PORTION = 4096 };

static int  expunge(struct drop *);
static void mark_seen(struct drop *);
static size_t portion(const struct drop *, const unsigned char *,
	    const unsigned char *, uint32_t *, uint32_t [PORTION]);

void
update_run(struct drop *d)
{
	if (expunge(d) < 0) {
		log_warn("not-deleted", "mailbox %s: %s", d->facts->user,
		    strerror(errno));
		out_err(&d->out, "SYS/TEMP", "%llu of %u deleted: %s",
		    (unsigned long long)d->expunged, d->deleted,
		    strerror(errno));
	} else
		out_ok(&d->out, "%u deleted", d->deleted);
	if (d->seen)
		mark_seen(d);
}

static int
expunge(struct drop *d)
{
	static uint32_t number[PORTION];
	uint32_t from = 1;
	size_t n;

	while ((n = portion(d, d->dele, NULL, &from, number)) > 0) {
		if (folder_expunge(d->folder, number, n) < 0)
			return -1;
		d->expunged += n;
	}
	return 0;
}

/* \Seen is a comfort: its failure is an operator's news, not the client's. */
static void
mark_seen(struct drop *d)
{
	static uint32_t number[PORTION];
	static unsigned char result[PORTION];
	struct store s = { STORE_ADD, FLAG_SEEN, UINT64_MAX };
	uint32_t from = 1;
	size_t n;

	while ((n = portion(d, d->seen, d->dele, &from, number)) > 0)
		if (folder_store(d->folder, &s, number, n, result) < 0) {
			log_warn("not-marked", "mailbox %s: %s",
			    d->facts->user, strerror(errno));
			return;
		}
}

/* The next numbers from *from on that are in one set and not in the other. */
static size_t
portion(const struct drop *d, const unsigned char *in,
    const unsigned char *out, uint32_t *from, uint32_t number[PORTION])
{
	size_t n = 0;

	for (; in && *from <= d->count && n < PORTION; ++*from)
		if (drop_bit(in, *from) && !drop_bit(out, *from))
			number[n++] = *from;
	return n;
}
