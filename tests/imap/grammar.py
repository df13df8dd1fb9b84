"""grammar.py [FILE] - what imapd says, by the formal syntax of RFC 3501 9, with
RFC 9051's and the extensions' that CAPABILITY names.

It knows nothing of the server's code and forgives nothing: a response code, an
attribute or an item that it does not know is wrong, as is an octet too much.
FILE: what dialog_test.c took down (IMAP_TOLD), all of which is read.
"""
import re
import sys

NOT_ATOM = set(b'(){%*"\\]') | set(range(0x21)) | set(range(0x7f, 256))
ATOM = set(range(256)) - NOT_ATOM
ASTRING = ATOM | {ord(']')}
SYSTEM = {b'\\answered', b'\\flagged', b'\\deleted', b'\\seen', b'\\draft'}
OFLAGS = {b'\\noinferiors', b'\\haschildren', b'\\hasnochildren',
          b'\\subscribed', b'\\remote', b'\\archive', b'\\drafts', b'\\junk',
          b'\\sent', b'\\trash'}
SFLAGS = {b'\\noselect', b'\\marked', b'\\unmarked', b'\\nonexistent'}
STATUS = {b'MESSAGES', b'RECENT', b'UIDNEXT', b'UIDVALIDITY', b'UNSEEN',
          b'DELETED', b'SIZE', b'HIGHESTMODSEQ', b'APPENDLIMIT',
          b'DELETED-STORAGE'}
BARE = {b'ALERT', b'PARSE', b'READ-ONLY', b'READ-WRITE', b'TRYCREATE',
        b'CLOSED', b'TOOBIG', b'UNKNOWN-CTE', b'NOTIFICATIONOVERFLOW',
        b'COMPRESSIONACTIVE', b'USEATTR', b'HASCHILDREN', b'UNAVAILABLE',
        b'AUTHENTICATIONFAILED', b'PRIVACYREQUIRED', b'CONTACTADMIN',
        b'NOPERM', b'INUSE', b'EXPUNGEISSUED', b'CLIENTBUG', b'CANNOT',
        b'LIMIT', b'OVERQUOTA', b'ALREADYEXISTS', b'NONEXISTENT'}
