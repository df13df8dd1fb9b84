/* site - the keys of correo.conf that several programs share. */
#include <sys/stat.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mail/address.h"
#include "mail/idna.h"
#include "run/site.h"
#include "sys/log.h"

const char *const site_conf = CORREO_SYSCONFDIR "/correo.conf";

enum { PREFIX_MAX = 20 };

static int  has(const struct conf_words *, const char *);
static void check_copy(const char *, struct buf *);
static void check_services(const char *, const struct conf_words *,
	    const char *but, struct buf *);
static void check_files(const char *, const struct conf_words *, struct buf *);

#define AT(field) offsetof(struct site, field)

const struct conf_key site_keys[] = {
	{ "hostname", CONF_HOST, AT(hostname), NULL, 0, 0,
	    "The name of this machine in greetings, trace lines and reports; "
	    "mail for users at it is local." },
	{ "domains", CONF_HOSTS, AT(domains), "", 0, 0,
	    "Local domains, beside those of the table of that name." },
	{ "resolver", CONF_ADDRESS, AT(resolver), "", 0, 0,
	    "What gets all DNS questions; empty: as /etc/resolv.conf "
	    "says." },
	{ "state_dir", CONF_PATH, AT(state_dir), CORREO_STATEDIR, 0, 0,
	    "Where queue/, drop/ and the postmaster's mailbox are." },
	{ "tables_dir", CONF_PATH, AT(tables_dir), CORREO_SYSCONFDIR "/tables",
	    0, 0, "Address tables, as text and compiled." },
	{ "secrets_dir", CONF_PATH, AT(secrets_dir),
	    CORREO_SYSCONFDIR "/secrets", 0, 0,
	    "Passwords and keys." },
	{ "libexec_dir", CONF_PATH, AT(libexec_dir), CORREO_LIBEXECDIR, 0, 0,
	    "Programs that other programs start." },
	{ "empty_dir", CONF_PATH, AT(empty_dir), CORREO_EMPTYDIR, 0, 0,
	    "An empty directory of root's, in which processes without paths "
	    "are enclosed." },
	{ "mail_dir", CONF_PATH, AT(mail_dir), "/var/mail/correo", 0, 0,
	    "Below it correo user add makes virtual mailboxes, "
	    "as DOMAIN/LOCAL." },
	{ "user_prefix", CONF_TEXT, AT(user_prefix), "correo", 0, 0,
	    "First part of the names of the service users, as in "
	    "correo-smtpd." },
	{ "delimiter", CONF_TEXT, AT(delimiter), "+", 0, 0,
	    "The character between a user and an extension in an address, as "
	    "in user+ext; empty: none." },
	{ "always_bcc", CONF_WORDS, AT(always_bcc), "", 0, 0,
	    "ADDRESS gets a copy of all mail, DOMAIN=ADDRESS of mail from or "
	    "to that domain." },
	{ "tls.cert", CONF_WORDS, AT(tls_cert), "", 0, 0,
	    "PEM files, each a certificate and its chain; the first is shown "
	    "to clients that name no host.  None: no TLS." },
	{ "tls.key", CONF_WORDS, AT(tls_key), "", 0, 0,
	    "PEM files with the private keys, in the order of tls.cert." },
	{ "tls.client_ca", CONF_WORDS, AT(client_ca), "", 0, 0,
	    "PEM files with the authorities of clients' own certificates; "
	    "where they hold revocation lists, there must be one of each." },
	{ "tls.client_ask", CONF_WORDS, AT(client_ask), "", 0, 0,
	    "Where clients are asked for a certificate, of smtp, submission, "
	    "smtps, pop3, pop3s, imap and imaps; only the log says whether "
	    "there was a good one." },
	{ "tls.client_require", CONF_WORDS, AT(client_require), "", 0, 0,
	    "Where a handshake fails without a good one: any of those but "
	    "smtp." },
	{ "uid_first", CONF_NUMBER, AT(uid_first), "70000", 1, 4294967293,
	    "The postmaster's mailbox has this user id; virtual mailboxes get "
	    "the next ones." },
	{ "uid_last", CONF_NUMBER, AT(uid_last), "99999", 1, 4294967293,
	    "Last user id for virtual mailboxes." },
	{ NULL, 0, 0, NULL, 0, 0, NULL }
};

