/*
 * json - one object a line, for `-j`.
 *
 *	json_open(b); json_text(b, "id", id); json_num(b, "size", 412);
 *	json_list(b, "recipients"); json_item(b, a); json_list_end(b);
 *	json_close(b);
 *
 * A comma is put where the buf's last byte asks for one.  What is no UTF-8
 * becomes U+FFFD: JSON has no bytes (RFC 8259 8.1).
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdint.h>

#include "base/buf.h"

int	json_open(struct buf *);
int	json_text(struct buf *, const char *name, struct span);
int	json_str(struct buf *, const char *name, const char *);
int	json_num(struct buf *, const char *name, int64_t);
int	json_bool(struct buf *, const char *name, int);
int	json_null(struct buf *, const char *name);
int	json_list(struct buf *, const char *name);
int	json_item(struct buf *, struct span);
int	json_list_end(struct buf *);
int	json_close(struct buf *);		/* with its line end */

#endif
