/* args - the words and options of `correo`; options stand anywhere. */
#ifndef ADMIN_ARGS_H
#define ADMIN_ARGS_H

#include <stddef.h>

#include "base/buf.h"

struct args {
	const char *config;		/* -c FILE */
	int json;			/* -j */
	int check_only;			/* -n */
	int mdoc;			/* -m */
	int all, generate, password_stdin, system;	/* --all ... */
	const char *domain, *sender, *recipient, *quota;	/* --domain X */
	const char *name, *scope;
	size_t nwords;
	const char *const *word;	/* in argv, which is reordered */
};

/* 0, or -1 with the reason in *why (a sentence). */
int	args_parse(int argc, char **argv, struct args *, struct buf *why);

#endif
