/* serve - the role: a zygote that holds the resolver's address and the known
 * authorities, and children that each talk to one next hop. */
#ifndef REMOTED_SERVE_H
#define REMOTED_SERVE_H

#include "run/role.h"

int	serve_role(struct role_env *);

#endif
