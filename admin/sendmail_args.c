/* sendmail_args - the options that programs give to sendmail. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "admin/sendmail_args.h"

static int take(int, struct sendmail_args *, struct buf *);
static int mode_of(const char *, struct sendmail_args *, struct buf *);
static int notify_of(const char *, struct sendmail_args *, struct buf *);
static int envid_of(const char *, struct buf *);
static int no(struct buf *, const char *);

int
sendmail_args(int argc, char **argv, struct sendmail_args *a, struct buf *why)
{
	const char *base = strrchr(argv[0], '/');
	int c, r = 0, flush = 0;

	*a = (struct sendmail_args){ .dot_ends = 1 };
	base = base ? base + 1 : argv[0];
	if (strcmp(base, "mailq") == 0)
		a->mode = SENDMAIL_QUEUE;
	else if (strcmp(base, "newaliases") == 0)
		a->mode = SENDMAIL_ALIASES;
	optind = 1;
	opterr = 0;
	/* +: what follows the first recipient is no option, ever */
	while (r == 0 && (c = getopt(argc, argv, "+A:B:C:D:F:GIL:N:O:R:UV:X:"
	    "b:d::e:f:h:imno:p:q::r:tv")) != -1) {
		flush |= c == 'q';
		r = take(c, a, why);
	}
	a->nrcpt = (size_t)(argc - optind);
	a->rcpt = argv + optind;
	if (flush && a->mode == SENDMAIL_SEND && a->nrcpt == 0 &&
	    !a->take_recipients)
		a->mode = SENDMAIL_FLUSH;
	if (a->mode == SENDMAIL_DIALOGUE)
		a->take_recipients = 0;
	return r;
}

static int
take(int c, struct sendmail_args *a, struct buf *why)
{
	switch (c) {
	case 'C':
		a->config = optarg;
		break;
	case 'F':
		a->name = optarg;
		break;
	case 'I':
		a->mode = SENDMAIL_ALIASES;
		break;
	case 'N':
		return notify_of(optarg, a, why);
	case 'R':
		a->ret = strcasecmp(optarg, "full") == 0 ? "FULL" :
		    strcasecmp(optarg, "hdrs") == 0 ? "HDRS" : NULL;
		return a->ret ? 0 : no(why, "-R is full or hdrs");
	case 'V':
		a->envid = optarg;
		return envid_of(optarg, why);
	case 'b':
		return mode_of(optarg, a, why);
	case 'f':
	case 'r':
		a->sender = optarg;
		break;
	case 'i':
		a->dot_ends = 0;
		break;
	case 'o':
		a->dot_ends &= optarg[0] != 'i';
		break;
	case 't':
		a->take_recipients = 1;
		break;
	case 'v':
		a->verbose = 1;
		break;
	case '?':
		buf_addf(why, "-%c: no such option, or its value is missing",
		    optopt);
		return -1;
	}
	return 0;
}

static int
mode_of(const char *s, struct sendmail_args *a, struct buf *why)
{
	switch (s[0]) {
	case 'm':
		return 0;
	case 'p':
		a->mode = SENDMAIL_QUEUE;
		return 0;
	case 'i':
		a->mode = SENDMAIL_ALIASES;
		return 0;
	case 's':
		a->mode = SENDMAIL_DIALOGUE;
		return 0;
	case 'd':
	case 'D':
		return no(why, "-bd: smtpd listens, and is started by itself");
	case 't':
	case 'v':
		return no(why, "-bv, -bt: correo user list and correo alias "
		    "list say where mail goes");
	default:
		return no(why, "-b: m, s, p and i are known here");
	}
}

/* RFC 3461 4.1: "never" alone, or some of the three. */
static int
notify_of(const char *s, struct sendmail_args *a, struct buf *why)
{
	static const char *const word[] = { "SUCCESS", "FAILURE", "DELAY" };
	struct span in = span_of(s), one;
	unsigned seen = 0, bit;
	size_t i, n = 0;

	if (strcasecmp(s, "never") == 0) {
		memcpy(a->notify, "NEVER", sizeof "NEVER");
		return 0;
	}
	do {
		(void)span_cut(&in, ',', &one);
		one = span_trim(one);
		for (i = 0, bit = 0; i < 3; i++)
			if (span_case_eq(one, span_of(word[i])))
				bit = 1u << i;
		if (bit == 0)
			return no(why, "-N is never, or a list of success, "
			    "failure and delay");
		seen |= bit;
	} while (in.n);
	for (i = 0; i < 3; i++)
		if (seen & 1u << i) {
			if (n)
				a->notify[n++] = ',';
			memcpy(a->notify + n, word[i], strlen(word[i]) + 1);
			n += strlen(word[i]);
		}
	return 0;
}

/* RFC 3461 4.4: printable ASCII, at most 100 characters. */
static int
envid_of(const char *s, struct buf *why)
{
	size_t i;

	for (i = 0; s[i]; i++)
		if (s[i] < 0x20 || s[i] > 0x7e || i == 100)
			return no(why, "-V: at most 100 printable ASCII "
			    "characters");
	return i ? 0 : no(why, "-V is empty");
}

static int
no(struct buf *why, const char *words)
{
	buf_adds(why, words);
	return -1;
}
