/* What goes out is read by our own receiver as the text that it was, without
 * flaws and with nothing behind it: no smuggling. */
#include <stdint.h>
#include <stdlib.h>

#include "wire/smtp_client_command.h"
#include "wire/smtp_data.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf b = { .max = 4 << 20 }, again = { .max = 4 << 20 };
	struct smtp_stuff s = { 0 };
	struct smtp_data d;
	struct span in, piece;
	enum smtp_data_end r;

	smtp_stuff_add(&s, span_mem(p, n / 2), &b);
	smtp_stuff_add(&s, span_mem(p + n / 2, n - n / 2), &b);
	smtp_stuff_end(&s, &b);
	buf_adds(&b, ".\r\n");
	smtp_data_start(&d, 0);
	in = buf_span(&b);
	while ((r = smtp_data_next(&d, &in, &piece)) == SMTP_DATA_PIECE)
		buf_addspan(&again, piece);
	if (r != SMTP_DATA_END || in.n || d.flaws & ~(unsigned)SMTP_DATA_NUL)
		abort();
	buf_free(&b);
	buf_free(&again);
	return 0;
}
