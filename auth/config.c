/* config - the keys of the password check in correo.conf. */
#include <stddef.h>

#include "auth/config.h"

#define AT(field) offsetof(struct auth_conf, field)

const struct conf_key auth_keys[] = {
	{ "auth.workers", CONF_NUMBER, AT(workers), "2", 1, 64,
	    "How many passwords are hashed at once, in processes of their "
	    "own." },
	{ "auth.waiting", CONF_NUMBER, AT(waiting), "500", 1, 100000,
	    "How many logins may wait for that; more are told to come back." },
	{ "auth.checkpassword", CONF_TEXT, AT(checkpassword), "", 0, 0,
	    "A program, with its arguments, that checks passwords in place of "
	    "the table, by the checkpassword convention: user, password and "
	    "time, each with a NUL behind, on descriptor 3; status 0 good, 1 "
	    "bad, 111 cannot say." },
	{ "auth.checkpassword_timeout", CONF_TIME, AT(checkpassword_timeout),
	    "30s", 1, 600, "After this time that program is ended." },
	{ NULL, 0, 0, NULL, 0, 0, NULL }
};
