"""Every process of the instance, in every phase, against correo(7)'s table:
ids, groups, capabilities, no_new_privs, the filter, the root directory and
each open descriptor, as /proc shows them."""
import ctypes
import imaplib
import json
import os
import platform
import poplib
import pwd
import ssl
import threading
import time

from correo import (TOP, Skip, message, name_and_parent, run, tell,
                    the_instance, wait)
from mailer import Mailer

c = the_instance()
SEEN = {}
NOBODY = 65534
WATCHED = {os.path.realpath('/etc/resolv.conf'),
           os.path.realpath('/etc/ssl/certs/ca-certificates.crt')}
# A monitor may hold what its starter left open, as we do ourselves.
INHERITED = {os.readlink('/proc/self/fd/' + n)
             for n in os.listdir('/proc/self/fd')
             if os.path.exists('/proc/self/fd/' + n)}


def table():
    """{process: (user, root, confined, descriptors)}"""
    rows = {}
    for line in open(TOP + '/man/correo.7'):
        cells = [x.strip() for x in line[4:].split(' Ta ')]
        if line.startswith('.It ') and len(cells) == 5 \
                and not cells[0].startswith('Em'):
            name, user, root, confined, what = cells
            rows[name] = (user, root, confined == 'yes', set(what.split()))
    assert len(rows) > 6, rows
    return rows


def kind(target):
    """What a descriptor is, by the word of the table."""
    state, conf = c.dir, os.path.dirname(c.ready['config'])
    target = target.removesuffix(' (deleted)')
    if target.startswith('socket:'):
        return 'sockets'
    if target in INHERITED or target == c.ready['log'] or \
            target.startswith('anon_inode:'):
        return None
    if target.startswith('pipe:'):
        return 'pipes'
    if target == state + '/drop/trigger':
        return 'fifo'
    for word, place in (('tables', conf + '/tables'), ('queue', c.ready['queue']),
                        ('drop', state + '/drop'), ('auth', state + '/auth'),
                        ('sts', state + '/sts'),
                        ('passwords', conf + '/secrets/passwords.cdb'),
                        ('watched', conf + '/secrets/srs'),
                        ('mail', state + '/mail'),
                        ('mail', state + '/home'),
                        ('mail', state + '/postmaster')):
        if target == place or target.startswith(place + '/'):
            return word
    if target in WATCHED:
        return 'watched'
    if target == c.ready['config']:
        return 'config'
    return target


def read(pid):
    """What /proc says of a process, or None when it has gone."""
    p = '/proc/%s/' % pid
    try:
        status = dict(line.rstrip('\n').split(':\t', 1)
                      for line in open(p + 'status') if ':\t' in line)
        root = os.readlink(p + 'root')
        fds = {kind(os.readlink(p + 'fd/' + n)) for n in os.listdir(p + 'fd')}
        return status, root, fds - {None}
    except OSError:
        return None


def users():
    """The ids of mailboxes: those of the table, and the range from which they
    come (a deliverer stays for a while after its user has left)."""
    out = c.correo('user', 'list').stdout.decode()
    return {int(x.split(':')[1]) for x in out.splitlines()
            if x.count(':') >= 3} | set(range(70000, 100000))


