/*
 * load - how long do so many connections take, each with the same dialog?
 *
 * load [-t 1.2|1.3] [-u USERS] [-r TIMES] PORT COUNT CLIENTS LINE...
 *
 * CLIENTS processes make COUNT connections to 127.0.0.1 between them, with a
 * full TLS handshake of that version at -t.  On each the greeting is read, then
 * every LINE is sent and its answer read: lines up to one that does not begin
 * with "*", which has to begin with "2", "+" or "x OK".  The first "%" of the
 * first LINE becomes a number from 1 to USERS, in turn; the second LINE is sent
 * TIMES times.  A LINE may hold line ends (a literal).  Prints the seconds.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES	16384

struct load {
	int		  port, count, clients, users, times;
	SSL_CTX		 *tls;		/* NULL: plain */
	char		**lines;	/* ends with NULL */
};

struct conn {
	int	 fd;
	SSL	*ssl;
	size_t	 n;			/* bytes in buf */
	char	 buf[LINE_MAX_BYTES];
};

static SSL_CTX	*tls_context(const char *);
static int	 number(const char *);
static double	 now(void);
static void	 client(const struct load *, int);
static void	 dialog(const struct load *, int);
static void	 conn_open(struct conn *, const struct load *);
static void	 conn_send(struct conn *, const char *, size_t);
static void	 conn_line(struct conn *, char *);
static void	 answer(struct conn *, const char *);

int
main(int argc, char *argv[])
{
	struct load l = { .users = 1, .times = 1 };
	double began;
	int option, status, bad = 0;

	while ((option = getopt(argc, argv, "t:u:r:")) != -1)
		if (option == 't')
			l.tls = tls_context(optarg);
		else if (option == 'u')
			l.users = number(optarg);
		else if (option == 'r')
			l.times = number(optarg);
		else
			return 2;
	if (argc - optind < 4)
		errx(2, "too few arguments; the head of load.c explains");
	l.port = number(argv[optind]);
	l.count = number(argv[optind + 1]);
	l.clients = number(argv[optind + 2]);
	l.lines = argv + optind + 3;
	began = now();
	for (int i = 0; i < l.clients; i++)
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			client(&l, i);
			_exit(0);
		}
	while (wait(&status) > 0)
		bad |= status;
	if (bad)
		return 1;
	printf("%.6f\n", now() - began);
	return 0;
}

static SSL_CTX *
tls_context(const char *version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int v = strcmp(version, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;

	if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, v) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, v) != 1)
		errx(1, "TLS %s cannot be had", version);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return ctx;
}

static int
number(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (end == s || *end != '\0' || n < 1 || n > 1000000)
		errx(2, "%s: not a number from 1 to 1000000", s);
	return (int)n;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The connections number `first`, `first` + CLIENTS, ... */
static void
client(const struct load *l, int first)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = first; i < l->count; i += l->clients)
		dialog(l, i % l->users + 1);
}

static void
dialog(const struct load *l, int user)
{
	static struct conn c;		/* large; one at a time */
	char line[LINE_MAX_BYTES], *sent, *mark;
	int n;

	conn_open(&c, l);
	conn_line(&c, line);		/* the greeting */
	for (int i = 0, again = l->times; l->lines[i] != NULL;
	    i += i != 1 || --again == 0) {
		if (i == 0 && (mark = strchr(l->lines[0], '%')) != NULL)
			n = asprintf(&sent, "%.*s%d%s\r\n",
			    (int)(mark - l->lines[0]), l->lines[0], user,
			    mark + 1);
		else
			n = asprintf(&sent, "%s\r\n", l->lines[i]);
		if (n < 0)
			err(1, "memory");
		conn_send(&c, sent, (size_t)n);
		free(sent);
		answer(&c, l->lines[i]);
	}
	SSL_free(c.ssl);
	close(c.fd);
}

static void
conn_open(struct conn *c, const struct load *l)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
	    .sin_port = htons((in_port_t)l->port),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int on = 1;

	c->n = 0;
	c->ssl = NULL;
	if ((c->fd = socket(AF_INET, SOCK_STREAM, 0)) < 0 ||
	    connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0)
		err(1, "port %d", l->port);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (l->tls != NULL && ((c->ssl = SSL_new(l->tls)) == NULL ||
	    SSL_set_fd(c->ssl, c->fd) != 1 || SSL_connect(c->ssl) != 1))
		errx(1, "port %d: no handshake", l->port);
}

static void
conn_send(struct conn *c, const char *p, size_t n)
{
	ssize_t k;

	for (; n > 0; p += k, n -= (size_t)k)
		if ((k = c->ssl != NULL ? SSL_write(c->ssl, p, (int)n) :
		    send(c->fd, p, n, MSG_NOSIGNAL)) <= 0)
			err(1, "send");
}

/* The next line without its end, into LINE_MAX_BYTES. */
static void
conn_line(struct conn *c, char *line)
{
	char *end;
	ssize_t k;
	int on = 1;

	/* no delayed ACK of ours shall wait for a server's Nagle */
	setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
	while ((end = memchr(c->buf, '\n', c->n)) == NULL) {
		if (c->n == sizeof c->buf)
			errx(1, "a line is too long");
		k = c->ssl != NULL ?
		    SSL_read(c->ssl, c->buf + c->n, (int)(sizeof c->buf - c->n)) :
		    recv(c->fd, c->buf + c->n, sizeof c->buf - c->n, 0);
		if (k <= 0)
			errx(1, "the server closed the connection");
		c->n += (size_t)k;
	}
	memcpy(line, c->buf, (size_t)(end - c->buf));
	line[end - c->buf] = '\0';
	c->n -= (size_t)(end + 1 - c->buf);
	memmove(c->buf, end + 1, c->n);
}

static void
answer(struct conn *c, const char *to)
{
	char line[LINE_MAX_BYTES];

	do
		conn_line(c, line);
	while (line[0] == '*');
	if (line[0] != '2' && line[0] != '+' && strncmp(line, "x OK", 4) != 0)
		errx(1, "%.60s: answer %s", to, line);
}
