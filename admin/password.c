/* password - a new password, from a person or made, and its hash. */
#include <crypt.h>
#include <readpassphrase.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/password.h"
#include "admin/say.h"
#include "run/scram.h"
#include "wire/saslprep.h"

enum { GENERATED = 20 };	/* of 31 characters each: 99 bits */

static int prepare(char *);
static void generate(char *);
static int from_stdin(char *);
static int from_terminal(char *);

int
password_get(const struct args *a, char out[PASSWORD_MAX])
{
	if (a->generate)
		generate(out);
	else if ((a->password_stdin ? from_stdin(out) : from_terminal(out)) <
	    0)
		return -1;
	if (out[0] == '\0')
		return say(-1, "an empty password");
	return prepare(out);
}

/* The form that SCRAM clients hash (RFC 5802 5.1) and the check looks for. */
static int
prepare(char *password)
{
	struct buf b = { .max = PASSWORD_MAX - 1 };
	const char *why;
	int r = buf_room(&b, b.max);

	if (r < 0)
		return say(-1, "no memory");
	if (saslprep(span_of(password), &b, &why) < 0)
		r = say(-1, "%s", why);
	else if (span_str(buf_span(&b), password, PASSWORD_MAX) < 0 ||
	    password[0] == '\0')
		r = say(-1, "a password of nothing that counts");
	freezero(b.p, b.size);
	return r;
}

int
password_hash(const char *password, char out[PASSWORD_HASH])
{
	struct crypt_data *d = calloc(1, sizeof *d);
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *h;
	int r = -1;

	if (d == NULL)
		return say(-1, "no memory");
	/* prefix NULL: the library's best, with its usual cost and own
	 * randomness */
	if (!crypt_gensalt_rn(NULL, 0, NULL, 0, salt, (int)sizeof salt) ||
	    (h = crypt_rn(password, salt, d, (int)sizeof *d)) == NULL)
		say_errno(0, "crypt");
	else if (strlcpy(out, h, PASSWORD_HASH) >= PASSWORD_HASH)
		say(0, "crypt: a hash too long");
	else
		r = 0;
	freezero(d, sizeof *d);
	return r;
}

int
password_scram(const char *password, struct buf *out)
{
	struct scram_keys k;
	int r;

	scram_keys_make(span_of(password), &k);
	r = scram_keys_format(out, &k);
	explicit_bzero(&k, sizeof k);
	return r == 0 ? 0 : say(-1, "no memory");
}

/* Without 0 o 1 l i, which people misread. */
static void
generate(char *out)
{
	static const char letter[] = "23456789abcdefghjkmnpqrstuvwxyz";
	size_t i;

	for (i = 0; i < GENERATED; i++)
		out[i] = letter[arc4random_uniform(sizeof letter - 1)];
	out[i] = '\0';
}

static int
from_stdin(char *out)
{
	size_t n = 0;
	ssize_t r;

	while (n < PASSWORD_MAX &&
	    (r = read(STDIN_FILENO, out + n, PASSWORD_MAX - n)) != 0) {
		if (r < 0)
			return say_errno(-1, "standard input");
		n += (size_t)r;
	}
	if (n && out[n - 1] == '\n')
		n--;
	if (n && out[n - 1] == '\r')
		n--;
	if (n >= PASSWORD_MAX)
		return say(-1, "a password of more than %d bytes",
		    PASSWORD_MAX - 1);
	out[n] = '\0';
	return strlen(out) == n ? 0 : say(-1, "a NUL in the password");
}

static int
from_terminal(char *out)
{
	char again[PASSWORD_MAX];
	int same;

	if (readpassphrase("New password: ", out, PASSWORD_MAX,
	    RPP_REQUIRE_TTY) == NULL)
		return say(-1, "no terminal to ask on; use --password-stdin "
		    "or --generate");
	if (readpassphrase("Once more: ", again, sizeof again,
	    RPP_REQUIRE_TTY) == NULL)
		return say(-1, "no second password");
	same = strcmp(out, again) == 0;
	explicit_bzero(again, sizeof again);
	return same ? 0 : say(-1, "the two are not the same");
}
