/* sts_find - the policy of a domain. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scan.h"
#include "remoted/conn.h"
#include "remoted/https.h"
#include "remoted/resolve.h"
#include "remoted/sts_count.h"
#include "remoted/sts_find.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

enum {
	FETCH_S = 40,			/* RFC 8461 3.3: a minute, DNS with it */
	CONNECT_S = 10, HOSTS = 3,
	AGAIN_S = 300,			/* RFC 8461 3.3 */
	DAY_S = 86400,
	KEPT = 10000			/* policies, from hour to hour */
};

struct refresh {
	struct sts *sts;
	unsigned kept;
};

static int  read_kept(struct sts *, const char *, struct sts_kept *);
static int  holds(const struct sts_kept *);
static int  live_id(struct sts *, const char *, char [STS_ID]);
static int  failed_lately(struct sts *, const char *);
static int  fetch(struct sts *, const char *, const char *,
    struct sts_kept *);
static int  download(struct sts *, const char *, struct buf *,
    struct sts_count *, const char **, char [IP_TEXT]);
static int  get(struct sts *, const char *, const struct ip *, uint64_t,
    struct buf *, struct sts_count *, const char **);
static void keep(struct sts *, const char *, const struct sts_kept *);
static void note_failure(struct sts *, const char *,
    const struct sts_count *, const char *);
static int  refresh_one(void *, const char *);
static int  forget_failure(void *, const char *);

int
sts_find(struct sts *s, const char *domain, struct sts_kept *k)
{
	char id[STS_ID];
	int have;

	have = read_kept(s, domain, k) == 0 && holds(k);
	s->means.dns.budget = DNS_POLICY;
	if (live_id(s, domain, id) < 0 ||
	    (have && strcmp(id, k->id) == 0) || failed_lately(s, domain))
		return have;
	return fetch(s, domain, id, k) == 0 || have;
}

void
sts_kept_free(struct sts_kept *k)
{
	buf_free(&k->text);
}

void
sts_refresh(struct sts *s)
{
	struct refresh r = { .sts = s };

	if (file_each(s->policy, refresh_one, &r) < 0 ||
	    file_each(s->failed, forget_failure, &r) < 0)
		log_warn("sts", "the directory of policies: %s",
		    strerror(errno));
}

/* ------------------------------------------------ what is on disk */

/* ID SP SECONDS LF policy */
static int
read_kept(struct sts *s, const char *domain, struct sts_kept *k)
{
	struct span in, line, word;
	const char *why;
	uint64_t t;

	k->text.max = STS_POLICY + 256;
	buf_reset(&k->text);
	if (file_read_at(s->policy, domain, &k->text) < 0)
		return -1;
	in = buf_span(&k->text);
	if (!span_cut(&in, '\n', &line) || !span_cut(&line, ' ', &word) ||
	    span_str(word, k->id, sizeof k->id) < 0 ||
	    scan_u64(line, INT64_MAX / 2, &t) < 0 ||
	    sts_parse(in, &k->policy, &why) < 0)
		return -1;		/* fetched again, as if none were */
	k->fetched = (int64_t)t;
	return 0;
}

/* A clock that was set back makes nothing hold longer. */
static int
holds(const struct sts_kept *k)
{
	int64_t age = clock_s() - k->fetched;

	return age >= 0 && age < (int64_t)k->policy.max_age;
}

static void
keep(struct sts *s, const char *domain, const struct sts_kept *k)
{
	struct buf b = { .max = STS_POLICY + 256 };

	if (k->policy.max_age == 0)
		return;
	buf_addf(&b, "%s %lld\n", k->id, (long long)k->fetched);
	buf_addspan(&b, buf_span(&k->text));
	if (!buf_ok(&b) || file_replace(s->policy, domain, buf_span(&b), 0640,
	    (uid_t)-1, (gid_t)-1) < 0)
		log_warn("sts", "the policy of %s cannot be kept: %s", domain,
		    strerror(errno));
	(void)unlinkat(s->failed, domain, 0);
	buf_free(&b);
}

/* ------------------------------------------------ DNS */

/* The id of the one record there is (RFC 8461 3.1), or -1. */
static int
live_id(struct sts *s, const char *domain, char id[STS_ID])
{
	static struct dns_answer a;
	char name[DNS_NAME + 16];
	unsigned char q[320];
	struct buf raw = { .max = 65536 };
	const char *why;
	size_t i, n;
	int is, found = 0;

	snprintf(name, sizeof name, "_mta-sts.%s", domain);
	n = dns_question(q, arc4random() & 0xffff, name, DNS_TXT, 1);
	if (n && dns_ask(&s->means.dns, span_mem(q, n), &raw) == 0 &&
	    dns_parse(buf_span(&raw), name, DNS_TXT, &a, &why) == 0 &&
	    a.rcode == DNS_OK)
		for (i = 0; i < a.n; i++) {
			is = sts_record(a.record[i].data, id);
			found += is < 0 ? 2 : is;
		}
	buf_free(&raw);
	return found == 1 ? 0 : -1;
}

/* ------------------------------------------------ the web */

