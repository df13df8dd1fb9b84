/*
 * folder_import - the number files of other servers.  Pure.
 *
 *	dovecot-uidlist 3	"3" *(SP field) LF, fields V uidvalidity,
 *				N uidnext; lines uid *(SP field) " :" name
 *	dovecot-uidlist 1, courierimapuiddb
 *				"1" SP uidvalidity SP uidnext LF; uid SP name
 *	dovecot-keywords	number SP keyword LF
 *	courierimapkeywords/:list
 *				*(keyword LF) LF *(name ":" *(number SP) LF)
 */
#ifndef STORE_FOLDER_IMPORT_H
#define STORE_FOLDER_IMPORT_H

#include <stdint.h>

#include "base/span.h"

struct import_head {
	uint32_t uidvalidity, uidnext;
};

/* The first line is cut off *in; 0, or -1 with *why. */
int	import_uidlist_head(struct span *in, struct import_head *,
	    const char **why);
/* The next line: 1, 0 at the end; lines that are not right are passed over.
 * name may carry flags. */
int	import_uidlist_next(struct span *in, uint32_t *uid,
	    struct span *name);
/* The next keyword and its number: 1, 0 at the end. */
int	import_keyword_next(struct span *in, unsigned *number,
	    struct span *keyword);
/* Courier's list: the keywords, numbered from 0 (1 each; 0 behind the empty
 * line), then the messages with bits of their keywords. */
int	import_list_keyword(struct span *in, struct span *keyword);
int	import_list_next(struct span *in, struct span *name, uint32_t *bits);

#endif
