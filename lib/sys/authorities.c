/* authorities - the certificates that are believed, read when asked for. */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/authorities.h"
#include "sys/file.h"

enum { CA_FILE = 16 << 20, CA_ENTRIES = 1 << 20 };

struct entry {				/* where it stands in the file */
	unsigned long name;		/* a hash of its subject */
	off_t at;
	size_t n;
};

struct authorities {
	int fd;
	struct buf entries;
};

static size_t list(struct authorities *);
static int  by_subject(X509_LOOKUP *, X509_LOOKUP_TYPE, const X509_NAME *,
	    X509_OBJECT *);
static X509 *read_entry(const struct authorities *, const struct entry *);
static X509 *parse(struct span, size_t *);

size_t
authorities_add(X509_STORE *store, int fd)
{
	struct authorities *a = calloc(1, sizeof *a);
	X509_LOOKUP_METHOD *m = X509_LOOKUP_meth_new("authorities");
	X509_LOOKUP *l;
	size_t n;

	if (a == NULL || m == NULL ||
	    X509_LOOKUP_meth_set_get_by_subject(m, by_subject) != 1 ||
	    (l = X509_STORE_add_lookup(store, m)) == NULL ||
	    X509_LOOKUP_set_method_data(l, a) != 1)
		return 0;
	a->entries.max = CA_ENTRIES;
	a->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	n = a->fd < 0 ? 0 : list(a);
	return buf_ok(&a->entries) ? n : 0;
}

/* Each is parsed once, to know its name. */
static size_t
list(struct authorities *a)
{
	struct buf text = { .max = CA_FILE };
	struct span rest;
	struct entry e;
	size_t n, used;
	X509 *x;

	rest = file_read(a->fd, &text) == 0 ? buf_span(&text) : SPAN("");
	for (n = 0; rest.n && (x = parse(rest, &used)) != NULL; n++) {
		e = (struct entry){ X509_subject_name_hash(x),
		    (off_t)(text.n - rest.n), used };
		buf_add(&a->entries, &e, sizeof e);
		X509_free(x);
		rest = span_from(rest, used);
	}
	buf_free(&text);
	return n;
}

/* All of that name go to the store, which keeps them; one is the answer. */
static int
by_subject(X509_LOOKUP *l, X509_LOOKUP_TYPE type, const X509_NAME *name,
    X509_OBJECT *out)
{
	const struct authorities *a = X509_LOOKUP_get_method_data(l);
	const struct entry *e = (const void *)a->entries.p;
	const struct entry *end = e + a->entries.n / sizeof *e;
	unsigned long hash = X509_NAME_hash_ex(name, NULL, NULL, NULL);
	int found = 0;
	X509 *x;

	if (type != X509_LU_X509)
		return 0;
	for (; e < end; e++) {
		if (e->name != hash || (x = read_entry(a, e)) == NULL)
			continue;
		if (X509_NAME_cmp(X509_get_subject_name(x), name) == 0 &&
		    X509_STORE_add_cert(X509_LOOKUP_get_store(l), x) == 1 &&
		    !found && X509_OBJECT_set1_X509(out, x) == 1) {
			found = 1;
			X509_free(x);	/* the store's is only lent there */
		}
		X509_free(x);
	}
	return found;
}

static X509 *
read_entry(const struct authorities *a, const struct entry *e)
{
	struct buf b = { .max = e->n };
	X509 *x = NULL;
	size_t used;

	if (buf_room(&b, e->n) == 0 &&
	    pread(a->fd, b.p, e->n, e->at) == (ssize_t)e->n)
		x = parse(span_mem(b.p, e->n), &used);
	buf_free(&b);
	return x;
}

/* The first certificate there; used: the bytes up to its end. */
static X509 *
parse(struct span s, size_t *used)
{
	BIO *bio = BIO_new_mem_buf(s.p, (int)s.n);
	X509 *x = bio ? PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL) : NULL;

	*used = s.n - (bio ? BIO_ctrl_pending(bio) : 0);
	BIO_free(bio);
	return x;
}
