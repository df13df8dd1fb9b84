/*
 * site - the keys of correo.conf that several programs share.
 */
#ifndef RUN_SITE_H
#define RUN_SITE_H

#include "sys/conf.h"

struct site {
	const char *hostname;		/* must be named */
	struct conf_words domains;	/* short form of tables/domains */
	const char *resolver;		/* ADDR:PORT, "" = resolv.conf */
	const char *state_dir;		/* /var/lib/correo: queue/, drop/ */
	const char *tables_dir;		/* /etc/correo/tables */
	const char *secrets_dir;	/* /etc/correo/secrets */
	const char *libexec_dir;	/* programs that a program executes */
	const char *empty_dir;		/* /var/empty/correo: chroot */
	const char *mail_dir;		/* base of virtual mailboxes */
	const char *user_prefix;	/* "correo": users correo-smtpd … */
	const char *delimiter;		/* "+" */
	struct conf_words always_bcc;	/* DOMAIN=ADDRESS, or ADDRESS for all */
	struct conf_words tls_cert, tls_key; /* PEM files, pair by pair */
	struct conf_words client_ca;	/* PEM files: of clients' certificates */
	struct conf_words client_ask, client_require; /* names of services */
	uint64_t uid_first, uid_last;	/* of virtual mailboxes */
};

extern const struct conf_key site_keys[];

/* Where the config is when -c does not say (CORREO_CONF at build time). */
extern const char *const site_conf;

/* domains.n words joined by spaces, in normal form but for ASCII capitals, as
 * struct directory wants them. */
const char *site_domains(const struct site *);

/* role.wanted of what only TLS needs. */
int	site_has_tls(const struct site *, const void *conf);

/* Whether clients of a service ("imaps") show a certificate of their own. */
enum client_cert { CLIENT_CERT_NO, CLIENT_CERT_ASK, CLIENT_CERT_REQUIRE };
enum client_cert site_client_cert(const struct site *, const char *service);

/* Adds a line for each value that no table of keys can tell to be wrong. */
void	site_check(const struct site *, struct buf *errors);

/* Where the users of a program log in. */
struct site_logins {
	const char *program;		/* "smtpd" */
	const char *service;		/* "submission.", "": before "listen" */
	const char *tls_service;	/* "smtps" */
	int listen, tls_listen;		/* has it addresses? */
	int without_tls;		/* do some networks need no TLS? */
};
/* Adds a line for what keeps them from it. */
void	site_check_logins(const struct site *, const struct site_logins *,
	    struct buf *errors);

#endif
