/* commands - what a client may say before its login. */
#ifndef POP3D_COMMANDS_H
#define POP3D_COMMANDS_H

#include "pop3d/session.h"

/* One line.  Replies are left in session.out. */
void	commands_run(struct session *, struct span line);

/* RFC 2449 5.  mailbox 1: after the login. */
struct capa {
	const struct site *site;
	const struct pop3d_conf *conf;
	const struct facts *facts;
	int mailbox;
};
void	commands_capa(struct out *, const struct capa *);
/* RFC 6856 3: LANG.  0, or -1: refused. */
int	commands_lang(struct out *, struct span tag);

#endif
