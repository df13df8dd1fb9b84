"""What the stories share: an instance made by quickstart, and its Maildirs.

run.sh starts one instance for all stories; CORREO_DIR names it.  A story is a
function; tell() runs a file's stories in order and prints `ok NAME`, or the
trace and `not ok NAME`, or `skip NAME: why`.
"""
import functools
import json
import os
import re
import shutil
import smtplib
import subprocess
import sys
import time
import traceback

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
TRACE = re.compile(rb'(?:(?:Return-Path|Delivered-To|X-Original-To|Received):'
                   rb'[^\n]*\n(?:[ \t][^\n]*\n)*)*')
ENDED = re.compile(r'(?:imapd|pop3d): event=logout ')


class Skip(Exception):
    pass


def run(*argv, ok=True, **kw):
    """The finished process; its failure is the story's, unless ok=False."""
    r = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=kw.pop('timeout', 120),
                       **kw)
    if ok and r.returncode != 0:
        raise AssertionError('%s: status %d\n%s%s' % (
            ' '.join(map(str, argv)), r.returncode,
            r.stdout.decode(errors='replace')[-2000:],
            r.stderr.decode(errors='replace')[-2000:]))
    return r


def need(program):
    if not shutil.which(program):
        raise Skip('no ' + program)


def wait(what, found, seconds=60):
    """found() until it is true; its value."""
    end = time.monotonic() + seconds
    while True:
        value = found()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError('%s: not within %d s' % (what, seconds))
        time.sleep(0.02)


def files(*dirs):
    found = set()
    for d in dirs:
        try:
            found.update(os.path.join(d, n) for n in os.listdir(d))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


class Maildir:
    def __init__(self, path):
        self.path = path

    def mail(self):
        return files(self.path + '/new', self.path + '/cur')

    def clear(self):
        for f in self.mail():
            os.unlink(f)

    def wait(self, count=1, seconds=60):
        """The bytes of the messages, once there are that many."""
        wait('%d in %s' % (count, self.path),
             lambda: len(self.mail()) >= count, seconds)
        return [open(f, 'rb').read() for f in sorted(self.mail())]

    def with_text(self, text, seconds=60):
        """The bytes of the one message that holds text."""
        seen = set()

        def look():
            for f in self.mail() - seen:
                try:
                    data = open(f, 'rb').read()
                except FileNotFoundError:
                    continue            # a session has moved it to cur/
                if text in data:
                    return data
                seen.add(f)
        return wait('%r in %s' % (text, self.path), look, seconds)


