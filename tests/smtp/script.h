/*
 * script - dialogs with an SMTP session, as files.
 *
 *	case NAME		a fresh session begins
 *	set KEY VALUE		a line of its configuration
 *	fact net | user | tls | submission | local	what the listener says
 *	fact login		the session begins after a login
 *	writer none | dies | full	instead of one that works
 *	writer given | gone	one came with the client; there is no other |
 *				it has died, and another is to be had
 *	stream			its socket keeps no bounds of writes
 *	whole			never cut what is sent
 *	cut			also cut what is sent at each place
 *	C: TEXT			send TEXT CR LF; lines that follow one another
 *				go in one write
 *	R: TEXT			send TEXT; \r \n \0 \xHH \\ here and in C
 *	S: TEXT			a reply line must begin so
 *	W: N			the replies since then came in N writes
 *	P: MS			a pause, where time itself is the matter
 *	E:			the connection must end here
 *	T:			SIGTERM to the session
 *	Q: N			messages in the queue, of this case
 *	U: N			unfinished ones, before long
 *	B: TEXT			the newest of them holds TEXT
 *	L: TEXT			the log of the session holds TEXT (after E)
 *
 * C, R and S may be followed by a number: so many times.  Each case runs as
 * written, and with each byte sent alone (but where `whole` stands).
 */
#ifndef TESTS_SMTP_SCRIPT_H
#define TESTS_SMTP_SCRIPT_H

#include <stdlib.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/scan.h"
#include "base/span.h"

enum { CUT_NOWHERE = 0, CUT_EVERYWHERE = -1 };	/* or at this byte */

struct step {
	unsigned char verb;		/* C R S W P E T Q U B L */
	unsigned times;
	struct span text;
	int line;
};

struct script {
	const char *name;
	struct buf conf;
	int net, user, tls, submission, local, login;
	enum { WRITER_REAL, WRITER_NONE, WRITER_DIES, WRITER_FULL,
	    WRITER_GIVEN, WRITER_GONE } writer;
	int stream, whole, cut;
	size_t nstep;
	struct step step[400];
};

static inline int
script_setting(struct script *s, struct span l, const char **why)
{
	static const struct {
		const char *line;
		size_t at;
		int value;
	} word[] = {
#define AT(f) offsetof(struct script, f)
		{ "fact net", AT(net), 1 }, { "fact user", AT(user), 1 },
		{ "fact tls", AT(tls), 1 },
		{ "fact submission", AT(submission), 1 },
		{ "fact local", AT(local), 1 },
		{ "fact login", AT(login), 1 },
		{ "writer none", AT(writer), WRITER_NONE },
		{ "writer dies", AT(writer), WRITER_DIES },
		{ "writer full", AT(writer), WRITER_FULL },
		{ "writer given", AT(writer), WRITER_GIVEN },
		{ "writer gone", AT(writer), WRITER_GONE },
		{ "stream", AT(stream), 1 }, { "whole", AT(whole), 1 },
		{ "cut", AT(cut), 1 }
#undef AT
	};
	size_t i;

	if (span_starts(l, SPAN("set "))) {
		buf_addspan(&s->conf, span_from(l, 4));
		return buf_adds(&s->conf, "\n");
	}
	for (i = 0; i < sizeof word / sizeof *word; i++)
		if (span_eq(l, span_of(word[i].line))) {
			memcpy((char *)s + word[i].at, &word[i].value,
			    sizeof(int));
			return 0;
		}
	*why = "not a setting";
	return -1;
}

static inline int
script_step(struct script *s, struct span l, int line, const char **why)
{
	struct step *t = &s->step[s->nstep];
	struct span head;

	*why = "a step is VERB [TIMES]: TEXT";
	if (!span_cut(&l, ':', &head) ||
	    s->nstep == sizeof s->step / sizeof *s->step)
		return -1;
	*t = (struct step){ .verb = head.p[0], .times = 1, .line = line };
	head = span_trim(span_from(head, 1));
	if (head.n && scan_uint(head, 100000000, &t->times) < 0)
		return -1;
	if (l.n && l.p[0] == ' ')
		l = span_from(l, 1);
	t->text = l;
	s->nstep++;
	return strchr("CRSWPETQUBL", t->verb) ? 0 : -1;
}

/* Takes the next case off the front of *in: 1; 0 at the end; -1 and *why. */
static inline int
script_next(struct span *in, int *line, struct script *s, const char **why)
{
	struct span rest = *in, l;
	char *name;
	int r = 0;

	*s = (struct script){ .conf = { .max = 4096 } };
	while (rest.n) {
		span_cut(&rest, '\n', &l);
		if (span_starts(l, SPAN("case ")) && s->name)
			break;
		*in = rest;
		++*line;
		if (l.n == 0 || l.p[0] == '#')
			continue;
		if (span_starts(l, SPAN("case "))) {
			name = calloc(1, l.n);
			(void)span_str(span_from(l, 5), name, l.n);
			s->name = name;
		} else if (l.n > 1 && l.p[0] >= 'A' && l.p[0] <= 'Z')
			r = script_step(s, l, *line, why);
		else
			r = script_setting(s, l, why);
		if (r < 0)
			return -1;
	}
	return s->name != NULL;
}

static inline void
script_free(struct script *s)
{
	free((char *)(size_t)s->name);
	buf_free(&s->conf);
}

/* The bytes that C or R stands for. */
static inline void
script_bytes(struct buf *b, const struct step *s)
{
	unsigned times = s->times;
	size_t i;

	for (; times; times--) {
		for (i = 0; i < s->text.n; i++) {
			unsigned char c = s->text.p[i];

			if (c == '\\' && i + 1 < s->text.n) {
				c = s->text.p[++i];
				c = c == 'r' ? '\r' : c == 'n' ? '\n' :
				    c == '0' ? '\0' : c;
				if (c == 'x') {
					c = (unsigned char)(
					    ascii_hex(s->text.p[i + 1]) << 4 |
					    ascii_hex(s->text.p[i + 2]));
					i += 2;
				}
			}
			buf_addc(b, c);
		}
		if (s->verb == 'C')
			buf_adds(b, "\r\n");
	}
}

#endif
