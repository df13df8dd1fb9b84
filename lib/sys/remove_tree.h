/* remove_tree - a directory that a test has made, and all below it. */
#ifndef SYS_REMOVE_TREE_H
#define SYS_REMOVE_TREE_H

#include <sys/stat.h>
#include <ftw.h>
#include <stdio.h>

static inline int
remove_tree_one(const char *path, const struct stat *st, int type,
    struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

/* 0, or -1 with errno of the first that could not be removed. */
static inline int
remove_tree(const char *path)
{
	return nftw(path, remove_tree_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
