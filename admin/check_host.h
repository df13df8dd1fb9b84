/* check_host - a part of `correo check`. */
#ifndef ADMIN_CHECK_HOST_H
#define ADMIN_CHECK_HOST_H

#include "admin/found.h"

/* Service users, owners and modes, secrets of TLS. */
void	check_host(struct check *);

#endif
