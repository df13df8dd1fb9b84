/* check_tables - a part of `correo check`. */
#ifndef ADMIN_CHECK_TABLES_H
#define ADMIN_CHECK_TABLES_H

#include "admin/found.h"

/* Errors, then what is there and does not work. */
void	check_tables(struct check *);

#endif
