"""IMAP as its users know it: real clients synchronise, move, flag, search and
idle; and what a client or a man in the middle may try."""
import base64
import ctypes
import imaplib
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading

from correo import Skip, run, tell, the_instance, wait

c = the_instance()
LIBC = ctypes.CDLL(None)
LIBC.iconv_open.restype = ctypes.c_void_p
LIBC.iconv.restype = ctypes.c_size_t
# What is told in IDLE is told by the kernel: the timed look is an hour away.
with open(c.ready['config'], 'a') as conf:
    conf.write('imapd.look 1h\n')
c.quickstart('restart')
c.own_users()


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


# ---------------------------------------------------------------- imaplib

@c.nothing_refused()
def imaplib_over_STARTTLS_and_TLS():
    empty()
    m = imaplib.IMAP4(*address('imap'), timeout=60)
    assert 'STARTTLS' in m.capabilities
    m.starttls(tls())
    assert 'STARTTLS' not in m.capabilities
    m.login(*user(1))
    ok(m.select())
    ok(m.append('INBOX', '(\\Seen)', None, mail(1)))
    ok(m.noop())
    assert ok(m.fetch('1', '(BODY[])'))[0][1] == mail(1)
    m.logout()
    m = login(clear=False)
    assert ok(m.select())[0] == b'1'
    m.logout()


def folders_of_the_first_login():
    m = login()
    found = {line.decode().split(' "." ')[1]: line for line in ok(m.list())}
    for name in ('Archive', 'Drafts', 'Junk', 'Sent', 'Trash'):
        assert b'\\' + name.encode() in found[name], found
    assert len(ok(m.lsub())) == 6
    m.logout()


@c.nothing_refused()
def two_clients_see_each_other():
    empty()
    fill(3)
    a, b = login(), login()
    ok(a.select())
    ok(b.select())
    ok(a.store('2', '+FLAGS', '(\\Flagged $Work)'))
    ok(a.store('1', '+FLAGS', '\\Deleted'))
    ok(a.expunge())
    ok(b.noop())
    assert b.untagged_responses['EXPUNGE'] == [b'1']
    assert b'$Work' in ok(b.fetch('1', '(FLAGS)'))[0]
    a.logout()
    b.logout()


@c.nothing_refused()
def idle_tells_at_once():
    empty()
    m = login()
    ok(m.select())
    m.send(b'i IDLE\r\n')
    assert m.readline().startswith(b'+ ')
    threading.Thread(target=fill, args=(1,)).start()
    line = m.readline()
    assert line == b'* 1 EXISTS\r\n', line
    m.readline()
    m.send(b'DONE\r\n')
    assert m.readline().startswith(b'i OK')
    m.logout()


def notify_tells_of_a_mailbox_that_is_not_selected():
    empty()
    m = login()
    m.send(b'n NOTIFY SET (personal (MessageNew MessageExpunge))\r\n')
    assert m.readline().startswith(b'n OK')
    fill(1)
    line = m.readline()
    assert line.startswith(b'* STATUS INBOX (MESSAGES 1 UIDNEXT '), line
    m.send(b'o NOOP\r\n')
    assert m.readline().startswith(b'o OK')
    m.logout()


def notify_hears_what_comes_while_it_looks_at_others():
    """A mailbox that comes or goes makes it look at all and ask the kernel for
    hints anew; mail that comes meanwhile is told all the same."""
    empty()
    m, other = login(), login()
    for i in range(60):
        ok(other.create('N%d' % i))
    m.send(b'n NOTIFY SET (personal '
           b'(MailboxName MessageNew MessageExpunge))\r\n')
    assert m.readline().startswith(b'n OK')
    for i in range(1, 41):
        other.send(b'c %s Q\r\nd APPEND N0 {3+}\r\na\r\n\r\n' %
                   (b'CREATE' if i % 2 else b'DELETE'))
        assert other.readline().startswith(b'c OK')
        assert other.readline().startswith(b'd OK')
        while b' N0 (MESSAGES %d ' % i not in m.readline():
            pass
    for i in range(60):
        ok(other.delete('N%d' % i))
    m.shutdown()
    other.logout()


