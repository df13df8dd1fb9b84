/* landlock - Linux's rules on paths (landlock(7)), by raw system calls. */
#ifndef SYS_LANDLOCK_H
#define SYS_LANDLOCK_H

/* From here on nothing outside dir[] (ends with NULL; none: nothing at all)
 * may be opened; below them reading, and with write != 0 making, renaming and
 * removing files and directories; and below shared (NULL: nothing), if it can
 * be reached, reading files.  0, or -1 with errno: EOPNOTSUPP when the kernel,
 * or the container, has none. */
int	landlock_confine(int write, const char *const dir[],
	    const char *shared);

#endif
