/* compile - texts and compiled tables are replaced, each whole. */
#ifndef ADMIN_COMPILE_H
#define ADMIN_COMPILE_H

#include "admin/tables.h"

/*
 * After tables_check said 0: writes every NAME.cdb.tmp, fsyncs it, replaces
 * the changed texts, renames the cdb files, fsyncs the directories, and makes
 * the postmaster's home.  What fails before the first rename leaves every file
 * as it was.  0, or -1: said why.
 */
int	compile_write(struct tables *);
/* tables_check, and then that.  The exit status: what was wrong is said. */
int	compile_checked(struct tables *);

#endif
