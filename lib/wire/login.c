/* login - the records between a session and the password check. */
#include "wire/login.h"
#include "wire/record.h"

static const char *const word[] = {
	[LOGIN_OK] = "ok", [LOGIN_BAD] = "bad", [LOGIN_LATER] = "later"
};

/* There may be a password in it. */
static int
around(struct buf *out, struct buf *fields)
{
	int r = buf_ok(fields) ? record_add(out, buf_span(fields)) : -1;

	if (fields->p)
		explicit_bzero(fields->p, fields->size);
	buf_free(fields);
	return r;
}

int
login_add_ask(struct buf *b, const struct login_ask *a)
{
	struct buf f = { .max = LOGIN_RECORD };

	/* at once: growing would leave copies behind */
	(void)buf_room(&f, LOGIN_RECORD);
	if (a->mech.n)
		field_add(&f, "mech", a->mech);
	if (a->has_response)
		field_add(&f, "response", a->response);
	return around(b, &f);
}

int
login_add_answer(struct buf *b, const struct login_answer *a)
{
	struct buf f = { .max = LOGIN_RECORD };

	if (a->result == LOGIN_CHALLENGE)
		field_add(&f, "challenge", a->challenge);
	else {
		field_adds(&f, "done", word[a->result]);
		field_add(&f, "text", a->text);
		if (a->challenge.n)
			field_add(&f, "last", a->challenge);
	}
	return around(b, &f);
}

int
login_parse_ask(struct span in, struct login_ask *a, const char **why)
{
	struct field f;
	int r;

	*a = (struct login_ask){ 0 };
	while ((r = field_next(&in, &f, why)) == 1)
		if (field_is(&f, "mech"))
			a->mech = f.value;
		else if (field_is(&f, "response")) {
			a->response = f.value;
			a->has_response = 1;
		}
	if (r == 0 && a->mech.n == 0 && !a->has_response) {
		*why = "login: neither mech nor response";
		return -1;
	}
	return r;
}

int
login_parse_answer(struct span in, struct login_answer *a, const char **why)
{
	struct field f;
	int r, known = 0;
	unsigned i;

	*a = (struct login_answer){ .result = LOGIN_LATER };
	while ((r = field_next(&in, &f, why)) == 1)
		if (field_is(&f, "challenge")) {
			a->result = LOGIN_CHALLENGE;
			a->challenge = f.value;
			known = 1;
		} else if (field_is(&f, "last"))
			a->challenge = f.value;
		else if (field_is(&f, "text"))
			a->text = f.value;
		else if (field_is(&f, "done"))
			for (i = 0; i < LOGIN_CHALLENGE; i++)
				if (span_eq(f.value, span_of(word[i]))) {
					a->result = (enum login_result)i;
					known = 1;
				}
	if (r == 0 && !known) {
		*why = "login: neither challenge nor done";
		return -1;
	}
	return r;
}
