/* app_password - a password for one program of a user's, made by us. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/encode.h"
#include "base/sha256.h"
#include "run/app_password.h"

void
app_password_make(char id[APP_ID + 1], char text[APP_TEXT])
{
	uint64_t r[3];

	arc4random_buf(r, sizeof r);
	encode_base32(id, APP_ID, r[0]);
	id[APP_ID] = '\0';
	memcpy(text, id, APP_ID);
	text[APP_ID] = '-';
	encode_base32(text + APP_ID + 1, 12, r[1]);
	encode_base32(text + APP_ID + 13, 12, r[2]);
	text[APP_TEXT - 1] = '\0';
	explicit_bzero(r, sizeof r);
}

void
app_password_mac(const char *key, const char *id, struct span secret,
    char out[APP_MAC])
{
	char name[400];
	unsigned char mac[SHA256_SIZE];
	struct buf b = { .max = APP_MAC };
	int n = snprintf(name, sizeof name, "%s app %s", key, id);

	if (n < 0 || (size_t)n >= sizeof name)
		abort();	/* no key is so long */
	sha256_hmac(span_mem(name, (size_t)n), secret, mac);
	if (encode_hex(&b, span_mem(mac, sizeof mac)) < 0)
		abort();	/* no memory: nothing may be decided on it */
	memcpy(out, b.p, b.n);
	out[b.n] = '\0';
	buf_free(&b);
}

/* An id is of one user's; a sum tells which user. */
void
app_password_used(const char *key, const char *id, char out[APP_USED])
{
	snprintf(out, APP_USED, "%.16s.%08x", id,
	    (unsigned)crc32c(0, span_of(key)));
}
