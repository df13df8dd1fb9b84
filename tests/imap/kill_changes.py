"""kill_changes - the kinds of change that an IMAP session is killed in, and
what others must find then; for kill.py and kill_family.py.

Whatever happens: what was answered with OK, or told, is so; a UID is one
message for ever, and UIDVALIDITY, UIDNEXT and mod-sequences do not go back; no
message is lost or there twice (a MOVE may leave it in both, RFC 6851 3.3); who
comes back with QRESYNC hears of all that went; POP3 sees the same.
"""
import collections
import os
import re
import shutil

COUNT = 12
FRESH = sorted('f%d' % i for i in range(70))
FOLDERS = 'INBOX', 'Archive'
SELECT = ['x SELECT INBOX']
OUT = ['y LOGOUT']


def text(token):
    return 'Subject: %s\nX-Token: %s\n\nHello.\n' % (token, token)


def literal(token):
    data = text(token).replace('\n', '\r\n')
    return '{%d+}\r\n%s' % (len(data), data)


# ---- what is said

class Mail:
    def __init__(self, uid, flags, modseq, token):
        self.uid, self.flags, self.modseq, self.token = \
            uid, flags, modseq, token


class View:
    """A folder, as a session that comes afterwards sees it."""

    def __init__(self, out):
        def number(word):
            return int(re.search(r'\[%s (\d+)\]' % word, out)[1])
        self.validity = number('UIDVALIDITY')
        self.next = number('UIDNEXT')
        self.modseq = number('HIGHESTMODSEQ')
        self.gone = set()
        for told in re.findall(r'^\* VANISHED \(EARLIER\) (\S+)\r$', out,
                               re.M):
            self.gone |= uids(told)
        self.mail = {}
        for m in re.finditer(
                r'^\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\) MODSEQ '
                r'\((\d+)\) BODY[^\r]*\r\nX-Token: (\S+)\r', out, re.M):
            assert int(m[1]) not in self.mail, ('UID twice', m[1])
            self.mail[int(m[1])] = Mail(
                int(m[1]), frozenset(m[2].split()) - {'\\Recent'},
                int(m[3]), m[4])
        exists = re.findall(r'^\* (\d+) EXISTS', out, re.M)
        assert int(exists[-1]) == len(self.mail), (exists, len(self.mail))

    def tokens(self):
        return collections.Counter(m.token for m in self.mail.values())


def uids(text):
    found = set()
    for part in text.split(','):
        a, _, b = part.partition(':')
        found |= set(range(int(a), int(b or a) + 1))
    return found


# ---- the kinds of change: commands, and what must be afterwards

class Change:
    """before: the Maildir; told: the one that clients have heard of."""

    def __init__(self, name, commands, judge, before='before', told='before'):
        self.name, self.commands, self.judge = name, commands, judge
        self.before, self.told = before, told


def ok(out, tag):
    return '\n%s OK' % tag in out


def counts(now, folder, token):
    return now[folder].tokens()[token]


def told_uid(out, now, what, folder, tokens):
    """The UIDs of an APPENDUID or COPYUID are those of the tokens."""
    told = re.search(r'\[%s \d+ ([\d:,]+)(?: ([\d:,]+))?\]' % what, out)
    if not told:
        return
    for uid, token in zip(sorted(uids(told[2] or told[1])), tokens):
        assert now[folder].mail[uid].token == token, ('told', uid, token)


def appended(out, now, first):
    for tag, folder, tokens in (('a', 'INBOX', ['new1']),
                                ('b', 'Archive', ['new2', 'new3'])):
        for t in tokens:
            n = counts(now, folder, t)
            assert n == 1 if ok(out, tag) else n <= 1, (t, n)
        said = re.search(r'^%s OK.*' % tag, out, re.M)
        if said:
            told_uid(said[0], now, 'APPENDUID', folder, tokens)
    same(now, first, set())


