/* mailbox - what users.cdb says of a mailbox. */
#include <stdio.h>

#include "base/ascii.h"
#include "base/scan.h"
#include "store/mailbox.h"

static int mailbox_option(struct span, struct mailbox *);
static int clean_path(struct span);

/* "UID:GID:HOME:option,option …" */
int
mailbox_parse(struct span s, struct mailbox *m, const char **why)
{
	struct span uid, gid, home, option;

	*m = (struct mailbox){ 0 };
	if (!span_cut(&s, ':', &uid) || !span_cut(&s, ':', &gid)) {
		*why = "mailbox: UID:GID:HOME:options is wanted";
		return -1;
	}
	/* (uid_t)-1 means "leave as it is" to the system: never an id */
	if (scan_uint(uid, UINT32_MAX - 1, &m->uid) < 0 ||
	    scan_uint(gid, UINT32_MAX - 1, &m->gid) < 0) {
		*why = "mailbox: uid and gid are numbers below 4294967295";
		return -1;
	}
	(void)span_cut(&s, ':', &home);
	if (!clean_path(home) || span_str(home, m->home, sizeof m->home) < 0) {
		*why = "mailbox: the home is a path from /, without . or .. "
		    "in it, shorter than 1024 bytes";
		return -1;
	}
	while (s.n) {
		(void)span_cut(&s, ',', &option);
		if (mailbox_option(option, m) < 0) {
			*why = "mailbox: options are quota=SIZE, count=NUMBER, "
			    "maildir=PATH and system";
			return -1;
		}
	}
	if (m->maildir[0] == '\0' && snprintf(m->maildir, sizeof m->maildir,
	    "%s/Maildir", m->home) >= (int)sizeof m->maildir) {
		*why = "mailbox: the home is too long for its Maildir";
		return -1;
	}
	return 0;
}

static int
mailbox_option(struct span s, struct mailbox *m)
{
	struct span name;

	if (!span_cut(&s, '=', &name)) {
		m->system = span_eq(name, SPAN("system"));
		return m->system ? 0 : -1;
	}
	if (span_eq(name, SPAN("quota")))
		return scan_size(s, INT64_MAX, &m->quota_bytes);
	if (span_eq(name, SPAN("count")))
		return scan_u64(s, INT64_MAX, &m->quota_count);
	if (span_eq(name, SPAN("maildir")) && clean_path(s))
		return span_str(s, m->maildir, sizeof m->maildir);
	return -1;
}

/* Absolute, no control bytes, no "." or ".." or empty part. */
static int
clean_path(struct span s)
{
	struct span part;
	size_t i;

	if (s.n < 2 || s.p[0] != '/')
		return 0;
	for (i = 0; i < s.n; i++)
		if (ascii_control(s.p[i]))
			return 0;
	for (s = span_from(s, 1); s.n;) {
		(void)span_cut(&s, '/', &part);
		if (part.n == 0 || span_eq(part, SPAN(".")) ||
		    span_eq(part, SPAN("..")))
			return 0;
	}
	return 1;
}