const char *
site_domains(const struct site *s)
{
	struct buf b = { .max = 1 << 20 };
	char ascii[256];
	size_t i;

	for (i = 0; i < s->domains.n; i++) {
		buf_adds(&b, i ? " " : "");
		buf_adds(&b, idna_ascii(span_of(s->domains.word[i]), ascii,
		    sizeof ascii) == 0 ? ascii : s->domains.word[i]);
	}
	if (buf_addc(&b, '\0') < 0)
		log_die(LOG_AGAIN, "no memory for the domains");
	return (const char *)b.p;	/* kept until exit, as the words are */
}

int
site_has_tls(const struct site *site, const void *conf)
{
	(void)conf;
	return site->tls_cert.n > 0;
}

enum client_cert
site_client_cert(const struct site *s, const char *service)
{
	return has(&s->client_require, service) ? CLIENT_CERT_REQUIRE :
	    has(&s->client_ask, service) ? CLIENT_CERT_ASK : CLIENT_CERT_NO;
}

static int
has(const struct conf_words *w, const char *word)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (strcmp(w->word[i], word) == 0)
			return 1;
	return 0;
}

void
site_check(const struct site *s, struct buf *errors)
{
	const char *d = s->delimiter, *p = s->user_prefix;
	size_t i;

	/* part of file names, .forward+ext, and of addresses without quotes */
	if (strlen(d) > 1 || (*d && !strchr("!#$%&'*+-=?^_`{|}~.", *d)))
		buf_addf(errors, "delimiter: one character that may stand in "
		    "an address, no letter, digit or slash; or nothing\n");
	if (*p == '\0' || strlen(p) > PREFIX_MAX || strspn(p,
	    "abcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(p))
		buf_addf(errors, "user_prefix: 1 to %d of a-z, 0-9, _ and -\n",
		    PREFIX_MAX);
	for (i = 0; i < s->always_bcc.n; i++)
		check_copy(s->always_bcc.word[i], errors);
	check_services("tls.client_ask", &s->client_ask, "", errors);
	/* RFC 3207 4: a public server wants no more than it can get */
	check_services("tls.client_require", &s->client_require, "smtp",
	    errors);
	if (s->client_require.n && s->client_ca.n == 0)
		buf_addf(errors, "tls.client_require: needs tls.client_ca\n");
	if (s->uid_first > s->uid_last)
		buf_addf(errors, "uid_last: is less than uid_first\n");
}

/* ADDRESS, or DOMAIN=ADDRESS. */
static void
check_copy(const char *word, struct buf *errors)
{
	struct span in = span_of(word), domain = SPAN("example.org");
	struct address a;
	const char *why;
	char of[300];

	if (span_find(in, '=') < in.n)
		(void)span_cut(&in, '=', &domain);
	(void)snprintf(of, sizeof of, "postmaster@%.*s", SPAN_ARG(domain));
	if (address_mailbox(span_of(of), &a, &why) < 0 ||
	    address_mailbox(in, &a, &why) < 0)
		buf_addf(errors, "always_bcc: %s: %s\n", word, why);
}

static void
check_services(const char *key, const struct conf_words *w, const char *but,
    struct buf *errors)
{
	static const char *const name[] = { "smtp", "submission", "smtps",
	    "pop3", "pop3s", "imap", "imaps" };
	size_t i, k;

	for (i = 0; i < w->n; i++) {
		for (k = 0; k < 7 && strcmp(w->word[i], name[k]) != 0; k++)
			;
		if (k == 7 || strcmp(w->word[i], but) == 0)
			buf_addf(errors, "%s: %s: not one of its services\n",
			    key, w->word[i]);
	}
}

void
site_check_logins(const struct site *site, const struct site_logins *l,
    struct buf *errors)
{
	check_files("tls.cert", &site->tls_cert, errors);
	check_files("tls.key", &site->tls_key, errors);
	check_files("tls.client_ca", &site->client_ca, errors);
	if (site->tls_cert.n != site->tls_key.n)
		buf_addf(errors, "tls.key: one for each of tls.cert, in the "
		    "same order\n");
	if (l->tls_listen && site->tls_cert.n == 0)
		buf_addf(errors, "%s.%s.listen: needs tls.cert and tls.key\n",
		    l->program, l->tls_service);
	if (l->listen && site->tls_cert.n == 0 && !l->without_tls)
		buf_addf(errors, "%s.%slisten: nobody could log in; name "
		    "tls.cert and tls.key, or %s.local_networks\n",
		    l->program, l->service, l->program);
}

static void
check_files(const char *key, const struct conf_words *w, struct buf *errors)
{
	struct stat st;
	size_t i;

	for (i = 0; i < w->n; i++)
		if (stat(w->word[i], &st) < 0)
			buf_addf(errors, "%s: %s: %s\n", key, w->word[i],
			    strerror(errno));
}