MONTHS = b'|'.join(b'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split())
DATE_TIME = re.compile(rb'"([ \d]\d)-(?:%s)-\d{4} \d\d:\d\d:\d\d [+-]\d{4}"' %
                       MONTHS)
SECTION = re.compile(rb'(?:[1-9]\d*(?:\.[1-9]\d*)*)?')


class Bad(Exception):
    pass


class More(Exception):
    """The reply is not whole."""


class Reply:
    """One reply at the front of data; .at is behind it then."""

    def __init__(self, data, utf8=False):
        self.data, self.at, self.utf8 = data, 0, utf8
        self.tag = self.word = self.code = None

    # ---- octets

    def bad(self, what):
        raise Bad('%s at %d of %r' % (what, self.at, self.data[:400]))

    def peek(self, n=1):
        if self.at + n > len(self.data):
            raise More
        return self.data[self.at:self.at + n]

    def take(self, n):
        got = self.peek(n)
        self.at += n
        return got

    def want(self, text):
        if self.take(len(text)).upper() != text.upper():
            self.at -= len(text)
            self.bad('%r wanted' % text)

    def at_(self, text):
        return self.peek(len(text)).upper() == text.upper()

    def maybe(self, text):
        got = self.at_(text)
        self.at += len(text) * got
        return got

    def run(self, octets, what):
        start = self.at
        while self.peek()[0] in octets:
            self.at += 1
        if self.at == start:
            self.bad(what + ' wanted')
        return self.data[start:self.at]

    def number(self, least=0, most=2**32 - 1):
        text = self.run(b'0123456789', 'number')
        if not least <= int(text) <= most or (len(text) > 1 and
                                              text[:1] == b'0'):
            self.bad('number %r' % text)
        return int(text)

    def atom(self):
        return self.run(ATOM, 'atom')

    # ---- strings

    def quoted(self):
        self.want(b'"')
        out = bytearray()
        while not self.maybe(b'"'):
            if self.maybe(b'\\') and self.peek() not in (b'"', b'\\'):
                self.bad('quoted-specials')
            c = self.take(1)
            if c in b'\0\r\n' or (c[0] > 0x7e + self.utf8 * 0x81):
                self.bad('octet %r in a quoted string' % c)
            out += c
        if self.utf8:
            out.decode()
        return bytes(out)

    def literal(self, eight=False):
        self.want(b'{')
        n = self.number()
        self.want(b'}\r\n')
        text = self.take(n)
        if not eight and b'\0' in text:
            self.bad('NUL in a literal')
        return text

    def string(self):
        return self.quoted() if self.at_(b'"') else self.literal()

    def nstring(self):
        return None if self.maybe(b'NIL') else self.string()

    def astring(self):
        return self.string() if self.peek() in (b'"', b'{') else \
            self.run(ASTRING, 'astring')

    def mailbox(self):
        name = self.astring()
        if name.upper() == b'INBOX' and name != b'INBOX':
            self.bad('INBOX')
        if not self.utf8 and max(name, default=0) > 0x7e:
            self.bad('8-bit mailbox name')
        return name

    def list(self, item, least=0):
        self.want(b'(')
        out = []
        while not self.maybe(b')'):
            if out:
                self.want(b' ')
            out.append(item())
        if len(out) < least:
            self.bad('an empty list')
        return out

    def date_time(self):
        while True:
            m = DATE_TIME.match(self.data, self.at)
            if m:
                break
            if len(self.data) < self.at + 28:
                raise More
            self.bad('date-time')
        self.at = m.end()

    def set(self, star=False):
        while True:
            for _ in range(2):
                self.number(1)
                if not self.maybe(b':'):
                    break
            if not self.maybe(b','):
                break

    def flag(self, extra=()):
        if not self.maybe(b'\\'):
            return self.atom()
        name = b'\\' + (self.take(1) if self.at_(b'*') else self.atom())
        if name.lower() not in SYSTEM and name.lower() not in extra:
            self.bad('flag %r' % name)
        return name

    # ---- replies

    def parse(self):
        if self.maybe(b'+'):
            self.want(b' ')
            if not self.at_(b'\r\n'):
                self.resp_text()
        elif self.maybe(b'* '):
            self.untagged()
        else:
            self.tag = self.run(ASTRING - {ord('+')}, 'tag')
            self.want(b' ')
            self.word = self.atom().upper()
            if self.word not in (b'OK', b'NO', b'BAD'):
                self.bad('status %r' % self.word)
            self.want(b' ')
            self.resp_text()
        self.want(b'\r\n')
        return self

    def text(self):
        if self.peek() == b' ':
            self.bad('a second space')
        self.run(set(range(1, 0x80)) - {10, 13}, 'text')

    def resp_text(self):
        if self.maybe(b'['):
            self.resp_code()
            self.want(b'] ')
        self.text()

    def resp_code(self):
        self.code = code = self.atom().upper()
        if code in BARE:
            return
        if code == b'BADCHARSET':
            if self.maybe(b' '):
                self.list(self.astring, 1)
            return
        if code == b'CAPABILITY':
            return self.capability()
        self.want(b' ')
        if code in (b'UIDNEXT', b'UIDVALIDITY', b'UNSEEN'):
            self.number(1)
        elif code == b'HIGHESTMODSEQ':
            self.number(1, 2**63 - 1)
        elif code == b'PERMANENTFLAGS':
            self.list(lambda: self.flag((b'\\*',)))
        elif code == b'MAILBOXID':
            self.want(b'(')
            self.objectid()
            self.want(b')')
        elif code == b'APPENDUID':
            self.number(1)
            self.want(b' ')
            self.set()
        elif code == b'COPYUID':
            self.number(1)
            self.want(b' ')
            self.set()
            self.want(b' ')
            self.set()
        elif code == b'MODIFIED':
            self.set()
        elif code == b'BADEVENT':
            self.list(self.atom, 1)
        else:
            self.bad('code %r' % code)

    def objectid(self):
        text = self.atom()
        if not re.fullmatch(rb'[A-Za-z0-9_-]{1,255}', text):
            self.bad('objectid %r' % text)

    def capability(self):
        names = []
        while self.maybe(b' '):
            names.append(self.atom().upper())
        if b'IMAP4REV1' not in names or len(set(names)) < len(names):
            self.bad('capabilities %r' % names)

    def untagged(self):
        if self.peek().isdigit():
            return self.numbered()
        self.word = word = self.atom().upper()
        if word in (b'OK', b'NO', b'BAD', b'BYE', b'PREAUTH'):
            self.want(b' ')
            return self.resp_text()
        how = getattr(self, 'on_' + word.decode('ascii').lower(), None)
        if how is None:
            self.bad('response %r' % word)
        how()

    def numbered(self):
        n = self.number()
        self.want(b' ')
        self.word = self.atom().upper()
        if self.word in (b'EXISTS', b'RECENT'):
            return
        if n == 0:
            self.bad('message 0')
        if self.word == b'FETCH':
            self.want(b' ')
            self.list(self.msg_att, 1)
        elif self.word != b'EXPUNGE':
            self.bad('message data %r' % self.word)

    def on_capability(self):
        self.capability()

    def on_enabled(self):
        while self.maybe(b' '):
            if self.atom().upper() in (b'IMAP4REV2', b'UTF8=ACCEPT'):
                self.utf8 = True

    def on_flags(self):
        self.want(b' ')
        got = self.list(self.flag)
        if SYSTEM - {f.lower() for f in got} or len(set(got)) < len(got):
            self.bad('FLAGS')

    def on_list(self, kind=b'LIST'):
        self.want(b' ')
        got = [f.lower() for f in
               self.list(lambda: self.flag(OFLAGS | SFLAGS))]
        if len(set(got)) < len(got) or len(SFLAGS & set(got)) > 1:
            self.bad('attributes')
        if kind == b'LSUB' and b'\\nonexistent' in got:
            self.bad('LSUB with \\NonExistent')
        self.want(b' ')
        if not self.maybe(b'NIL') and len(self.quoted()) != 1:
            self.bad('separator')
        self.want(b' ')
        self.mailbox()
        if self.maybe(b' '):                    # RFC 5258 6
            self.list(self.extended, 1)

    def extended(self):
        name = self.astring().upper()
        if name not in (b'CHILDINFO', b'OLDNAME'):
            self.bad('extended item %r' % name)
        self.want(b' ')
        self.list(self.quoted if name == b'CHILDINFO' else self.mailbox, 1)

    def on_lsub(self):
        self.on_list(b'LSUB')

    def on_search(self):
        while self.maybe(b' '):
            if self.maybe(b'(MODSEQ '):
                self.number(1, 2**63 - 1)
                return self.want(b')')
            self.number(1)

    def on_sort(self):
        self.on_search()

    def on_thread(self):
        if self.maybe(b' '):
            self.thread()
            while self.at_(b'('):
                self.thread()

    def thread(self):
        depth, fresh = 0, True
        while True:
            if self.maybe(b'('):
                depth, fresh = depth + 1, True
            elif self.maybe(b')'):
                if fresh:
                    self.bad('an empty thread')
                depth -= 1
                if depth == 0:
                    return
                if not self.at_(b'(') and not self.at_(b')'):
                    self.bad('thread')
            else:
                if not fresh:
                    self.want(b' ')
                if not self.at_(b'('):
                    self.number(1)
                fresh = False

    def on_esearch(self):
        if self.maybe(b' (TAG '):
            self.string()
            self.want(b')')
        self.maybe(b' UID')
        seen = set()
        while self.maybe(b' '):
            name = self.atom().upper()
            if name in seen:
                self.bad('twice %r' % name)
            seen.add(name)
            self.want(b' ')
            if name in (b'MIN', b'MAX'):
                self.number(1)
            elif name == b'COUNT':
                self.number()
            elif name == b'MODSEQ':
                self.number(1, 2**63 - 1)
            elif name == b'ALL':
                self.set()
            else:
                self.bad('ESEARCH %r' % name)

    def on_status(self):
        self.want(b' ')
        self.mailbox()
        self.want(b' ')
        self.list(self.status_att)

    def status_att(self):
        name = self.atom().upper()
        self.want(b' ')
        if name == b'MAILBOXID':
            self.want(b'(')
            self.objectid()
            self.want(b')')
        elif name in STATUS:
            self.number(name in (b'UIDNEXT', b'UIDVALIDITY', b'HIGHESTMODSEQ'),
                        2**63 - 1 if name in (b'SIZE', b'HIGHESTMODSEQ',
                                              b'DELETED-STORAGE')
                        else 2**32 - 1)
        else:
            self.bad('STATUS %r' % name)

    def on_namespace(self):
        for _ in range(3):
            self.want(b' ')
            if self.maybe(b'NIL'):
                continue
            self.want(b'(')
            while not self.maybe(b')'):
                self.want(b'(')
                self.string()
                self.want(b' ')
                if not self.maybe(b'NIL'):
                    self.quoted()
                self.want(b')')

    def on_id(self):
        self.want(b' ')
        if not self.maybe(b'NIL'):
            got = self.list(self.nstring)
            if len(got) % 2 or len(got) > 60 or None in got[::2] or \
                    max(map(len, got[::2])) > 30:
                self.bad('ID')

    def on_quota(self):
        self.want(b' ')
        self.astring()
        self.want(b' ')
        self.list(self.resource)

    def resource(self):
        if self.atom() not in (b'STORAGE', b'MESSAGE'):
            self.bad('resource')
        for _ in range(2):
            self.want(b' ')
            self.number(0, 2**63 - 1)

    def on_quotaroot(self):
        self.want(b' ')
        self.astring()
        while self.maybe(b' '):
            self.astring()

    def on_vanished(self):
        self.maybe(b' (EARLIER)')
        self.want(b' ')
        self.set()

    # ---- message data

    def msg_att(self):
        name = self.run(ATOM - {ord('[')}, 'item').upper()
        if name in (b'BODY', b'BINARY', b'BINARY.SIZE') and self.at_(b'['):
            return self.section(name)
        self.want(b' ')
        if name == b'FLAGS':
            self.list(lambda: self.flag((b'\\recent',)))
        elif name == b'UID':
            self.number(1)
        elif name == b'INTERNALDATE':
            self.date_time()
        elif name == b'SAVEDATE':
            if not self.maybe(b'NIL'):
                self.date_time()
        elif name == b'RFC822.SIZE':
            self.number(0, 2**63 - 1)
        elif name == b'ENVELOPE':
            self.envelope()
        elif name in (b'BODY', b'BODYSTRUCTURE'):
            self.body(name == b'BODYSTRUCTURE')
        elif name in (b'RFC822', b'RFC822.HEADER', b'RFC822.TEXT',
                      b'PREVIEW'):
            self.nstring()
        elif name == b'MODSEQ':
            self.want(b'(')
            self.number(1, 2**63 - 1)
            self.want(b')')
        elif name in (b'EMAILID', b'THREADID'):
            if name == b'EMAILID' or not self.maybe(b'NIL'):
                self.want(b'(')
                self.objectid()
                self.want(b')')
        else:
            self.bad('item %r' % name)

    def section(self, name):
        self.want(b'[')
        path = SECTION.match(self.data, self.at)
        self.at = path.end()
        binary = name != b'BODY'
        if not binary and not self.at_(b']'):
            if path.group():
                self.want(b'.')
            text = self.run(b'ADEFHIMLNORSTX.', 'section-text')
            if text not in (b'HEADER', b'TEXT', b'HEADER.FIELDS',
                            b'HEADER.FIELDS.NOT') and \
                    not (text == b'MIME' and path.group()):
                self.bad('section-text %r' % text)
            if text.startswith(b'HEADER.FIELDS'):
                self.want(b' ')
                self.list(self.astring, 1)
        self.want(b']')
        if self.maybe(b'<'):
            self.number(0, 2**63 - 1)
            self.want(b'>')
        self.want(b' ')
        if name == b'BINARY.SIZE':
            self.number()
        elif binary and self.maybe(b'~'):
            self.literal(True)
        else:
            self.nstring()

    def envelope(self):
        self.want(b'(')
        for i in range(10):
            if i:
                self.want(b' ')
            if 2 <= i < 8:
                self.addresses()
            else:
                self.nstring()
        self.want(b')')

    def addresses(self):
        if self.maybe(b'NIL'):
            return
        self.want(b'(')
        group = False
        while not self.maybe(b')'):
            self.want(b'(')
            self.nstring()
            self.want(b' ')
            self.nstring()
            self.want(b' ')
            box = self.nstring()
            self.want(b' ')
            host = self.nstring()
            self.want(b')')
            if host is None:            # RFC 3501 7.4.2
                if (box is not None) == group:
                    self.bad('a group in a group, or its end without it')
                group = not group
        if group:
            self.bad('a group without its end')
        if self.data[self.at - 2:self.at] == b'()':
            self.bad('an empty address list')

    def params(self):
        if not self.maybe(b'NIL'):
            if len(self.list(self.string, 2)) % 2:
                self.bad('body-fld-param')

    def body(self, extended):
        self.want(b'(')
        if self.at_(b'('):
            while self.at_(b'('):
                self.body(extended)
            self.want(b' ')
            self.string()
            if extended:
                self.want(b' ')
                self.params()
                self.extension()
            return self.want(b')')
        kind = self.string().lower()
        self.want(b' ')
        sub = self.string().lower()
        self.want(b' ')
        self.params()
        for _ in range(2):
            self.want(b' ')
            self.nstring()
        self.want(b' ')
        self.string()                   # body-fld-enc
        self.want(b' ')
        self.number()
        # of RFC 3501 message/global is as others, of RFC 9051 a message
        if kind == b'message' and (sub == b'rfc822' or sub == b'global' and
                                   self.peek(2) == b' ('):
            self.want(b' ')
            self.envelope()
            self.want(b' ')
            self.body(extended)
            self.want(b' ')
            self.number()
        elif kind == b'text':
            self.want(b' ')
            self.number()
        if extended:
            self.want(b' ')
            self.nstring()              # body-fld-md5
            self.extension()
        self.want(b')')

    def extension(self):
        self.want(b' ')
        if not self.maybe(b'NIL'):
            self.want(b'(')
            self.string()
            self.want(b' ')
            self.params()
            self.want(b')')
        self.want(b' ')
        if self.at_(b'('):
            self.list(self.string, 1)
        else:
            self.nstring()
        self.want(b' ')
        self.nstring()


class Stream:
    """All that one connection gets."""

    def __init__(self):
        self.have, self.utf8, self.n = b'', False, 0

    def feed(self, data):
        """The replies that are whole."""
        self.have += data
        out = []
        while self.have:
            try:
                r = Reply(self.have, self.utf8).parse()
            except More:
                break
            self.utf8 = r.utf8
            self.have = self.have[r.at:]
            self.n += 1
            out.append(r)
        return out


def main():
    """FILE holds records: "name length\\n" and octets."""
    streams, n, wrong = {}, 0, 0
    with open(sys.argv[1], 'rb') as f:
        for head in f:
            name, size = head.rsplit(None, 1)
            data = f.read(int(size))
            s = streams.setdefault(name, Stream())
            if s is None:
                continue
            try:
                n += len(s.feed(data))
            except Bad as e:
                wrong += 1
                streams[name] = None
                print('%s: %s' % (name.decode(), e))
    print('%s grammar: %d replies of %d connections' %
          ('not ok' if wrong or n == 0 else 'ok', n, len(streams)))
    sys.exit(bool(wrong or n == 0))


if __name__ == '__main__':
    main()
