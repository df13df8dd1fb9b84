/* cmd_queue - look at the queue, and move its files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/commands.h"
#include "admin/crew.h"
#include "admin/message.h"
#include "admin/say.h"
#include "admin/source.h"
#include "admin/waiting.h"
#include "base/encode.h"
#include "base/json.h"
#include "mail/date.h"
#include "sys/clock.h"
#include "sys/file.h"

/* MISSED, among the values of SAY_…: a message had another name by then, as
 * queued gives it one at each attempt. */
enum { MISSED = 2, LOOKS = 10 };

struct job {
	const struct args *a;
	struct queue q;
	const struct message_listed *list;
	unsigned states;		/* 1 << each that is meant */
	int64_t now;
	/* 0; 1: its file has another name by now; -1, said */
	int (*act)(struct job *, const struct message *);
	struct buf out;
	int trigger;			/* the FIFO, or -1 */
	struct waiting waiting;
	unsigned char *hit;		/* of each id that was named */
	int again;			/* another look after a change */
	int changed;
	char domain[ADDRESS_MAX + 1], sender[ADDRESS_MAX + 1];
	char recipient[ADDRESS_MAX + 1];
	int status;
	int mute;			/* nobody reads our output any more */
};

static int begin(const struct site *, const struct args *, struct job *);
static struct span listed(const char *);
static int selection(struct job *);
static int run(struct job *);
static int told(int);
static int list(void *, const struct message_listed *, size_t);
static int part(void *, size_t, size_t);
static void one(struct job *, const struct message_listed *);
static void put_out(struct job *);
static int chosen(struct job *, const struct message *);
static int named(struct job *, const char *);
static int same(struct span, const char *);
static int has_rcpt(const struct message *, const char *, const char *);
static int put_list(struct job *, const struct message *);
static void put_json(struct job *, const struct message *);
static void put_line(struct job *, const struct message *);
static int put_why(struct job *, const struct message *);
static int64_t waits_for(const struct job *, const struct message *, size_t,
    struct span *);
static int put_show(struct job *, const struct message *);
static int put_body(struct job *, const struct message *);
static int act_retry(struct job *, const struct message *);
static int act_hold(struct job *, const struct message *);
static int act_release(struct job *, const struct message *);
static int act_remove(struct job *, const struct message *);
static int move(struct job *, const struct message *, int, const char *);
static void changed(struct job *, const struct message *);
static void hint(const struct job *, const char *);
static int open_trigger(const struct site *);

int
cmd_queue_list(const struct site *site, const struct args *a)
{
	struct job j = { .act = put_list, .states = MESSAGE_ALL };

	return begin(site, a, &j) < 0 ? SAY_FIX : told(run(&j));
}

int
cmd_queue_show(const struct site *site, const struct args *a)
{
	struct job j = { .act = put_show, .states = MESSAGE_ALL };

	return begin(site, a, &j) < 0 ? SAY_FIX : told(run(&j));
}

int
cmd_queue_why(const struct site *site, const struct args *a)
{
	struct job j = { .act = put_why, .states = MESSAGE_ALL };

	if (begin(site, a, &j) < 0 || selection(&j) < 0)
		return SAY_FIX;
	waiting_ask(&j.waiting, &j.q, open_trigger(site));
	return told(run(&j));
}

int
cmd_queue_change(const struct site *site, const struct args *a)
{
	static const struct {
		const char *word;
		int (*act)(struct job *, const struct message *);
		unsigned states;
	} verb[] = {
		{ "retry", act_retry, MESSAGE_ALL },
		{ "hold", act_hold, 1 << MESSAGE_NEW | 1 << MESSAGE_DEFERRED },
		{ "release", act_release, 1 << MESSAGE_HOLD },
		{ "remove", act_remove, MESSAGE_ALL }
	};
	struct job j = { 0 };
	size_t i;
	int status, look = 0;

	for (i = 0; i < sizeof verb / sizeof *verb; i++)
		if (strcmp(a->word[1], verb[i].word) == 0) {
			j.act = verb[i].act;
			j.states = verb[i].states;
		}
	if (begin(site, a, &j) < 0 || selection(&j) < 0)
		return SAY_FIX;
	j.trigger = open_trigger(site);
	/* what is done already is passed over when it is done again */
	while ((status = run(&j)) == MISSED && ++look < LOOKS)
		;
	if (status == MISSED)
		status = say(SAY_AGAIN, "some messages changed at each look; "
		    "try again");
	if (fsync(j.q.cur) < 0 || fsync(j.q.new) < 0 || fsync(j.q.hold) < 0)
		status = say_errno(SAY_AGAIN, "%s/queue", site->state_dir);
	return status;
}

