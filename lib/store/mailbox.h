/*
 * mailbox - what users.cdb says of a mailbox: "UID:GID:HOME:option,option".
 *
 * Options: quota=SIZE, count=NUMBER (messages), maildir=PATH, system.  Pure:
 * the processes that become the mailbox's user read it too.
 */
#ifndef STORE_MAILBOX_H
#define STORE_MAILBOX_H

#include <stdint.h>

#include "base/span.h"

struct mailbox {
	unsigned uid, gid;
	char home[1024];
	uint64_t quota_bytes;		/* 0: none */
	uint64_t quota_count;
	int system;			/* a login's home: .forward is read */
	char maildir[1024];		/* absolute; default home/Maildir */
};

/* 0, or -1 and *why names the rule.  uid 0 is a number like another here. */
int	mailbox_parse(struct span value, struct mailbox *, const char **why);

#endif
