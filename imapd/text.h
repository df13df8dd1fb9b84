/*
 * text - a text, in whatever charset and encoding, made comparable.
 *
 * Text is decoded into one folded form (mail/fold.h), piece by piece (a field,
 * a part), to be searched as bytes.  What the structure shows to be no text is
 * empty, and so is what cannot be decoded.
 */
#ifndef IMAPD_TEXT_H
#define IMAPD_TEXT_H

#include "mail/header.h"
#include "mail/mime.h"
#include "sys/charset.h"

struct text {
	struct charset charset;
	struct buf raw, decoded, folded;	/* kept from one to the next */
};

void	text_begin(struct text *, struct charset_cache *);
void	text_end(struct text *);

/* The needle of that charset, folded, behind *needle.  0, or -1. */
int	text_needle(struct text *, struct span charset, struct span in,
	    struct buf *needle);
/* White space behind from as fields have it here: any of it is one space, a tab
 * or a fold too, which often took the place of one (RFC 5322 2.2.3). */
void	text_squeeze(struct buf *, size_t from);
/* Each stands until the next of them.  A field: its value, or with name 1 all
 * of it, squeezed and without white space at the value's ends. */
struct span text_field(struct text *, const struct header *, int name);
struct span text_part(struct text *, const struct mime *,
	    const struct mime_part *);

#endif
