/*
 * order - what the loop asks of a reporter, one record on a packet channel:
 *
 *	report:	kind failure|delay|success  id PARENT  sender PATH  null 1
 *		envid …  utf8 1  whole 1  arrived S  until S  number N
 *		then per recipient: to ADDRESS  orig …  orcpt …  action …
 *		    code …  enhanced …  text …  peer …  when S
 *		and the descriptor of the message beside it
 *	drop:	kind drop  id NAME		(a file of drop/new)
 *
 * The answer is that of wire/job.h: `done` with the id that was accepted, or
 * later, or never.  Pure.
 */
#ifndef QUEUED_ORDER_H
#define QUEUED_ORDER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum order_kind { ORDER_FAILURE, ORDER_DELAY, ORDER_SUCCESS, ORDER_DROP };

enum { ORDER_RCPTS = 500, ORDER_BYTES = 50000 };

struct order_rcpt {
	struct span to, orig, orcpt, action, enhanced, text, peer;
	unsigned code;
	int64_t when;
};

struct order {
	enum order_kind kind;
	struct span id, sender, envid;
	int null, utf8, whole;
	int64_t arrived, until;
	unsigned number;		/* of the report: queue_id_child */
	size_t nrcpt;
	struct order_rcpt rcpt[ORDER_RCPTS];
};

const char *order_name(enum order_kind);

/* Room that this recipient needs in the record, at most. */
size_t	order_size(const struct order_rcpt *);
/* Adds a whole record; what is empty has no field.  0, or -1. */
int	order_add(struct buf *, const struct order *);
/* From the inside of a record.  0, or -1 with *why. */
int	order_parse(struct span fields, struct order *, const char **why);

#endif
