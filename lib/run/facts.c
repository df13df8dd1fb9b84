/* facts - how a connection's facts stand in the log. */
#include "base/encode.h"
#include "run/facts.h"

void
facts_log_client(struct log *l, const struct facts *f)
{
	char ip[IP_TEXT];

	ip_format(&f->client, ip);
	log_str(l, "client", ip);
}

void
facts_log_rest(struct log *l, const struct facts *f)
{
	struct buf hash = { .max = 2 * sizeof f->cert_hash };

	if (f->port)
		log_num(l, "port", f->port);
	if (f->cert == CERT_NONE)
		return;
	(void)encode_hex(&hash, span_mem(f->cert_hash, sizeof f->cert_hash));
	log_text(l, "cert", buf_span(&hash));
	log_str(l, "verified", f->cert == CERT_VERIFIED ? "yes" : "no");
	buf_free(&hash);
}
