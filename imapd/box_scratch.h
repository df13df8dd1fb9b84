/*
 * box_scratch - a session on a mailbox in a directory of its own, whose replies
 * stay in memory, for the tests of commands.  Included by one test each, behind
 * cmocka.h.
 */
#ifndef IMAPD_BOX_SCRATCH_H
#define IMAPD_BOX_SCRATCH_H

#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imapd/box.h"
#include "sys/remove_tree.h"

static char dir[64];
static struct box box;
static unsigned char output[65536];

/* room: bytes, for what is put together of a reply. */
static inline int
box_setup(size_t room)
{
	static const struct imapd_conf conf = { .look = 60 };
	static const struct facts facts = { .user = "u" };
	static const struct mailbox mailbox;
	static struct stream client = { .fd = -1 };

	memcpy(dir, "/tmp/box_test.XXXXXX", 21);
	box = (struct box){ .conf = &conf, .facts = &facts,
	    .mailbox = &mailbox, .scratch = { .max = room },
	    .code = { .max = room }, .out = { .stream = &client,
	    .b = output, .size = sizeof output - 1 } };
	return mkdtemp(dir) ? tree_open(&box.tree, dir, "host.test") : -1;
}

static inline int
box_teardown(void)
{
	buf_free(&box.scratch);
	buf_free(&box.code);
	tree_close(&box.tree);
	return remove_tree(dir);
}

static inline void
box_put_mail(int n)
{
	char p[96];
	int fd;

	snprintf(p, sizeof p, "%s/cur/%d.a:2,", dir, n);
	fd = open(p, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static inline enum answer
box_obey(enum answer run(struct box *, struct imap_command *), struct span line)
{
	struct imap_command c;
	const char *why;
	enum answer a;

	assert_int_equal(imap_command_parse(&c, line, 0, &why), 0);
	a = run(&box, &c);
	imap_command_free(&c);
	return a;
}

#endif
