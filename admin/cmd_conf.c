/* cmd_conf - the config, as every program reads it. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/config.h"
#include "admin/programs.h"
#include "admin/say.h"

static int run_all(const struct site *, const char *, const char *);

int
cmd_conf(const struct site *site, const struct args *a)
{
	return run_all(site, "-n", a->config ? a->config : site_conf);
}

int
cmd_conf_keys(void)
{
	static const struct site site = { .libexec_dir = CORREO_LIBEXECDIR };

	conf_mdoc(site_keys);
	conf_mdoc(config_keys);
	fflush(stdout);
	return run_all(&site, "-m", site_conf);
}

static int
run_all(const struct site *site, const char *option, const char *config)
{
	char path[1024];
	size_t i;
	int r, status = SAY_OK;

	for (i = 0; programs[i]; i++) {
		if (programs_find(site, programs[i], path, sizeof path) < 0)
			continue;
		r = programs_run(path, option, config);
		if (r < 0)
			return say_errno(SAY_AGAIN, "%s", path);
		if (r != 0)
			status = SAY_FOUND;
	}
	return status;
}
