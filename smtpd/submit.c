/*
 * submit - the header of a message from one of our users.
 *
 * Who may say what in From and Sender: RFC 6409 6.1; what is missing is added:
 * 8.  Fields that stay are not touched in a byte.
 */
#include <stdlib.h>

#include "base/encode.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/header.h"
#include "mail/header_list.h"
#include "smtpd/submit.h"

enum { ADDED = 512 };			/* bytes of what is added */

/* What has been seen of a header. */
struct seen {
	unsigned from, date, id;
	struct verdict no;		/* code 0: nothing wrong so far */
};

static int  take(const struct submit *, const struct header *, struct seen *);
static int  all_owned(const struct submit *, struct span, struct seen *);
static void owned(const struct submit *, struct span, struct seen *);
static int  each_shown(const struct submit *, struct span, struct seen *);
static void add_missing(const struct submit *, const struct seen *,
    struct buf *);
static struct verdict wrong(const struct seen *, int);

struct verdict
submit_header(const struct submit *t, struct span header, struct buf *out)
{
	struct buf kept = { .max = header.n };
	struct seen seen = { 0 };
	struct span in = header;
	struct header h;
	struct verdict v;
	size_t end = 0;
	int r;

	while ((r = header_next(&in, &h)) == 1) {
		end = header.n - in.n;
		if (take(t, &h, &seen))
			buf_addspan(&kept, h.whole);
	}
	v = wrong(&seen, r);
	if (v.code == 250) {
		out->max = header.n + ADDED;
		add_missing(t, &seen, out);
		buf_addspan(out, buf_span(&kept));
		buf_addspan(out, span_from(header, end));
		if (!buf_ok(&kept) || !buf_ok(out))
			v = verdict_make(451, "4.3.0", "no memory now");
	}
	buf_free(&kept);
	return v;
}

/* 1: the field goes on.  A Resent-From of the login's (RFC 5322 3.6.6) makes no
 * From of another's good: who writes the one may write the other, and readers
 * are shown From. */
static int
take(const struct submit *t, const struct header *h, struct seen *seen)
{
	struct seen apart = { 0 };

	if (header_is(h, "From")) {
		seen->from++;
		(void)all_owned(t, h->value, seen);
	} else if (header_is(h, "Sender"))
		return all_owned(t, h->value, &apart);
	else if (header_is(h, "Bcc") || header_is(h, "Resent-Bcc"))
		return 0;
	else if (header_is(h, "Date"))
		seen->date++;
	else if (header_is(h, "Message-ID"))
		seen->id++;
	return 1;
}

/* Every mailbox of the field, and at least one; and whatever else a mail
 * program may show for one: they differ in what they make of "<x> <y>", or of
 * "x <y>" with an x of such form, which RFC 5322 3.4 has not. */
static int
all_owned(const struct submit *t, struct span value, struct seen *seen)
{
	struct span in = value, one;
	int n = 0, r;

	for (; header_list_next(&in, &one); n++)
		owned(t, one, seen);
	r = each_shown(t, value, seen);
	if (seen->no.code == 0 && (n == 0 || r < 0))
		seen->no = verdict_make(550, "5.6.0", n ? "From has quotes "
		    "that can be read in two ways (RFC 5322 3.2)" :
		    "From has no address (RFC 5322 3.6.2)");
	return seen->no.code == 0;
}

static void
owned(const struct submit *t, struct span one, struct seen *seen)
{
	char normal[ADDRESS_MAX + 1];
	struct address a;
	const char *why;
	int r = 0;

	if (seen->no.code)
		return;
	if (address_mailbox(one, &a, &why) == 0) {
		address_normal(&a, normal);
		r = t->owns(t->arg, span_of(normal));
	}
	if (r < 0)
		seen->no = verdict_make(451, "4.3.5",
		    "our address tables cannot be read now");
	else if (r == 0)
		seen->no = verdict_make(550, "5.7.1", "From is not an "
		    "address of this login (RFC 6409 6.1); another's mail is "
		    "forwarded, not resent or redirected");
}

/* Words with an @ outside of quotes and comments.  0; -1: where one of these
 * ends, or whether it is one, is not the same to everybody. */
static int
each_shown(const struct submit *t, struct span s, struct seen *seen)
{
	static const struct span ends = { (const unsigned char *)
	    " \t\r\n,;:<>()", 11 };
	size_t i, from = 0, depth = 0;
	int at = 0;

	for (i = 0; i <= s.n; i++) {
		unsigned char c = i < s.n ? s.p[i] : ',';

		if (c == '\\' || (c == '"' && depth > 0))
			return -1;
		if (c == '"')
			for (i++; i < s.n && s.p[i] != '"'; i++)
				if (s.p[i] == '\\')
					i++;
		if (i > s.n || (c == '"' && i == s.n))
			return -1;
		at |= c == '@' && depth == 0;
		if (span_find(ends, c) == ends.n)
			continue;
		if (at)
			owned(t, span_sub(s, from, i), seen);
		depth += c == '(';
		depth -= c == ')' && depth > 0;
		from = i + 1;
		at = 0;
	}
	return depth > 0 ? -1 : 0;
}

static void
add_missing(const struct submit *t, const struct seen *seen, struct buf *out)
{
	char date[DATE_TEXT], id[14];

	if (!seen->date) {
		date_format(t->time, date);
		buf_addf(out, "Date: %s\r\n", date);
	}
	if (!seen->id) {
		encode_base32(id, 13, ((uint64_t)arc4random() << 32) |
		    arc4random());
		id[13] = '\0';
		buf_addf(out, "Message-ID: <%lld.%s@%s>\r\n",
		    (long long)t->time, id, t->hostname);
	}
}

/* r: how the header ended. */
static struct verdict
wrong(const struct seen *seen, int r)
{
	if (r < 0)
		return verdict_make(550, "5.6.0",
		    "a line of the header is no field (RFC 5322 2.2)");
	if (seen->no.code)
		return seen->no;
	if (seen->from != 1)
		return verdict_make(550, "5.6.0", "%u From fields; a message "
		    "has one (RFC 5322 3.6)", seen->from);
	if (seen->date > 1 || seen->id > 1)
		return verdict_make(550, "5.6.0", "more than one Date or "
		    "Message-ID (RFC 5322 3.6)");
	return verdict_make(250, "2.0.0", "ok");
}