def same(now, first, but):
    """What was there is, with its flags."""
    for f in FOLDERS:
        for uid, m in first[f].mail.items():
            if m.token in but:
                continue
            assert uid in now[f].mail, ('lost', f, uid)
            assert now[f].mail[uid].flags == m.flags, ('flags of', uid)


def copied(out, now, first):
    for t in ('t2', 't3', 't4'):
        assert counts(now, 'Archive', t) in ((1,) if ok(out, 'a') else (0, 1))
    told_uid(out, now, 'COPYUID', 'Archive', ['t2', 't3', 't4'])
    same(now, first, set())


def moved(out, now, first):
    for t in ('t2', 't3', 't4'):
        here, there = counts(now, 'INBOX', t), counts(now, 'Archive', t)
        assert (here, there) in (((0, 1),) if ok(out, 'a') else
                                 ((1, 0), (0, 1), (1, 1))), (t, here, there)
    told_uid(out, now, 'COPYUID', 'Archive', ['t2', 't3', 't4'])
    same(now, first, {'t2', 't3', 't4'})


def stored(out, now, first):
    for uid, m in now['INBOX'].mail.items():
        want = first['INBOX'].mail[uid].flags | {'\\Answered', 'work'}
        if m.token in ('t2', 't3', 't4'):
            assert m.flags == want or not ok(out, 'a') and \
                m.flags == first['INBOX'].mail[uid].flags, (uid, m.flags)
    same(now, first, {'t2', 't3', 't4'})


def expunged(out, now, first):
    gone = {t for t in ('t3', 't5') if not counts(now, 'INBOX', t)}
    if ok(out, 'a'):
        assert len(gone) == 2 or not gone and not ok(out, 'b'), gone
    same(now, first, {'t3', 't5'})


def arrived(out, now, first):
    new = now['INBOX'].tokens() - first['INBOX'].tokens()
    assert sorted(new.elements()) == FRESH, sorted(new.elements())
    same(now, first, set())


def unchanged(out, now, first):
    assert now['INBOX'].tokens() == first['INBOX'].tokens()
    same(now, first, set())


CHANGES = [
    Change('APPEND', ['a APPEND INBOX (\\Flagged) ' + literal('new1'),
                      'b APPEND Archive (\\Seen) %s (work) %s' % (
                          literal('new2'), literal('new3'))], appended),
    Change('COPY', SELECT + ['a UID COPY 2:4 Archive'], copied),
    Change('MOVE', SELECT + ['a UID MOVE 2:4 Archive'], moved),
    Change('STORE', SELECT + ['a UID STORE 2:4 +FLAGS (\\Answered work)'],
           stored),
    Change('EXPUNGE', SELECT + ['a UID STORE 3,5 +FLAGS.SILENT (\\Deleted)',
                                'b EXPUNGE'], expunged),
    Change('SELECT', SELECT, arrived, before='fresh'),
    Change('index and cache', SELECT + ['a FETCH 1:* (ENVELOPE)'],
           arrived, before='fresh'),
    Change('compaction', SELECT, unchanged, before='grown', told='grown'),
]


