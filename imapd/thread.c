/* thread - THREAD: finds the messages, and tells which belong together. */
#include <stdlib.h>

#include "imapd/keys.h"
#include "imapd/match.h"
#include "imapd/thread.h"
#include "imapd/update.h"
#include "mail/thread.h"

/* thread-data = "THREAD" [SP 1*thread-list] */
struct told {
	struct out *out;
	const char *before;		/* the first of them */
};

static int  run(struct box *, const struct imap_command *, struct match *);
static int  gather(struct thread *, const struct imap_command *,
	    struct match *);
static int  add(struct thread *, const struct imap_command *, struct keys *);
static void put(void *, struct span);

enum answer
thread_run(struct box *b, struct imap_command *c)
{
	struct match m;

	if (c->find.search.modseq)
		update_condstore(b);
	if (match_begin(&m, b, c) == 0)
		b->answer = run(b, c, &m) < 0 ? box_failed(b, "THREAD") :
		    box_say(b, ANSWER_OK, "", "put into threads");
	match_end(&m);
	return b->answer;
}

static int
run(struct box *b, const struct imap_command *c, struct match *m)
{
	unsigned char key[SIPHASH_KEY];
	struct thread *t;
	int r;

	arc4random_buf(key, sizeof key);
	t = thread_new(key);
	r = t == NULL ? -1 : gather(t, c, m);
	if (r == 0)
		r = c->find.thread == IMAP_THREAD_REFERENCES ?
		    thread_by_references(t) : thread_by_subject(t);
	if (r == 0) {
		struct told told = { &b->out, " " };

		out_str(&b->out, "* THREAD");
		thread_tell(t, put, &told);
		out_str(&b->out, "\r\n");
	}
	thread_free(t);
	return r;
}

static int
gather(struct thread *t, const struct imap_command *c, struct match *m)
{
	uint32_t i, n = folder_count(m->b->folder);
	struct keys keys = { .charset = m->text.charset };
	int r = 0;

	for (i = 1; i <= n && r >= 0; i++)
		if ((r = match_run(m, i)) == 1 &&
		    (r = keys_read(&keys, &m->message, 1)) == 0)
			r = add(t, c, &keys);
	keys_free(&keys);
	return r < 0 ? -1 : 0;
}

static int
add(struct thread *t, const struct imap_command *c, struct keys *k)
{
	struct thread_mail m = { .number = c->uid ? k->message->mail.uid :
	    k->message->number, .date = keys_sent(k) };

	m.subject = keys_subject(k, &m.reply);
	if (c->find.thread == IMAP_THREAD_REFERENCES) {
		m.id = k->field[KEY_ID];
		m.references = k->field[KEY_REFERENCES];
		m.in_reply_to = k->field[KEY_IN_REPLY_TO];
	}
	return thread_add(t, &m);
}

static void
put(void *arg, struct span s)
{
	struct told *told = arg;

	out_str(told->out, told->before);
	told->before = "";
	out_span(told->out, s);
}
