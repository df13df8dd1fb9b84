"""A thousand people who wait for mail over TLS: what a session costs, and that
there is room for more.  CORREO_IDLERS is another number of them.
"""
import glob
import imaplib
import json
import os
import resource
import socket
import ssl
import time

from correo import Skip, tell, the_instance, wait

c = the_instance()
c.own_users()
COUNT = int(os.environ.get('CORREO_IDLERS', 1000))
MOST_KIB = 500                  # of a session over TLS, PSS
USERS = [c.ready['user1'], c.ready['user2']]


class Idler:
    def __init__(self, context, host, port, user, password):
        self.s = context.wrap_socket(socket.create_connection((host, port)),
                                     server_hostname=c.ready['hostname'])
        self.s.settimeout(60)
        self.f = self.s.makefile('rb')
        self.until(b'* OK')
        self.say('a LOGIN "%s" "%s"' % (user, password))
        self.until(b'a OK')
        self.say('b SELECT INBOX')
        self.until(b'b OK')
        self.say('c IDLE')
        self.until(b'+ ')

    def say(self, text):
        self.s.sendall(text.encode() + b'\r\n')

    def until(self, start):
        line = self.f.readline()
        while not line.startswith(start):
            assert line and not line.startswith((b'* BYE', start[:2] + b'NO')),\
                line
            line = self.f.readline()


def pss():
    """KiB of the sessions and their relays, as the kernel shares them out."""
    total = 0
    for exe in glob.glob('/proc/[0-9]*/exe'):
        try:
            if os.readlink(exe).startswith(c.dir + '/') and \
                    os.path.basename(os.readlink(exe)) in ('imapd', 'tls'):
                with open(os.path.dirname(exe) + '/smaps_rollup') as f:
                    total += sum(int(line.split()[1]) for line in f
                                 if line.startswith('Pss:'))
        except OSError:
            pass                # it has ended
    return total


def room():
    """A file of ours for each, and two processes of theirs."""
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files < COUNT + 100:
        raise Skip('at most %d open files' % files)
    resource.setrlimit(resource.RLIMIT_NOFILE, (COUNT + 100, files))
    for path in ('/sys/fs/cgroup/pids.max', '/sys/fs/cgroup/pids/pids.max',
                 '/proc/sys/kernel/pid_max'):
        if os.path.exists(path):
            with open(path) as f:
                most = f.read().strip()
            if most != 'max' and int(most) < 2 * COUNT + 1000:
                raise Skip('at most %s processes: %s' % (most, path))


def a_thousand_idle_over_TLS():
    room()
    context = ssl.create_default_context(cafile=c.ready['cafile'])
    host, port = c.ready['imaps'].rsplit(':', 1)
    made = {u: json.loads(c.correo(
        '-j', 'user', 'app-password', 'add', u, '--name', 'idlers').stdout)
        for u in USERS}
    c.takes_effect()
    before, family, idlers = pss(), len(c.pids()), []
    try:
        for i in range(COUNT):
            u = USERS[i % len(USERS)]
            idlers.append(Idler(context, host, int(port), u,
                                made[u]['password']))
        each = (pss() - before) / COUNT
        print('# %d sessions, %s' % (COUNT, '%d KiB each' % each if each else
                                     'their memory only root can see'))
        assert each <= MOST_KIB and (each > 0 or os.geteuid() != 0), each
        # another one gets in, and mail is told to all of its owner's
        m = imaplib.IMAP4_SSL(host, int(port), ssl_context=context)
        m.login(USERS[0], c.ready['password1'])
        m.append('INBOX', None, None, b'Subject: to all of you\r\n\r\nx\r\n')
        m.logout()
        for i in idlers[::2]:
            i.until(b'* ')
        for i in idlers:
            i.say('DONE')
            i.until(b'c OK')
    finally:
        for i in idlers:
            i.f.close()
            i.s.close()
        for u in USERS:
            c.correo('user', 'app-password', 'remove', u, made[u]['id'])
    wait('the sessions end', lambda: len(c.pids()) <= family, 60)


if __name__ == '__main__':
    tell([a_thousand_idle_over_TLS])
