/* intake - how a session hands a message to a writer, and what it hears. */
#include <stdio.h>

#include "base/ascii.h"
#include "base/scan.h"
#include "wire/intake.h"
#include "wire/record.h"

struct answer_fields {
	struct span kind, code, enhanced, text, id, room;
};

static int take_fields(struct span, struct answer_fields *, const char **);
static int is_id(struct span);

#define SLOT(s, f) { #f, offsetof(struct s, f) }
static const struct field_slot answer_slot[] = {
	SLOT(answer_fields, kind), SLOT(answer_fields, code),
	SLOT(answer_fields, enhanced), SLOT(answer_fields, text),
	SLOT(answer_fields, id), SLOT(answer_fields, room), { NULL, 0 }
}, before_sender[] = {
	SLOT(envelope, proto), SLOT(envelope, tls), { NULL, 0 }
}, behind_sender[] = {
	SLOT(envelope, ret), SLOT(envelope, envid), SLOT(envelope, body),
	{ NULL, 0 }
};

const char intake_data_suffix[3] = { ',', '\n', ',' };

int
intake_add_room(struct buf *b, uint64_t room)
{
	struct buf f = { .max = 64 };

	field_addu(&f, "room", room);
	return record_close(b, &f);
}

int
intake_add_answer(struct buf *b, const struct intake_answer *a)
{
	struct buf f = { .max = 2048 };

	field_adds(&f, "kind", verdict_name(a->verdict.kind));
	field_addu(&f, "code", a->verdict.code);
	field_adds(&f, "enhanced", a->verdict.enhanced);
	field_adds(&f, "text", a->verdict.text);
	field_adds(&f, "id", a->id);
	field_addu(&f, "room", a->room);
	return record_close(b, &f);
}

int
intake_parse_room(struct span in, uint64_t *room, const char **why)
{
	struct answer_fields f;

	if (take_fields(in, &f, why) < 0)
		return -1;
	if (f.kind.p || scan_u64(f.room, UINT64_MAX, room) < 0) {
		*why = "intake: room is a number of bytes, alone";
		return -1;
	}
	return 0;
}

int
intake_parse_answer(struct span in, struct intake_answer *a, const char **why)
{
	struct answer_fields f;
	enum verdict_kind kind;
	unsigned code;

	if (take_fields(in, &f, why) < 0)
		return -1;
	*why = "intake: an answer has kind, code 200 to 599, enhanced, text, "
	    "room, and id when done";
	if (verdict_parse(f.kind, &kind) < 0 || kind > VERDICT_NEVER ||
	    scan_uint(f.code, 599, &code) < 0 || code < 200 ||
	    scan_u64(f.room, UINT64_MAX, &a->room) < 0 || !is_id(f.id) ||
	    (kind == VERDICT_DONE && f.id.n == 0) ||
	    span_str(f.id, a->id, sizeof a->id) < 0)
		return -1;
	a->verdict = verdict_words(code, f.enhanced, f.text);
	a->verdict.kind = kind;
	return 0;
}

/* helo stands first even when empty: it tells the record's kind. */
int
intake_add_head(struct buf *b, const struct envelope *e)
{
	struct buf f = { .max = RECORD_MAX };

	field_add(&f, "helo", e->helo);
	field_give(&f, before_sender, e);
	field_add(&f, "sender", e->sender);
	field_give(&f, behind_sender, e);
	if (e->utf8)
		field_adds(&f, "utf8", "1");
	return record_close(b, &f);
}

int
intake_add_rcpt(struct buf *b, const struct envelope_rcpt *r)
{
	struct buf f = { .max = RECORD_MAX };

	envelope_add_rcpt(&f, r);
	return record_close(b, &f);
}

int
intake_add_rewritten(struct buf *b, struct span local)
{
	struct buf f = { .max = RECORD_MAX };

	field_add(&f, "rewritten", local);
	return record_close(b, &f);
}

int
intake_add_commit(struct buf *b)
{
	return record_add(b, SPAN("commit 0:,\n"));
}

int
intake_add_reset(struct buf *b)
{
	return record_add(b, SPAN("reset 0:,\n"));
}

size_t
intake_data_prefix(char out[48], size_t n)
{
	char field[24];
	int name = snprintf(field, sizeof field, "data %zu:", n);

	return (size_t)snprintf(out, 48, "%zu:%s", (size_t)name + n + 2,
	    field);
}

int
intake_kind(struct span fields, enum intake_kind *kind, const char **why)
{
	static const char *const first[] = {
		[INTAKE_HEAD] = "helo", [INTAKE_RCPT] = "rcpt",
		[INTAKE_BODY] = "data", [INTAKE_COMMIT] = "commit",
		[INTAKE_RESET] = "reset", [INTAKE_REWRITTEN] = "rewritten"
	};
	struct field f;
	unsigned i;
	int r;

	if ((r = field_next(&fields, &f, why)) < 0)
		return -1;
	for (i = 0; r == 1 && i < sizeof first / sizeof *first; i++)
		if (field_is(&f, first[i])) {
			*kind = (enum intake_kind)i;
			return 0;
		}
	*why = "intake: begins with helo, rcpt, data, commit, reset or "
	    "rewritten";
	return -1;
}

static int
take_fields(struct span in, struct answer_fields *out, const char **why)
{
	struct field f;
	int r;

	*out = (struct answer_fields){ .kind = { NULL, 0 } };
	while ((r = field_next(&in, &f, why)) == 1)
		if (field_store(&f, answer_slot, out, why) < 0)
			return -1;
	return r;
}

/* What is printed behind a 250: letters and digits. */
static int
is_id(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]))
			return 0;
	return 1;
}