def notify_hears_what_comes_just_before_a_rename():
    """Told by the old name or the new one."""
    empty()
    m, other = login(), login()
    ok(other.create('R0'))
    m.send(b'n NOTIFY SET (personal '
           b'(MailboxName MessageNew MessageExpunge))\r\n')
    assert m.readline().startswith(b'n OK')
    for i in range(1, 101):
        old, new = b'R%d' % (i - 1), b'R%d' % i
        other.send(b'a APPEND %s {3+}\r\na\r\n\r\nb RENAME %s %s\r\n' %
                   (old, old, new))
        assert other.readline().startswith(b'a OK')
        assert other.readline().startswith(b'b OK')
        while b' (MESSAGES %d ' % i not in m.readline():
            pass
    ok(other.delete('R100'))
    m.shutdown()
    other.logout()


def mail_that_arrives_by_SMTP():
    empty()
    c.send([c.ready['user1']], mail(7))
    wait('the mail', lambda: subjects() == [7])


def iconv(to, charset, data):
    """data as the C library itself converts it, or None."""
    cd = LIBC.iconv_open(to.encode(), charset.encode())
    if cd == ctypes.c_void_p(-1).value:
        return None
    source = ctypes.cast(ctypes.create_string_buffer(data), ctypes.c_void_p)
    left, space = ctypes.c_size_t(len(data)), ctypes.c_size_t(4096)
    room = ctypes.create_string_buffer(space.value)
    out = ctypes.cast(room, ctypes.c_void_p)
    rest = ctypes.byref(out), ctypes.byref(space)
    r = LIBC.iconv(ctypes.c_void_p(cd), ctypes.byref(source),
                   ctypes.byref(left), *rest)
    LIBC.iconv(ctypes.c_void_p(cd), None, None, *rest)
    LIBC.iconv_close(ctypes.c_void_p(cd))
    return room.raw[:4096 - space.value] if r == 0 else None


def said_in(charset, letters='Az09ößŁЖфΩςאبไ漢字かナ한글ạґაաஅ⠃'):
    """What of that the charset has, in it."""
    def there_and_back(letter):
        data = iconv(charset, 'UTF-8', letter.encode())
        return data and iconv('UTF-8', charset, data) == letter.encode()
    return iconv(charset, 'UTF-8',
                 ''.join(filter(there_and_back, letters)).encode())


def every_charset_that_iconv_knows():
    """In encoded words, bodies, previews and searches; the session loads each
    when it meets it."""
    empty()
    listed = run('iconv', '-l').stdout.decode().split()
    names = [name for name in (x.removesuffix('//') for x in listed)
             if iconv('UTF-8', name, b'') is not None]
    said = [said_in(name) for name in names]
    utf8 = [iconv('UTF-8', *x) for x in zip(names, said)]
    owner = os.stat(c.alice.path)
    for i, (name, data) in enumerate(zip(names, said)):
        # two words of a header are one, whatever letter they cut
        half = len(data) // 2
        words = [b'=?%s?B?%s?=' % (name.encode(), base64.b64encode(x))
                 for x in (data[:half], data[half:])]
        path = c.alice.path + '/cur/%d.charset:2,' % (10 ** 9 + i)
        with open(path, 'wb') as f:
            os.fchown(f.fileno(), owner.st_uid, owner.st_gid)
            f.write(b'Subject: %s\n %s\n'
                    b'Content-Type: text/plain; charset="%s"\n'
                    b'Content-Transfer-Encoding: base64\n\n%s\n' % (
                        *words, name.encode(), base64.b64encode(data)))
    m = login()
    ok(m.select())
    # a literal has no NUL (RFC 9051 4.3), nor can those of four bytes be said
    asked = [min(data, said_in(name, '漢字'), key=lambda x: (0 in x, -len(x)))
             for name, data in zip(names, said)]
    for charsets, needles in ((names, asked), (['UTF-8'] * len(names), utf8)):
        for i, (name, needle) in enumerate(zip(charsets, needles)):
            literal = b'' if 0 in needle else needle
            literal = b'{%d+}\r\n%s' % (len(literal), literal)
            m.send(b'b SEARCH CHARSET "%s" %d SUBJECT %s BODY %s\r\n' % (
                name.encode(), i + 1, literal, literal))
        for i, name in enumerate(names):
            assert m.readline() == b'* SEARCH %d\r\n' % (i + 1), name
            assert m.readline().startswith(b'b OK'), name
    previews = ok(m.fetch('1:*', '(PREVIEW)'))
    told = [part[1] if isinstance(part, tuple) else part
            for part in previews if part != b')']
    for name, text, preview in zip(names, utf8, told, strict=True):
        assert text and text in preview, (name, text, preview)
    assert m.search('x-none', 'ALL')[0] == 'NO'
    m.logout()


