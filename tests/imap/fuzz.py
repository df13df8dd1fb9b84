"""fuzz.py [SECONDS [SEED]] - random commands, by the formal syntax of RFC 3501
9 and of the extensions, right and then spoilt, said to imapd over messages that
are as odd.

Each reply is read by grammar.py.  Each command gets one tagged reply and leaves
the connection usable, or is told BYE; what was not spoilt is not BAD.
PLANT=octet|space|twice: the tester spoils a reply itself, which has to be found.
"""
import os
import random
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'stories'))
from correo import imap_of, nodes
from grammar import ATOM, Bad, Stream

WORDS = [b'a', b'Hello', b'NIL', b'INBOX', b'', b'a"b', b'a\\b', b'x]y', b'{3}',
         b'a b', b'%', b'*', b'caf\xc3\xa9', b'&AOk-', b'(', b')', b'\x01',
         b'a@b.test', b'1', b'0', b'=?utf-8?q?caf=C3=A9?=', b'\xff', b'a\tb']
NAMES = [b'INBOX', b'inbox', b'one', b'one.two', b'NIL', b'a b', b'x]y',
         b'q"uote', b'&AOk-', b'&-', b'none', b'Archive', b'[brackets]', b'+',
         b'one.', b'7', b'&AOk', b'a..b', b'caf\xc3\xa9']
FLAGS = [b'\\Seen', b'\\deleted', b'\\Flagged', b'\\ANSWERED', b'\\Draft',
         b'$Junk', b'work', b'$Forwarded']
NUMBERS = [0, 1, 2, 3, 9, 99, 4294967295, 2**31, 2**32, 2**63 - 1, 2**63,
           2**64 - 1, 2**64]
FIELDS = [b'Subject', b'From', b'X-Odd', b'To', b'CC', b'"', b'a]b', b'NIL',
          b'\xc3\xa9', b'Date', b'Message-ID']
ITEMS = [b'ALL', b'FAST', b'FULL', b'ENVELOPE', b'FLAGS', b'INTERNALDATE',
         b'RFC822', b'RFC822.HEADER', b'RFC822.SIZE', b'RFC822.TEXT', b'BODY',
         b'BODYSTRUCTURE', b'UID', b'MODSEQ', b'EMAILID', b'THREADID',
         b'SAVEDATE', b'PREVIEW', b'PREVIEW (LAZY)', b'RFC822.PEEK']
KEYS = [b'ALL', b'ANSWERED', b'DELETED', b'NEW', b'OLD', b'RECENT', b'SEEN',
        b'UNSEEN', b'DRAFT', b'FLAGGED', b'UNFLAGGED', b'SAVEDATESUPPORTED']
DATES = [b'1-Feb-1994', b'"01-feb-2024"', b'17-JUL-1996', b'9-Dec-9999']
STATUS = [b'MESSAGES', b'RECENT', b'UIDNEXT', b'UIDVALIDITY', b'UNSEEN',
          b'SIZE', b'DELETED', b'HIGHESTMODSEQ', b'APPENDLIMIT', b'MAILBOXID',
          b'DELETED-STORAGE']
MODES = [[], [], [b'IMAP4rev2'], [b'UTF8=ACCEPT'], [b'QRESYNC'],
         [b'CONDSTORE'], [b'QRESYNC', b'IMAP4rev2', b'UTF8=ACCEPT']]
# BAD for what no syntax rules out
MAY_BE_BAD = re.compile(rb'there are \d+ messages|select a mailbox first|'
                        rb'all text is in UTF-8|ENABLE |no such system flag|'
                        rb'a quoted string is in UTF-8|REPLACE wants one|'
                        rb'VANISHED wants|literal')
SPOIL = {'': lambda d: d, 'octet': lambda d: d.replace(b' OK ', b' OK \xe2', 1),
         'space': lambda d: d.replace(b'FLAGS (\\', b'FLAGS ( \\', 1),
         'twice': lambda d: d + d * (d[:2] == b't7')}[
             os.environ.get('PLANT', '')]
HEAD = re.compile(rb'\{\d+\+?\}(\r?\n|$)')


class Wrong(Exception):
    pass


class Gone(Exception):
    pass


class Literal(bytes):
    """Sent as one; .how is what stands before and in its braces."""
    how = b'', b''


