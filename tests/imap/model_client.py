"""One IMAP connection for model.py: what a client may believe.

Every untagged reply changes the connection's idea of its mailbox, as RFC 9051
7 says, and is refused where it may not stand.  What is refused raises Wrong.
"""
import datetime
import re
import socket

from model_wire import Wire

LITERAL = re.compile(rb'\{(\d+)\}\r\n$')


class Wrong(Exception):
    pass


class Gone(Exception):
    """The connection ended."""


def need(true, *what):
    if not true:
        raise Wrong(' '.join(str(w) for w in what))


def uids(text):
    """A set without * as a list, in its order."""
    out = []
    for part in text.split(',') if text else ():
        a, _, b = part.partition(':')
        out.extend(range(int(a), int(b or a) + 1))
    return out


def as_set(numbers):
    return ','.join(map(str, numbers))


class Mail:
    __slots__ = ('uid', 'flags', 'modseq', 'token', 'recent', 'date', 'size')

    def __init__(self):
        self.uid = self.flags = self.modseq = self.token = None
        self.recent = self.date = self.size = None


class Folder:
    """What may be known of a folder over all connections."""

    def __init__(self):
        self.validity = None
        self.top = 0            # the highest UID told
        self.floor = 0          # what is new is above it
        self.modseq = 0         # the highest told
        self.flags = {}         # (uid, modseq): flags
        self.token = {}         # uid: token, for ever
        self.uid = {}           # token: its last UID, as COPYUID told it
        self.dead = set()       # told to be gone
        self.recent = {}        # uid: the session that has it as \Recent
        self.silent = set()     # uids that may be, to one that is not told
        self.left = set()       # tokens that may be, to one that has gone
        self.told = {}          # by STATUS


