/* check_ports - a part of `correo check`. */
#ifndef ADMIN_CHECK_PORTS_H
#define ADMIN_CHECK_PORTS_H

#include "admin/found.h"

/* Each configured one; a greeting is looked at. */
void	check_ports(struct check *);

#endif
