/* https - one GET. */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/http.h>

#include "remoted/https.h"

enum { HEAD = 16384 };

struct way {
	struct conn *conn;
	uint64_t deadline_ms;
	struct buf head;		/* what came first, its header in it */
};

static BIO *way_new(BIO_METHOD *, struct way *);
static int  way_read(BIO *, char *, int);
static int  way_write(BIO *, const char *, int);
static long way_ctrl(BIO *, int, long, void *);
static int  is_text(struct span);
static int  content(BIO *, size_t, struct buf *, const char **);
static const char *reason(void);

int
https_get(struct conn *c, const char *host, const char *path,
    uint64_t deadline_ms, struct buf *out, const char **why)
{
	struct way way = { c, deadline_ms, { .max = HEAD } };
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "conn");
	OSSL_HTTP_REQ_CTX *req = NULL;
	BIO *bio = NULL, *in = NULL;
	int r = -1;

	*why = "no memory";
	ERR_clear_error();
	if (m == NULL || (bio = way_new(m, &way)) == NULL)
		goto end;
	/* use_ssl is for a connection of its own; this one has it */
	req = OSSL_HTTP_open(host, NULL, NULL, NULL, 0, bio, bio, NULL, NULL,
	    0, 0);
	if (req && OSSL_HTTP_set1_request(req, path, NULL, NULL, NULL, NULL,
	    0, out->max, 0, 0))
		in = OSSL_HTTP_exchange(req, NULL);
	*why = "its media type is not text/plain (RFC 8461 3.2)";
	if (in && is_text(buf_span(&way.head)))
		r = content(in, OSSL_HTTP_REQ_CTX_get_resp_len(req), out, why);
	else if (in == NULL)
		*why = reason();
	BIO_free(in);
	OSSL_HTTP_close(req, 1);
end:
	BIO_free(bio);
	BIO_meth_free(m);
	buf_free(&way.head);
	ERR_clear_error();
	return r;
}

static BIO *
way_new(BIO_METHOD *m, struct way *way)
{
	BIO *b;

	if (!BIO_meth_set_read(m, way_read) ||
	    !BIO_meth_set_write(m, way_write) ||
	    !BIO_meth_set_ctrl(m, way_ctrl) || (b = BIO_new(m)) == NULL)
		return NULL;
	BIO_set_data(b, way);
	BIO_set_init(b, 1);
	return b;
}

static int
way_read(BIO *b, char *p, int n)
{
	struct way *w = BIO_get_data(b);
	long r = tls_client_read(w->conn->tls, p, (size_t)n, w->deadline_ms);

	if (r > 0)
		(void)buf_addspan(&w->head, span_sub(span_mem(p, (size_t)r), 0,
		    HEAD - w->head.n));
	return r < 0 ? -1 : (int)r;
}

static int
way_write(BIO *b, const char *p, int n)
{
	struct way *w = BIO_get_data(b);

	return conn_write(w->conn, span_mem(p, (size_t)n), w->deadline_ms) ==
	    0 ? n : -1;
}

static long
way_ctrl(BIO *b, int what, long n, void *p)
{
	(void)b;
	(void)n;
	(void)p;
	return what == BIO_CTRL_FLUSH;
}

/* OpenSSL shows no header, and compares a media type only without its
 * parameters. */
static int
is_text(struct span head)
{
	struct span line, word;

	while (span_cut(&head, '\n', &line) && (line = span_trim(line)).n)
		if (span_cut(&line, ':', &word) &&
		    span_case_eq(word, SPAN("Content-Type"))) {
			(void)span_cut(&line, ';', &word);
			return span_case_eq(span_trim(word),
			    SPAN("text/plain"));
		}
	return 0;
}

/* As long as the header says, else up to the end that TLS tells: not up to one
 * that anybody on the way could have made. */
static int
content(BIO *in, size_t length, struct buf *out, const char **why)
{
	size_t begin = out->n;
	char p[4096];
	int n = 1;

	while ((length == 0 || out->n - begin < length) &&
	    (n = BIO_read(in, p, sizeof p)) > 0)
		if (buf_add(out, p, (size_t)n) < 0) {
			*why = "it is longer than it may be";
			return -1;
		}
	*why = "the connection was lost or took too long";
	return n < 0 || out->n - begin < length ? -1 : 0;
}

static const char *
reason(void)
{
	const char *s = ERR_reason_error_string(ERR_peek_error());

	return s ? s : "the connection was lost or took too long";
}