class Words:
    """Parts of commands, by the formal syntax."""

    def __init__(self, r):
        self.r = r

    def pick(self, *of):
        return self.r.choice(of)

    def literal(self, text, eight=b''):
        got = Literal(text)
        got.how = eight, self.pick(b'', b'+')
        return [got]

    def astring(self, of):
        text = self.r.choice(of)
        kind = self.r.random()
        if kind < 0.4 and text and set(text) <= ATOM | {ord(']')}:
            return [text]
        if kind < 0.8 and not set(text) & set(b'\0\r\n'):
            return [b'"' + re.sub(rb'(["\\])', rb'\\\1', text) + b'"']
        return self.literal(text)

    def joined(self, what, least=1, most=3, sep=b' '):
        out = []
        for i in range(self.r.randint(least, most)):
            out += ([sep] if i else []) + what()
        return out

    def list(self, what, least=1, most=3):
        return [b'('] + self.joined(what, least, most) + [b')']

    def one_of(self, of):
        return [self.r.choice(of)]

    def set(self):
        def one():
            return self.r.choice([b'1', b'2', b'3', b'*', b'1:*', b'2:3',
                                  b'*:2', b'4', b'1:4294967295'])
        return [self.pick(b'1:*', b'1', b'2', b'$', b','.join(
            one() for _ in range(self.r.randint(1, 3))))]

    def item(self, lone=False):
        if self.r.random() < 0.5:
            return self.one_of(ITEMS if lone else ITEMS[3:])
        partial = self.pick(b'', b'', b'<0.10>', b'<5.4294967295>', b'<99.1>')
        part = self.pick(b'1', b'2', b'1.1', b'3.2', b'')
        if self.r.random() < 0.2:
            size = self.r.random() < 0.3
            return [b'BINARY.SIZE' if size else self.pick(
                b'BINARY', b'BINARY.peek'), b'[%s]' % part,
                b'' if size else partial]
        out = [self.pick(b'BODY', b'BODY.PEEK', b'body.Peek'), b'[', part]
        text = self.pick(b'', b'HEADER', b'TEXT', b'MIME', b'HEADER.FIELDS',
                         b'header.fields.not')
        if text == b'MIME' and not part:
            text = b''
        out += [b'.' if text and part else b'', text]
        if b'ields' in text.lower():
            out += [b' '] + self.list(lambda: self.astring(FIELDS))
        return out + [b']', partial]

    def key(self, depth=0):
        how = self.r.random()
        if depth < 4 and how < 0.25:
            return self.pick(
                lambda: [b'NOT '] + self.key(depth + 1),
                lambda: [b'OR '] + self.key(depth + 1) + [b' '] +
                self.key(depth + 1),
                lambda: self.list(lambda: self.key(depth + 1)))()
        if how < 0.5:
            return self.one_of(KEYS)
        return self.pick(
            lambda: [self.pick(b'BCC ', b'BODY ', b'cc ', b'FROM ', b'TEXT ',
                               b'SUBJECT ', b'TO ')] + self.astring(WORDS),
            lambda: [self.pick(b'BEFORE ', b'ON ', b'SINCE ', b'SENTBEFORE ',
                               b'SENTON ', b'SENTSINCE ', b'SAVEDON ')] +
            self.one_of(DATES),
            lambda: [b'HEADER '] + self.astring(FIELDS) + [b' '] +
            self.astring(WORDS),
            lambda: [self.pick(b'KEYWORD ', b'UNKEYWORD '), b'work'],
            lambda: [self.pick(b'LARGER ', b'SMALLER ', b'MODSEQ '),
                     b'%d' % self.r.choice(NUMBERS[:10])],
            lambda: [self.pick(b'OLDER ', b'YOUNGER '),
                     b'%d' % self.r.choice(NUMBERS[1:8])],
            lambda: [b'UID '] + self.set(), self.set)()

    def returns(self):
        if self.r.random() < 0.5:
            return []
        return [b'RETURN '] + self.list(lambda: self.one_of(
            [b'MIN', b'MAX', b'ALL', b'COUNT', b'SAVE']), 0) + [b' ']

    def name(self):
        return self.astring(NAMES)

    def pattern(self):
        text = self.pick(b'*', b'%', b'one.%', b'INBOX', b'in*', b'%.%', b'',
                         b'"*"', b'x]y', b'"a b"')
        return self.literal(text) if self.r.random() < 0.2 else \
            [text or b'""']

    def message(self):
        """A mail whose header is odd."""
        r = self.r
        out = []
        for _ in range(r.randint(0, 6)):
            name = self.pick(b'From', b'To', b'Cc', b'Subject', b'Date',
                             b'Reply-To', b'In-Reply-To', b'Message-ID',
                             b'Content-Type', b'Content-Disposition',
                             b'Content-Language', b'Content-ID', b'X-Odd',
                             b'Content-Transfer-Encoding', b'Content-MD5',
                             b'Content-Description', b'Content-Location')
            value = b''.join(r.choice(
                WORDS + [b' ', b', ', b':', b';', b'<', b'>', b'"', b'\r\n ',
                         b'=', b'/', b'text', b'multipart/mixed',
                         b'message/rfc822', b'; boundary=cut', b'.', b'\0',
                         b'group: a@b.test;', b"; a*0*=utf-8''x", b'\r',
                         b'<a@b.test>', b'; charset=x', b'inline', b'base64'])
                for _ in range(r.randint(0, 6)))
            out.append(name + b': ' + value + b'\r\n')
        body = b''.join(r.choice(WORDS + [b'\r\n', b'\r\n--cut\r\n', b'\0',
                                          b'\r\n--cut--', b'\r\n\r\n', b'\n',
                                          b'Content-Type: message/rfc822'])
                        for _ in range(r.randint(0, 12)))
        return b''.join(out) + r.choice((b'\r\n', b'\r\n', b'')) + body + b'.'

    def append(self):
        out = []
        if self.r.random() < 0.5:
            out += self.list(lambda: self.one_of(FLAGS), 0) + [b' ']
        if self.r.random() < 0.5:
            out += [self.pick(b'" 7-Jul-1996 02:44:25 -0700" ',
                              b'"17-JUL-2026 23:59:60 +1400" ')]
        eight = self.r.random() < 0.1
        text = self.message()
        return out + self.literal(text if eight else text.replace(
            b'\0', b''), b'~' if eight else b'')

    def before(self):
        """What a client may say before its login, but for TLS."""
        return self.pick(
            lambda: [self.pick(b'CAPABILITY', b'noop', b'ID NIL')],
            lambda: [b'ID ("name" '] + self.literal(b'x') + [b' "os" NIL)'],
            lambda: [b'AUTHENTICATE ', self.pick(b'plain', b'LOGIN', b'NONE',
                                                 b'SCRAM-SHA-256'),
                     self.pick(b'', b' =', b' biws', b' AGEAYg')],
            lambda: [b'LOGIN '] + self.astring(WORDS) + [b' '],
            lambda: [b'SELECT '] + self.name())()

    def command(self):
        r = self.r
        uid = self.pick(b'', b'UID ')

        def modifier(text, often=0.1):
            return [text] if r.random() < often else []
        return self.pick(
            lambda: [uid, b'FETCH '] + self.set() + [b' '] + (
                self.item(True) if r.random() < 0.4 else
                self.list(self.item)) + modifier(b' (CHANGEDSINCE 1)'),
            lambda: [uid, b'FETCH '] + self.set() + [b' '] +
            self.list(self.item, 1, 5),
            lambda: [uid, b'STORE '] + self.set() + [b' '] +
            modifier(b'(UNCHANGEDSINCE 5) ') +
            [self.pick(b'', b'+', b'-'), self.pick(
                b'FLAGS ', b'flags.SILENT ')] + self.pick(
                    lambda: self.list(lambda: self.one_of(FLAGS), 0),
                    lambda: self.joined(lambda: self.one_of(FLAGS)))(),
            lambda: [uid, b'SEARCH '] + self.returns() +
            modifier(b'CHARSET UTF-8 ') + self.joined(self.key),
            lambda: [uid, b'SORT '] + self.returns() + self.list(
                lambda: [self.pick(b'', b'REVERSE '), self.pick(
                    b'DATE', b'SUBJECT', b'from', b'DISPLAYTO')]) +
            [b' UTF-8 '] + self.joined(self.key),
            lambda: [uid, b'THREAD ', self.pick(b'REFERENCES',
                                                b'orderedsubject'),
                     b' UTF-8 '] + self.joined(self.key),
            lambda: [uid, self.pick(b'COPY ', b'MOVE ')] + self.set() +
            [b' '] + self.name(),
            lambda: [b'UID EXPUNGE '] + self.set(),
            lambda: [b'APPEND '] + self.name() + [b' '] + self.joined(
                self.append, 1, 2),
            lambda: [uid, b'REPLACE ', self.pick(b'1', b'2'), b' '] +
            self.name() + [b' '] + self.append(),
            lambda: [b'LIST '] + self.name() + [b' '] + self.pattern(),
            lambda: [b'LIST '] + self.list(lambda: self.one_of(
                [b'SUBSCRIBED', b'REMOTE', b'SPECIAL-USE'])) + [b' "" '] +
            self.list(self.pattern) + [b' RETURN '] + self.list(
                lambda: self.pick(lambda: [b'CHILDREN'],
                                  lambda: [b'SUBSCRIBED'], lambda: [b'STATUS '] +
                                  self.list(lambda: self.one_of(STATUS)))(),
                0),
            lambda: [b'LSUB '] + self.name() + [b' '] + self.pattern(),
            lambda: [b'STATUS '] + self.name() + [b' '] +
            self.list(lambda: self.one_of(STATUS), 1, 6),
            lambda: [self.pick(b'SELECT ', b'EXAMINE ')] + self.name() +
            modifier(b' (CONDSTORE)') + modifier(b' (QRESYNC (1 1))', 0),
            lambda: [self.pick(b'CREATE ', b'SUBSCRIBE ', b'UNSUBSCRIBE ',
                               b'DELETE ', b'GETQUOTAROOT ', b'GETQUOTA ')] +
            self.name(),
            lambda: [b'CREATE '] + self.name() + [b' (USE (\\Sent))'],
            lambda: [b'RENAME '] + self.name() + [b' '] + self.name(),
            lambda: [b'ID '] + self.pick(
                lambda: [b'NIL'], lambda: [b'("name" '] +
                self.literal(b'x') + [b')'])(),
            lambda: [b'NOTIFY ', self.pick(
                b'NONE', b'SET STATUS (personal (MessageNew MessageExpunge))',
                b'SET (selected (MessageNew (UID FLAGS) MessageExpunge '
                b'FlagChange))', b'SET (inboxes (MailboxName))')],
            lambda: [self.pick(b'NAMESPACE', b'CAPABILITY', b'NOOP', b'noop',
                               b'CHECK', b'EXPUNGE', b'CLOSE', b'UNSELECT',
                               b'SETQUOTA user (STORAGE 1)')],
            lambda: [b'SELECT INBOX'])()