def a_connection_that_drops_in_the_middle_of_APPEND():
    empty()
    s = socket.create_connection(address('imap'), timeout=60)
    f = s.makefile('rb')
    f.readline()
    s.sendall(b'a LOGIN %s %s\r\nb APPEND INBOX {1000+}\r\nSubject: x\r\n'
              % tuple(x.encode() for x in user(1)))
    f.readline()
    s.close()
    m = login()
    assert ok(m.select())[0] == b'0'
    m.logout()


def files_that_are_not_right():
    """Empty, unreadable, vanished, no file at all: each is answered, the rest
    is served."""
    empty()
    fill(2)
    box, owner = c.alice.path, os.stat(c.alice.path)

    def make(name, text=b''):
        with open('%s/new/%s' % (box, name), 'wb') as f:
            os.fchown(f.fileno(), owner.st_uid, owner.st_gid)
            f.write(text)
        return '%s/new/%s' % (box, name)
    make('1900000003.empty.story')
    path = make('1900000004.unreadable.story', b'Subject: mail 4\n\nx\n')
    os.chmod(path, 0)
    if os.getuid() == 0:
        os.chown(path, 0, 0)
    make('1900000005.gone.story', b'Subject: mail 5\n\nx\n')
    os.mkdir(box + '/cur/6.directory:2,')
    os.symlink('/etc/passwd', box + '/cur/7.link:2,S')
    os.mkfifo(box + '/cur/8.fifo:2,')
    m = login()
    assert ok(m.select())[0] == b'5'
    typ, said = m.fetch('1:*', '(RFC822.SIZE BODY.PEEK[])')
    assert typ == 'NO' and b'cannot be read' in said[0], said
    told = [part for part in m.response('FETCH')[1] if type(part) is tuple]
    assert [t[0].split()[0] for t in told] == [b'1', b'2', b'3', b'5'], told
    assert ok(m.search(None, 'TEXT', 'Hello'))[0] == b'1 2'
    os.unlink(next(f for f in c.alice.mail() if '.gone.' in f))
    typ, said = m.fetch('5', '(BODY.PEEK[])')
    assert typ == 'NO' and b'EXPUNGEISSUED' in said[0], said
    # one becomes a link, one loses its text
    first, second = sorted(f for f in c.alice.mail() if '.story' not in f and
                           os.path.isfile(f) and not os.path.islink(f))
    os.unlink(second)
    os.symlink('/etc/passwd', second)
    os.truncate(first, 0)
    assert m.fetch('2', '(BODY.PEEK[])')[0] == 'NO'
    assert ok(m.fetch('1', '(BODY.PEEK[])'))[0][1] == b''
    m.noop()                # the one that is a link now, and 5, are gone
    assert ok(m.search(None, 'ALL'))[0] == b'1 2 3'
    if os.getuid() == 0:
        assert m.copy('3', 'Archive')[0] == 'NO'
    # an owner may throw away what he cannot read
    ok(m.store('1:*', '+FLAGS.SILENT', '\\Deleted'))
    ok(m.expunge())
    ok(m.append('INBOX', None, None, mail(9)))
    m.logout()
    assert subjects() == [9]
    os.rmdir(box + '/cur/6.directory:2,')
    os.unlink(box + '/cur/7.link:2,S')
    os.unlink(box + '/cur/8.fifo:2,')