class Instance:
    def __init__(self, directory, base=None, source=TOP):
        self.dir = directory
        self.base = base
        self.source = source
        if os.path.exists(directory + '/ready'):
            self.read()

    def read(self):
        self.ready = dict(line.rstrip('\n').split(' ', 1)
                          for line in open(self.dir + '/ready'))
        self.host, port = self.ready['smtp'].rsplit(':', 1)
        self.port = int(port)
        self.alice = Maildir(self.ready['maildir1'])
        self.bob = Maildir(self.ready['maildir2'])

    def quickstart(self, verb, ok=True, **kw):
        argv = [self.source + '/quickstart', '-d', self.dir]
        if self.base:
            argv += ['-p', self.base]
        r = run(*argv, verb, ok=ok, timeout=300, **kw)
        if verb != 'stop' and r.returncode == 0:
            self.read()
        return r

    def smtp(self):
        s = smtplib.SMTP(self.host, self.port, 'client.test', timeout=60)
        s.ehlo()
        return s

    def send(self, rcpts, message, sender='a@sender.test', options=()):
        """Over a connection of its own; the refused recipients."""
        s = self.smtp()
        try:
            return s.sendmail(sender, rcpts, message, options)
        finally:
            s.close()

    def correo(self, *words, ok=True, **kw):
        return run(self.ready['correo'], *words, ok=ok, **kw)

    def change(self, *words):
        """A change of a table, and the second in which it takes effect."""
        self.correo(*words)
        self.takes_effect()

    def takes_effect(self):
        """Until each process that holds tables, or the passwords, holds those
        of now.  Only root can look; others wait longer than it should take."""
        if os.geteuid() != 0:
            time.sleep(2)
            return
        conf = os.path.dirname(self.ready['config'])
        tables = {os.stat(f).st_ino for f in files(conf + '/tables')
                  if f.endswith('.cdb')}
        passwords = {os.stat(conf + '/secrets/passwords.cdb').st_ino}

        def all_new():
            return all(held_by(pid, conf + '/tables/') in (set(), tables) and
                       held_by(pid, conf + '/secrets/passwords.cdb') in
                       (set(), passwords)
                       for pid in self.pids() if not for_one(pid))
        wait('the new tables', all_new)

    def quiet(self):
        """Nothing of an earlier story can still come, or lies about."""
        def nothing_left():
            if self.queue():
                self.correo('queue', 'remove', '--all', ok=False)
                return False
            return not files(self.ready['queue'] + '/new',
                             self.dir + '/drop/new')
        wait('an empty queue', nothing_left, 120)
        self.alice.clear()
        self.bob.clear()

    def own_users(self):
        """Two users of this story's own in place of alice and bob, to whom
        mail of another story may still come."""
        story = os.path.basename(sys.argv[0])[:-3]
        for n in ('1', '2'):
            user = '%s%s@example.test' % (story, n)
            self.ready['user' + n] = user
            self.ready['password' + n] = 'of-' + user
            self.correo('user', 'add', user, '--password-stdin',
                        input=('of-' + user).encode())
            listed = self.correo('-j', 'user', 'list').stdout.splitlines()
            self.ready['maildir' + n] = [
                u['maildir'] for u in map(json.loads, listed)
                if u['user'] == user][0]
        self.alice = Maildir(self.ready['maildir1'])
        self.bob = Maildir(self.ready['maildir2'])

    def queue(self, *words):
        out = self.correo('-j', 'queue', 'list', *words).stdout
        return [json.loads(line) for line in out.splitlines()]

    def idle(self, seconds=60):
        """Until nothing is in new/, the work in hand."""
        wait('an empty new/', lambda: not files(self.ready['queue'] + '/new'),
             seconds)

    def log(self):
        return open(self.ready['log'], errors='replace').read()

    def wait_log(self, *words, start=0, seconds=60):
        """The first line from offset start on that has all the words."""
        def look():
            for line in self.log()[start:].splitlines():
                if all(w in line for w in words):
                    return line
        return wait('%s in the log' % (words,), look, seconds)

    def nothing_refused(self, no=0):
        """Of a story with a real client: each of its commands was understood,
        and granted, but for those (of IMAP) that ask for what is not there."""
        def of(story):
            @functools.wraps(story)
            def watched():
                start = len(self.log())
                story()

                def ended():
                    lines = self.log()[start:].splitlines()
                    began = [l for l in lines if re.match(
                        r'(imapd|pop3d): event=login .*result=ok', l)]
                    over = [l for l in lines if ENDED.match(l)]
                    return len(over) >= len(began) and (over,)
                over, = wait('the end of all sessions', ended)
                refused = [l for l in over if re.search(
                    r' (bad|refused)=[1-9]', l)] + [
                    l for l in self.log()[start:].splitlines()
                    if l.startswith('smtpd: event=refused')]
                assert not refused, refused
                assert no == sum(int(n) for n in re.findall(
                    r' no=(\d+)', '\n'.join(over))), over
            return watched
        return of

    def pids(self):
        """All processes of the instance, by the session of each service."""
        sessions = set()
        for name in os.listdir(self.dir + '/run'):
            if name.endswith('.pid'):
                sessions.add(open(self.dir + '/run/' + name).read().split()[0])
        return [p for p in os.listdir('/proc') if p.isdigit()
                and session(p) in sessions]

    def service(self, name):
        return int(open('%s/run/%s.pid' % (self.dir, name)).read().split()[0])