def spoilt(r, parts):
    """One thing or two of it made wrong, perhaps."""
    parts = list(parts)
    for _ in range(r.choice((1, 1, 1, 2, 5))):
        i = r.randrange(len(parts))
        p = parts[i]
        j = r.randrange(len(p) + 1)
        if isinstance(p, Literal):
            parts[i] = r.choice((b'x', Literal(p + b'\0')))
            if isinstance(parts[i], Literal):
                parts[i].how = r.choice(((b'', b''), (b'~', b'+'), p.how))
            continue
        odd = r.choice((b' ', b'(', b')', b'"', b'\\', b'{', b'}', b'[', b']',
                        b'%', b'*', b'\0', b'\r', b'\n', b'\t', b'\x7f',
                        b'\xc3', b'~', b'<', b'.', b',', b':', b'-', b'$',
                        b'%d' % r.choice(NUMBERS)))
        how = r.randrange(5)
        if how == 0:
            parts[i] = p[:j] + odd + p[j:]
        elif how == 1:
            parts[i] = p[:j] + p[j + 1:]
        elif how == 2:
            parts[i] = p[:j] + odd + p[j + 1:]
        elif how == 3:
            parts.insert(i, r.choice(parts))
        elif len(parts) > 1:
            del parts[i]
    return parts


