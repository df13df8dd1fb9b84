/*
 * writer - the process that writes the queue: one message after another from
 * the session at the other end of its channel, stamped by the listener.
 */
#ifndef RUN_WRITER_H
#define RUN_WRITER_H

#include "run/role.h"
#include "store/queue.h"
#include "sys/held.h"

struct writer_limits {
	uint64_t message_bytes;		/* of one message, with its Received */
	unsigned recipients;		/* of one message */
	uint64_t floor_bytes, floor_files;	/* kept free on the disk */
	struct span srs;		/* the key of mail/srs.h, and whether its
					 * file is still the same; NULL: yes */
	const struct held *srs_file;
	const char *queue;		/* where it has to be; NULL: anywhere */
	int rates;			/* the channel to the listener, which is
					 * asked for a user's; 0: none */
};

/*
 * Serves one session's channel until its end (wire/intake.h).  Returns 0; 1
 * where the queue's directory was removed or moved away; -1 when this process must take no
 * other, as it has an old key; or ACCEPT_STOP: neither it nor another may, as
 * the directory could not be flushed.
 * hint: the FIFO's descriptor, or -1.
 */
int	writer_serve(const struct queue *, int hint, const char *hostname,
	    const struct writer_limits *, const struct facts *stamp, int ch);

#endif
