/* writer: whatever a session says, new/ holds whole files, tmp/ none. */
#include <sys/socket.h>

#include "run/writer.h"
#include "store/queue_scratch.h"
#include "sys/chan.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct queue q;			/* one for all runs: making it is dear */

static void
done(void)
{
	scratch_close(&q);
}

static int
look(void *arg, const char *name)
{
	struct buf b = { .max = 1 << 20 };
	struct queue_head h;
	struct envelope e;
	const char *why;
	int fd = openat(q.new, name, O_RDONLY);

	(void)arg;
	if (queue_read_head(fd, &h) || queue_read_envelope(fd, &h, &b) ||
	    envelope_parse(buf_span(&b), &e, &why) < 0 || e.nrcpt == 0)
		abort();
	envelope_free(&e);
	buf_free(&b);
	close(fd);
	return unlinkat(q.new, name, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct writer_limits limits = {
		.message_bytes = 9000, .recipients = 5, .srs = SPAN("k")
	};
	static const struct facts stamp = { .class = CLASS_STRANGER };
	int ch[2], err = dup(2), null = open("/dev/null", O_WRONLY);

	if (q.dir == 0) {
		scratch_open(&q);
		atexit(done);
	}
	if (chan_pair(CHAN_STREAM, ch) < 0 || send(ch[0], p, n, 0) < 0)
		abort();
	shutdown(ch[0], SHUT_WR);
	/* the log would be many lines */
	dup2(null, 2);
	writer_serve(&q, -1, "mx.example.test", &limits, &stamp, ch[1]);
	dup2(err, 2);
	close(null);
	close(err);
	close(ch[0]);
	close(ch[1]);
	file_each(q.new, look, NULL);
	if (scratch_count(q.tmp) != 0)
		abort();
	return 0;
}