class Client:
    def __init__(self, address, log):
        self.s = socket.create_connection(address, timeout=60)
        self.stream = Stream()
        self.replies, self.log, self.n, self.bye = [], log, 0, False
        self.fetched = 0
        self.reply()

    def login(self, user):
        self.send(b'l LOGIN %s %s\r\n' % tuple(w.encode() for w in user))
        while self.reply().tag != b'l':
            pass

    def send(self, data):
        self.log.append((b'C', data))
        try:
            self.s.sendall(data)
        except OSError:
            raise Gone

    def reply(self):
        while not self.replies:
            try:
                data = self.s.recv(65536)
            except ConnectionResetError:
                data = b''
            if not data:
                if self.bye:
                    raise Gone
                raise Wrong('closed without BYE; left: %r' % self.stream.have)
            self.log.append((b'S', data))
            self.replies = self.stream.feed(SPOIL(data))
        r = self.replies.pop(0)
        self.fetched += r.word == b'FETCH'
        self.bye |= r.word == b'BYE'
        return r

    def until(self, tag):
        """The reply with it, or a continuation (which has none)."""
        while True:
            r = self.reply()
            if r.tag == tag or (r.word is None and r.tag is None):
                return r

    def say(self, parts):
        """The tagged replies that it got."""
        self.n += 1
        tag = b't%d' % self.n
        data, line = b'', tag + b' '
        for p in parts:
            if not isinstance(p, Literal):
                line += p
                continue
            eight, plus = p.how
            data += plain(line) + eight + b'{%d%s}\r\n' % (len(p), plus)
            if not plus:
                self.send(data)
                r = self.until(tag)
                if r.tag is not None:
                    return tag, self.settle([r])
                data = b''
            data, line = data + p, b''
        self.send(data + plain(line) + b'\r\n')
        return tag, self.settle([])

    def settle(self, tagged):
        """All is read that is under way."""
        end = b'z%d' % self.n
        self.send(end + b' NOOP\r\n')
        while True:
            r = self.reply()
            if r.tag == end and r.word == b'OK':
                return tagged
            if r.tag is None and r.word is None:
                # an IDLE, which that ends, since it is not DONE
                self.send(end + b' NOOP\r\n')
            elif r.tag is not None:
                tagged.append(r)
            elif r.word == b'BAD':
                tagged.append(r)


