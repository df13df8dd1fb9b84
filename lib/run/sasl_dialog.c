/* sasl_dialog - a login, carried between the client and the check. */
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "run/ask.h"
#include "run/sasl_dialog.h"
#include "wire/sasl.h"

static enum sasl_end carry(const struct sasl_client *, const char *,
	    struct buf *, int, struct span *);
static enum sasl_end challenge(const struct sasl_client *, struct span,
	    struct buf *);
static int  decode(struct buf *, struct span);
static void wipe(struct buf *);

enum sasl_end
sasl_dialog(const struct sasl_client *c, const char *mech,
    const struct span *initial, struct span *why)
{
	struct buf response = { .max = SASL_MESSAGE };
	enum sasl_end end = SASL_NOT_INITIAL;

	*why = SPAN("");
	/* RFC 4959 3: "=" is an initial response of no octets */
	if (!initial || span_eq(*initial, SPAN("=")) ||
	    decode(&response, *initial) == 0)
		end = carry(c, mech, &response, initial != NULL, why);
	wipe(&response);
	return end;
}

enum sasl_end
sasl_password(const struct sasl_client *c, struct span user,
    struct span password, struct span *why)
{
	struct buf plain = { .max = SASL_MESSAGE };
	enum sasl_end end = SASL_REFUSED;

	*why = SPAN("");
	(void)buf_room(&plain, SASL_MESSAGE);
	buf_addc(&plain, '\0');
	buf_addspan(&plain, user);
	buf_addc(&plain, '\0');
	buf_addspan(&plain, password);
	if (buf_ok(&plain) && span_find(user, '\0') == user.n &&
	    span_find(password, '\0') == password.n)
		end = carry(c, "PLAIN", &plain, 1, why);
	wipe(&plain);
	return end;
}

static enum sasl_end
carry(const struct sasl_client *c, const char *mech, struct buf *response,
    int has_response, struct span *why)
{
	static struct ask_room room;	/* big: untouched until a login */
	struct login_ask ask = { .mech = span_of(mech),
	    .has_response = has_response };
	struct login_answer a;
	enum sasl_end end = SASL_DONE;
	int auth;

	if (*c->tries >= ASK_LOGINS)
		return SASL_TOO_MANY;
	++*c->tries;
	auth = ask_auth(c->control);
	do {
		ask.response = buf_span(response);
		if (auth < 0 || ask_login(auth, &ask, &room, &a) < 0)
			a = (struct login_answer){ .result = LOGIN_LATER,
			    .text = SPAN("the password check is not there") };
		if (a.result == LOGIN_BAD || a.result == LOGIN_LATER) {
			*why = a.text;
			end = a.result == LOGIN_BAD ? SASL_REFUSED :
			    SASL_LATER;
		} else if (a.result == LOGIN_CHALLENGE || a.challenge.n) {
			/* RFC 4422 5: what comes with success is one more
			 * challenge, answered by an empty line, where the
			 * protocol's own answer has no room */
			end = challenge(c, a.challenge, response);
			if (end == SASL_DONE && a.result == LOGIN_OK &&
			    response->n)
				end = SASL_REFUSED;
		}
		ask = (struct login_ask){ .has_response = 1 };
	} while (a.result == LOGIN_CHALLENGE && end == SASL_DONE);
	if (auth >= 0)
		close(auth);
	return end;
}

/* Sends it and reads the response: SASL_DONE, or how the login has ended. */
static enum sasl_end
challenge(const struct sasl_client *c, struct span text, struct buf *response)
{
	struct buf b = { .max = SASL_MESSAGE / 3 * 4 + 8 };
	struct span line;
	int r;

	buf_adds(&b, c->prompt);
	encode_base64(&b, text);
	buf_adds(&b, "\r\n");
	r = c->turn(c->of, buf_span(&b), &line);
	buf_free(&b);
	return !r ? SASL_GONE : span_eq(line, SPAN("*")) ? SASL_CANCELLED :
	    decode(response, line) < 0 ? SASL_NOT_BASE64 : SASL_DONE;
}

/* In memory that is asked for once: growing would leave copies behind. */
static int
decode(struct buf *b, struct span text)
{
	buf_reset(b);
	return buf_room(b, SASL_MESSAGE) < 0 ? -1 : decode_base64(b, text);
}

static void
wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->size);
	buf_free(b);
}