class Client:
    picture = None              # of all mailboxes, if it watches them
    asked = False               # STATUS for HIGHESTMODSEQ (RFC 7162 3.1)
    notify = False              # it is told between commands: reads of what
                                # was true some time ago

    def __init__(self, address, user, folders, name, enable=''):
        self.wire = Wire(address)
        self.folders = folders
        self.name = name
        self.n = 0
        self.verb = self.command = ''
        self.trace = []
        self.reset()
        self.qresync = self.condstore = self.rev2 = self.utf8 = False
        self.line()
        self.ok('LOGIN %s %s' % user)
        if enable:
            self.ok('ENABLE ' + enable)

    def enabled(self, what):
        self.qresync |= 'QRESYNC' in what
        self.condstore |= self.qresync or 'CONDSTORE' in what
        self.rev2 |= 'IMAP4rev2' in what
        self.utf8 |= self.rev2 or 'UTF8=ACCEPT' in what
        if self.rev2:           # nothing of it is told from here on
            for m in self.view:
                m.recent = None

    def compress(self):
        self.ok('COMPRESS DEFLATE')
        self.wire.compress()

    def spelt(self, name):
        return name if self.utf8 else name.replace('Ü', '&ANw-')

    composed = False

    def named(self, name):
        """Every other time decomposed, which is the same name (RFC 9051
        5.1)."""
        self.composed = not self.composed
        if self.composed:
            return '"%s"' % self.spelt(name)
        return '"%s"' % name.replace('Ü', 'U\u0308' if self.utf8 else
                                     'U&Awg-')

    def reset(self):
        self.folder = None      # its name
        self.view = []
        self.read_only = False
        self.session = object()
        self.recents = 0        # as RECENT told last
        self.saved = []         # "$"

    # ---- bytes

    def line(self):
        """A reply: its bytes without literals, and the literals."""
        text, literals = b'', []
        while True:
            part = self.wire.readline()
            if not part.endswith(b'\r\n'):
                raise Gone(self.name)
            text += part
            m = LITERAL.search(part)
            if not m:
                break
            data = self.wire.read(int(m[1]))
            if len(data) != int(m[1]):
                raise Gone(self.name)
            literals.append(data)
        text = text[:-2].decode()
        self.trace.append('S: ' + text)
        return text, literals

    def send(self, command, literal=None):
        """The tag; with a literal it goes along (LITERAL+), and a list may
        have more of them."""
        self.n += 1
        tag = '%s%d' % (self.name, self.n)
        parts = command if isinstance(command, list) else [command]
        parts = parts + [literal] * (literal is not None)
        command = ' '.join('{}' if isinstance(p, bytes) else p for p in parts)
        self.command, words = command, command.split(' ')
        self.verb = words[0]
        self.asked |= self.verb == 'STATUS' and 'HIGHESTMODSEQ' in command
        self.by_uid = self.verb == 'UID'
        if self.by_uid:
            self.verb = words[1]
        self.found = self.esearch = None
        self.threads, self.lists, self.statuses = '', [], {}
        self.told, self.literals = {}, []
        self.codes = []
        self.seen = 0           # the highest MODSEQ of a FETCH in it
        del self.trace[:-60]
        self.trace.append('C: %s %s' % (tag, command))
        data = b' '.join(b'{%d+}\r\n' % len(p) + p if isinstance(p, bytes)
                         else p.encode() for p in [tag] + parts)
        try:
            self.wire.send(data + b'\r\n')
        except OSError:
            raise Gone(self.name)
        return tag

    def finish(self, tag):
        """Reads until the tagged reply: (OK or NO, its text)."""
        while True:
            try:
                text, literals = self.line()
            except OSError as e:
                if isinstance(e, socket.timeout):
                    raise Wrong('no reply within 60 s')
                raise Gone(self.name)
            if text.startswith(tag + ' '):
                word, _, rest = text[len(tag) + 1:].partition(' ')
                need(word in ('OK', 'NO'), 'answered', text)
                self.code(rest)
                self.count_on()
                self.verb = ''
                return word, rest
            need(text.startswith('* '), 'not a reply:', text)
            self.untagged(text[2:], literals)

    def run(self, command, literal=None):
        self.before = {name: f.top for name, f in self.folders.items()}
        return self.finish(self.send(command, literal))

    def ok(self, command, literal=None):
        word, rest = self.run(command, literal)
        need(word == 'OK', command, word, rest)
        return rest

    # ---- what it tells

    def untagged(self, text, literals):
        m = re.match(r'(\d+) (EXISTS|EXPUNGE|RECENT|FETCH)(?: (.*))?$', text,
                     re.S)
        if m:
            n = int(m[1])
            if m[2] == 'EXISTS':
                self.exists(n)
            elif m[2] == 'EXPUNGE':
                self.expunge(n)
            elif m[2] == 'RECENT':
                self.recents = n
            elif m[2] == 'FETCH':
                self.fetch(n, m[3], literals)
            return
        word, _, rest = text.partition(' ')
        if word == 'VANISHED':
            self.vanished(rest)
        elif word in ('SEARCH', 'SORT'):
            m = re.match(r'([\d ]*)(?:\(MODSEQ (\d+)\))?$', rest)
            need(m, 'bad', text)
            self.found = [int(w) for w in m[1].split()]
        elif word == 'ESEARCH':
            self.esearch = rest
        elif word == 'THREAD':
            self.threads = rest
        elif word in ('LIST', 'LSUB'):
            self.list(word, rest)
        elif word == 'STATUS':
            self.status(rest)
        elif word == 'ENABLED':
            self.enabled(rest)
        elif word in ('OK', 'NO'):
            self.code(rest)
        elif word == 'BYE' and self.verb != 'LOGOUT':
            raise Gone(self.name + ' ' + text)
        else:
            need(word in ('FLAGS', 'CAPABILITY', 'BYE'),
                 'unexpected', text)

    def code(self, rest):
        m = re.match(r'\[([A-Z-]+)(?: ([^]]*))?\]', rest)
        if not m:
            return
        self.codes.append((m[1], m[2]))
        if m[1] == 'CLOSED':
            self.reset()
            self.folder, self.read_only = self.next_folder
        f = self.folders.get(self.folder)
        if m[1] == 'UIDVALIDITY' and f:
            need(f.validity in (None, m[2]), 'UIDVALIDITY changed')
            f.validity = m[2]
        elif m[1] == 'UIDNEXT' and f:
            need(int(m[2]) > f.top or int(m[2]) > f.floor,
                 'UIDNEXT', m[2], 'after', f.top)
            self.next = int(m[2])
        elif m[1] == 'HIGHESTMODSEQ' and f:
            was = f.modseq if self.verb in ('SELECT', 'EXAMINE') else \
                self.modseq
            need(int(m[2]) >= was, 'HIGHESTMODSEQ back', m[2], was)
            f.modseq = max(f.modseq, int(m[2]))

    def count_on(self):
        """What a client may come back with (RFC 7162 6)."""
        high = [int(v) for k, v in self.codes if k == 'HIGHESTMODSEQ']
        self.modseq = high[-1] if high else max(self.modseq, self.seen)

    modseq = 0
    next = 0

    def list(self, word, rest):
        m = re.match(r'\(([^)]*)\) "\." ("[^"]*"|[^ ]+)(?: (.*))?$', rest)
        need(m, 'bad', word, rest)
        attrs, name, ext = set(m[1].split()), m[2].strip('"'), m[3] or ''
        need(name.isascii() or self.utf8, name, 'in UTF-8')
        name = name.replace('&ANw-', 'Ü')
        self.lists.append((word, attrs, name, ext))
        if self.picture and word == 'LIST':
            self.picture.list(attrs, name, ext)

    def status(self, rest):
        m = re.match(r'("[^"]*"|[^ ]+) \((.*)\)$', rest)
        need(m, 'bad STATUS', rest)
        name, words = m[1].strip('"').replace('&ANw-', 'Ü'), m[2].split()
        got = {k: int(v) if v.isdigit() else v
               for k, v in zip(words[::2], words[1::2])}
        self.statuses[name] = got
        if self.picture:
            self.picture.status(name, got)

    def exists(self, n):
        need(self.folder, 'EXISTS without a mailbox')
        need(n >= len(self.view), 'EXISTS', n, 'of', len(self.view))
        while len(self.view) < n:
            self.view.append(Mail())

    def may_expunge(self):
        need(self.folder, 'gone without a mailbox')
        need(self.verb and (self.by_uid or self.verb not in
                            ('FETCH', 'STORE', 'SEARCH', 'SORT',
                             'THREAD')),
             'a message goes during', self.verb or 'nothing (RFC 9051 7.5.1)')

    def expunge(self, n):
        need(not self.qresync, 'EXPUNGE after ENABLE QRESYNC')
        self.may_expunge()
        need(1 <= n <= len(self.view), 'EXPUNGE', n, 'of', len(self.view))
        self.drop(self.view.pop(n - 1))

    def drop(self, m):
        if m.uid:
            self.folders[self.folder].dead.add(m.uid)
        self.saved = [s for s in self.saved if s is not m]

    def vanished(self, rest):
        need(self.qresync, 'VANISHED without QRESYNC')
        earlier = rest.startswith('(EARLIER) ')
        gone = set(uids(rest.split(' ')[-1]))
        if earlier:
            need(self.verb == 'SELECT', 'EARLIER in', self.verb)
            self.resync_gone |= gone
            return
        self.may_expunge()
        for uid in sorted(gone):
            i = next((i for i, m in enumerate(self.view)
                      if m.uid and m.uid >= uid), len(self.view))
            if i == len(self.view) or self.view[i].uid != uid:
                i -= 1          # it has not asked for that one's UID yet
                need(i >= 0 and self.view[i].uid is None, 'VANISHED', uid,
                     'which it never had')
            self.drop(self.view.pop(i))

    def fetch(self, n, text, literals):
        need(1 <= n <= len(self.view), 'FETCH', n, 'of', len(self.view))
        m, f = self.view[n - 1], self.folders[self.folder]
        got = re.search(r'\bUID (\d+)', text)
        if got:
            uid = int(got[1])
            need(m.uid in (None, uid), 'UID of', n, m.uid, 'is now', uid)
            need(uid not in f.dead or m.uid or self.notify, 'UID', uid,
                 'rose from the dead')
            for other in self.view[:n - 1]:
                need(not other.uid or other.uid < uid, 'UIDs out of order')
            if uid not in f.token and m.uid is None and not self.notify:
                need(uid > f.floor, 'UID', uid, 'is new, after', f.floor)
            m.uid = uid
            f.top = max(f.top, uid)
        got = re.search(r'FLAGS \(([^)]*)\)', text)
        modseq = re.search(r'MODSEQ \((\d+)\)', text)
        if got:
            self.flags(m, frozenset(got[1].split()))
        if modseq:
            self.seen = max(self.seen, int(modseq[1]))
        if modseq and m.uid:
            was, m.modseq = m.modseq or 0, int(modseq[1])
            need(m.modseq >= was, 'MODSEQ of', m.uid, was, 'back to',
                 m.modseq)
            if got:
                key = m.uid, m.modseq
                need(f.flags.setdefault(key, m.flags) == m.flags,
                     'two sets of flags at MODSEQ', key, m.flags,
                     f.flags[key])
        got = re.search(r'RFC822\.SIZE (\d+)', text)
        if got:
            need(m.size in (None, int(got[1])), 'size of', m.uid, m.size, text)
            m.size = int(got[1])
        got = re.search(r'INTERNALDATE "([^"]*)"', text)
        if got:
            m.date = datetime.datetime.strptime(got[1].strip(),
                                                '%d-%b-%Y %H:%M:%S %z')
        self.literals += literals
        for data in literals:
            token = re.search(rb'X-Token: (\S+)', data)
            if token:
                m.token = token[1].decode()
                need(f.token.setdefault(m.uid, m.token) == m.token,
                     'another message under UID', m.uid)
        self.told[n] = self.told.get(n, '') + text

    def flags(self, m, flags):
        """\\Recent stays with one session that may write, and with it."""
        recent = '\\Recent' in flags
        m.flags = flags - {'\\Recent'}
        if recent and not self.read_only:
            has = self.folders[self.folder].recent
            need(has.setdefault(m.uid, self.session) is self.session,
                 'UID', m.uid, 'is recent to another session')
        elif self.rev2:         # which is not told
            self.folders[self.folder].silent.add(m.uid)
        need(self.read_only or m.recent in (None, recent),
             'UID', m.uid, 'recent:', recent, 'but it was', m.recent)
        m.recent = recent

    # ---- usual steps

    def unselect(self):
        self.ok('UNSELECT')
        self.reset()

    def select(self, name, read_only=False, resync=None):
        self.next_folder = name, read_only
        if not (self.folder and self.notify):   # else what comes is still of
            self.reset()                        # that one, up to CLOSED
            self.folder, self.read_only = name, read_only
        self.resync_gone = set()
        self.ok('%s %s%s' % ('EXAMINE' if read_only else 'SELECT', name,
                ' (QRESYNC (%s %d%s))' % resync if resync else ''))
        need(self.folder == name, 'no CLOSED')

    def learn(self):
        """UID, flags and token of what is new."""
        first = next((i for i, m in enumerate(self.view) if m.uid is None or
                      m.token is None), None)
        while first is not None:
            word, rest = self.run(
                'FETCH %d:%d (UID FLAGS%s INTERNALDATE RFC822.SIZE '
                'BODY.PEEK[HEADER.FIELDS (X-TOKEN)])' % (
                    first + 1, len(self.view),
                    ' MODSEQ' if self.condstore else ''))
            need(word == 'OK' or rest.startswith('[EXPUNGEISSUED]'), rest)
            if all(m.uid for m in self.view):
                break
            self.ok('NOOP')     # some went before they were fetched
            first = next((i for i, m in enumerate(self.view)
                          if m.uid is None), None)
        f = self.folders[self.folder]
        f.floor = max(f.floor, self.next - 1)
        self.next = 0

    def close(self):
        self.wire.sock.close()
