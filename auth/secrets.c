/* secrets - passwords.cdb: what is kept of each user's passwords. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/secrets.h"
#include "base/ascii.h"
#include "base/sha256.h"
#include "mail/address.h"
#include "run/app_password.h"
#include "sys/table.h"

static int get(const char *, const char *, struct span, struct span *);

static struct table table = { .fd = -1 };
static int unreadable;			/* and there was none before */

int
secrets_open(int fd)
{
	struct table new;

	if ((fd >= 0 && (fd = dup(fd)) < 0) || table_open(&new, fd) < 0) {
		unreadable = table.fd < 0;
		return -1;
	}
	table_close(&table);
	table = new;
	unreadable = 0;
	return 0;
}

int
secrets_user(struct span name, struct span domains, char *key, size_t size)
{
	char full[ADDRESS_MAX + 1];
	struct address a;
	struct span domain, value;
	const char *why;
	size_t i;

	if (size <= ADDRESS_MAX)
		return -1;
	if (span_find(name, '@') < name.n) {
		if (address_mailbox(name, &a, &why) < 0)
			return -1;
		address_normal(&a, key);
		return key[0] ? 0 : -1;
	}
	/* a blank is in the keys of what is no hash: "KEY scram" */
	if (span_str(name, key, ADDRESS_LOCAL + 1) < 0 || key[0] == '\0' ||
	    span_find(name, ' ') < name.n)
		return -1;
	for (i = 0; key[i]; i++)
		key[i] = (char)ascii_lower((unsigned char)key[i]);
	if (get(key, "", SPAN(""), &value) == 1 ||
	    !span_word(&domains, &domain))
		return 0;
	snprintf(full, sizeof full, "%s@%.*s", key, SPAN_ARG(domain));
	if (address_mailbox(span_of(full), &a, &why) == 0)
		address_normal(&a, key);
	return 0;
}

int
secrets_hash(const char *key, char *out, size_t size)
{
	struct span v;
	int r = get(key, "", SPAN(""), &v);

	if (r == 1 && span_str(v, out, size) < 0)
		return -1;
	return r;
}

int
secrets_scram(const char *key, struct scram_keys *k)
{
	struct span v;
	int r = get(key, " scram", SPAN(""), &v);

	if (r == 1 && scram_keys_parse(v, k) < 0)
		return -1;
	return r;
}

int
secrets_app(const char *key, struct span password, const char *scope,
    char id[17])
{
	char mac[APP_MAC], it[17];
	struct span v, which, scopes, want, word;
	int r;

	/* an ordinary password may have a dash: nothing of it may get out */
	id[0] = '\0';
	if (!span_cut(&password, '-', &which) ||
	    span_str(which, it, sizeof it) < 0 || it[0] == '\0')
		return 0;
	if ((r = get(key, " app ", which, &v)) != 1)
		return r;
	app_password_mac(key, it, password, mac);
	if (!span_cut(&v, ':', &scopes) || !span_cut(&v, ':', &want))
		return -1;
	if (!secret_equal(want, span_of(mac)))
		return 0;
	while (scopes.n) {
		span_cut(&scopes, ',', &word);
		if (span_eq(word, span_of(scope))) {
			memcpy(id, it, sizeof it);
			return 1;
		}
	}
	return 2;
}

static int
get(const char *key, const char *kind, struct span id, struct span *value)
{
	char k[ADDRESS_MAX + 32];
	int n = snprintf(k, sizeof k, "%s%s%.*s", key, kind, SPAN_ARG(id));

	if (unreadable)
		return -1;
	if (n < 0 || (size_t)n >= sizeof k)
		return 0;
	return table_get(&table, span_of(k), value);
}