static int
begin(const struct site *site, const struct args *a, struct job *j)
{
	char path[1024];
	const char *missing, *why;

	j->a = a;
	j->trigger = -1;
	j->now = clock_s();
	j->out.max = 1 << 30;
	if ((a->domain && source_domain(span_of(a->domain), j->domain, &why) <
	    0) || (a->sender && strcmp(a->sender, "<>") != 0 && source_address(
	    listed(a->sender), j->sender, &why) < 0) || (a->recipient &&
	    source_address(listed(a->recipient), j->recipient, &why) < 0))
		return say(-1, "%s", why);
	if ((j->hit = calloc(a->nwords, 1)) == NULL)
		return say(-1, "no memory");
	snprintf(path, sizeof path, "%s/queue", site->state_dir);
	if (queue_open(&j->q, path, &missing) < 0)
		return say_errno(-1, "%s/%s (only root and the operators' "
		    "group %s-ops may look at the queue)", path, missing,
		    site->user_prefix);
	return 0;
}

/* An address, or <address> as a list shows it. */
static struct span
listed(const char *address)
{
	struct span s = span_of(address);

	return s.n > 2 && s.p[0] == '<' && s.p[s.n - 1] == '>' ?
	    span_sub(s, 1, s.n - 1) : s;
}

/* What changes something, or asks for words, wants to be told of what. */
static int
selection(struct job *j)
{
	const struct args *a = j->a;

	if (a->nwords > 2 || a->all || a->domain || a->sender || a->recipient)
		return 0;
	return say(-1, "name ids, or --domain, --sender, --recipient or "
	    "--all");
}

static int
run(struct job *j)
{
	size_t i;

	j->status = SAY_OK;
	j->changed = 0;
	if (message_lists(&j->q, j->a->nwords > 2 ? MESSAGE_ALL : j->states,
	    list, j) < 0)
		return SAY_AGAIN;
	for (i = 2; i < j->a->nwords && j->status != MISSED; i++)
		if (!j->hit[i])
			j->status = say(SAY_FOUND, "%s: not in the queue",
			    j->a->word[i]);
	return j->status;
}

/* Who only looks does without those that are on their way. */
static int
told(int status)
{
	return status == MISSED ? SAY_OK : status;
}

static int
list(void *arg, const struct message_listed *v, size_t n)
{
	struct job *j = arg;
	int r;

	j->list = v;
	if (j->a->nwords > 2) {
		(void)part(j, 0, n);
		return j->mute;
	}
	/* what queued renames between two lists may be in none of them */
	j->again = n == MESSAGE_LIST && j->act != act_retry;
	r = crew_run(n, part, j);
	if (r > j->status)
		j->status = r;
	return j->status == SAY_AGAIN;
}

static int
part(void *arg, size_t from, size_t to)
{
	struct job *j = arg;

	for (; from < to && !j->mute; from++)
		one(j, &j->list[from]);
	put_out(j);
	if (j->changed && j->again && j->status == SAY_OK)
		j->status = MISSED;
	return j->status;
}

static void
one(struct job *j, const struct message_listed *l)
{
	struct message m;
	struct queue_name n;
	int r;

	/* most are out by their names: those are not opened */
	if (j->a->nwords > 2 && (queue_name_parse(span_of(l->file), &n) < 0 ||
	    !named(j, n.id)))
		return;
	if ((j->states & 1U << l->state) == 0)
		return;
	if ((r = message_read(&j->q, l->state, l->file, &m)) == 0) {
		r = chosen(j, &m) ? j->act(j, &m) : 0;
		message_free(&m);
		if (r < 0)
			j->status = SAY_AGAIN;
	}
	if (r > 0 && j->status == SAY_OK)
		j->status = MISSED;
	if (j->out.n > 65536)
		put_out(j);
}

static void
put_out(struct job *j)
{
	if (j->mute || say_out(&j->out) == 0)
		return;
	j->mute = 1;
	j->status = errno == EPIPE ? SAY_AGAIN :
	    say_errno(SAY_AGAIN, "standard output");
}

static int
chosen(struct job *j, const struct message *m)
{
	const struct args *a = j->a;

	if (a->sender && (!m->readable || !same(m->env.sender, j->sender)))
		return 0;
	if (a->domain && !has_rcpt(m, NULL, j->domain))
		return 0;
	return !a->recipient || has_rcpt(m, j->recipient, NULL);
}

static int
named(struct job *j, const char *id)
{
	size_t i;
	int yes = 0;

	for (i = 2; i < j->a->nwords; i++)
		if (strcmp(j->a->word[i], id) == 0)
			yes = j->hit[i] = 1;
	return yes;
}

