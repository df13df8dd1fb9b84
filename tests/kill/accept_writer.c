/*
 * accept_writer - the process that accept_kill watches: a writer on descriptor
 * 3 with its hints on descriptor 4, for the queue in argv[1], which takes "one"
 * or "two" flushes a message, whatever its file system is.
 */
#include <stdio.h>
#include <string.h>

#include "run/writer.h"
#include "sys/log.h"
#include "sys/stream.h"

int
main(int argc, char **argv)
{
	static const struct writer_limits limits = {
		.message_bytes = 1 << 20, .recipients = 100
	};
	static const struct facts stamp = {
		.client.b = { [10] = 0xff, 0xff, 192, 0, 2, 7 },
		.class = CLASS_STRANGER
	};
	const char *missing;
	struct queue q;

	log_program("accept_writer");
	stream_init();
	if (argc != 3 || queue_open(&q, argv[1], &missing) < 0)
		log_die(LOG_FIX, "usage: accept_writer QUEUE one|two");
	q.one_flush = strcmp(argv[2], "one") == 0;
	return writer_serve(&q, 4, "mx.example.test", &limits, &stamp, 3) < 0;
}