def a_full_disk_in_APPEND():
    """A Maildir on a file system of its own, filled meanwhile."""
    if os.getuid() != 0:
        raise Skip('only root can mount')
    box, owner = c.alice.path, os.stat(c.alice.path)
    if run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', box,
           ok=False).returncode:
        raise Skip('mount is refused')
    try:
        os.chown(box, owner.st_uid, owner.st_gid)
        os.chmod(box, 0o700)
        fill(3)
        m = login()
        ok(m.select())
        typ, said = m.append('INBOX', None, None, mail(4, 'x' * 70 * 30000))
        assert typ == 'NO' and b'No space left' in said[0], said
        assert not os.listdir(box + '/tmp')
        with open(box + '/fill', 'wb', buffering=0) as f:
            try:
                while True:
                    f.write(b'x' * 4096)
            except OSError:
                pass
        assert m.append('INBOX', None, None, mail(4))[0] == 'NO'
        # flags need no room but in the log, whose last page may have some
        m.store('1', '+FLAGS', '\\Flagged')
        assert len(ok(m.fetch('1:*', '(BODY.PEEK[])'))) == 6
        os.unlink(box + '/fill')
        m.logout()
        fill(1, first=4)
        assert subjects() == [1, 2, 3, 4]
        assert not os.listdir(box + '/tmp')
    finally:
        run('umount', '-l', box)


def what_is_sent_ahead_of_the_login():
    """The commands behind it are the mailbox process's, whole."""
    empty()
    fill(2)
    s = socket.create_connection(address('imap'), timeout=60)
    name, password = user(1)
    s.sendall(('a LOGIN {%d+}\r\n%s "%s"\r\nb SELECT INBOX\r\nc FETCH 1:2 '
               'UID\r\nd LOGOUT\r\n' % (len(name), name, password)).encode())
    text = b''
    while True:
        more = s.recv(65536)
        if not more:
            break
        text += more
    assert re.search(rb'a OK .*b OK .*1 FETCH \(UID \d+\).*c OK .*d OK', text,
                     re.S), text


def nothing_passes_from_before_STARTTLS():
    s = socket.create_connection(address('imap'), timeout=60)
    f = s.makefile('rb')
    f.readline()
    s.sendall(b'a STARTTLS\r\nb NOOP\r\n')
    try:
        assert f.read() == b''
    except ConnectionResetError:
        pass                    # closed with something unread


# ---------------------------------------------------------------- programs

@c.nothing_refused()
def curl():
    empty()
    fill(3)
    url = 'imap://%s:%d' % address('imap')
    who = '%s:%s' % user(1)
    out = client('curl', '-sS', '-u', who, url + '/INBOX;MAILINDEX=2').stdout
    assert b'Subject: mail 2' in out
    out = run('curl', '-sS', '-u', who, url + '/INBOX', '-X',
              'SEARCH SUBJECT "mail 3"').stdout
    assert out == b'* SEARCH 3\r\n', out
    with Place() as p:
        path = p.file('m', mail(4).decode())
        run('curl', '-sS', '-u', who, '--ssl-reqd', '--cacert',
            c.ready['cafile'], url + '/INBOX', '-T', path)
    assert subjects() == [1, 2, 3, 4]


