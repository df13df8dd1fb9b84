"""The parts about IMAP and POP3, beside Dovecot.

Replies are counted, not parsed, so that the server is what is measured: an
answer ends where the last bytes are a line with the command's tag.
"""
import os
import re
import statistics
import time
import types

import corpus
import peers as servers
import tools
from result import note

MANY = int(os.environ.get('MAILS', '10000')) // tools.LESS
FEW = 1000 // tools.LESS
HUGE = int(os.environ.get('MESSAGES', '1000000'))
FULL = ('FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE '
        'BODYSTRUCTURE)')
HEADERS = ('UID FETCH 1:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS '
           '(From To Cc Bcc Subject Date Message-ID Priority X-Priority '
           'References Newsgroups In-Reply-To Content-Type Reply-To)])')
BODIES = 'FETCH 1:* BODY.PEEK[]'
LOGIN = 'x LOGIN %s ' + servers.SECRET
LISTING = types.SimpleNamespace(name='a listing')


class Connection:
    def __init__(self, port, tls=False):
        self.sock = tools.connect(port, tls)
        self.room = bytearray(1 << 18)
        self.read(lambda tail: tail.endswith(b'\r\n'))

    def read(self, ended):
        """Bytes read until the last 4,000 are an end."""
        total, tail = 0, b''
        while not ended(tail):
            n = self.sock.recv_into(self.room)
            if n == 0:
                raise SystemExit('connection closed after %r' % tail[-200:])
            total += n
            new = bytes(memoryview(self.room)[max(0, n - 4000):n])
            tail = (tail + new)[-4000:]
        self.tail = tail
        return total

    def close(self):
        self.sock.close()


class Imap(Connection):
    def __init__(self, peer, user, tls=False):
        super().__init__(peer.imaps if tls else peer.imap, tls)
        self.n = 0
        self.ask(LOGIN[2:] % user)

    def ask(self, command):
        """(seconds, bytes)"""
        self.n += 1
        tag = b'tag-%d' % self.n
        last = re.compile(b'(^|\n)' + tag + b' [^\r\n]*\r\n$')
        began = time.monotonic()
        self.sock.sendall(tag + b' ' + command.encode() + b'\r\n')
        size = self.read(last.search)
        took = time.monotonic() - began
        if not re.search(tag + b' OK', self.tail):
            raise SystemExit('%s: %r' % (command, self.tail[-200:]))
        return took, size

    def time(self, row, command, floor, peer, times=1):
        note(row, 'ms', floor, peer, 1000 * statistics.median(
            self.ask(command)[0] for _ in range(times)))

    def end(self):
        self.ask('LOGOUT')
        self.close()


def warm(peers):
    """The first login of a user makes folders, and is not what is measured."""
    for p in peers:
        for user in servers.READERS:
            Imap(p, user).end()


def fill(peers):
    """The mailboxes: once, the same in all."""
    if not os.listdir(peers[0].reader('b2') + '/cur'):
        for user, count in (('b1', FEW), ('b2', MANY)):
            corpus.fill([p.reader(user) for p in peers], servers.READER_UID,
                        count)
        os.sync()


def rate(row, peers, port, count, dialog, floor, *flags):
    for p in peers:
        cpu = p.cpu()
        seconds = tools.load(getattr(p, port), count, 8, dialog, *flags)
        time.sleep(0.3)
        note(row, 'a second', floor, p, count / seconds)
        note(row + ', CPU', 'ms each', 'x0.2 or less' if floor else '', p,
             (p.cpu() - cpu) * 1000 / count)


