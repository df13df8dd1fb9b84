/* correo - the administrator's command.  correo(8). */
#include <sys/stat.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "admin/commands.h"
#include "admin/config.h"
#include "admin/say.h"
#include "sys/clock.h"
#include "sys/log.h"

struct command {
	const char *first, *second;	/* second NULL: none */
	size_t min, max;		/* words behind those */
	const char *usage;
	int (*run)(const struct site *, const struct args *);
};

static const struct command *find(const struct args *);
static int usage(const struct args *);
static void tell(FILE *, const char *);

static const struct command command[] = {
	{ "check", NULL, 0, 0, "", cmd_check },
	{ "conf", NULL, 0, 0, "[-m]", cmd_conf },
	{ "tables", NULL, 0, 0, "[-n]", cmd_tables },
	{ "domain", "add", 1, 3, "DOMAIN [local | relay | alias DOMAIN]",
	    cmd_table_add },
	{ "domain", "set", 1, 3, "DOMAIN [local | relay | alias DOMAIN]",
	    cmd_table_add },
	{ "domain", "remove", 1, 1, "DOMAIN", cmd_table_remove },
	{ "domain", "list", 0, 0, "", cmd_table_list },
	{ "alias", "add", 2, 1000, "ADDRESS TARGET ...", cmd_table_add },
	{ "alias", "set", 2, 1000, "ADDRESS TARGET ...", cmd_table_add },
	{ "alias", "remove", 1, 1, "ADDRESS", cmd_table_remove },
	{ "alias", "list", 0, 0, "", cmd_table_list },
	{ "route", "add", 2, 8, "DOMAIN TARGET [OPTION...]", cmd_table_add },
	{ "route", "set", 2, 8, "DOMAIN TARGET [OPTION...]", cmd_table_add },
	{ "route", "remove", 1, 1, "DOMAIN", cmd_table_remove },
	{ "route", "list", 0, 0, "", cmd_table_list },
	{ "relay", "add", 2, 3, "net NETWORK | rcpt DOMAIN LOCAL",
	    cmd_table_add },
	{ "relay", "remove", 2, 3, "net NETWORK | rcpt DOMAIN LOCAL",
	    cmd_table_remove },
	{ "relay", "list", 0, 0, "", cmd_table_list },
	{ "user", "add", 1, 1, "ADDRESS [--generate | --password-stdin] "
	    "[--quota SIZE] | NAME --system", cmd_user_add },
	{ "user", "remove", 1, 1, "ADDRESS", cmd_user_remove },
	{ "user", "list", 0, 0, "", cmd_table_list },
	{ "user", "password", 1, 1, "ADDRESS [--generate | --password-stdin]",
	    cmd_user_password },
	{ "user", "app-password", 2, 2, "add ADDRESS --name NAME "
	    "[--scope smtp,pop3,imap]", cmd_app_password },
	{ "user", "app-password", 2, 2, "list ADDRESS", cmd_app_password },
	{ "user", "app-password", 3, 3, "remove ADDRESS ID",
	    cmd_app_password },
	{ "queue", "list", 0, 1000, "[SELECTION]", cmd_queue_list },
	{ "queue", "show", 1, 1, "ID", cmd_queue_show },
	{ "queue", "why", 0, 1000, "SELECTION", cmd_queue_why },
	{ "queue", "retry", 0, 1000, "SELECTION", cmd_queue_change },
	{ "queue", "hold", 0, 1000, "SELECTION", cmd_queue_change },
	{ "queue", "release", 0, 1000, "SELECTION", cmd_queue_change },
	{ "queue", "remove", 0, 1000, "SELECTION", cmd_queue_change },
	{ NULL, NULL, 0, 0, NULL, NULL }
};

int
main(int argc, char **argv)
{
	struct buf why = { .max = 4096 };
	const struct command *c;
	static struct config config;
	struct args a;

	log_program("correo");
	clock_init();
	signal(SIGPIPE, SIG_IGN);	/* of the trigger: an answer, no end */
	if (args_parse(argc, argv, &a, &why) < 0)
		return say(SAY_FIX, "%.*s", SPAN_ARG(buf_span(&why)));
	if ((c = find(&a)) == NULL)
		return usage(&a);
	if (c->run == cmd_conf && a.mdoc)	/* needs no config */
		return cmd_conf_keys();
	if (config_read(a.config, &config) < 0)
		return SAY_FIX;
	/* homes of mailboxes are 0711 and 0700, whoever calls */
	umask(022);
	return c->run(&config.site, &a);
}

static const struct command *
find(const struct args *a)
{
	const struct command *c;
	size_t n;

	for (c = command; c->first; c++) {
		n = c->second ? 2 : 1;
		if (a->nwords < n || strcmp(a->word[0], c->first) != 0 ||
		    (c->second && strcmp(a->word[1], c->second) != 0))
			continue;
		if (a->nwords >= n + c->min && a->nwords <= n + c->max)
			return c;
	}
	return NULL;
}

/* Of the commands that begin with the word that was typed; help tells all. */
static int
usage(const struct args *a)
{
	const struct command *c = command;
	const char *first = a->nwords ? a->word[0] : "help";

	if (strcmp(first, "help") == 0) {
		tell(a->nwords ? stdout : stderr, NULL);
		return a->nwords ? SAY_OK : SAY_FIX;
	}
	while (c->first && strcmp(first, c->first) != 0)
		c++;
	if (c->first == NULL)
		return say(SAY_FIX, "%s: no such command; correo help lists "
		    "them", first);
	tell(stderr, first);
	return SAY_FIX;
}

/* first: of these commands only; NULL: all. */
static void
tell(FILE *out, const char *first)
{
	const struct command *c;

	fprintf(out, "usage: correo [-c FILE] [-j] COMMAND\n");
	for (c = command; c->first; c++)
		if (first == NULL || strcmp(first, c->first) == 0)
			fprintf(out, "\tcorreo %s%s%s%s%s\n", c->first,
			    c->second ? " " : "", c->second ? c->second : "",
			    *c->usage ? " " : "", c->usage);
	if (first == NULL || strcmp(first, "queue") == 0)
		fprintf(out, "SELECTION: ID ... | --domain DOMAIN | "
		    "--sender ADDRESS | --recipient ADDRESS | --all\n");
}
