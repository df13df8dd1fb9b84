/*
 * conf - correo.conf: `key value` lines, read by one typed table per program.
 *
 * `#` begins a comment at the start of a line or after white space; a line
 * that begins with white space goes on with the value before it; a key named
 * twice is an error.  Keys with another program's prefix ("imapd.…") are that
 * program's own business.  All errors are gathered, each as
 * "FILE:LINE: reason\n"; nothing is half taken.  correo.conf(5).
 */
#ifndef SYS_CONF_H
#define SYS_CONF_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/ip.h"
#include "base/span.h"

enum conf_type {
	CONF_TEXT,			/* const char * */
	CONF_NUMBER,			/* uint64_t, min..max */
	CONF_SIZE,			/* uint64_t bytes */
	CONF_TIME,			/* uint64_t seconds */
	CONF_YES,			/* int; yes or no */
	CONF_WORDS,			/* struct conf_words */
	CONF_TIMES,			/* struct conf_times */
	CONF_LISTEN,			/* struct conf_words, each ADDR:PORT */
	CONF_NETS,			/* struct conf_nets */
	CONF_PATH,			/* const char *, absolute */
	CONF_NAMED,			/* struct conf_words, each ADDR[=NAME] */
	CONF_HOST,			/* const char *, a host's name */
	CONF_HOSTS,			/* struct conf_words, each one */
	CONF_ADDRESS			/* const char *, ADDR:PORT or empty */
};

struct conf_words {
	size_t n;
	const char *const *word;
};

struct conf_times {
	size_t n;
	const uint64_t *s;		/* seconds */
};

struct conf_nets {
	size_t n;
	const struct ip_net *net;
};

struct conf_key {
	const char *name;		/* "smtpd.max_size" */
	enum conf_type type;
	size_t offset;			/* of its field in the struct */
	const char *fallback;		/* as it would stand in the file; NULL:
					 * must be named */
	uint64_t min, max;		/* numbers, sizes, times; 0,0: any */
	const char *meaning;		/* one sentence, for the man page */
};

/*
 * Reads the file behind fd (from its start; at most 1 MiB) into *out by the
 * tables, which end with a NULL name.  Strings live until exit.  0, or -1 and
 * the text of all errors in *errors.
 */
int	conf_read(int fd, const char *file, const struct conf_key *const table[],
	    size_t ntables, void *const out[], struct buf *errors);

/*
 * Puts "FILE:LINE: " before each line "KEY: reason" of errors, of what was found
 * wrong with a value after it was read, where the file names that key.
 */
void	conf_place(int fd, const char *file, struct buf *errors);

/* "127.0.0.1:25", "[::1]:25" */
int	conf_address(struct span, struct ip *, unsigned *port);

/* "192.0.2.7", "2001:db8::7=out.example.org"; the name may be empty. */
int	conf_named(struct span, struct ip *, struct span *name);

/* The table as mdoc list items, for the man page's list (`-n -m`). */
void	conf_mdoc(const struct conf_key *);

#endif
