/*
 * app_password - a password for one program of a user's, made by us.
 *
 * "ID-SECRET": ID tells which it is, SECRET is 120 random bits, so that what is
 * kept of it needs no slow hash: HMAC-SHA-256 in hexadecimal, its key the
 * mailbox key and the ID.
 */
#ifndef RUN_APP_PASSWORD_H
#define RUN_APP_PASSWORD_H

#include "base/span.h"

enum { APP_ID = 5, APP_SECRET = 24, APP_TEXT = APP_ID + 1 + APP_SECRET + 1,
	APP_MAC = 65 };

/* A fresh one; id gets its ID. */
void	app_password_make(char id[APP_ID + 1], char text[APP_TEXT]);
/* What is kept of SECRET (what stands behind the ID and its dash). */
void	app_password_mac(const char *key, const char *id, struct span secret,
	    char out[APP_MAC]);

/* Below STATE/auth a file of this name is touched when it is used: its time
 * is the last use, to the hour. */
enum { APP_USED = 32 };
void	app_password_used(const char *key, const char *id,
	    char out[APP_USED]);

#endif
