/* jobs - what a deliverer is asked for. */
#include <errno.h>
#include <poll.h>

#include "run/jobs.h"
#include "store/queue.h"
#include "sys/chan.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/stream.h"
#include "wire/record.h"

int
jobs_take(int ch, struct job *j, int *file, int wait_ms)
{
	static unsigned char packet[CHAN_PACKET_MAX];
	struct span in, fields;
	const char *why = "a job without a message";
	struct pollfd p = { .fd = ch, .events = POLLIN };
	int fd[CHAN_FDS];
	ssize_t n;

	if (stream_ended)
		return 0;
	if (wait_ms > 0)
		(void)poll(&p, 1, wait_ms);
	n = chan_recv(ch, packet, sizeof packet, fd, wait_ms < 0);
	if (n < 0 && errno == EAGAIN && wait_ms >= 0)
		return -1;
	if (n == 0 || (n < 0 && (errno == EINTR || errno == ECONNRESET)))
		return 0;
	if (n < 0)
		log_die(LOG_AGAIN, "channel of jobs");
	in = span_mem(packet, (size_t)n);
	errno = 0;
	if (fd[0] < 0 || record_next(&in, RECORD_MAX, &fields, &why) != 1 ||
	    in.n || job_parse(fields, j, &why) < 0)
		log_die(LOG_AGAIN, "job: %s", why);
	if (!queue_id_valid(j->id))
		log_die(LOG_AGAIN, "job: id");
	(void)file_share(fd[0]);	/* an operator's look at it only */
	*file = fd[0];
	return 1;
}