@c.nothing_refused()
def mbsync_both_ways():
    empty()
    fill(5)
    with Place() as p:
        rc = p.file('rc', '''IMAPAccount a
Host %s
Port %d
User %s
Pass %s
SSLType None

IMAPStore far
Account a

MaildirStore near
Path %s/m/
Inbox %s/m/INBOX
SubFolders Verbatim

Channel c
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
''' % (*address('imap'), *user(1), p.dir, p.dir))
        os.mkdir(p.dir + '/m')
        sync = ('mbsync', '-c', rc, '-a')
        client(*sync)
        cur = p.dir + '/m/INBOX/cur'
        new = p.dir + '/m/INBOX/new'
        assert len(os.listdir(cur)) + len(os.listdir(new)) == 5
        # here: one flagged, one deleted, one added; there: one seen
        names = sorted(os.listdir(new))
        os.rename(new + '/' + names[0], cur + '/' + names[0] + ':2,F')
        with open(p.dir + '/m/INBOX/new/1.2.x', 'wb') as f:
            f.write(mail(6).replace(b'\r\n', b'\n'))
        m = login()
        ok(m.select())
        ok(m.store('5', '+FLAGS', '\\Seen'))
        ok(m.create('Lists.here'))
        ok(m.append('Lists.here', None, None, mail(9)))
        m.logout()
        run(*sync)
        assert sorted(subjects()) == [1, 2, 3, 4, 5, 6]
        assert subjects(keys='FLAGGED') != []
        assert os.listdir(p.dir + '/m/Lists/here/new') != []
        gone = [n for n in os.listdir(cur) if n.endswith(':2,F')]
        os.unlink(cur + '/' + gone[0])
        run(*sync)
        assert len(subjects()) == 5 and subjects(keys='FLAGGED') == []
        before = sorted(os.listdir(cur) + os.listdir(new))
        run(*sync)
        assert before == sorted(os.listdir(cur) + os.listdir(new))


@c.nothing_refused()
def offlineimap_both_ways():
    empty()
    fill(4)
    with Place() as p:
        rc = p.file('rc', '''[general]
accounts = a
metadata = %s/meta
ui = basic
[Account a]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = %s/m
[Repository far]
type = IMAP
remotehost = %s
remoteport = %d
remoteuser = %s
remotepass = %s
ssl = no
starttls = no
''' % (p.dir, p.dir, *address('imap'), *user(1)))
        sync = ('offlineimap', '-c', rc, '-o')
        client(*sync)
        box = p.dir + '/m/INBOX'
        assert len(os.listdir(box + '/new')) == 4
        name = sorted(os.listdir(box + '/new'))[0]
        os.rename(box + '/new/' + name, box + '/cur/' + name + ':2,S'
                  if ':2,' not in name else box + '/cur/' +
                  name.replace(':2,', ':2,S'))
        fill(1, first=5)
        run(*sync)
        assert len(subjects(keys='SEEN')) == 1
        assert len(os.listdir(box + '/new') + os.listdir(box + '/cur')) == 5
        # here: one deleted, one added; there: one deleted, one moved
        os.unlink(box + '/new/' + sorted(os.listdir(box + '/new'))[0])
        run(*sync)
        left = subjects()
        assert len(left) == 4, left
        with open(box + '/new/1.2.x', 'wb') as f:
            f.write(mail(6).replace(b'\r\n', b'\n'))
        m = login()
        ok(m.select())
        for command in ('COPY', 'STORE'):
            ok(m.uid(command, ok(m.uid('SEARCH', 'ALL'))[0].split()[-1],
                     *(['Archive'] if command == 'COPY' else
                       ['+FLAGS', '\\Deleted'])))
        ok(m.expunge())
        m.logout()
        run(*sync)
        assert sorted(subjects()) == left[:-1] + [6]
        there = p.dir + '/m/Archive'
        assert len(os.listdir(there + '/new') + os.listdir(there + '/cur')) \
            == 1
        before = sorted(os.listdir(box + '/new') + os.listdir(box + '/cur'))
        assert len(before) == 4, before
        run(*sync)
        assert before == sorted(os.listdir(box + '/new') +
                                os.listdir(box + '/cur'))