class Mailbox:
    """The one that is changed: a Maildir; session(commands, torn) gives what a
    session answers to commands, each sent when the one before was answered
    (torn: it is killed before it could save anything); pop3_uids() gives what
    POP3 says, as pairs."""

    def __init__(self, maildir, kept, session, pop3_uids):
        self.maildir, self.kept = maildir, kept
        self.session, self.pop3_uids = session, pop3_uids

    def put(self, folder, name, token):
        with open('%s%s/%s' % (self.maildir, folder, name), 'w') as f:
            f.write(text(token))

    def keep(self, name):
        copy(self.maildir, '%s/%s' % (self.kept, name))

    def again(self, name):
        shutil.rmtree(self.maildir)
        copy('%s/%s' % (self.kept, name), self.maildir)

    def prepare(self):
        """Mailboxes as they are before, and how they look."""
        for i in range(1, COUNT + 1):
            self.put('', ('new/%d.M%dP1.host' if i % 2 else
                          'cur/%d.M%dP1.host:2,S') % (1000 + i, i), 't%d' % i)
        out = self.session(['c CREATE Archive'] + SELECT +
                           ['d UID COPY 12 Archive'] + OUT)
        assert ok(out, 'd'), out
        self.keep('before')
        # mail that no session has seen, and more than one leaves unsaved
        for i, token in enumerate(FRESH):
            self.put('', ('cur/%d.M%dP2.host:2,R' if i % 10 else
                          'new/%d.M%dP2.host') % (2000 + i, i), token)
        self.keep('fresh')
        # a log longer than it is worth, and no time to mend that
        self.session(SELECT + ['t STORE 1:* %sFLAGS.SILENT (\\Draft)' % s
                               for s in '+-' * 20] + OUT, torn=True)
        assert os.stat(self.maildir + '/correo-uids').st_size > 100000
        self.keep('grown')

    def look(self, since=None):
        """{folder: View}; since: those of a look before, for QRESYNC."""
        commands = ['e ENABLE QRESYNC']
        for f in FOLDERS:
            commands += ['s SELECT %s%s' % (f, ' (QRESYNC (%d %d))' % (
                since[f].validity, since[f].modseq) if since else ''),
                'f FETCH 1:* (UID FLAGS MODSEQ BODY.PEEK[HEADER.FIELDS '
                '(X-Token)])']
        out = self.session(commands + OUT)
        assert '\ny OK' in out, out
        return {f: View(part) for f, part in zip(FOLDERS, out.split('\nf OK'))}

    def judge(self, change, first, out):
        now = self.look(first)
        validity = {f: first[f].validity for f in FOLDERS}
        for f in FOLDERS:
            was, v = first[f], now[f]
            assert v.validity == was.validity, 'UIDVALIDITY'
            assert v.next >= was.next and v.modseq >= was.modseq, 'went back'
            assert not v.gone & set(v.mail), ('VANISHED and here', v.gone)
            assert set(was.mail) - set(v.mail) <= v.gone, 'gone unsaid'
            for uid, m in v.mail.items():
                if uid in was.mail:
                    old = was.mail[uid]
                    assert old.token == m.token, ('another message', uid)
                    assert m.modseq >= old.modseq, ('MODSEQ back', uid)
                    assert m.modseq > old.modseq or m.flags == old.flags, uid
                else:
                    assert uid >= was.next, ('a new UID', uid, was.next)
                assert m.modseq <= v.modseq and uid < v.next
        # those that were told
        for n in re.findall(r'\[HIGHESTMODSEQ (\d+)\]', out):
            assert int(n) <= now['INBOX'].modseq, ('HIGHESTMODSEQ', n)
        for f, n in re.findall(r'\[APPENDUID (\d+) (\d+)', out):
            assert any(int(f) == validity[x] and int(n) < now[x].next
                       for x in FOLDERS)
        change.judge(out, now, first)
        settled = self.look(first)
        for f in FOLDERS:
            assert {u: (m.token, m.flags, m.modseq)
                    for u, m in settled[f].mail.items()} == \
                {u: (m.token, m.flags, m.modseq)
                 for u, m in now[f].mail.items()}, 'a second look differs'
            assert settled[f].next == now[f].next
        assert self.pop3_uids() == [
            (validity['INBOX'], u) for u in sorted(now['INBOX'].mail)], 'POP3'


def copy(source, to):
    """With times and owners."""
    shutil.copytree(source, to, symlinks=True)
    for path, dirs, names in os.walk(source):
        for name in [''] + dirs + names:
            have = os.lstat(os.path.join(path, name))
            os.chown(os.path.join(to + path[len(source):], name),
                     have.st_uid, have.st_gid, follow_symlinks=False)
