"""kill_family.py TRACER - the real imapd, its mailbox session killed at its
system calls, from the fork on, in each kind of change; then others look
(kill_changes).  TRACER is tests/kill/family_trace.

Points are tried in an order of which every beginning is spread out evenly: as
many as KILL_SECONDS (24) allow, shared among the changes, but four; LONG=1: all.
PLANT=lose: the tester takes a message away, which has to be found.
"""
import os
import poplib
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'stories'))
from correo import name_and_parent, the_instance
from kill_changes import CHANGES, OUT, Mailbox, copy

TRACER = sys.argv[1]
LONG = os.environ.get('LONG')
SECONDS = float(os.environ.get('KILL_SECONDS', '24'))
LEAST = 4
house = the_instance()
imapd = house.service('imapd')


def address(service):
    host, port = house.ready[service].rsplit(':', 1)
    return host, int(port)


def session(commands, torn=False):
    """All that it says; less, where it ends before."""
    out = b''
    with socket.create_connection(address('imap'), 60) as s:
        f = s.makefile('rb')
        out += f.readline()
        login = 'l LOGIN %s %s' % (house.ready['user1'],
                                   house.ready['password1'])
        if torn:
            commands = commands[:-1]
        try:
            for c in [login] + commands:
                s.sendall(c.encode() + b'\r\n')
                line, tag = b'*', c.split(' ')[0].encode() + b' '
                while line and not line.startswith(tag):
                    line = f.readline()
                    out += line
            if torn:
                os.kill(mailloop_session(), signal.SIGKILL)
            out += f.read()
        except (BrokenPipeError, ConnectionResetError):
            pass
    return out.decode()


def mailloop_session():
    """The one child of the one that becomes users."""
    family = {p: name_and_parent(p) for p in house.pids()}
    return next(int(p) for p, (name, parent) in family.items()
                if family.get(parent) == ('mailbox', str(imapd)))


def pop3_uids():
    p = poplib.POP3(*address('pop3'), 60)
    p.user(house.ready['user1'])
    p.pass_(house.ready['password1'])
    uids = [line.split()[1] for line in p.uidl()[1]]
    p.quit()
    return [(int(u[8:], 16), int(u[:8], 16)) for u in uids]


def spread(n):
    bits = n.bit_length()
    return sorted(range(1, n + 1),
                  key=lambda i: int(format(i, '0%db' % bits)[::-1], 2))


def one(box, change, first, n):
    """(calls seen, was it killed), with a kill at the n-th; 0: none."""
    box.again(change.before)
    tracer = subprocess.Popen(
        [TRACER, str(imapd), 'mailbox/child', str(n)],
        stdout=subprocess.PIPE, text=True)
    assert tracer.stdout.readline() == 'ready\n'
    out = session(change.commands + OUT)
    tracer.send_signal(signal.SIGTERM)
    _, seen, _, hit = tracer.stdout.read().split()
    tracer.wait()
    assert hit == '1' or '\ny OK' in out, out
    if n and os.environ.get('PLANT') == 'lose':
        cur = box.maildir + '/cur'
        os.unlink(os.path.join(cur, min(os.listdir(cur))))
    box.judge(change, first, out)
    return int(seen), hit == '1'


def kill_each(box, change, seconds):
    end = time.monotonic() + seconds
    box.again(change.told)
    first = box.look()
    seen = max(one(box, change, first, 0)[0] for _ in range(2))
    run = hit = shorter = 0
    for n in spread(seen):
        if run >= LEAST and not LONG and time.monotonic() > end:
            break
        try:
            calls, struck = one(box, change, first, n)
        except (AssertionError, KeyError) as e:
            print('not ok kill_family: killed in %s at call %d: %r' % (
                change.name, n, e), flush=True)
            return 1
        if not struck and calls < n:
            shorter += 1        # that session had fewer calls
            continue
        run += 1
        hit += struck
    good = run and hit == run
    print('%s kill_family: killed in %s, points seen %d, run %d, hit %d '
          '(%d behind the last call)' % ('ok' if good else 'not ok',
          change.name, seen, run, hit, shorter), flush=True)
    return not good


def main():
    if os.geteuid() != 0:
        print('skip kill_family: needs root')
        return 0
    only = os.environ.get('KILL_ONLY', '')
    changes = [c for c in CHANGES if only in c.name]
    maildir = house.ready['maildir1']
    with tempfile.TemporaryDirectory(dir=house.dir) as kept:
        session(OUT)            # which makes the folders that there always are
        copy(maildir, kept + '/was')
        box = Mailbox(maildir, kept, session, pop3_uids)
        box.prepare()
        bad = sum([kill_each(box, c, SECONDS / len(changes))
                   for c in changes])
        box.again('was')
    return bad


sys.exit(main() != 0)
