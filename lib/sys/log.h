/*
 * log - one line per event on standard error, at most LOG_LINE bytes in one
 * write, so that lines of many processes never mix.
 *
 *	log_open(&l, LOG_INFO, "accepted");
 *	log_id(&l, id);				(message id; moves to the front)
 *	log_text(&l, "sender", sender);		(outside text: escaped)
 *	log_num(&l, "size", size);
 *	log_close(&l);
 *
 * gives `smtpd: id=… event=accepted sender=… size=…`.  Outside text is always
 * escaped (encode_log) and cut at LOG_VALUE bytes.  No secrets.  LOG_WARN adds
 * level=warn: an operator should look.  The prefix is the program's name; the
 * supervisor adds the time.
 */
#ifndef SYS_LOG_H
#define SYS_LOG_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "base/verdict.h"

enum { LOG_LINE = 1000, LOG_VALUE = 320 };
enum log_level { LOG_INFO, LOG_WARN };

struct log {
	enum log_level level;
	const char *event;
	char id[32];
	size_t n;
	char line[LOG_LINE];
};

void	log_program(const char *);	/* a literal; at the start of main */

void	log_open(struct log *, enum log_level, const char *event);
void	log_id(struct log *, const char *id);
/* Outside text, quoted when it has spaces; an address, in <>. */
void	log_text(struct log *, const char *key, struct span);
void	log_addr(struct log *, const char *key, struct span);
void	log_str(struct log *, const char *key, const char *);
void	log_num(struct log *, const char *key, uint64_t);
/* code=250 2.0.0 text="…" */
void	log_verdict(struct log *, const struct verdict *);
void	log_close(struct log *);

/* One event with a reason of ours; log_warn for what an operator mends. */
void	log_note(const char *event, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	log_warn(const char *event, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* This process cannot go on.  LOG_FIX (100): an operator must mend something;
 * LOG_AGAIN (111): it may work later.  log_die adds strerror(errno) when errno
 * is not 0. */
enum { LOG_FIX = 100, LOG_AGAIN = 111 };
void	log_die(int status, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3), noreturn));

#endif