/* Is it that address, in normal form? */
static int
same(struct span s, const char *normal)
{
	char text[ADDRESS_MAX + 1];
	const char *why;

	if (s.n == 0 || *normal == '\0')
		return s.n == 0 && *normal == '\0';
	return source_address(s, text, &why) == 0 && strcmp(text, normal) == 0;
}

/* Among those that are not finished. */
static int
has_rcpt(const struct message *m, const char *address, const char *domain)
{
	struct span s, local, d;
	size_t i;

	for (i = 0; i < m->nrcpt; i++) {
		s = m->rcpt[i].address;
		address_split(s, &local, &d);
		if (!m->rcpt[i].finished && (address ? same(s, address) :
		    span_case_eq(d, span_of(domain))))
			return 1;
	}
	return 0;
}

static int
put_list(struct job *j, const struct message *m)
{
	if (j->a->json)
		put_json(j, m);
	else
		put_line(j, m);
	return buf_ok(&j->out) ? 0 : -1;
}

static void
put_json(struct job *j, const struct message *m)
{
	struct buf *b = &j->out;
	struct buf class = { .max = 512 };
	size_t i;

	json_open(b);
	json_str(b, "id", m->name.id);
	json_str(b, "state", message_state(m, j->now));
	json_num(b, "arrived", m->arrived);
	json_num(b, "attempts", m->name.attempts);
	json_num(b, "due", m->name.due);
	if (m->readable) {
		json_text(b, "sender", m->env.sender);
		json_num(b, "size", (int64_t)m->head.body);
		class_add(&class, m->env.class, m->env.class_arg);
		json_text(b, "class", buf_span(&class));
	} else {
		json_null(b, "sender");
		json_null(b, "size");
	}
	json_list(b, "recipients");
	for (i = 0; i < m->nrcpt; i++)
		if (!m->rcpt[i].finished)
			json_item(b, m->rcpt[i].address);
	json_list_end(b);
	json_text(b, "reason", m->readable ? m->reason :
	    span_of(m->trouble));
	json_close(b);
	buf_free(&class);
}

/* For people: outside text is escaped as in the log. */
static void
put_line(struct job *j, const struct message *m)
{
	struct buf *b = &j->out;
	char due[DATE_TEXT];
	size_t i;

	buf_addf(b, "%s %-8s", m->name.id, message_state(m, j->now));
	if (!m->readable) {
		buf_addf(b, " (%s)\n", m->trouble);
		return;
	}
	buf_addf(b, " %9llu <", (unsigned long long)m->head.body);
	encode_log(b, m->env.sender, 0);
	buf_addc(b, '>');
	if (m->name.attempts) {
		date_rfc3339(m->name.due, due);
		buf_addf(b, " attempts=%u due=%s", m->name.attempts, due);
	}
	buf_addc(b, '\n');
	for (i = 0; i < m->nrcpt; i++) {
		if (m->rcpt[i].finished)
			continue;
		buf_adds(b, "\t<");
		encode_log(b, m->rcpt[i].address, 0);
		buf_adds(b, ">\n");
	}
	if (m->reason.n) {
		buf_adds(b, "\t(");
		encode_log(b, m->reason, 1);
		buf_adds(b, ")\n");
	}
}

/* A line (an object) for each recipient, with its newest outcome. */
static int
put_why(struct job *j, const struct message *m)
{
	const struct message_rcpt *r;
	struct buf *b = &j->out;
	char when[DATE_TEXT];
	struct span what;
	int64_t until;
	size_t i;

	if (!m->readable)
		return put_list(j, m);
	for (i = 0; i < m->nrcpt; i++) {
		r = &m->rcpt[i];
		until = waits_for(j, m, i, &what);
		date_rfc3339(r->when, when);
		if (j->a->json) {
			json_open(b);
			json_str(b, "id", m->name.id);
			json_str(b, "state", message_state(m, j->now));
			json_text(b, "recipient", r->address);
			json_bool(b, "finished", r->finished);
			json_num(b, "when", r->when);
			json_text(b, "outcome", r->last);
			json_num(b, "attempts", m->name.attempts);
			json_num(b, "due", m->name.due);
			json_text(b, "waits", what);
			json_num(b, "until", until);
			json_close(b);
			continue;
		}
		buf_addf(b, "%s %s <", m->name.id,
		    message_state(m, j->now));
		encode_log(b, r->address, 0);
		buf_addf(b, "> %s ", r->last.n ? when : "-");
		encode_log(b, r->last.n ? r->last :
		    SPAN("no attempt yet"), 1);
		buf_addc(b, '\n');
		if (what.n == 0)
			continue;
		date_rfc3339(until, when);
		buf_addf(b, "\twaits%s%s: ", until ? " until " : "",
		    until ? when : "");
		encode_log(b, what, 1);
		buf_addc(b, '\n');
	}
	return buf_ok(b) ? 0 : -1;
}