def plain(line):
    """Without a literal that nobody meant."""
    return HEAD.sub(lambda m: m[0].replace(b'}', b'} '), line)


class Fuzz:
    def __init__(self, seed, log):
        self.r, self.log = random.Random(seed), log
        self.words = Words(self.r)
        self.counts = dict.fromkeys(('commands', 'spoilt', 'BAD', 'replies',
                                     'FETCH'), 0)
        self.address, self.user = imap_of(nodes()[0])
        self.client = None

    def connect(self):
        del self.log[:]
        self.client = c = Client(self.address, self.log)
        # few: with too many errors it ends
        for _ in range(self.r.choice((0, 8))):
            self.say(self.words.before(), right=False)
        c.login(self.user)
        mode = self.r.choice(MODES)
        if mode:
            c.say([b'ENABLE ' + b' '.join(mode)])
        c.n = 0

    def step(self):
        if self.client is None or self.client.n > 200:
            self.connect()
        c = self.client
        if c.n % 16 < 2:
            for _ in range(4):
                c.say([b'APPEND INBOX '] + self.words.append())
            c.say([b'SELECT INBOX'])
        del self.log[:-400]
        self.say(self.words.command(), right=True)

    def say(self, parts, right):
        """right: it is by the syntax, and what it wants is there."""
        c, r = self.client, self.r
        bad = r.random() < 0.5
        if bad:
            parts = spoilt(r, parts)
        lines = b'\n' in b''.join(p for p in parts
                                  if not isinstance(p, Literal))
        for p in parts:
            if lines and isinstance(p, Literal):
                p.how = p.how[0], b'+'
        before, c.fetched = c.stream.n, 0
        tag, tagged = c.say(parts)
        self.counts['commands'] += 1
        self.counts['spoilt'] += bad
        self.counts['replies'] += c.stream.n - before
        self.counts['FETCH'] += c.fetched
        self.counts['BAD'] += any(t.word == b'BAD' for t in tagged)
        if lines:
            return
        if [t.tag for t in tagged] != [tag]:
            raise Wrong('%s got %r' % (tag, [(t.tag, t.word) for t in tagged]))
        text = tagged[0].data[:tagged[0].at]
        if right and not bad and tagged[0].word == b'BAD' and \
                not MAY_BE_BAD.search(text):
            raise Wrong('not spoilt, but %r' % text)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else \
        random.SystemRandom().randrange(1 << 30)
    log = []
    fuzz = Fuzz(seed, log)
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            try:
                fuzz.step()
            except Gone:
                fuzz.client = None
    except (Wrong, Bad, UnicodeDecodeError) as e:
        print('not ok fuzz: %s (seed %d)' % (e, seed))
        for who, data in log[-12:]:
            print('#   %s: %r' % (who.decode(), data[-1000:]))
        return 1
    print('ok fuzz: seed %d (%s)' % (seed, ' '.join(
        '%s %d' % kv for kv in fuzz.counts.items())))
    return 0


if __name__ == '__main__':
    sys.exit(main())