@c.nothing_refused()
def mutt_reads_and_saves():
    for program in ('mutt', 'neomutt'):
        empty()
        fill(2)
        with Place() as p:
            rc = p.file('rc', '''set imap_user="%s" imap_pass="%s"
set folder="imap://%s:%d/" spoolfile="+INBOX" ssl_verify_host=no
set ssl_ca_certificates_file="%s"
set header_cache="%s/cache" copy=no confirmappend=no delete=yes quit=yes
''' % (*user(1), *address('imap'), c.ready['cafile'], p.dir))
            keys = ('push "<flag-message><next-entry><save-message>'
                    '<kill-line>=Archive<enter><sync-mailbox><quit>"')
            env = dict(os.environ, TERM='xterm', HOME=p.dir)
            if shutil.which(program) is None:
                raise Skip('no ' + program)
            client('script', '-qefc', '%s -F %s -e \'%s\'' % (
                program, rc, keys), '/dev/null', env=env,
                stdin=subprocess.DEVNULL, ok=False, timeout=60)
        assert subjects(keys='FLAGGED') == [1], program
        assert subjects(folder='Archive') == [2], program


@c.nothing_refused()
def s_nail_flags_copies_and_deletes():
    empty()
    fill(4)
    name, password = user(1)
    where = 'imaps://%s@localhost:%d/' % (name.replace('@', '%40'),
                                          address('imaps')[1])
    host = 'localhost:%d' % address('imaps')[1]
    script = ('flag 2\ncopy 2 %sArchive\ndelete 1\nprint "(subject \\"mail 3'
              '\\")"\nquit\n' % where)
    with Place() as p:
        out = client('s-nail', '-n', '-S', 'v15-compat', '-S', 'tls-ca-file=' +
                     c.ready['cafile'], '-S', 'tls-ca-no-defaults', '-S',
                     'tls-verify=strict', '-S', 'user-%s=%s' % (host, name),
                     '-S', 'password-%s=%s' % (host, password), '-f',
                     where + 'INBOX', input=script.encode(),
                     env=dict(os.environ, HOME=p.dir, MAILRC='/dev/null'))
    assert b'Hello 3.' in out.stdout and b'Hello 4.' not in out.stdout, out
    assert subjects() == [2, 3, 4] and subjects(folder='Archive') == [2]
    assert subjects(keys='FLAGGED') == [2]
    assert subjects(keys='UNSEEN') == [4]       # what it copies it has read


@c.nothing_refused()
def imapfilter_moves_and_flags():
    empty()
    fill(5)
    with Place() as p:
        lua = p.file('x.lua', '''options.starttls = false
a = IMAP { server = '%s', port = %d, username = '%s', password = '%s' }
r = a.INBOX:contain_subject('mail 2') + a.INBOX:contain_subject('mail 4')
r:move_messages(a.Archive)
a.INBOX:is_unseen():mark_flagged()
a.INBOX:contain_subject('mail 5'):delete_messages()
io.open('%s/idles', 'w'):close()
a.INBOX:enter_idle()
a.INBOX:contain_subject('mail 6'):mark_seen()
''' % (*address('imap'), *user(1), p.dir))
        arrives = threading.Thread(target=lambda: (
            wait('imapfilter', lambda: os.path.exists(p.dir + '/idles')),
            fill(1, first=6)))
        if shutil.which('imapfilter'):
            arrives.start()
        client('imapfilter', '-c', lua, env=dict(os.environ, HOME=p.dir))
        arrives.join()
    assert subjects() == [1, 3, 6] and subjects(folder='Archive') == [2, 4]
    assert subjects(keys='FLAGGED') == [1, 3]
    assert subjects(keys='SEEN') == [6]


@c.nothing_refused()
def fetchmail_by_IMAP():
    empty()
    fill(3)
    with Place() as p:
        rc = p.file('rc', 'poll %s protocol imap port %d user "%s" password '
                    '"%s" sslproto "" keep mda "cat >>%s/out"\n' % (
                        *address('imap'), *user(1), p.dir))
        env = dict(os.environ, HOME=p.dir, FETCHMAILHOME=p.dir)
        client('fetchmail', '-f', rc, '--pidfile', p.dir + '/pid', env=env)
        assert open(p.dir + '/out').read().count('Subject: mail') == 3
    assert len(subjects(keys='SEEN')) == 3


