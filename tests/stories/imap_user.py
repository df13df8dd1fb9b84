"""A mailbox of a story's own, by IMAP: what the stories of it share."""
import imaplib
import os
import re
import shutil
import ssl
import tempfile

from correo import Skip, run, the_instance, wait

c = the_instance()


def begin():
    """What is told in IDLE is told by the kernel: the timed look is an hour
    away."""
    with open(c.ready['config'], 'r+') as conf:
        if 'imapd.look' not in conf.read():
            conf.write('imapd.look 1h\n')
    c.quickstart('restart')
    c.own_users()
    for number in (1, 2):
        wait('a login of user %d' % number, lambda: known(number))


def address(key):
    if key not in c.ready:
        raise Skip('the instance has no ' + key)
    host, port = c.ready[key].rsplit(':', 1)
    return host, int(port)


def tls():
    return ssl.create_default_context(cafile=c.ready['cafile'])


def user(n):
    return c.ready['user%d' % n], c.ready['password%d' % n]


def login(n=1, clear=True):
    m = imaplib.IMAP4(*address('imap'), timeout=60) if clear else \
        imaplib.IMAP4_SSL(*address('imaps'), ssl_context=tls(), timeout=60)
    m.login(*user(n))
    return m


def known(n):
    try:
        login(n).logout()
        return True
    except imaplib.IMAP4.error:
        return False


def ok(answer):
    assert answer[0] == 'OK', answer
    return answer[1]


def empty(n=1):
    """A mailbox as after the first login."""
    m = login(n)
    for line in ok(m.list()):
        name = line.decode().split(' "." ')[1]
        if b'\\Noselect' in line:
            continue
        ok(m.select(name))
        if ok(m.search(None, 'ALL'))[0]:
            ok(m.store('1:*', '+FLAGS.SILENT', '\\Deleted'))
        ok(m.close())
        if name not in ('INBOX', 'Archive', 'Drafts', 'Junk', 'Sent',
                        'Trash'):
            ok(m.delete(name))
    m.logout()


def mail(number, text=''):
    return ('From: a@sender.test\r\nTo: alice@example.test\r\nSubject: mail '
            '%d\r\nDate: Sun, 22 Nov 2026 10:00:%02d +0000\r\nMessage-ID: <%d@'
            'sender.test>\r\n\r\nHello %d.\r\n%s' % (
                number, number % 60, number, number, text)).encode()


def fill(count, n=1, folder='INBOX', first=1):
    m = login(n)
    for i in range(first, first + count):
        ok(m.append(folder, None, None, mail(i)))
    m.logout()


def subjects(n=1, folder='INBOX', keys='ALL'):
    m = login(n)
    ok(m.select('"%s"' % folder, readonly=True))
    numbers = ok(m.search(None, keys))[0].split()
    found = []
    if numbers:
        for part in ok(m.fetch(b','.join(numbers).decode(),
                               '(BODY.PEEK[HEADER.FIELDS (SUBJECT)])')):
            if isinstance(part, tuple):
                found.append(int(re.search(rb'mail (\d+)', part[1])[1]))
    m.logout()
    return found


class Place:
    """A directory for a client, and files in it."""

    def __enter__(self):
        self.dir = tempfile.mkdtemp(dir='/var/tmp')
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir, ignore_errors=True)

    def file(self, name, text):
        path = self.dir + '/' + name
        with open(path, 'w') as f:
            os.fchmod(f.fileno(), 0o600)
            f.write(text)
        return path


def client(*argv, **kw):
    if shutil.which(argv[0]) is None:
        raise Skip('no ' + argv[0])
    return run(*argv, **kw)
