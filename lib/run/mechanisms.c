/* mechanisms - which ways of a SASL login a program offers. */
#include <string.h>

#include "run/mechanisms.h"

static int  known(const char *);

const char *
mechanisms_at(const struct conf_words *w, int tls, size_t i)
{
	size_t k;

	for (k = 0; k < w->n; k++)
		if ((tls || !span_ends(span_of(w->word[k]), SPAN("-PLUS"))) &&
		    i-- == 0)
			return w->word[k];
	return NULL;
}

const char *
mechanisms_find(const struct conf_words *w, int tls, struct span name)
{
	const char *m;
	size_t i;

	for (i = 0; (m = mechanisms_at(w, tls, i)); i++)
		if (span_case_eq(name, span_of(m)))
			return m;
	return NULL;
}

int
mechanisms_plus(const struct conf_words *w)
{
	return mechanisms_find(w, 1, SPAN("SCRAM-SHA-256-PLUS")) != NULL;
}

void
mechanisms_check(const struct conf_words *w, const char *program,
    struct buf *errors)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (!known(w->word[i]))
			buf_addf(errors, "%s.mechanisms: %s is not known\n",
			    program, w->word[i]);
		if (mechanisms_find(&(struct conf_words){ i, w->word }, 1,
		    span_of(w->word[i])))
			buf_addf(errors, "%s.mechanisms: %s stands twice\n",
			    program, w->word[i]);
	}
}

static int
known(const char *name)
{
	static const char *const names[] = { "PLAIN", "LOGIN",
	    "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return 1;
	return 0;
}