static int
failed_lately(struct sts *s, const char *domain)
{
	struct stat st;
	int64_t age;

	if (fstatat(s->failed, domain, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	age = clock_s() - st.st_mtime;
	return age >= 0 && age < AGAIN_S;
}

/* 0, and *k is another; -1: *k is as it was. */
static int
fetch(struct sts *s, const char *domain, const char *id, struct sts_kept *k)
{
	static struct sts_policy p;
	struct sts_count c = { .policy = SPAN("sts") };
	struct buf b = { .max = STS_POLICY };
	const char *why = "";
	char host[DNS_NAME + 16], ip[IP_TEXT] = "-";
	struct log l;

	snprintf(host, sizeof host, "mta-sts.%s", domain);
	c.host = span_of(host);
	if (download(s, host, &b, &c, &why, ip) == 0) {
		c.result = SPAN("sts-policy-invalid");
		if (sts_parse(buf_span(&b), &p, &why) == 0) {
			buf_free(&k->text);
			k->text = b;
			k->policy = p;
			k->fetched = clock_s();
			snprintf(k->id, sizeof k->id, "%s", id);
			keep(s, domain, k);
			log_open(&l, LOG_INFO, "sts");
			log_str(&l, "domain", domain);
			log_str(&l, "mode", sts_mode_name(p.mode));
			log_str(&l, "policy", id);
			log_num(&l, "max_age", p.max_age);
			log_close(&l);
			return 0;
		}
	}
	buf_free(&b);
	c.ip = span_of(ip);
	note_failure(s, domain, &c, why);
	return -1;
}

static int
download(struct sts *s, const char *host, struct buf *b, struct sts_count *c,
    const char **why, char text[IP_TEXT])
{
	static struct resolve r;
	struct hop hop = { .scheme = HOP_SMTP, .host = span_of(host) };
	struct host h;
	uint64_t end = 0;
	int tries = 0;

	r.dns = &s->means.dns;
	r.conf = s->conf;
	r.hostname = s->hostname;
	c->result = SPAN("sts-policy-fetch-error");
	*why = "its host has no address";
	if (resolve_begin(&r, &hop) < 0)
		return -1;
	while (tries++ < HOSTS && resolve_next(&r, &h)) {
		if (end == 0)		/* of all of them together */
			end = clock_mono_ms() + FETCH_S * 1000;
		ip_format(&h.ip, text);
		buf_reset(b);
		if (get(s, host, &h.ip, end, b, c, why) == 0)
			return 0;
	}
	return -1;
}

static int
get(struct sts *s, const char *host, const struct ip *ip, uint64_t end,
    struct buf *b, struct sts_count *c, const char **why)
{
	static struct conn conn;
	struct tls_ask ask = { .proof = TLS_NAME, .name = host, .domain = "" };
	struct tls_fault f;
	uint64_t soon = clock_mono_ms() + CONNECT_S * 1000;
	int r = -1;

	if (conn_open(&conn, ip, 443, NULL, soon < end ? soon : end) < 0) {
		*why = strerror(errno);
		return -1;
	}
	means_tls(&s->means);
	conn.tls = tls_client_start(s->means.tls, conn.fd, &ask, end,
	    &f);
	if (conn.tls)
		r = https_get(&conn, host, "/.well-known/mta-sts.txt",
		    end, b, why);
	else {
		*why = f.why;
		if (strncmp(f.type, "certificate-", 12) == 0)
			c->result = SPAN("sts-webpki-invalid");
	}
	conn_close(&conn);
	return r;
}

static void
note_failure(struct sts *s, const char *domain, const struct sts_count *c,
    const char *why)
{
	int fd = openat(s->failed, domain, O_WRONLY | O_CREAT | O_TRUNC |
	    O_NOFOLLOW | O_CLOEXEC, 0640);
	struct log l;

	if (fd >= 0) {
		/* written to, so that it is young again */
		(void)file_write(fd, c->result);
		(void)file_write(fd, SPAN("\n"));
		close(fd);
	}
	sts_count_add(s, span_of(domain), c, clock_s());
	log_open(&l, LOG_WARN, "sts");
	log_str(&l, "domain", domain);
	log_text(&l, "result", c->result);
	log_str(&l, "reason", why);
	log_close(&l);
}

/* ------------------------------------------------ once an hour */

static int
refresh_one(void *arg, const char *domain)
{
	static struct sts_kept k;
	struct refresh *r = arg;
	struct sts *s = r->sts;
	char id[STS_ID];
	int64_t half;

	if (span_ends(span_of(domain), SPAN(".tmp")))
		return 0;		/* another child is writing it */
	if (read_kept(s, domain, &k) < 0 || !holds(&k) || r->kept == KEPT) {
		(void)unlinkat(s->policy, domain, 0);
		return 0;
	}
	r->kept++;
	half = (int64_t)k.policy.max_age / 2;
	if (clock_s() - k.fetched < (half < DAY_S ? half : DAY_S) ||
	    failed_lately(s, domain))
		return 0;
	s->means.dns.budget = DNS_POLICY;
	if (live_id(s, domain, id) < 0)
		memcpy(id, k.id, sizeof id);
	(void)fetch(s, domain, id, &k);
	return 0;
}

static int
forget_failure(void *arg, const char *domain)
{
	struct refresh *r = arg;

	if (!failed_lately(r->sts, domain))
		(void)unlinkat(r->sts->failed, domain, 0);
	return 0;
}
