#!/usr/bin/python3
"""The real family, one kind of process of it killed at each system call.

    family.py TRACER DIR

DIR holds an instance made by quickstart (stopped here, and run by this
program); TRACER is family_trace.  Each run sends mail of every sort through
smtpd, queue, queued and localdeliver while one process is killed at its N-th
system call; what ended is started again, as a supervisor would; when the queue
is empty everything that was answered 250 stands in its Maildir once and whole,
reports came once, and what is left in a tmp/ belongs to nobody.  What was not
answered stands there once or not at all.

A line for each kind of process: `ok family-KIND (points seen N, run M, hit H)`.
LONG=1 runs every point; else FAMILY_SECONDS (120) are shared out, and as many
points are run as there is time for, the same ones first and evenly spread.
"""
import fcntl
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time

TRACER, DIR = sys.argv[1:3]
CONF = DIR + '/etc/correo.conf'
QUEUE = DIR + '/queue'
HOME = DIR + '/home/carol'
UID = 71001
KINDS = [('smtpd', 'monitor'), ('smtpd', 'listener'), ('smtpd', 'session'),
         ('smtpd', 'session/child'), ('smtpd', 'writer'),
         ('smtpd', 'writer/child'), ('queued', 'monitor'), ('queued', 'loop'),
         ('queued', 'reporter'), ('queued', 'reporter/child'),
         ('queued', 'localdeliver'), ('queued', 'localdeliver/child')]
FRESH = ('writer', 'localdeliver')     # these fork only for the first message
LONG = os.environ.get('LONG')
SECONDS = float(os.environ.get('FAMILY_SECONDS', '120'))
BODY = ''.join('line %d of some text\r\n' % i for i in range(40))


class Wrong(Exception):
    pass


class Service:
    """One of ours, run as a supervisor runs it."""

    def __init__(self, name):
        self.name = name
        self.process = None
        self.starts = 0

    def keep(self):
        """Starts it again where it has ended."""
        if self.process is None or self.process.poll() is not None:
            self.starts += 1
            self.process = subprocess.Popen(
                [DIR + '/sbin/' + self.name, '-c', CONF],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=open(DIR + '/log', 'ab'), start_new_session=True)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)


services = {'smtpd': Service('smtpd'), 'queued': Service('queued')}


def keep_all():
    for s in services.values():
        s.keep()


def port():
    for line in open(CONF):
        if line.startswith('smtpd.listen'):
            return int(line.rsplit(':', 1)[1])


def prepare():
    """Waits of seconds, and people with forwarding files; once."""
    if 'queued.rescan' in open(CONF).read():
        return
    with open(CONF, 'a') as f:
        f.write('queued.retry 1s\nqueued.rescan 1s\n')
    os.makedirs(HOME, exist_ok=True)
    os.chmod(DIR + '/home', 0o755)
    for path, text in ((HOME + '/.forward', '"|cat >>got"\n'),
                       (HOME + '/.forward+both',
                        'alice+x@example.test\nbob@example.test\n')):
        with open(path, 'w') as f:
            f.write(text)
        os.chmod(path, 0o600)
    for path in [HOME] + [HOME + '/' + n for n in os.listdir(HOME)]:
        os.chown(path, UID, UID)
    with open(DIR + '/etc/tables/users', 'a') as f:
        f.write('carol:%d:%d:%s:system\n' % (UID, UID, HOME))
    with open(DIR + '/etc/tables/aliases', 'a') as f:
        f.write('team@example.test: alice@example.test, bob@example.test\n'
                'void@example.test: gone@example.test\n')
    compile_tables()


# ------------------------------------------------------------ the mail

# (what, recipient, Maildirs that get a copy of it)
MAIL = [('alone', 'alice@example.test', ['alice']),
        ('team', 'team@example.test', ['alice', 'bob']),
        ('both', 'carol+both@example.test', ['alice', 'bob']),
        ('bounce', 'void@example.test', []),
        ('program', 'carol@example.test', [])]


def text(token):
    return ('From: alice@example.test\r\nTo: x@example.test\r\n'
            'Subject: %s\r\n\r\n%s' % (token, BODY)).encode()