def name_and_parent(pid):
    """Of a process, as strings; None and None when it has gone."""
    try:
        status = open('/proc/%s/status' % pid).read()
    except OSError:
        return None, None
    return (re.search(r'^Name:\t(.*)', status)[1],
            re.search(r'^PPid:\t(.*)', status, re.M)[1])


def for_one(pid):
    """A zygote's child, for one connection: it keeps what it began with."""
    name, parent = name_and_parent(pid)
    return name is None or name == name_and_parent(parent)[0]


def held_by(pid, path):
    """The inodes of files whose path begins so, open there."""
    held = set()
    for fd in files('/proc/%s/fd' % pid):
        try:
            name = os.readlink(fd).removesuffix(' (deleted)')
            if name.startswith(path) and not name.endswith('.lock'):
                held.add(os.stat(fd).st_ino)
        except OSError:
            pass
    return held


def session(pid):
    try:
        stat = open('/proc/%s/stat' % pid).read()
    except OSError:
        return None
    fields = stat[stat.rindex(')') + 2:].split()
    return None if fields[0] == 'Z' else fields[3]


def message(subject, body='Hello.\n', headers=''):
    """A message as a client sends it: CRLF."""
    text = 'From: a@sender.test\nTo: x@example.test\nSubject: %s\n%s\n%s' % (
        subject, headers, body)
    return text.encode().replace(b'\n', b'\r\n')


def below_trace(stored):
    """(the trace headers that correo added, what the client sent)"""
    end = TRACE.match(stored).end()
    return stored[:end], stored[end:]


def same(sent, stored):
    """Byte for byte, line ends apart, below our trace headers."""
    want = sent.replace(b'\r\n', b'\n')
    if not want.endswith(b'\n'):
        want += b'\n'
    if not stored.endswith(want):
        raise AssertionError('stored is not what was sent:\n%r\n%r'
                             % (want[:500], stored[:800]))
    # Bytes before it are trace headers, whole ones and nothing else.
    before = stored[:len(stored) - len(want)]
    assert TRACE.fullmatch(before), before
    assert b'Received:' in before and b'Return-Path:' in before, before


def the_instance():
    if 'CORREO_DIR' not in os.environ:
        sys.exit('CORREO_DIR names no instance: see tests/README.md')
    c = Instance(os.environ['CORREO_DIR'])
    if 'queue' in getattr(c, 'ready', {}):
        c.quiet()
    return c


def nodes():
    """The instance, and those of CORREO_NODES, which have its Maildirs as a
    shared file system shows them."""
    return [the_instance()] + [Instance(d) for d in
                               os.environ.get('CORREO_NODES', '').split()]


def imap_of(i):
    """Where a client finds its first user's mailbox, and who that is."""
    host, port = i.ready['imap'].rsplit(':', 1)
    return (host, int(port)), (i.ready['user1'], i.ready['password1'])


def another(name):
    """Where another instance can be, and its ports' base."""
    d = os.environ['CORREO_DIR'] + '.' + name
    shutil.rmtree(d, ignore_errors=True)
    return d, int(os.environ['CORREO_BASE']) + 1000


def test_build():
    """A copy of the tree with the doors for tests open, and built."""
    run('sh', 'tests/variant.sh', 'test', '-j2', 'CPPFLAGS=-DCORREO_TEST',
        'CFLAGS=-O0', 'all', cwd=TOP, timeout=600)
    return TOP + '/build/test'


def tell(stories):
    only = sys.argv[1:]
    bad = 0
    for s in stories:
        if only and s.__name__ not in only:
            continue
        name = '%s: %s' % (os.path.basename(sys.argv[0])[:-3],
                           s.__name__.replace('_', ' '))
        try:
            s()
            print('ok', name, flush=True)
        except Skip as why:
            print('skip %s: %s' % (name, why), flush=True)
        except Exception:
            traceback.print_exc(file=sys.stdout)
            print('not ok', name, flush=True)
            bad = 1
    sys.exit(bad)
