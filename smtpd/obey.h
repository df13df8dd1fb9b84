/*
 * obey - a session that has been taken over, for the tests.
 *
 * A test build (-DCORREO_TEST) started with CORREO_TEST_OBEY in its environment
 * does what the client says: "OBEY open /etc/passwd".  A release build has no
 * such door.  tests/stories/takeover.py plays the one who took it over.
 */
#ifndef SMTPD_OBEY_H
#define SMTPD_OBEY_H

#include "smtpd/session.h"

/* 1: it was such a line, and *v answers it; 0: an ordinary command. */
int	obey_test(struct session *, struct span line, struct verdict *v);

#endif
