/* dsn - a report about what became of a message, for its sender. */
#include "base/ascii.h"
#include "base/ip.h"
#include "base/utf8.h"
#include "mail/date.h"
#include "mail/dsn.h"

struct meaning {
	const char *status;		/* without its first digit */
	const char *words;
};

static void add_header(struct buf *, const struct dsn *);
static void add_words(struct buf *, const struct dsn *);
static void add_rcpt_words(struct buf *, const struct dsn_rcpt *);
static void add_status(struct buf *, const struct dsn *);
static void add_rcpt_status(struct buf *, const struct dsn *,
    const struct dsn_rcpt *);
static void add_original(struct buf *, const struct dsn *);
static void add_boundary(struct buf *, const struct dsn *, const char *end);
static void add_clean(struct buf *, struct span, int utf8);
static void add_remote(struct buf *, struct span, int utf8);
static void add_address(struct buf *, const char *field, struct span,
    int utf8);
static void add_date(struct buf *, const char *field, int64_t);
static const char *meaning(struct span status);
static int  is_8bit(const struct dsn *);

static const char *const subject[] = {
	[DSN_FAILED] = "Your mail could not be delivered",
	[DSN_DELAYED] = "Your mail is still waiting",
	[DSN_DONE] = "Your mail was delivered"
};

/* RFC 3463 and what its codes mean to a person. */
static const struct meaning meanings[] = {
	{ ".1.1", "There is no mailbox of this name." },
	{ ".1.2", "There is no such domain, or it takes no mail." },
	{ ".1.3", "The address is not written as an address must be." },
	{ ".1.10", "This domain takes no mail." },
	{ ".2.1", "The mailbox does not take mail." },
	{ ".2.2", "The mailbox is full." },
	{ ".2.3", "The message is too large for this mailbox." },
	{ ".3.4", "The message is too large." },
	{ ".4.1", "The other server did not answer." },
	{ ".4.2", "The other server broke off, or did not reply in time." },
	{ ".4.3", "Where the other server is could not be found out." },
	{ ".4.4", "No way to the other server was found." },
	{ ".4.6", "The mail went in a circle." },
	{ ".4.7", "It was tried for a long time, without success." },
	{ ".6.3", "The other server cannot take the letters of this mail." },
	{ ".6.7", "The other server takes no address or subject with letters "
	    "like these." },
	{ ".7.1", "It was refused: this mail is not permitted there." },
	{ ".7.4", "Encryption is demanded, and could not be had." },
	{ ".7.5",
	    "It cannot be proved that the other server is the right one." }
};

int
dsn_compose(struct buf *b, const struct dsn *d)
{
	add_header(b, d);
	add_boundary(b, d, "");
	add_words(b, d);
	add_boundary(b, d, "");
	add_status(b, d);
	add_boundary(b, d, "");
	add_original(b, d);
	add_boundary(b, d, "--");
	return buf_ok(b) ? 0 : -1;
}

static void
add_header(struct buf *b, const struct dsn *d)
{
	add_date(b, "Date", d->now);
	buf_addf(b, "From: Mail Delivery System <MAILER-DAEMON@%s>\r\nTo: <",
	    d->hostname);
	add_clean(b, d->to, d->utf8);
	buf_addf(b, ">\r\nSubject: %s\r\nMessage-ID: <%s@%s>\r\n",
	    d->null ? "Mail could not be delivered, and nobody can be told" :
	    subject[d->kind], d->id, d->hostname);
	if (d->message_id.n && d->message_id.n < 900) {
		buf_adds(b, "In-Reply-To: ");
		add_clean(b, d->message_id, d->utf8);
		buf_adds(b, "\r\nReferences: ");
		add_clean(b, d->message_id, d->utf8);
		buf_adds(b, "\r\n");
	}
	/* RFC 3834 section 5 */
	buf_adds(b, "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
	    "\tboundary=\"");
	buf_addf(b, "=_%s/correo\"\r\n", d->id);
	if (is_8bit(d))
		buf_adds(b, "Content-Transfer-Encoding: 8bit\r\n");
	buf_adds(b, "\r\nThis is a report in several parts, for programs that "
	    "know MIME.\r\n");
}

