/* commands - the words of `correo`; each returns the exit status. */
#ifndef ADMIN_COMMANDS_H
#define ADMIN_COMMANDS_H

#include "admin/args.h"
#include "run/site.h"

/* word[0] and word[1] have been looked at; their number fits the usage. */
int	cmd_table_add(const struct site *, const struct args *);
int	cmd_table_remove(const struct site *, const struct args *);
int	cmd_table_list(const struct site *, const struct args *);
int	cmd_tables(const struct site *, const struct args *);

int	cmd_user_add(const struct site *, const struct args *);
int	cmd_user_remove(const struct site *, const struct args *);
int	cmd_user_password(const struct site *, const struct args *);
int	cmd_app_password(const struct site *, const struct args *);

int	cmd_queue_list(const struct site *, const struct args *);
int	cmd_queue_show(const struct site *, const struct args *);
int	cmd_queue_why(const struct site *, const struct args *);
int	cmd_queue_change(const struct site *, const struct args *);

int	cmd_check(const struct site *, const struct args *);
int	cmd_conf(const struct site *, const struct args *);
int	cmd_conf_keys(void);		/* all keys, as mdoc list items */

#endif
