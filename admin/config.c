/* config - correo.conf, as the commands of people see it. */
#include <fcntl.h>
#include <unistd.h>

#include "admin/config.h"
#include "admin/say.h"

#define AT(field) offsetof(struct config, field)

const struct conf_key config_keys[] = {
	{ "sendmail.via", CONF_ADDRESS, AT(via), "", 0, 0,
	    "ADDRESS:PORT of an SMTP server that takes the message where "
	    "sendmail has lost its group; empty: none." },
	{ "sendmail.max_size", CONF_SIZE, AT(max_size), "50M", 1, 0,
	    "Largest message that sendmail takes; not more than "
	    "queued.drop_size, or what lies between is lost." },
	{ NULL, 0, 0, NULL, 0, 0, NULL }
};

int
config_read(const char *file, struct config *c)
{
	const struct conf_key *const table[] = { site_keys, config_keys };
	void *const out[] = { &c->site, c };
	struct buf errors = { .max = 1 << 20 };
	int fd, r;

	*c = (struct config){ .via = "" };
	if (file == NULL)
		file = site_conf;
	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) < 0)
		return say_errno(-1, "%s (INSTALL has a first one)", file);
	r = conf_read(fd, file, table, 2, out, &errors);
	close(fd);
	if (r < 0)
		say_lines(&errors);
	buf_free(&errors);
	return r;
}

int
config_some(const char *file, const struct conf_key *keys, void *out)
{
	struct buf errors = { .max = 1 << 20 };
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	(void)conf_read(fd, file, &keys, 1, &out, &errors);
	close(fd);
	buf_free(&errors);
	return 0;
}