def perl(module, script):
    if run('perl', '-M' + module, '-e', '1', ok=False).returncode:
        raise Skip('no ' + module)
    name, password = user(1)
    host, port = address('imap')
    out = run('perl', '-M' + module, '-e', script, name, password, host, port)
    assert out.stdout == b'ok\n', out


@c.nothing_refused()
def Mail_IMAPClient():
    empty()
    fill(3)
    perl('Mail::IMAPClient', r'''
my ($u, $p, $h, $n) = @ARGV;
my $m = Mail::IMAPClient->new(Server => $h, Port => $n, User => $u,
    Password => $p, Uid => 1) or die $@;
$m->select("INBOX") or die;
my @s = $m->search(SUBJECT => "mail 2") or die $@;
my $e = $m->get_envelope($s[0]) or die $@;
die unless $e->subject eq "mail 2";
my $b = $m->get_bodystructure($s[0]) or die;
die unless $b->bodytype =~ /^text$/i;
$m->move("Archive", $s[0]) or die;
$m->expunge; die unless $m->message_count("INBOX") == 2;
$m->set_flag("Forwarded", ($m->messages)[0]) or die;
my $h2 = $m->fetch_hash("FLAGS", "RFC822.SIZE"); die unless keys %$h2 == 2;
my $o = Mail::IMAPClient->new(Server => $h, Port => $n, User => $u,
    Password => $p) or die $@;
my $t = $m->idle or die $@;
$o->append("INBOX", "Subject: mail 4\r\n\r\nx\r\n") or die $@;
my $d = $m->idle_data(30) or die $@;
die "@$d" unless grep /\* 3 EXISTS/, @$d;
$m->done($t) or die $@;
$o->logout;
$m->logout; print "ok\n";
''')


@c.nothing_refused()
def Mail_IMAPTalk():
    empty()
    fill(3)
    perl('Mail::IMAPTalk', r'''
my ($u, $p, $h, $n) = @ARGV;
my $m = Mail::IMAPTalk->new(Server => "$h:$n", Username => $u,
    Password => $p, Uid => 1, Separator => ".")
    or die $@;
$m->select("INBOX") or die $@;
my $f = $m->fetch("1:*", "(flags envelope bodystructure)") or die $@;
die unless keys %$f == 3;
my @u = sort { $a <=> $b } keys %$f;
die unless $f->{$u[0]}{envelope}{Subject} eq "mail 1";
$m->store($u[0], "+flags", "(\\Answered)") or die $@;
my $s = $m->search("answered") or die $@; die unless "@$s" eq $u[0];
$m->copy("$u[1]:$u[2]", "Archive") or die $@;
my $st = $m->status("Archive", "(messages unseen)") or die $@;
die unless $st->{messages} == 2;
$m->logout; print "ok\n";
''')


for number in (1, 2):
    wait('a login of user %d' % number, lambda: known(number))
tell([
    imaplib_over_STARTTLS_and_TLS, folders_of_the_first_login,
    two_clients_see_each_other, idle_tells_at_once,
    notify_tells_of_a_mailbox_that_is_not_selected,
    notify_hears_what_comes_while_it_looks_at_others,
    notify_hears_what_comes_just_before_a_rename, mail_that_arrives_by_SMTP,
    every_charset_that_iconv_knows,
    a_connection_that_drops_in_the_middle_of_APPEND,
    files_that_are_not_right, a_full_disk_in_APPEND,
    what_is_sent_ahead_of_the_login, nothing_passes_from_before_STARTTLS,
    curl, mbsync_both_ways, offlineimap_both_ways, mutt_reads_and_saves,
    s_nail_flags_copies_and_deletes, imapfilter_moves_and_flags, fetchmail_by_IMAP, Mail_IMAPClient,
    Mail_IMAPTalk,
])