def connect(end):
    while True:
        keep_all()
        try:
            s = smtplib.SMTP('127.0.0.1', port(), 'client.test', timeout=10)
            s.ehlo_or_helo_if_needed()
            return s
        except (OSError, smtplib.SMTPException):
            if time.monotonic() > end:
                raise Wrong('smtpd does not come back')
            time.sleep(0.02)


def send_all(run):
    """The tokens that were answered with 250, and all there are."""
    end = time.monotonic() + 20
    taken, s = set(), None
    for what, rcpt, _ in MAIL:
        try:
            s = s or connect(end)
            s.sendmail('alice@example.test', [rcpt],
                       text('%s.%s' % (run, what)))
            taken.add(what)
        except (OSError, smtplib.SMTPException):
            if s:
                s.close()
            s = None
    if s:
        s.close()
    r = subprocess.run([DIR + '/sendmail', '-f', 'alice@example.test',
                        'bob@example.test'], input=text(run + '.drop'),
                       stderr=subprocess.DEVNULL)
    if r.returncode == 0:
        taken.add('drop')
    return taken


def names(path):
    try:
        return os.listdir(path)
    except FileNotFoundError:
        return []


def busy():
    return (names(QUEUE + '/new') or names(QUEUE + '/cur') or
            names(DIR + '/drop/new'))


def until_empty():
    end = time.monotonic() + 40
    calm = 0
    while calm < 3:
        keep_all()
        calm = 0 if busy() else calm + 1
        if time.monotonic() > end:
            raise Wrong('still in the queue: %s' % busy())
        time.sleep(0.01)


# ------------------------------------------------------------ the check

def maildir(user):
    return DIR + '/mail/example.test/%s/Maildir' % user


def check(run, taken, killed):
    """Takes away what it has looked at."""
    found = {}
    for user in ('alice', 'bob'):
        for sub in ('new', 'cur'):
            for n in names(maildir(user) + '/' + sub):
                path = '%s/%s/%s' % (maildir(user), sub, n)
                data = open(path, 'rb').read()
                if b'multipart/report' in data:
                    user_of = 'report'
                else:
                    user_of = user
                    if not data.endswith(BODY.replace('\r', '').encode()):
                        raise Wrong('torn: ' + path)
                token = re.search(rb'^Subject: (%s\.\w+)' % run.encode(),
                                  data, re.M)
                if token:
                    key = (token[1].decode().split('.')[1], user_of)
                    found[key] = found.get(key, 0) + 1
                os.unlink(path)
    for what, _, users in MAIL + [('drop', '', ['bob']),
                                  ('bounce', '', ['report'])]:
        for user in users:
            n = found.pop((what, user), 0)
            if n > 1 or (n == 0 and what in taken):
                raise Wrong('%s for %s: %d copies%s' % (
                    what, user, n, '' if what in taken else ', unanswered'))
    if found:
        raise Wrong('strangers: %s' % found)
    check_program(run, taken, killed)
    check_rests()


def check_program(run, taken, killed):
    """It has no place to look for an earlier copy: at least once."""
    got = open(HOME + '/got').read() if os.path.exists(HOME + '/got') else ''
    n = got.count('Subject: %s.program' % run)
    if n == 0 and 'program' in taken:
        raise Wrong('the program did not run')
    if n > 1 and not killed.startswith('queued'):
        raise Wrong('the program ran %d times' % n)
    if n:
        os.unlink(HOME + '/got')


def check_rests():
    for d in [QUEUE + '/tmp', DIR + '/drop/tmp'] + [
            maildir(u) + '/tmp' for u in ('alice', 'bob')]:
        for n in names(d):
            with open(d + '/' + n, 'r+b') as f:
                try:
                    fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise Wrong('still locked: %s/%s' % (d, n))
            os.unlink(d + '/' + n)
            counts['rests'] += 1
    for d in ('hold', 'bad'):
        if names(QUEUE + '/' + d):
            raise Wrong('%s/: %s' % (d, names(QUEUE + '/' + d)))
    states = names(QUEUE + '/state')
    if len(states) > 1:
        raise Wrong('states without a message: %s' % states)
    for n in states:
        os.unlink(QUEUE + '/state/' + n)
        counts['rests'] += 1


# ------------------------------------------------------------ the runs

counts = {'rests': 0, 'runs': 0}


def settled():
    """Both services live, and none of their processes is being started."""
    end = time.monotonic() + 20
    connect(end).close()
    while not all(s.process and s.process.poll() is None
                  for s in services.values()):
        keep_all()
        time.sleep(0.01)
    time.sleep(0.05)