static void
add_words(struct buf *b, const struct dsn *d)
{
	static const char *const opening[] = {
		[DSN_FAILED] = ("Your mail could not be delivered to the "
		    "recipients below.  It will not\r\nbe tried again for "
		    "them.\r\n"),
		[DSN_DELAYED] = ("Your mail could not yet be delivered to the "
		    "recipients below.\r\nYou need not do anything: it is "
		    "tried again and again.\r\n"),
		[DSN_DONE] = ("As you asked to be told: your mail was handed "
		    "over for the recipients below.\r\n")
	};
	char date[DATE_TEXT];
	size_t i;

	buf_addf(b, "Content-Type: text/plain; charset=%s\r\n%s\r\n",
	    is_8bit(d) ? "utf-8" : "us-ascii", is_8bit(d) ?
	    "Content-Transfer-Encoding: 8bit\r\n" : "");
	buf_addf(b, "This is the mail server %s.\r\n\r\n", d->hostname);
	if (d->null)
		buf_adds(b, "The message below has no sender who could be "
		    "told, so this goes to the\r\npostmaster.\r\n\r\n");
	buf_adds(b, opening[d->kind]);
	if (d->kind == DSN_DELAYED) {
		date_format(d->until, date);
		buf_addf(b, "If it does not succeed until %s,\r\n"
		    "you will be told.\r\n", date);
	}
	for (i = 0; i < d->nrcpt; i++)
		add_rcpt_words(b, &d->rcpt[i]);
	buf_addf(b, "\r\n%s of your message is attached; so are details for "
	    "whoever\r\nlooks after the mail.\r\n",
	    d->whole ? "All" : "The header");
}

static void
add_rcpt_words(struct buf *b, const struct dsn_rcpt *r)
{
	const char *words = meaning(r->enhanced);

	buf_adds(b, "\r\n  <");
	add_clean(b, r->to, 1);
	buf_adds(b, ">\r\n");
	if (r->named.n && !span_eq(r->named, r->to)) {
		buf_adds(b, "    (from your mail to <");
		add_clean(b, r->named, 1);
		buf_adds(b, ">)\r\n");
	}
	if (words && r->code >= 400)
		buf_addf(b, "    %s\r\n", words);
	if (r->text.n == 0)
		return;
	/* its own words, or ours: that it refused a connection, say */
	buf_adds(b, r->peer.n ? "    Server " : "    In detail");
	add_clean(b, r->peer, 1);
	buf_adds(b, ": ");
	if (r->code)
		buf_addf(b, "%u ", r->code);
	add_clean(b, r->enhanced, 1);
	buf_addc(b, ' ');
	add_clean(b, r->text, 1);
	buf_adds(b, "\r\n");
}

/* RFC 3464 section 2 */
static void
add_status(struct buf *b, const struct dsn *d)
{
	size_t i;

	/* RFC 6533 section 4 */
	buf_addf(b, "Content-Type: message/%sdelivery-status\r\n",
	    d->utf8 ? "global-" : "");
	if (d->utf8)
		buf_adds(b, "Content-Transfer-Encoding: 8bit\r\n");
	buf_addf(b, "\r\nReporting-MTA: dns; %s\r\n", d->hostname);
	if (d->envid.n) {
		buf_adds(b, "Original-Envelope-Id: ");
		add_clean(b, d->envid, d->utf8);
		buf_adds(b, "\r\n");
	}
	add_date(b, "Arrival-Date", d->arrived);
	for (i = 0; i < d->nrcpt; i++)
		add_rcpt_status(b, d, &d->rcpt[i]);
}

