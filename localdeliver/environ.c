/* environ - the facts that a program finds in its environment. */
#include <stdio.h>

#include "base/ascii.h"
#include "localdeliver/environ.h"
#include "mail/date.h"

static void set(struct facts_env *, const char *, struct span);
static void set3(struct facts_env *, const char *, const char *, struct span,
    const char *);
static void mbox_line(struct facts_env *, struct span, int64_t);

int
environ_make(struct facts_env *e, const struct owner *o, const struct job *j,
    const struct job_rcpt *r)
{
	struct span local, domain, user, at;
	char *p;
	size_t i;

	buf_reset(&e->text);
	e->var[0] = NULL;
	address_split(r->to, &local, &domain);
	address_split(span_of(o->key), &user, &at);
	set(e, "MAIL_ID", j->id);
	set(e, "SENDER", j->sender);
	set(e, "RECIPIENT", r->to);
	set(e, "ORIGINAL_RECIPIENT", r->orig.n ? r->orig : r->to);
	set(e, "LOCAL", local);
	set(e, "EXT", r->ext);
	set(e, "EXTENSION", r->ext);
	set(e, "HOST", domain);
	set(e, "DOMAIN", domain);
	set(e, "USER", user);
	set(e, "LOGNAME", user);
	set(e, "HOME", span_of(o->box.home));
	set(e, "SHELL", SPAN("/bin/sh"));
	set(e, "PATH", SPAN("/usr/local/bin:/usr/bin:/bin"));
	set3(e, "RPLINE", "Return-Path: <", j->sender, ">\n");
	set3(e, "DTLINE", "Delivered-To: ", r->to, "\n");
	mbox_line(e, j->sender, j->arrived);
	if (!buf_ok(&e->text))
		return -1;
	/* the text does not move any more */
	p = (char *)e->text.p;
	for (i = 0; (size_t)(p - (char *)e->text.p) < e->text.n; i++) {
		e->var[i] = p;
		p += strlen(p) + 1;
	}
	e->var[i] = NULL;
	return 0;
}

static void
set(struct facts_env *e, const char *name, struct span value)
{
	set3(e, name, "", value, "");
}

/* Control bytes, NUL first of all, become '?'. */
static void
set3(struct facts_env *e, const char *name, const char *before,
    struct span value, const char *after)
{
	size_t i;

	buf_adds(&e->text, name);
	buf_addc(&e->text, '=');
	buf_adds(&e->text, before);
	for (i = 0; i < value.n; i++)
		buf_addc(&e->text, ascii_control(value.p[i]) ? '?' :
		    value.p[i]);
	buf_adds(&e->text, after);
	buf_addc(&e->text, 0);
}

/* An mbox message's first line: From sender Sun Nov 22 02:03:22 2026 */
static void
mbox_line(struct facts_env *e, struct span sender, int64_t when)
{
	static const char day[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
	    "Fri", "Sat" };
	static const char month[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct date d;
	char at[64];

	date_of(when, &d);
	snprintf(at, sizeof at, " %s %s %2u %02u:%02u:%02u %d\n",
	    day[d.weekday], month[d.month - 1], d.day, d.hour, d.minute,
	    d.second, d.year);
	set3(e, "UFLINE", "From ", sender.n ? sender : SPAN("MAILER-DAEMON"),
	    at);
}
