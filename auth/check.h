/* check - the role "auth": the password check of a program's family. */
#ifndef AUTH_CHECK_H
#define AUTH_CHECK_H

#include "run/role.h"

int	check_role(struct role_env *);

#endif
