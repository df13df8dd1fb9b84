/* transaction - the commands of a session after its login. */
#include <errno.h>
#include <stdlib.h>

#include "pop3d/commands.h"
#include "pop3d/send.h"
#include "pop3d/transaction.h"
#include "pop3d/uidl.h"
#include "pop3d/update.h"

static void verb_capa(struct drop *, const struct pop3_command *);
static void verb_dele(struct drop *, const struct pop3_command *);
static void verb_lang(struct drop *, const struct pop3_command *);
static void verb_list(struct drop *, const struct pop3_command *);
static void verb_noop(struct drop *, const struct pop3_command *);
static void verb_quit(struct drop *, const struct pop3_command *);
static void verb_retr(struct drop *, const struct pop3_command *);
static void verb_rset(struct drop *, const struct pop3_command *);
static void verb_stat(struct drop *, const struct pop3_command *);
static void verb_uidl(struct drop *, const struct pop3_command *);
static int  there(struct drop *, uint32_t);
static uint64_t octets(struct drop *, uint32_t);
static void scan_line(struct drop *, uint32_t);
static void uidl_line(struct drop *, uint32_t);

static const struct {
	enum pop3_verb verb;
	void (*run)(struct drop *, const struct pop3_command *);
} verbs[] = {
	{ POP3_CAPA, verb_capa }, { POP3_DELE, verb_dele },
	{ POP3_LANG, verb_lang }, { POP3_LIST, verb_list },
	{ POP3_NOOP, verb_noop }, { POP3_QUIT, verb_quit },
	{ POP3_RETR, verb_retr }, { POP3_RSET, verb_rset },
	{ POP3_STAT, verb_stat }, { POP3_TOP, verb_retr },
	{ POP3_UIDL, verb_uidl }
};

void
transaction_run(struct drop *d, struct span line)
{
	struct pop3_command c;
	const char *why;
	size_t i;

	if (pop3_command_parse(line, &c, &why) < 0) {
		out_err(&d->out, "", "%s", why);
		if (++d->errors > d->conf->max_errors)
			d->over = "max_errors";
		return;
	}
	for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (verbs[i].verb == c.verb) {
			verbs[i].run(d, &c);
			return;
		}
	out_err(&d->out, "", "not after the login (RFC 1939 5)");
}

static void
verb_capa(struct drop *d, const struct pop3_command *c)
{
	(void)c;
	commands_capa(&d->out, &(struct capa){ d->env->site, d->conf,
	    d->facts, 1 });
}

static void
verb_lang(struct drop *d, const struct pop3_command *c)
{
	(void)commands_lang(&d->out, c->text);
}

static void
verb_noop(struct drop *d, const struct pop3_command *c)
{
	(void)c;
	out_ok(&d->out, "nothing done");
}

static void
verb_stat(struct drop *d, const struct pop3_command *c)
{
	uint64_t size = 0;
	uint32_t i;

	(void)c;
	/* no sum is kept: a file may have another size later */
	for (i = 1; i <= d->count && !d->out.lost; i++)
		if (!drop_bit(d->dele, i))
			size += octets(d, i);
	out_ok(&d->out, "%u %llu", d->count - d->deleted,
	    (unsigned long long)size);
}

static void
verb_list(struct drop *d, const struct pop3_command *c)
{
	uint32_t i;

	if (c->has_number) {
		if (there(d, c->number)) {
			out_span(&d->out, SPAN("+OK "));
			scan_line(d, c->number);
		}
		return;
	}
	out_ok(&d->out, "%u messages", d->count - d->deleted);
	for (i = 1; i <= d->count && !d->out.lost; i++)
		if (!drop_bit(d->dele, i))
			scan_line(d, i);
	out_line(&d->out, ".");
}

static void
verb_uidl(struct drop *d, const struct pop3_command *c)
{
	uint32_t i;

	if (c->has_number) {
		if (there(d, c->number)) {
			out_span(&d->out, SPAN("+OK "));
			uidl_line(d, c->number);
		}
		return;
	}
	out_ok(&d->out, "unique ids");
	for (i = 1; i <= d->count && !d->out.lost; i++)
		if (!drop_bit(d->dele, i))
			uidl_line(d, i);
	out_line(&d->out, ".");
}

/* RETR and TOP */
static void
verb_retr(struct drop *d, const struct pop3_command *c)
{
	struct send s = { .number = c->number, .top = c->verb == POP3_TOP,
	    .lines = c->lines };

	if (!there(d, c->number))
		return;
	if (!s.top)
		s.octets = octets(d, c->number);
	if (send_message(d, &s) < 0)
		return;
	if (s.top)
		d->top++;
	else {
		d->retr++;
		d->retr_bytes += s.octets;
		/* no memory: it stays unseen */
		if (d->conf->mark_seen)
			(void)drop_set(d, &d->seen, c->number);
	}
}

static void
verb_dele(struct drop *d, const struct pop3_command *c)
{
	if (!there(d, c->number))
		return;
	if (drop_set(d, &d->dele, c->number) < 0) {
		out_err(&d->out, "SYS/TEMP", "no memory");
		return;
	}
	d->deleted++;
	out_ok(&d->out, "message %u is deleted at QUIT", c->number);
}

static void
verb_rset(struct drop *d, const struct pop3_command *c)
{
	(void)c;
	free(d->dele);
	d->dele = NULL;
	d->deleted = 0;
	out_ok(&d->out, "%u messages, none deleted", d->count);
}

static void
verb_quit(struct drop *d, const struct pop3_command *c)
{
	(void)c;
	update_run(d);
	d->over = "QUIT";
}

static int
there(struct drop *d, uint32_t number)
{
	if (number == 0 || number > d->count)
		out_err(&d->out, "", "no such message: there are %u",
		    d->count);
	else if (drop_bit(d->dele, number))
		out_err(&d->out, "", "message %u is deleted (RFC 1939 5)",
		    number);
	else
		return 1;
	return 0;
}

/* As it will be sent.  What cannot be read, and has no size in its name, is
 * listed with 0 and refused by RETR. */
static uint64_t
octets(struct drop *d, uint32_t number)
{
	uint64_t size, vsize;

	if (folder_sizes(d->folder, number, &size, &vsize) == 0)
		return vsize;
	if (errno == EUCLEAN) {
		/* nothing wrong has been told, and the next login makes it
		 * anew */
		d->out.lost = 1;
		d->over = "damaged index";
	}
	return 0;
}

static void
scan_line(struct drop *d, uint32_t number)
{
	out_number(&d->out, number);
	out_span(&d->out, SPAN(" "));
	out_number(&d->out, octets(d, number));
	out_span(&d->out, SPAN("\r\n"));
}

static void
uidl_line(struct drop *d, uint32_t number)
{
	unsigned char room[UIDL_ID];
	struct buf id = { .p = room, .size = sizeof room, .max = sizeof room };
	struct uidl u = { .uidvalidity = d->uidvalidity };
	struct mail m;

	if (folder_mail(d->folder, number, &m) < 0 ||
	    folder_base(d->folder, number, &u.base) < 0) {
		d->out.lost = 1;
		d->over = "damaged index";
		return;
	}
	u.uid = m.uid;
	uidl_format(&id, span_of(d->conf->uidl), &u);
	out_number(&d->out, number);
	out_span(&d->out, SPAN(" "));
	out_span(&d->out, buf_span(&id));
	out_span(&d->out, SPAN("\r\n"));
}
