/* smtp_client_command - the lines that a client sends. */
#include "base/ascii.h"
#include "wire/smtp_client_command.h"

static int  path_add(struct buf *, struct span);
static int  orcpt_add(struct buf *, struct span);

int
smtp_mail_add(struct buf *b, const struct job *j, const struct smtp_caps *c,
    const struct smtp_mail *m)
{
	buf_adds(b, "MAIL FROM:");
	if (path_add(b, j->sender) < 0)
		return -1;
	if (c->has & CAP_SIZE)
		buf_addf(b, " SIZE=%llu", (unsigned long long)j->size);
	if (m->body8)
		buf_adds(b, " BODY=8BITMIME");
	if (m->utf8)
		buf_adds(b, " SMTPUTF8");
	if (c->has & CAP_DSN && j->ret.n) {
		buf_adds(b, " RET=");
		buf_adds(b, span_case_eq(j->ret, SPAN("FULL")) ? "FULL" :
		    "HDRS");
	}
	if (c->has & CAP_DSN && j->envid.n) {
		buf_adds(b, " ENVID=");
		smtp_xtext_add(b, j->envid);
	}
	return buf_adds(b, "\r\n");
}

int
smtp_rcpt_add(struct buf *b, const struct job_rcpt *r,
    const struct smtp_caps *c)
{
	size_t i;

	buf_adds(b, "RCPT TO:");
	if (path_add(b, r->to) < 0)
		return -1;
	if (c->has & CAP_DSN && r->notify.n) {
		for (i = 0; i < r->notify.n; i++)
			if (!ascii_alpha(r->notify.p[i]) &&
			    r->notify.p[i] != ',')
				return -1;
		buf_adds(b, " NOTIFY=");
		buf_addspan(b, r->notify);
	}
	if (c->has & CAP_DSN && r->orcpt.n)
		orcpt_add(b, r->orcpt);
	return buf_adds(b, "\r\n");
}

/* xtext = *( xchar / "+" 2HEXDIG ), xchar = %x21-7E but "+" and "=" */
int
smtp_xtext_add(struct buf *b, struct span s)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (c > ' ' && c < 0x7f && c != '+' && c != '=')
			buf_addc(b, c);
		else {
			buf_addc(b, '+');
			buf_addc(b, (unsigned char)hex[c >> 4]);
			buf_addc(b, (unsigned char)hex[c & 15]);
		}
	}
	return buf_ok(b) ? 0 : -1;
}

int
smtp_stuff_add(struct smtp_stuff *s, struct span in, struct buf *out)
{
	size_t n;

	while (in.n) {
		if (s->cr) {
			buf_adds(out, "\r\n");
			s->cr = s->in_line = 0;
			if (in.p[0] == '\n') {
				in = span_from(in, 1);
				continue;
			}
		}
		if (!s->in_line && !s->dots && in.p[0] == '.')
			buf_addc(out, '.');
		for (n = 0; n < in.n && in.p[n] != '\r' && in.p[n] != '\n';
		    n++)
			;
		buf_add(out, in.p, n);
		s->in_line |= n > 0;
		if (n < in.n) {
			s->cr = in.p[n] == '\r';
			if (!s->cr) {
				buf_adds(out, "\r\n");
				s->in_line = 0;
			}
			n++;
		}
		in = span_from(in, n);
	}
	return buf_ok(out) ? 0 : -1;
}

int
smtp_stuff_end(struct smtp_stuff *s, struct buf *out)
{
	if (s->in_line || s->cr)
		buf_adds(out, "\r\n");
	s->in_line = s->cr = 0;
	return buf_ok(out) ? 0 : -1;
}

/* The queue holds addresses that were parsed once; this makes sure that none
 * can become a second command or parameter. */
static int
path_add(struct buf *b, struct span s)
{
	int quoted = 0;
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (ascii_control(c) || (!quoted && (c == ' ' || c == '<' ||
		    c == '>')))
			return -1;
		if (c == '\\' && quoted && i + 1 < s.n &&
		    !ascii_control(s.p[i + 1]))
			i++;
		else if (c == '"')
			quoted = !quoted;
	}
	buf_addc(b, '<');
	buf_addspan(b, s);
	return buf_addc(b, '>');
}

/* ORCPT=type;xtext: the type is an atom and stays as it is. */
static int
orcpt_add(struct buf *b, struct span s)
{
	struct span type;
	size_t i;

	if (!span_cut(&s, ';', &type) || type.n == 0)
		return 0;
	for (i = 0; i < type.n; i++)
		if (!ascii_alnum(type.p[i]) && type.p[i] != '-')
			return 0;
	buf_adds(b, " ORCPT=");
	buf_addspan(b, type);
	buf_addc(b, ';');
	return smtp_xtext_add(b, s);
}
