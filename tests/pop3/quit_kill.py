"""quit_kill.py QUIT_SESSION - a session that deletes, killed at each of its
system calls, and with an error from each that can fail.

Whatever happens: what was not to be deleted is there, byte for byte; what was
to be is there or gone, all of it; nobody gets a new unique id; and after a +OK
to QUIT it is gone for good.
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

PROGRAM = sys.argv[1]
PLACE = tempfile.mkdtemp(prefix='correo-quit.')
BOX = PLACE + '/Maildir'
COUNT, DELETED = 12, (2, 3, 7, 12)
SCRIPT = ''.join('DELE %d\r\n' % n for n in DELETED) + 'QUIT\r\n'


def make():
    for d in ('tmp', 'new', 'cur'):
        os.makedirs(BOX + '/' + d)
    for i in range(1, COUNT + 1):
        d, flags = ('new', '') if i % 2 else ('cur', ':2,S')
        with open('%s/%s/%d.M%dP1.host%s' % (BOX, d, 1000 + i, i, flags),
                  'w') as f:
            f.write('Subject: %d\n\ntext %d\n' % (i, i))


def session(script, *before):
    r = subprocess.run([*before, PROGRAM, BOX], input=script.encode(),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=60)
    return r.stdout.decode()


def ids():
    """{unique id: subject} by a session that only looks."""
    out = session('UIDL\r\nQUIT\r\n')
    found = dict(line.split() for line in re.findall(
        r'^\d+ [0-9a-f]{16}', out, re.M))
    out = session(''.join('RETR %s\r\n' % n for n in found) + 'QUIT\r\n')
    subjects = re.findall(r'^Subject: (\d+)\r\n\r\ntext (\d+)\r\n\.\r$', out,
                          re.M)
    assert len(subjects) == len(found), (found, out)
    assert all(a == b for a, b in subjects)
    return dict(zip(found.values(), (int(a) for a, _ in subjects)))


def again():
    shutil.rmtree(BOX)
    shutil.copytree(PLACE + '/before', BOX, symlinks=True)


def judge(what, out, first):
    said = out.rstrip('\n').endswith('%d deleted\r' % len(DELETED)) and \
        '\n-ERR' not in out
    now = ids()
    gone = set(first) - set(now)
    assert set(now) <= set(first), (what, 'a new id', now, first)
    assert all(first[i] == now[i] for i in now), (what, 'another message')
    assert all(first[i] in DELETED for i in gone), (what, 'lost', gone)
    assert len(gone) in (0, len(DELETED)), (what, 'some', gone)
    assert gone or not said, (what, 'said deleted, and it is there')
    return 'gone' if gone else 'there'


def main():
    make()
    first = ids()
    assert sorted(first.values()) == list(range(1, COUNT + 1)), first
    # young directories are looked at again, which is not the same in each run
    for d in ('new', 'cur'):
        os.utime(BOX + '/' + d, (1e9, 1e9))
    shutil.copytree(BOX, PLACE + '/before', symlinks=True)
    trace = PLACE + '/trace'
    out = session(SCRIPT, *points.whole(trace))
    assert judge('whole', out, first) == 'gone', out
    # before its first look at the Maildir there is nothing to be hurt
    calls = points.of(trace, 'openat(AT_FDCWD, "%s' % BOX)
    after = collections.Counter()
    hit = 0
    for name, nth, *_ in calls:
        again()
        out = session(SCRIPT, *points.killed(trace, name, nth))
        hit += points.was_killed(trace)
        after[judge((name, nth), out, first)] += 1
    assert hit == len(calls), (hit, len(calls))
    print('ok pop3: QUIT, points seen %d, killed at %d: %s' % (
        len(calls), hit, dict(after)))
    after = collections.Counter()
    calls = [c for c in calls if c.name in points.ERRORS]
    for name, nth, *_ in calls:
        again()
        out = session(SCRIPT, *points.failing(trace, name, nth))
        said = '-ERR' if '-ERR' in out else '+OK'
        after[said + ' ' + judge((name, nth), out, first)] += 1
    print('ok pop3: QUIT with an error from each of %d system calls: %s' % (
        len(calls), dict(after)))


try:
    main()
finally:
    shutil.rmtree(PLACE, ignore_errors=True)