static void
add_rcpt_status(struct buf *b, const struct dsn *d, const struct dsn_rcpt *r)
{
	buf_adds(b, "\r\n");
	if (r->orcpt.n) {
		buf_adds(b, "Original-Recipient: ");
		add_clean(b, r->orcpt, d->utf8);
		buf_adds(b, "\r\n");
	}
	add_address(b, "Final-Recipient", r->to, d->utf8);
	buf_addf(b, "Action: %s\r\nStatus: ", r->action);
	if (r->enhanced.n)
		add_clean(b, r->enhanced, 0);
	else
		buf_addf(b, "%u.0.0", r->code >= 200 && r->code < 600 ?
		    r->code / 100 : 4);
	buf_adds(b, "\r\n");
	if (r->peer.n)
		add_remote(b, r->peer, d->utf8);
	if (r->text.n || r->code) {
		/* only a reply has that type (RFC 3464 2.3.6) */
		buf_addf(b, "Diagnostic-Code: %s; ", r->peer.n ? "smtp" :
		    "x-correo");
		if (r->code)
			buf_addf(b, "%u ", r->code);
		add_clean(b, r->enhanced, 0);
		buf_addc(b, ' ');
		add_clean(b, r->text, d->utf8);
		buf_adds(b, "\r\n");
	}
	if (r->when)
		add_date(b, "Last-Attempt-Date", r->when);
	if (d->kind == DSN_DELAYED)
		add_date(b, "Will-Retry-Until", d->until);
}

static void
add_original(struct buf *b, const struct dsn *d)
{
	const char *type = d->whole ?
	    d->utf8 ? "message/global" : "message/rfc822" :
	    d->utf8 ? "message/global-headers" : "text/rfc822-headers";

	buf_addf(b, "Content-Type: %s\r\n%s\r\n", type, is_8bit(d) ?
	    "Content-Transfer-Encoding: 8bit\r\n" : "");
	buf_addspan(b, d->original);
}

/* The id is made here: nobody who sent a message knew it then. */
static void
add_boundary(struct buf *b, const struct dsn *d, const char *end)
{
	buf_addf(b, "\r\n--=_%s/correo%s\r\n", d->id, end);
}

/* No control bytes; above ASCII only what is UTF-8, and only where it may
 * stand. */
static void
add_clean(struct buf *b, struct span s, int utf8)
{
	size_t i = 0, n;

	while (i < s.n) {
		n = s.p[i] < 0x80 ? !ascii_control(s.p[i]) :
		    utf8 ? utf8_length(span_from(s, i)) : 0;
		if (n)
			buf_add(b, s.p + i, n);
		else
			buf_addc(b, '?');
		i += n ? n : 1;
	}
}

/* The name in "name[address]:port", a domain or a literal (RFC 3464 2.3.5), or
 * the path of a socket. */
static void
add_remote(struct buf *b, struct span peer, int utf8)
{
	struct span name = span_sub(peer, 0, span_find(peer, '['));
	int socket = span_starts(peer, SPAN("/"));
	struct ip ip;
	int literal = !socket && ip_parse(name, &ip) == 0;

	buf_addf(b, "Remote-MTA: %s; %s%s", socket ? "x-unix" : "dns",
	    literal ? "[" : "", literal && !ip_is_v4(&ip) ? "IPv6:" : "");
	add_clean(b, name, utf8);
	buf_adds(b, literal ? "]\r\n" : "\r\n");
}

/* RFC 6533 section 3: an address above ASCII is of the type utf-8. */
static void
add_address(struct buf *b, const char *field, struct span a, int utf8)
{
	buf_addf(b, "%s: %s; ", field,
	    utf8 && !utf8_is_ascii(a) ? "utf-8" : "rfc822");
	add_clean(b, a, utf8);
	buf_adds(b, "\r\n");
}

static void
add_date(struct buf *b, const char *field, int64_t t)
{
	char date[DATE_TEXT];

	date_format(t, date);
	buf_addf(b, "%s: %s\r\n", field, date);
}

static const char *
meaning(struct span status)
{
	struct span s = span_from(status, 1);
	size_t i;

	for (i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (span_eq(s, span_of(meanings[i].status)))
			return meanings[i].words;
	return NULL;
}

static int
is_8bit(const struct dsn *d)
{
	size_t i;

	if (d->utf8 || !utf8_is_ascii(d->original))
		return 1;
	for (i = 0; i < d->nrcpt; i++)
		if (!utf8_is_ascii(d->rcpt[i].text) ||
		    !utf8_is_ascii(d->rcpt[i].to) ||
		    !utf8_is_ascii(d->rcpt[i].named) ||
		    !utf8_is_ascii(d->rcpt[i].peer) ||
		    !utf8_is_ascii(d->rcpt[i].enhanced))
			return 1;
	return 0;
}
