"""kill.py IMAP_SESSION POP3_SESSION [all | CHANGE] - an IMAP session killed at
its system calls, in each kind of change, and with an error from each; then
others look (kill_changes).

Without `all` the session is killed where a call before has changed something
or told something: no other states can be left; and errors come from what writes,
names or flushes.
"""
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'kill'))
import points
from kill_changes import CHANGES, OUT, Mailbox

IMAP, POP3 = sys.argv[1:3]
ONLY = ''.join(sys.argv[3:])
ALL = ONLY == 'all'
PLACE = tempfile.mkdtemp(prefix='correo-kill-imap.')
BOX, TRACE = PLACE + '/Maildir', PLACE + '/trace'


def strace(commands, before=()):
    """What it answers to commands, each sent when the one before was."""
    p = subprocess.Popen([*before, IMAP, BOX], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out = p.stdout.readline()
    for c in commands:
        try:
            os.write(p.stdin.fileno(), c.encode() + b'\r\n')
        except BrokenPipeError:
            break
        tag = c.split(' ')[0].encode() + b' '
        while True:
            line = p.stdout.readline()
            out += line
            if not line or line.startswith(tag):
                break
    p.stdin.close()
    out += p.stdout.read()
    p.wait(60)
    return out.decode()


def session(commands, torn=False):
    return strace(commands,
                  points.killed(TRACE, 'shutdown', 1) if torn else ())


def pop3_uids():
    out = subprocess.run([POP3, BOX], input=b'UIDL\r\nQUIT\r\n', timeout=60,
                         capture_output=True).stdout.decode()
    return [(int(v, 16), int(u, 16)) for u, v in re.findall(
        r'^\d+ ([0-9a-fA-F]{8})([0-9a-fA-F]{8})\r$', out, re.M)]


box = Mailbox(BOX, PLACE, session, pop3_uids)


def start(change):
    """What clients have heard of, and the calls of an undisturbed session."""
    box.again(change.told)
    first = box.look()
    box.again(change.before)
    out = strace(change.commands + OUT, points.whole(TRACE))
    assert '\ny OK' in out, (change.name, out)
    box.judge(change, first, out)
    return first, points.of(TRACE, 'openat(AT_FDCWD, "%s' % BOX)


def one(change, first, point, how):
    """What the session said that was stopped or refused there."""
    box.again(change.before)
    out = strace(change.commands + OUT, how(TRACE, point.name, point.nth))
    try:
        box.judge(change, first, out)
    except (AssertionError, KeyError) as e:
        sys.exit('not ok imap: %s %s at %s %d: %r' % (
            change.name, how.__name__, point.name, point.nth, e))
    return out


def kill_each(change, first, seen):
    hit = 0
    for p in [p for p in seen if p.fresh or ALL]:
        # how often it looks at a directory hangs on the file system's clock:
        # the last call of a kind may need another try, or not come
        for _ in range(3):
            one(change, first, p, points.killed)
            if points.was_killed(TRACE):
                hit += 1
                break
    assert hit, change.name
    print('ok imap: killed in %s, points seen %d, hit %d' % (
        change.name, len(seen), hit), flush=True)


def fail_each(change, first, seen):
    said = collections.Counter()
    for p in seen:
        if p.name in points.ERRORS and (ALL or p.changes or
                                        'sync' in p.name):
            out = one(change, first, p, points.failing)
            said['bye' if '\ny OK' not in out else 'no' if re.search(
                r'^\w NO', out, re.M) else 'ok'] += 1
            left = os.listdir(BOX + '/tmp') + os.listdir(BOX + '/.Archive/tmp')
            if left and p.name != 'unlinkat':
                sys.exit('not ok imap: %s failing at %s %d leaves %s' % (
                    change.name, p.name, p.nth, left))
    print('ok imap: %s with an error from each of %d calls: %s' % (
        change.name, sum(said.values()), dict(said)), flush=True)


def main():
    for d in ('tmp', 'new', 'cur'):
        os.makedirs(BOX + '/' + d)
    box.prepare()
    for change in CHANGES:
        if ONLY in ('', 'all', change.name):
            first, seen = start(change)
            kill_each(change, first, seen)
            fail_each(change, first, seen)


try:
    main()
finally:
    shutil.rmtree(PLACE, ignore_errors=True)