def compile_tables():
    subprocess.run([DIR + '/correo', 'tables'], check=True,
                   stdout=subprocess.DEVNULL)


def until_handed_out(service):
    """The monitor has given the tables of now to all of its roles: what it
    does besides starting them, once in a second."""
    end = time.monotonic() + 20
    while any(open_files(p, '.cdb (deleted)')
              for p in roles(services[service].process.pid)):
        keep_all()
        if time.monotonic() > end:
            raise Wrong('the tables of before are still in use')
        time.sleep(0.02)


def roles(monitor):
    path = '/proc/%d/task/%d/children' % (monitor, monitor)
    return open(path).read().split() if os.path.exists(path) else []


def open_files(pid, end):
    found = []
    for fd in names('/proc/%s/fd' % pid):
        try:
            found.append(os.readlink('/proc/%s/fd/%s' % (pid, fd)))
        except OSError:
            pass
    return [f for f in found if f.endswith(end)]


def one(service, kind, n):
    """(calls seen, was it killed)"""
    counts['runs'] += 1
    run = 'r%d' % counts['runs']
    if kind in FRESH:
        services[service].stop()
    settled()
    process = services[service].process
    tracer = subprocess.Popen(
        [TRACER, str(process.pid), kind, str(n)],
        stdout=subprocess.PIPE, text=True)
    if tracer.stdout.readline() != 'ready\n':
        raise Wrong('the tracer did not begin')
    if kind == 'monitor':
        compile_tables()
    taken = send_all(run)
    until_empty()
    if kind == 'monitor':
        until_handed_out(service)
    tracer.send_signal(signal.SIGTERM)
    words = tracer.stdout.read().split()
    tracer.wait()
    seen, hit = int(words[1]), words[3] == '1'
    if hit and '/' not in kind:         # without that role the family ends
        process.wait(30)
    if not hit and len(taken) != len(MAIL) + 1:
        raise Wrong('not all was taken: %s' % sorted(taken))
    check(run, taken, service + ' ' + kind)
    return seen, hit


def spread(n):
    """1..n in an order of which every beginning is spread out evenly."""
    bits = n.bit_length()
    return sorted(range(1, n + 1),
                  key=lambda i: int(format(i, '0%db' % bits)[::-1], 2))


def kill_each(service, kind, seconds):
    name = 'family-%s-%s' % (service, kind.replace('/', '-'))
    rests, end = counts['rests'], time.monotonic() + seconds
    seen = max(one(service, kind, 0)[0], one(service, kind, 0)[0])
    ran = hits = wrong = shorter = 0
    for n in spread(seen):
        if ran and not LONG and time.monotonic() > end:
            break
        try:
            calls, struck = one(service, kind, n)
            if not struck and calls < n:
                shorter += 1        # that one had fewer calls
                continue
            ran += 1
            hits += struck
        except Wrong as why:
            ran += 1
            wrong += 1
            print('  %s call %d, run r%d: %s' % (name, n, counts['runs'], why),
                  flush=True)
            clear()
    bad = wrong or not ran or hits != ran
    print('%s %s (points seen %d, run %d, hit %d, behind the last call %d, '
          'rests %d)' % ('not ok' if bad else 'ok', name, seen, ran, hits,
                         shorter, counts['rests'] - rests), flush=True)
    return bad


def clear():
    """After a failure: what the next run must not find."""
    for d in [QUEUE + '/' + n for n in ('new', 'cur', 'tmp', 'state', 'bad')
              ] + [DIR + '/drop/new', DIR + '/drop/tmp'] + [
              maildir(u) + '/' + n for u in ('alice', 'bob')
              for n in ('new', 'cur', 'tmp')]:
        for n in names(d):
            os.unlink(d + '/' + n)
    if os.path.exists(HOME + '/got'):
        os.unlink(HOME + '/got')


def main():
    only = sys.argv[3:]
    bad = False
    prepare()
    clear()
    try:
        keep_all()
        kinds = [k for k in KINDS if not only or k[0] + ' ' + k[1] in only]
        for service, kind in kinds:
            bad |= bool(kill_each(service, kind, SECONDS / len(kinds)))
    finally:
        for s in services.values():
            s.stop()
    sys.exit(bad)


main()
