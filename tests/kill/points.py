"""points - the system calls of a program under strace, to stop it at each."""
import collections
import re

CALL = re.compile(r'(\w+)\(')
# What can leave a disk, or a client, as it was not before.
CHANGES = re.compile(r'(p?writev?|pwrite64|send\w+|rename\w*|link\w*|unlink\w*|'
                     r'mkdir\w*|ftruncate|openat\(.*O_CREAT)\b')


# changes: does it change anything; fresh: has the one before it?
Point = collections.namedtuple('Point', 'name nth changes fresh')


def of(trace, since):
    """Calls, by how many of that name came before, from the first line on
    that has `since` in it."""
    seen, found, inside, before = collections.Counter(), [], False, True
    for line in open(trace):
        name = CALL.match(line)
        if not name:
            continue
        seen[name[1]] += 1
        inside = inside or since in line
        changes = CHANGES.match(line) is not None and ' = -1 ' not in line
        if inside and name[1] not in ('exit_group', 'exit'):
            found.append(Point(name[1], seen[name[1]], changes, before))
        before = changes
    return found


def whole(trace):
    return 'strace', '-o', trace


def killed(trace, name, nth):
    return whole(trace) + (
        '-e', 'inject=%s:signal=KILL:when=%d' % (name, nth))


# What each may fail with.
ERRORS = {'write': 'ENOSPC', 'writev': 'ENOSPC', 'pwrite64': 'ENOSPC',
          'fdatasync': 'EIO', 'fsync': 'EIO', 'openat': 'EMFILE',
          'unlinkat': 'EIO', 'renameat': 'EIO', 'renameat2': 'ENOSPC',
          'linkat': 'ENOSPC', 'ftruncate': 'EIO', 'utimensat': 'EIO',
          'pread64': 'EIO', 'fcntl': 'ENOLCK', 'mmap': 'ENOMEM'}


def failing(trace, name, nth):
    return whole(trace) + (
        '-e', 'inject=%s:error=%s:when=%d' % (name, ERRORS[name], nth))


def was_killed(trace):
    return 'killed by SIGKILL' in open(trace).read()
