/* log - one line per event on standard error. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "sys/log.h"

static void put(struct log *, const void *, size_t);
static void put_str(struct log *, const char *);
static void key_is(struct log *, const char *);
static void reason(enum log_level, const char *, const char *, va_list, int)
	    __attribute__((format(printf, 3, 0)));

static const char *program = "correo";

void
log_program(const char *name)
{
	program = name;
}

void
log_open(struct log *l, enum log_level level, const char *event)
{
	l->level = level;
	l->event = event;
	l->id[0] = '\0';
	l->n = 0;
}

void
log_id(struct log *l, const char *id)
{
	snprintf(l->id, sizeof l->id, "%s", id);
}

void
log_text(struct log *l, const char *key, struct span s)
{
	struct buf b = { .max = 4 * LOG_VALUE };
	int quote = s.n == 0 || span_find(s, ' ') < s.n;

	key_is(l, key);
	if (encode_log(&b, span_sub(s, 0, LOG_VALUE), quote) == 0) {
		if (quote)
			put(l, "\"", 1);
		put(l, b.p, b.n);
		if (quote)
			put(l, "\"", 1);
	}
	buf_free(&b);
}

void
log_addr(struct log *l, const char *key, struct span s)
{
	struct buf b = { .max = 4 * LOG_VALUE };

	key_is(l, key);
	put(l, "<", 1);
	if (encode_log(&b, span_sub(s, 0, LOG_VALUE), 0) == 0)
		put(l, b.p, b.n);
	put(l, ">", 1);
	buf_free(&b);
}

void
log_str(struct log *l, const char *key, const char *s)
{
	log_text(l, key, span_of(s));
}

void
log_num(struct log *l, const char *key, uint64_t v)
{
	char d[24];

	key_is(l, key);
	snprintf(d, sizeof d, "%llu", (unsigned long long)v);
	put_str(l, d);
}

void
log_verdict(struct log *l, const struct verdict *v)
{
	char code[32];

	snprintf(code, sizeof code, " code=%u %s", v->code, v->enhanced);
	put_str(l, code);
	if (v->text[0])
		log_str(l, "text", v->text);
}

void
log_close(struct log *l)
{
	char line[LOG_LINE];
	int n;

	n = snprintf(line, sizeof line - 1, "%s:%s%s event=%s%s%.*s", program,
	    l->id[0] ? " id=" : "", l->id, l->event,
	    l->level == LOG_WARN ? " level=warn" : "", (int)l->n, l->line);
	if (n < 0)
		return;
	if ((size_t)n > sizeof line - 2)
		n = sizeof line - 2;
	line[n++] = '\n';
	/* waits for a supervisor that has stopped reading: no line is lost */
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

void
log_note(const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	reason(LOG_INFO, event, fmt, ap, 0);
	va_end(ap);
}

void
log_warn(const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	reason(LOG_WARN, event, fmt, ap, 0);
	va_end(ap);
}

void
log_die(int status, const char *fmt, ...)
{
	va_list ap;
	int e = errno;

	va_start(ap, fmt);
	reason(LOG_WARN, status == LOG_FIX ? "fix" : "again", fmt, ap, e);
	va_end(ap);
	exit(status);
}

static void
reason(enum log_level level, const char *event, const char *fmt, va_list ap,
    int err)
{
	struct log l;
	char text[LOG_VALUE];
	int n;

	n = vsnprintf(text, sizeof text, fmt, ap);
	if (err && n >= 0 && (size_t)n < sizeof text)
		snprintf(text + n, sizeof text - (size_t)n, ": %s",
		    strerror(err));
	log_open(&l, level, event);
	log_str(&l, "reason", text);
	log_close(&l);
}

static void
key_is(struct log *l, const char *key)
{
	put(l, " ", 1);
	put_str(l, key);
	put(l, "=", 1);
}

static void
put_str(struct log *l, const char *s)
{
	put(l, s, strlen(s));
}

static void
put(struct log *l, const void *p, size_t n)
{
	if (n > sizeof l->line - l->n)
		n = sizeof l->line - l->n;
	if (n)
		memcpy(l->line + l->n, p, n);
	l->n += n;
}
