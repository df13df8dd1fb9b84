/*
 * sts - the role that keeps the MTA-STS policies of other domains (RFC 8461)
 * and counts what TLS did: a zygote that holds the directory STATE/sts, and a
 * child for each child of remoted, which asks it.
 *
 *	policy/DOMAIN	"ID SECONDS" LF, then the policy as it was fetched
 *	failed/DOMAIN	the last fetch did not work; its age counts
 *	count/DAY/DOMAIN	see sts_count.h
 *
 * All of it may be removed at any time; policies then are fetched again.
 */
#ifndef REMOTED_STS_H
#define REMOTED_STS_H

#include "remoted/means.h"

struct sts {
	const struct config *conf;
	const char *hostname;
	struct means means;
	int policy, failed, count;	/* directories */
};

int	sts_role(struct role_env *);

#endif
