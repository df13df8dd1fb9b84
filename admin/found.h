/*
 * found - the findings of `correo check`: each is one line, with its cure.
 *
 * "fail" is what stops mail or loosens rights, "warn" what an operator should
 * look at, "ok" the rest.
 */
#ifndef ADMIN_FOUND_H
#define ADMIN_FOUND_H

#include "admin/args.h"
#include "run/site.h"

enum level { OK, WARN, FAIL };

struct check {
	const struct site *site;
	const struct args *a;
	const char *config;		/* its file */
	int root;
	int failed;
};

void	found(struct check *, enum level, const char *what,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Takes them: a warning each. */
void	found_lines(struct check *, const char *what, struct buf *);

#endif