def login(peers):
    many = ['-u', '20']
    imap = [LOGIN % 'i%', 'x LOGOUT']
    pop3 = ['USER i%', 'PASS ' + servers.SECRET, 'QUIT']
    count = 600 // tools.LESS
    rate('IMAP login, 8 clients', peers, 'imap', count, imap, 'x5', *many)
    rate('POP3 login, 8 clients', peers, 'pop3', count, pop3, 'x5', *many)
    rate('IMAP login over TLS 1.3, 8 clients', peers, 'imaps', count // 2,
         imap, '', '-t', '1.3', *many)
    rate('IMAP login, a yescrypt secret, 8 clients', peers, 'imap',
         count // 4, [LOGIN % 'h1', 'x LOGOUT'], '')


def auth(peers):
    """CPU of a login with a hashed password, less that of one without (an
    HMAC, or the text), less the hash: in turns, for the differences of each,
    whose median is taken, are of one moment."""
    some = 20 // tools.LESS
    for user, kind in (('h2', 'cheap hash'), ('h1', 'yescrypt')):
        for p in peers:
            above = [pop3_cpu(p, user, some) - pop3_cpu(p, 'i1', some)
                     - hash_cpu(user, some) for _ in range(11)]
            note('a password check above its %s, CPU' % kind, 'ms',
                 '1 or less', p, statistics.median(above))


def pop3_cpu(p, user, count):
    cpu = p.cpu()
    tools.load(p.pop3, count, 1,
               ['USER ' + user, 'PASS ' + servers.SECRET, 'QUIT'])
    time.sleep(0.3)
    return (p.cpu() - cpu) * 1000 / count


def hash_cpu(user, count):
    began = time.thread_time()
    for _ in range(count):
        servers.CRYPT(servers.SECRET.encode(), servers.HASHES[user].encode())
    return (time.thread_time() - began) * 1000 / count


def imap(peers):
    fill(peers)
    title = '%d mails: ' % MANY
    for some in (indexed, bodies, changes):
        for p in peers:
            os.sync()           # whose it is, not who flushes next, pays
            some(p, title)
    append(peers)
    notice(peers)
    idle_imap(peers)


def indexed(p, title):
    """What is known already, asked by a session right behind the one that had
    to look for it."""
    p.forget('b2')
    c = Imap(p, 'b2')
    c.time(title + 'SELECT, no index', 'SELECT INBOX', 'x0.5 or less', p)
    c.time(title + 'envelope and structure, no cache', FULL, 'x0.5 or less', p)
    c.end()
    c = Imap(p, 'b2')
    c.time(title + 'SELECT', 'SELECT INBOX', 'x1 or less', p)
    c.time(title + 'envelope and structure', FULL, 'x0.33 or less', p)
    c.time(title + 'FLAGS', 'FETCH 1:* FLAGS', 'x1 or less', p, 5)
    c.end()
    p.forget('b2')
    c = Imap(p, 'b2')
    c.ask('SELECT INBOX')
    c.time(title + 'header fields, no cache', HEADERS, 'x0.5 or less', p)
    c.end()
    c = Imap(p, 'b2')
    c.ask('SELECT INBOX')
    c.time(title + 'header fields', HEADERS, 'x0.5 or less', p)
    c.end()


def bodies(p, title):
    for tls, floor in ((False, 'x1.3'), (True, 'x1.5')):
        c = Imap(p, 'b2', tls)
        c.ask('SELECT INBOX')
        note(title + 'BODY.PEEK[]' + (' over TLS' if tls else ''), 'MB/s',
             floor, p, statistics.median(
                 size / 1e6 / took
                 for took, size in (c.ask(BODIES) for _ in range(3))))
        if not tls:
            for what, floor in (('SUBJECT quarterly', 'x0.5 or less'),
                                ('FROM needle', 'x0.5 or less'),
                                ('BODY zebrafish', 'x0.2 or less'),
                                ('TEXT axolotl', 'x0.2 or less')):
                c.time(title + 'SEARCH ' + what, 'SEARCH ' + what, floor, p, 3)
        c.end()


def changes(p, title):
    c = Imap(p, 'b2')
    c.ask('SELECT INBOX')
    c.time(title + 'STORE +FLAGS', 'STORE 1:* +FLAGS (\\Draft)',
           'x1 or less', p)
    c.ask('STORE 1:* -FLAGS.SILENT (\\Draft)')
    c.ask('CREATE copies')
    c.time(title + 'COPY', 'COPY 1:* copies', 'x1 or less', p)
    c.ask('SELECT copies')
    c.ask('STORE 1:* +FLAGS.SILENT (\\Deleted)')
    c.time(title + 'EXPUNGE', 'EXPUNGE', 'x1 or less', p)
    c.ask('SELECT INBOX')
    c.ask('DELETE copies')
    c.end()


def append(peers):
    data = corpus.message(7).replace(b'\n', b'\r\n')
    each = 300 // tools.LESS
    for clients, user, floor, row in (
            (1, 'a1', 'x1', '1 client'),
            (10, 'a%', 'x1.3', '10 clients'),
            (10, 'w', 'x1.5', '10 clients, one mailbox')):
        share = max(each // clients, 10)
        dialog = [LOGIN % user, b'x APPEND INBOX {%d+}\r\n%s' % (
            len(data), data), 'x LOGOUT']
        for p in peers:
            os.sync()
            took = tools.load(p.imap, clients, clients, dialog, '-u', '10',
                              '-r', str(share))
            note('APPEND, ' + row, 'messages/s', floor, p,
                 share * clients / took)
            for u in ['w'] + ['a%d' % n for n in range(1, 11)]:
                empty(p, u)


def empty(p, user):
    p.forget(user)
    for sub in ('new', 'cur'):
        for e in os.scandir('%s/%s' % (p.reader(user), sub)):
            os.unlink(e.path)


def notice(peers):
    """IDLE: from the file in new/ to EXISTS."""
    for p in peers:
        c, took = Imap(p, 'w'), []
        c.ask('SELECT INBOX')
        c.sock.sendall(b'i IDLE\r\n')
        c.read(lambda tail: b'+ ' in tail)
        for n in range(max(15 // tools.LESS, 5)):
            time.sleep(0.4)
            name = '%d.M%dP2.bench' % (time.time(), n)
            path = '%s/tmp/%s' % (p.reader('w'), name)
            with open(path, 'wb') as f:
                f.write(corpus.message(n))
            os.chown(path, servers.READER_UID, servers.READER_UID)
            began = time.monotonic()
            os.rename(path, '%s/new/%s' % (p.reader('w'), name))
            c.read(lambda tail: b' EXISTS' in tail)
            took.append((time.monotonic() - began) * 1000)
        note('IDLE, file in new/ to EXISTS, median', 'ms', '20 or less', p,
             statistics.median(took))
        note('IDLE, file in new/ to EXISTS, worst', 'ms', '100 or less', p,
             max(took))
        c.sock.sendall(b'DONE\r\n')
        c.read(lambda tail: b'i OK' in tail)
        c.end()
        empty(p, 'w')


def idle_imap(peers):
    """Sessions in IDLE, each with the mailbox selected."""
    for user, tls, floor in (('b1', False, '200 or less'),
                             ('b2', False, '200 or less'),
                             ('b1', True, '500 or less')):
        for p in peers:
            Imap(p, user).end()
            time.sleep(1)
            rest, held = p.pss(), []
            for _ in range(50):
                c = Imap(p, user, tls)
                c.ask('SELECT INBOX')
                c.sock.sendall(b'i IDLE\r\n')
                c.read(lambda tail: b'+ ' in tail)
                held.append(c)
            time.sleep(2)
            note('an idle IMAP session%s, %d mails, PSS' % (
                ' with TLS' if tls else '', FEW if user == 'b1' else MANY),
                'KiB', floor, p, (p.pss() - rest) / len(held))
            for c in held:
                c.close()
            time.sleep(1)


class Pop3(Connection):
    def __init__(self, peer, user):
        super().__init__(peer.pop3)
        self.ask('USER ' + user)
        self.ask('PASS ' + servers.SECRET)

    def ask(self, command, lines=False):
        """Bytes; `lines` where the answer ends with a dot."""
        self.sock.sendall(command.encode() + b'\r\n')
        size = self.read(lambda tail: tail.endswith(
            b'\r\n.\r\n' if lines else b'\r\n'))
        return size

    def retrieve(self, count, window=64):
        """Bytes of all messages; a few RETR are always on the way."""
        sent = got = size = 0
        carry = b''
        while got < count:
            while sent < count and sent - got < window:
                k = min(window // 2, count - sent)
                self.sock.sendall(b''.join(b'RETR %d\r\n' % (sent + i + 1)
                                           for i in range(k)))
                sent += k
            n = self.sock.recv_into(self.room)
            if n == 0:
                raise SystemExit('connection closed in RETR')
            size += n
            data = carry + self.room[:n]
            got += data.count(b'\r\n.\r\n')
            carry = data[-4:]
        return size

    def end(self):
        self.ask('QUIT')
        self.close()


def pop3(peers):
    fill(peers)
    title = '%d mails: POP3 ' % MANY
    for p in peers:
        Pop3(p, 'b2').end()
        began = time.monotonic()
        c = Pop3(p, 'b2')
        c.ask('STAT')
        count = int(c.tail.split()[1])
        note(title + 'login and STAT', 'ms', 'x1 or less', p,
             (time.monotonic() - began) * 1000)
        began = time.monotonic()
        c.ask('UIDL', True)
        note(title + 'UIDL', 'ms', 'x1 or less', p,
             (time.monotonic() - began) * 1000)
        began = time.monotonic()
        size = c.retrieve(count)
        note(title + 'RETR all', 'MB/s', 'x1.5', p,
             size / 1e6 / (time.monotonic() - began))
        c.end()
    for p in peers:
        time.sleep(1)
        rest, held = p.pss(), [Pop3(p, 'i%d' % n) for n in range(1, 21)]
        time.sleep(1)
        note('an idle POP3 session, PSS', 'KiB', '150 or less', p,
             (p.pss() - rest) / len(held))
        for c in held:
            c.close()


def million(peers):
    """A mailbox that is not looked at twice must open at once, whatever is in
    it: in the store alone, then by IMAP and POP3, cold too."""
    ours = next(p for p in peers if p.name == 'correo')
    title = '%d mails: ' % HUGE
    store(ours, title + 'the store, ')
    for sub in ('', '/cur', '/new', '/tmp'):    # root has made them
        os.chown(ours.reader('m') + sub, servers.READER_UID,
                 servers.READER_UID)
    try:
        drop_cache(ours)
        cold = ['cold']
    except OSError as e:
        print('skipped: a cold cache: %s' % e)
        cold = []
    for name, opened, at_best in (
            ('SELECT', select, '50 or less'),
            ('POP3 login and STAT', stat, 'x3 or less')):
        for cache in cold + ['warm']:
            for what, files, floor in (
                    ('first ' + name, '*', 'x3 or less'),
                    (name + ' without index', 'index', 'x3 or less'),
                    (name, 'none', at_best if cache == 'warm' else
                     'x3 or less')):
                row = '%s%s, %s' % (title, what, cache)
                ready = drop_cache if cache == 'cold' else listed
                ready(ours)
                note(row, 'ms', floor, LISTING, 1000 * listed(ours))
                ours.forget('m', files)
                ready(ours)
                took, own = opened(ours)
                note(row, 'ms', floor, ours, 1000 * took)
                note(title + what + ', private memory', 'KiB',
                     '1000 or less', ours, own)


def drop_cache(_):
    """The machine's: of pages, names and inodes."""
    os.sync()
    with open('/proc/sys/vm/drop_caches', 'w') as f:
        f.write('3')


def listed(ours):
    began = time.monotonic()
    tools.output(['sh', '-c', 'ls -f "$0" >/dev/null',
                  ours.reader('m') + '/cur'])
    return time.monotonic() - began


def select(ours):
    """Seconds, and KiB of the mailbox's process that no file backs."""
    c = Imap(ours, 'm')
    took = c.ask('SELECT INBOX')[0]
    own = sum(readers(ours))
    c.end()
    index_written(ours)
    return took, own


def stat(ours):
    began = time.monotonic()
    c = Pop3(ours, 'm')
    c.ask('STAT')
    took, own = time.monotonic() - began, sum(readers(ours))
    c.end()
    index_written(ours)
    return took, own


def readers(ours):
    """Of each mailbox session."""
    own = []
    for pid in ours.pids():
        try:
            text = open('/proc/%d/status' % pid).read()
        except OSError:
            continue
        lives = re.match(r'Name:\treader\n[^\0]*RssAnon:\s+(\d+)', text)
        if lives:
            own.append(int(lives[1]))
    return own


def index_written(ours):
    """A session ends when it has written what the next one is spared."""
    while readers(ours):
        time.sleep(0.1)


def store(ours, title):
    text = tools.output([os.environ['FOLDER'], ours.reader('m'), str(HUGE)])
    found = dict(re.findall(r'^([a-z][^:]*?)  +([\d.]+) ms$', text, re.M))
    dirty = re.findall(r'^RssAnon:\s+(\d+)', text, re.M)
    for row, of, floor in (('open', 'warm open and close', '50 or less'),
                           ('first open', 'first open', ''),
                           ('open without index', 'open without index',
                            'x3 or less')):
        note(title + row, 'ms', floor, LISTING, float(found['list cur/']))
        note(title + row, 'ms', floor, ours, float(found[of]))
    for row, kib in zip(('first open', 'open'), dirty):
        note(title + row + ', private memory', 'KiB', '1000 or less', ours,
             int(kib))


PARTS = {f.__name__: f for f in (login, auth, imap, pop3, million)}
ASKED = ['million']             # minutes: only when it is named
