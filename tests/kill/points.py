"""points - the system calls of a program under strace, to stop it at each."""
import collections
import re

CALL = re.compile(r'(\w+)\(')
# What can leave a disk, or a client, as it was not before.
CHANGES = re.compile(r'(p?writev?|pwrite64|send\w+|rename\w*|link\w*|unlink\w*|'
                     r'mkdir\w*|ftruncate|openat\(.*O_CREAT)\b')


def of(trace, since):
    """[(name, the how-many-th of its name, does the call before it change
    anything)] from the first line on that has `since` in it."""
    seen, found, inside, changed = collections.Counter(), [], False, True
    for line in open(trace):
        name = CALL.match(line)
        if not name:
            continue
        seen[name[1]] += 1
        inside = inside or since in line
        if inside and name[1] not in ('exit_group', 'exit'):
            found.append((name[1], seen[name[1]], changed))
        changed = CHANGES.match(line) is not None and ' = -1 ' not in line
    return found


def whole(trace):
    return 'strace', '-o', trace


def killed(trace, name, nth):
    return whole(trace) + (
        '-e', 'inject=%s:signal=KILL:when=%d' % (name, nth))


def failing(trace, name, nth, error):
    return whole(trace) + (
        '-e', 'inject=%s:error=%s:when=%d' % (name, error, nth))


def was_killed(trace):
    return 'killed by SIGKILL' in open(trace).read()
