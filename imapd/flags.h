/* flags - system flags and keywords, as bits of the store and as words. */
#ifndef IMAPD_FLAGS_H
#define IMAPD_FLAGS_H

#include "imapd/box.h"

/* "(\Seen $Junk)" */
void	flags_out(struct out *, const struct folder *, uint32_t flags,
	    int recent);
/* All flags that the folder knows, without parentheses. */
void	flags_known(struct out *, const struct folder *);
/* How many keywords it has. */
unsigned flags_keywords(const struct folder *);

/* Words as bits; \Recent is passed over, as clients send back what they got;
 * unknown keywords are made, or with make 0 passed over too.  0, or -1 and the
 * answer is said. */
int	flags_take(struct box *, struct folder *, const struct imap_words *,
	    int make, uint32_t *flags);
/* One word: its bit; 0 when the folder knows no such. */
uint32_t flags_bit(struct folder *, struct span);

#endif