/* For what (empty: for nothing, or nobody knows), and until when or 0. */
static int64_t
waits_for(const struct job *j, const struct message *m, size_t i,
    struct span *what)
{
	int64_t until = 0;

	*what = SPAN("");
	if (m->rcpt[i].finished)
		return 0;
	if (m->state == MESSAGE_HOLD || m->state == MESSAGE_BAD) {
		*what = SPAN("for an operator");
		return 0;
	}
	if (waiting_for(&j->waiting, m->name.id, i + 1, &until, what))
		return until;
	if (m->name.due > j->now) {
		*what = SPAN("for its next attempt");
		return m->name.due;
	}
	if (j->waiting.told)
		*what = SPAN("to be taken up by queued");
	return 0;
}

/* Facts as `list` and `why` say them, then the message as it stands. */
static int
put_show(struct job *j, const struct message *m)
{
	if (put_list(j, m) < 0 || !m->readable)
		return m->readable ? -1 : 0;
	if (j->a->json)
		return put_why(j, m);
	buf_adds(&j->out, "\n");
	return put_why(j, m) < 0 ? -1 : put_body(j, m);
}

static int
put_body(struct job *j, const struct message *m)
{
	static unsigned char block[65536];
	uint64_t done = 0;
	size_t n;
	int r = 0, fd = openat(message_dir(&j->q, m->state), m->file,
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return say_errno(-1, "%s", m->file);
	buf_adds(&j->out, "\n");
	for (; done < m->head.body && r == 0 && !j->mute; done += n) {
		n = m->head.body - done < sizeof block ?
		    (size_t)(m->head.body - done) : sizeof block;
		r = file_pread(fd, block, n, (off_t)(QUEUE_HEAD + done));
		if (r == 0)
			buf_addspan(&j->out, span_mem(block, n));
		put_out(j);
	}
	close(fd);
	return r < 0 ? say_errno(-1, "%s", m->file) : 0;
}

/* Due now; one in new/ is tried as soon as queued hears of it. */
static int
act_retry(struct job *j, const struct message *m)
{
	struct queue_name n = m->name;
	char to[QUEUE_NAME];

	if (m->state == MESSAGE_HOLD || m->state == MESSAGE_BAD)
		return j->a->nwords > 2 ? say(-1, "%s: is in %s/ (correo queue "
		    "release)", n.id, message_state(m, j->now)) : 0;
	if (m->state != MESSAGE_DEFERRED || n.due <= clock_s()) {
		hint(j, n.id);
		return 0;
	}
	n.due = clock_s();
	queue_name_format(&n, to);
	return move(j, m, j->q.cur, to);
}

static int
act_hold(struct job *j, const struct message *m)
{
	return move(j, m, j->q.hold, m->file);
}

/* Back to where it came from: a name with attempts is one of cur/. */
static int
act_release(struct job *j, const struct message *m)
{
	return move(j, m, strchr(m->file, ':') ? j->q.cur : j->q.new, m->file);
}

static int
act_remove(struct job *j, const struct message *m)
{
	if (unlinkat(message_dir(&j->q, m->state), m->file, 0) < 0)
		return errno == ENOENT ? 1 : say_errno(-1, "%s", m->file);
	if (unlinkat(j->q.state, m->name.id, 0) < 0 && errno != ENOENT)
		return say_errno(-1, "state/%s", m->name.id);
	changed(j, m);
	return 0;
}

static int
move(struct job *j, const struct message *m, int dir, const char *to)
{
	if (renameat(message_dir(&j->q, m->state), m->file, dir, to) < 0)
		return errno == ENOENT ? 1 : say_errno(-1, "%s", m->file);
	changed(j, m);
	return 0;
}

static void
changed(struct job *j, const struct message *m)
{
	j->changed = 1;
	hint(j, m->name.id);
}

/* One that finds the FIFO full is not missed: queued has yet to read others
 * there, and looks through cur/ for each. */
static void
hint(const struct job *j, const char *id)
{
	char line[QUEUE_NAME];
	int n = snprintf(line, sizeof line, "%s\n", id);

	if (j->trigger >= 0 && n > 0 &&
	    write(j->trigger, line, (size_t)n) < 0)
		errno = 0;
}

static int
open_trigger(const struct site *site)
{
	char path[1024];

	snprintf(path, sizeof path, "%s/drop/trigger", site->state_dir);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
}
