"""IMAP as its users know it: sessions that synchronise, search and idle; and
what a client or a man in the middle may try."""
import base64
import ctypes
import imaplib
import os
import re
import socket
import threading

from correo import Skip, run, tell, wait
from imap_user import begin, c, empty, fill, login, mail, ok, subjects, tls, \
    user, address

LIBC = ctypes.CDLL(None)
LIBC.iconv_open.restype = ctypes.c_void_p
LIBC.iconv.restype = ctypes.c_size_t


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


@c.nothing_refused()
def three_hundred_messages_with_one_APPEND():
    """More than a session may have files open.  alpine saves so what was
    chosen in another place."""
    empty()
    with socket.create_connection(address('imap'), 60) as s, \
            s.makefile('rb') as f:
        f.readline()
        s.sendall(b'a LOGIN %s %s\r\n' % tuple(x.encode() for x in user(1)))
        assert f.readline().startswith(b'a OK')
        s.sendall(b'b APPEND INBOX' + b''.join(
            b' (\\Seen k%d) "17-Jul-1996 02:44:25 -0700" {%d+}\r\n%s' %
            (i % 3, len(mail(i)), mail(i)) for i in range(1, 301)) + b'\r\n')
        line = f.readline()
        assert re.match(rb'b OK \[APPENDUID \d+ \d+:\d+\] ', line), line
    assert subjects(keys='KEYWORD k1 SEEN') == list(range(1, 301, 3))
    assert len(subjects(keys='SENTON 22-Nov-2026 ON 17-Jul-1996')) == 300


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


def logins_taken_back():
    """RFC 3501 6.2.2: * is answered BAD, and another login may follow; name and
    password may be literals that wait (4.3, 7.5)."""
    s = socket.create_connection(address('imap'), timeout=60)
    f = s.makefile('rb')
    f.readline()

    def say(line):
        s.sendall(line.encode() + b'\r\n')
        return f.readline().decode()
    for first, lines in (('PLAIN', ()), ('login', ('YWxpY2U=',)),
                         ('SCRAM-SHA-256', ('biwsbj1hbGljZSxyPWFiYw==',))):
        for last in '*', '* ', '=!', 'YQ':
            got = say('a AUTHENTICATE ' + first)
            for line in lines:
                assert got.startswith('+ '), got
                got = say(line)
            assert got.startswith('+ '), got
            got = say(last)
            assert got.startswith('a BAD '), got
            assert ('cancelled' in got) == (last == '*'), got
    name, password = user(1)
    assert say('b LOGIN {%d}' % len(name)).startswith('+ ')
    assert say('%s {%d}' % (name, len(password))).startswith('+ ')
    got = say(password)
    assert got.startswith('b OK '), got


begin()
tell([
    logins_taken_back,
    imaplib_over_STARTTLS_and_TLS, folders_of_the_first_login,
    two_clients_see_each_other, idle_tells_at_once,
    notify_tells_of_a_mailbox_that_is_not_selected,
    notify_hears_what_comes_while_it_looks_at_others,
    notify_hears_what_comes_just_before_a_rename, mail_that_arrives_by_SMTP,
    every_charset_that_iconv_knows,
    a_connection_that_drops_in_the_middle_of_APPEND,
    three_hundred_messages_with_one_APPEND, files_that_are_not_right, a_full_disk_in_APPEND,
    what_is_sent_ahead_of_the_login, nothing_passes_from_before_STARTTLS,
])
