/* loop - an IMAP session after its login: its one loop. */
#include <sys/socket.h>
#include <errno.h>
#include <poll.h>

#include "imapd/append.h"
#include "imapd/capability.h"
#include "imapd/events.h"
#include "imapd/loop.h"
#include "imapd/notify.h"
#include "imapd/quota.h"
#include "imapd/special.h"
#include "imapd/verbs.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { INPUT = 16384, REST_MS = 2000 };

static int  enter(struct box *, int);
static int  next_command(struct box *, struct span *);
static int  more(struct box *);
static int  took(struct box *, enum imap_read, const char *);
static void bad_text(struct box *, const char *);

int
loop_session(struct role_env *env, const struct note *n, int stream,
    const struct mailbox *mailbox, int never)
{
	static unsigned char output[BOX_BUFFER], input[INPUT];
	static struct box b;
	struct span text, words = span_of(n->facts.helo), word;

	b.env = env;
	b.conf = env->conf;
	b.facts = &n->facts;
	b.mailbox = mailbox;
	b.began_ms = clock_mono_ms();
	b.code.max = BOX_CODE;
	/* of what it is for, all is bounded by a message or a command */
	b.scratch.max = SIZE_MAX / 4;
	b.client = (struct stream){ .fd = stream, .b = input,
	    .size = sizeof input, .timeout_s = (unsigned)b.conf->timeout };
	b.out = (struct out){ .stream = &b.client, .b = output,
	    .size = sizeof output };
	(void)(span_word(&words, &word) &&
	    span_str(word, b.tag, sizeof b.tag));
	(void)span_str(span_trim(words), b.mech, sizeof b.mech);
	if (enter(&b, never) == 0) {
		while (!b.over && next_command(&b, &text))
			verbs_run(&b, text);
		out_flush(&b.out);
		events_logout(&b);
	}
	out_flush(&b.out);
	/* what is only for the next session need not be waited for */
	shutdown(b.client.fd, SHUT_RDWR);
	append_drop(&b);
	notify_free(&b);
	box_unselect(&b);
	return 0;
}

/* The mailbox is opened and the login answered: 0; or -1, the client told why
 * not. */
static int
enter(struct box *b, int never)
{
	char text[CAPABILITY_TEXT];

	b->tree.root = -1;
	if (b->mailbox && tree_open(&b->tree, b->mailbox->maildir,
	    b->env->site->hostname) == 0) {
		/* on a full disk, say: a later login makes them */
		if (b->conf->make_folders && special_make(&b->tree) < 0)
			log_warn("failed", "mailbox %s: its folders are not "
			    "made: %s", b->facts->user, strerror(errno));
		quota_watch(b);
		capability_text(&(struct capability){ b->env->site, b->conf,
		    b->facts, 1 }, text);
		out_tagged(&b->out, span_of(b->tag), "OK", span_of(text),
		    "logged in");
		events_login(b, "ok");
		return 0;
	}
	if (b->mailbox) {
		log_warn("unreachable", "mailbox %s: %s: %s", b->facts->user,
		    b->mailbox->maildir, strerror(errno));
		never = errno == EACCES || errno == EPERM ||
		    errno == ENOTDIR || errno == ELOOP;
	}
	out_tagged(&b->out, span_of(b->tag), "NO", never ?
	    SPAN("CONTACTADMIN") : SPAN("UNAVAILABLE"),
	    "the mailbox cannot be opened");
	out_line(&b->out, "* BYE connect again");
	events_login(b, "unreachable");
	return -1;
}

/* 1; 0: the session is over. */
static int
next_command(struct box *b, struct span *text)
{
	struct span in, have;
	enum imap_read r;
	const char *why = "";

	while (!b->over && !b->out.lost) {
		in = have = stream_have(&b->client);
		r = imap_read(&b->reader, &in, &why);
		stream_eat(&b->client, have.n - in.n);
		if (r == IMAP_READ_COMMAND) {
			*text = buf_span(&b->reader.text);
			return 1;
		}
		if (r == IMAP_READ_MORE ? !more(b) : !took(b, r, why))
			break;
	}
	if (!b->over)
		b->over = "closed by client";
	return 0;
}

/* 1, or 0 and the session is over. */
static int
more(struct box *b)
{
	struct pollfd p = { .fd = b->client.fd, .events = POLLIN };

	if (box_between(b) && out_flush(&b->out) == 0) {
		if (b->folder)
			folder_share(b->folder);
		if (b->notify)
			return notify_attend(b);
		if (!box_ready(b) && poll(&p, 1, REST_MS) == 0)
			box_rest(b);
	}
	return box_fill(b);
}

/* What is not a whole command.  1, or 0 and the session is over. */
static int
took(struct box *b, enum imap_read r, const char *why)
{
	switch (r) {
	case IMAP_READ_CONTINUE:
		out_str(&b->out, "+ \r\n");
		break;
	case IMAP_READ_MESSAGE:
		return append_message(b);
	case IMAP_READ_REFUSED:
		append_refused(b);
		break;
	default:
		append_drop(b);
		bad_text(b, why);
		break;
	}
	return !b->over;
}

static void
bad_text(struct box *b, const char *why)
{
	struct imap_command c;
	const char *unused;

	(void)imap_command_parse(&c, buf_span(&b->reader.text), 1, &unused);
	box_answer(b, c.tag, box_say(b, ANSWER_BAD, "", "%s", why));
	imap_command_free(&c);
}
