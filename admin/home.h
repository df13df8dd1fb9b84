/* home - the directory of a mailbox, made by root for its owner. */
#ifndef ADMIN_HOME_H
#define ADMIN_HOME_H

#include <sys/types.h>

#include "admin/tables.h"

/*
 * Makes path 0700 of uid:gid with an empty Maildir in it, and the directories
 * above it 0711 of root (they exist already up to base).  One that is there is
 * left as it is if it is uid's.  0, or -1: said why.
 */
int	home_make(const char *base, const char *path, uid_t, gid_t);

/* The home that users.cdb gives the mailbox "postmaster", if we chose it. */
int	home_postmaster(const struct tables *);

/* The owner of a directory that exists at path: 1; 0: there is none; -1. */
int	home_owner(const char *path, uid_t *, gid_t *);

/* Raises *high to the highest owner, up to last, of a home DOMAIN/LOCAL below
 * base; those of removed users are still there. */
void	home_highest(const char *base, uid_t last, uid_t *high);

#endif
