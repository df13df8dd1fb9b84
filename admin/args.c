/* args - the words and options of `correo`; options stand anywhere. */
#include <string.h>

#include "admin/args.h"

struct option {
	const char *name;
	int valued;
	size_t offset;
};

#define AT(field) offsetof(struct args, field)

static const struct option option[] = {
	{ "-c", 1, AT(config) },
	{ "-j", 0, AT(json) },
	{ "-m", 0, AT(mdoc) },
	{ "-n", 0, AT(check_only) },
	{ "--all", 0, AT(all) },
	{ "--domain", 1, AT(domain) },
	{ "--generate", 0, AT(generate) },
	{ "--name", 1, AT(name) },
	{ "--password-stdin", 0, AT(password_stdin) },
	{ "--quota", 1, AT(quota) },
	{ "--recipient", 1, AT(recipient) },
	{ "--scope", 1, AT(scope) },
	{ "--sender", 1, AT(sender) },
	{ "--system", 0, AT(system) }
};

static int take(int, char **, int *, struct args *, struct buf *);
static const struct option *find(const char *, const char **);

int
args_parse(int argc, char **argv, struct args *a, struct buf *why)
{
	int i, words = 0, ended = 0;

	*a = (struct args){ 0 };
	for (i = 1; i < argc; i++) {
		if (ended || argv[i][0] != '-' || argv[i][1] == '\0')
			argv[words++] = argv[i];
		else if (strcmp(argv[i], "--") == 0)
			ended = 1;
		else if (take(argc, argv, &i, a, why) < 0)
			return -1;
	}
	a->nwords = (size_t)words;
	a->word = (const char *const *)argv;
	return 0;
}

static int
take(int argc, char **argv, int *i, struct args *a, struct buf *why)
{
	const char *value = NULL;
	const struct option *o = find(argv[*i], &value);
	const int yes = 1;

	if (o == NULL) {
		buf_addf(why, "%s: no such option; correo help lists "
		    "them", argv[*i]);
		return -1;
	}
	if (!o->valued) {
		memcpy((char *)a + o->offset, &yes, sizeof yes);
		return 0;
	}
	if (value == NULL && *i + 1 < argc)
		value = argv[++*i];
	if (value == NULL) {
		buf_addf(why, "%s wants a value", o->name);
		return -1;
	}
	memcpy((char *)a + o->offset, &value, sizeof value);
	return 0;
}

/* "--domain X", "--domain=X", "-cFILE"; *value is set where it is attached. */
static const struct option *
find(const char *word, const char **value)
{
	const struct option *o;

	for (o = option; o < option + sizeof option / sizeof *option; o++) {
		size_t n = strlen(o->name);

		if (strncmp(word, o->name, n) != 0)
			continue;
		if (word[n] == '\0')
			return o;
		if (!o->valued || (n > 2 && word[n] != '='))
			continue;
		*value = word + n + (n > 2);
		return o;
	}
	return NULL;
}