def wrong(rows, mailboxes, facts):
    """Why a process is not as the table says; None when it is."""
    status, root, fds = facts
    name = status['Name']
    if name not in rows:
        return 'a process that the table does not have'
    user, where, confined, allowed = rows[name]
    uids, gids = status['Uid'].split(), status['Gid'].split()
    if len(set(uids)) != 1 or len(set(gids)) != 1:
        return 'ids differ: %s %s' % (uids, gids)
    uid = int(uids[0])
    want = mailboxes if user == 'mailbox' else {pwd.getpwnam(user).pw_uid}
    if uid == NOBODY and name in ('reader', 'deliver'):
        allowed = allowed - {'mail'}
    elif uid not in want:
        return 'uid %d, not %s' % (uid, user)
    if (root == '/') != (where == '/'):
        return 'root is ' + root
    if not fds <= allowed:
        return 'holds %s' % sorted(fds - allowed)
    if not confined:
        return None
    if status['Groups'].strip():
        return 'groups ' + status['Groups']
    if any(int(status[k], 16) for k in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb')):
        return 'capabilities'
    if status['NoNewPrivs'] != '1' or status['Seccomp'] != '2':
        return 'NoNewPrivs %s Seccomp %s' % (status['NoNewPrivs'],
                                             status['Seccomp'])
    return None


def a_users_own(pid):
    """Of the process group that a program leads."""
    try:
        leader = str(os.getpgid(int(pid)))
    except OSError:
        return True
    return name_and_parent(name_and_parent(leader)[1])[0] == 'program'


def look(rows, mailboxes):
    """One look at all; a process that is just becoming what it will be gets
    another one, for some seconds: those that send are executed at any time."""
    for pid in c.pids():
        if a_users_own(pid):
            continue
        for _ in range(100):
            facts = read(pid)
            why = facts and wrong(rows, mailboxes, facts)
            if not why:
                break
            time.sleep(0.05)
        if facts:
            name = facts[0]['Name']
            assert not why, 'pid %s %s: %s' % (pid, name, why)
            SEEN[name] = SEEN.get(name, 0) + 1


def needs_root():
    if os.geteuid() != 0:
        raise Skip('needs root')


def at_rest():
    needs_root()
    look(table(), users())


def in_each_state_of_a_session():
    needs_root()
    rows, mailboxes = table(), users()
    s = c.smtp()
    look(rows, mailboxes)
    s.mail('a@sender.test')
    look(rows, mailboxes)
    s.rcpt('alice@example.test')
    look(rows, mailboxes)
    s.putcmd('DATA')
    s.getreply()
    s.send(message('half', 'x\n' * 100000))
    time.sleep(0.1)
    look(rows, mailboxes)
    s.send(b'.\r\n')
    assert s.getreply()[0] == 250
    look(rows, mailboxes)


def in_each_state_of_a_login():
    needs_root()
    rows, mailboxes = table(), users()
    for service in ('submission', 'smtps'):
        s = Mailer(c, service)
        look(rows, mailboxes)
        s.cmd('AUTH LOGIN', 334)
        look(rows, mailboxes)
        s.cmd('*', 501)
        s.plain(c.ready['user1'], c.ready['password1'])
        look(rows, mailboxes)
        s.cmd('MAIL FROM:<%s>' % c.ready['user1'], 250)
        look(rows, mailboxes)
        s.close()


def in_each_state_of_reading():
    needs_root()
    rows, mailboxes = table(), users()
    tls = ssl.create_default_context(cafile=c.ready['cafile'])
    tls.check_hostname = False
    user, password = c.ready['user1'], c.ready['password1']
    host, port = c.ready['pop3s'].rsplit(':', 1)
    p = poplib.POP3_SSL(host, int(port), context=tls)
    look(rows, mailboxes)
    p.user(user)
    p.pass_(password)
    look(rows, mailboxes)
    p.quit()
    host, port = c.ready['imaps'].rsplit(':', 1)
    m = imaplib.IMAP4_SSL(host, int(port), ssl_context=tls)
    look(rows, mailboxes)
    m.login(user, password)
    look(rows, mailboxes)
    m.select()
    look(rows, mailboxes)
    m.logout()


def each_writer_opens_new_itself():
    """The kernel tells an error of a flush once for each opening: one that
    were shared would let a second writer promise what is lost."""
    needs_root()
    number = {'x86_64': 312, 'aarch64': 272}.get(platform.machine())
    if number is None:
        raise Skip('no number of kcmp(2) for this machine')
    new = c.ready['queue'] + '/new'
    sessions = [c.smtp() for _ in range(2)]
    for s in sessions:
        s.mail('a@sender.test')
        s.rcpt('alice@example.test')
        s.putcmd('DATA')
        assert s.getreply()[0] == 354
    held = [(int(p), int(n)) for p in c.pids()
            for n in os.listdir('/proc/%s/fd' % p)
            if os.readlink('/proc/%s/fd/%s' % (p, n)) == new]
    held = [(p, n) for p, n in held if 'writer' in
            open('/proc/%d/cmdline' % p).read()]
    assert len(held) > 2, held          # their zygote has it, too
    for i, (p, n) in enumerate(held):
        for q, m in held[:i]:
            r = ctypes.CDLL(None).syscall(number, p, q, 0, n, m)
            assert r > 0, (p, q, r)     # 0: the same
    for s in sessions:
        s.close()


def a_removed_users_id_is_for_nobody_else():
    """Their mail is still there, and a program of .forward could read it."""
    needs_root()

    def add(user):
        c.correo('user', 'add', user, '--generate')
        listed = c.correo('-j', 'user', 'list').stdout.splitlines()
        return [u['uid'] for u in map(json.loads, listed)
                if u['user'] == user][0]
    gone, other = 'gone@example.test', 'other@example.test'
    uid = add(gone)
    c.correo('user', 'remove', gone)
    assert add(other) != uid
    assert add(gone) == uid
    for user in (gone, other):
        c.correo('user', 'remove', user)


def while_a_users_program_runs():
    """What carries it out is ours, and no longer root; the program itself is
    of a process group of its own, and not looked at."""
    needs_root()
    home, uid, table_ = c.dir + '/home/dan', 71002, c.dir + '/etc/tables/users'
    os.makedirs(home)
    os.chmod(c.dir + '/home', 0o755)
    with open(home + '/.forward', 'w') as f:
        f.write('|"cat >/dev/null; >begun; until [ -e go ]; do sleep 0.1; '
                'done; >ended"\n')
    for path in (home, home + '/.forward'):
        os.chmod(path, 0o700)
        os.chown(path, uid, uid)
    before = open(table_).read()
    with open(table_, 'a') as f:
        f.write('dan:%d:%d:%s:system\n' % (uid, uid, home))
    c.change('tables')
    c.send(['dan@example.test'], message('for a program'))
    wait('the program', lambda: os.path.exists(home + '/begun'))
    look(table(), users())
    open(home + '/go', 'w').close()
    wait('its end', lambda: os.path.exists(home + '/ended'))
    with open(table_, 'w') as f:
        f.write(before)
    c.change('tables')


def under_load():
    """While messages come, are delivered, deferred and reported."""
    needs_root()
    rows, mailboxes = table(), users()
    stop = threading.Event()

    def load():
        while not stop.is_set():
            c.send(['alice@example.test', 'bob@example.test',
                    'postmaster@example.test'], message('load', 'x\n' * 500))
            run(c.dir + '/sendmail', '-f', 'alice@example.test',
                'nosuch@example.test', 'x@elsewhere.invalid',
                input=b'Subject: fails\n\nx\n')
    threads = [threading.Thread(target=load) for _ in range(4)]
    for t in threads:
        t.start()
    begin = time.monotonic()
    try:
        while time.monotonic() < begin + 8 or (
                set(rows) - set(SEEN) and time.monotonic() < begin + 60):
            look(rows, mailboxes)
    finally:
        stop.set()
        for t in threads:
            t.join()
    c.correo('queue', 'remove', '--all')
    missing = set(rows) - set(SEEN)
    assert not missing, 'never seen: %s' % sorted(missing)
    print('looked at', ', '.join('%s %d times' % x
                                 for x in sorted(SEEN.items())))


tell([at_rest, in_each_state_of_a_session, in_each_state_of_a_login,
      in_each_state_of_reading, each_writer_opens_new_itself,
      a_removed_users_id_is_for_nobody_else,
      while_a_users_program_runs, under_load])
