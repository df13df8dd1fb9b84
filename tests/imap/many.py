"""many.py [SECONDS [SEED]] - sixteen at one mailbox at once: seven IMAP
sessions, two of POP3, two that send by SMTP, two that deliver into the
Maildir, two that rename and one that removes.

What each was told goes into one ledger: a UID is one message for ever and a
message has one UID, no number goes back, and at the end all that came is there
once, but for what somebody has taken away.  PLANT=lose|twice|back: the tester
does such a thing itself, which has to be found.
"""
import os
import poplib
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'stories'))
from correo import imap_of, nodes
from model_client import Client, Folder, Gone, Wrong, as_set, need, uids

PLANT = os.environ.get('PLANT', '')
FOLDERS = {'INBOX': '', 'Archive': '/.Archive', 'Drafts': '/.Drafts'}
FLAGS = ['\\Seen', '\\Flagged', '\\Answered', '\\Draft', 'work']


class Ledger:
    """What is known of the mailbox, by whomever."""

    def __init__(self):
        self.lock = threading.Lock()
        self.token = {f: {} for f in FOLDERS}   # uid: token
        self.uid = {f: {} for f in FOLDERS}     # token: uid
        self.modseq = {f: 0 for f in FOLDERS}   # the highest told
        self.next = {f: 0 for f in FOLDERS}
        self.flags = {}         # (folder, uid, modseq): flags
        self.came = set()       # tokens answered for
        self.leaving = set()    # taken away, or about to be
        self.tokens = 0
        self.counts = {}
        self.wrong = None
        self.sessions = []
        self.stop = threading.Event()

    def fresh(self):
        with self.lock:
            self.tokens += 1
            return 'm%d.%d' % (os.getpid(), self.tokens)

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def told(self, folder, uid, token):
        with self.lock:
            was = self.token[folder].setdefault(uid, token)
            need(was == token, folder, 'UID', uid, was, 'is', token)
            if folder != 'Drafts':      # there a token may be twice
                had = self.uid[folder].setdefault(token, uid)
                need(had == uid, folder, token, 'with UID', had, 'and', uid)

    def saw(self, folder, uid, modseq, flags):
        with self.lock:
            was = self.flags.setdefault((folder, uid, modseq), flags)
            need(was == flags, folder, uid, 'at MODSEQ', modseq, was, flags)

    def highest(self, folder, modseq, uidnext):
        with self.lock:
            self.modseq[folder] = max(self.modseq[folder], modseq)
            self.next[folder] = max(self.next[folder], uidnext)


class Session(Client):
    """A client that also writes into the ledger; of the shared facts it keeps
    only its own."""

    def __init__(self, test, number):
        self.test, self.ledger = test, test.ledger
        super().__init__(*imap_of(test.node(number)),
                         {f: Folder() for f in FOLDERS}, 'c%d' % number,
                         ('', 'CONDSTORE', 'QRESYNC')[number % 3])

    def open(self, name):
        l = self.ledger
        with l.lock:
            modseq, uidnext = l.modseq[name], l.next[name]
        self.select(name)
        told = dict(self.codes)
        high, after = int(told['HIGHESTMODSEQ']), int(told['UIDNEXT'])
        if PLANT == 'back' and l.counts.get('open', 0) > 3:
            high -= 1000
        need(high >= modseq, name, 'HIGHESTMODSEQ', high, 'was', modseq)
        need(after >= uidnext, name, 'UIDNEXT', after, 'was', uidnext)
        l.highest(name, high, after)
        self.know()

    def fetch(self, n, text, literals):
        super().fetch(n, text, literals)
        m = self.view[n - 1]
        if m.uid and m.modseq and 'MODSEQ' in text and 'FLAGS' in text:
            self.ledger.saw(self.folder, m.uid, m.modseq, m.flags)

    def know(self):
        """Each message's UID and token; those that go meanwhile are told to
        have gone."""
        for _ in range(100):
            if all(m.token for m in self.view):
                break
            n = next(i for i, m in enumerate(self.view) if m.token is None)
            word, _ = self.run(
                'FETCH %d:%d (UID FLAGS%s BODY.PEEK[HEADER.FIELDS '
                '(X-TOKEN)])' % (n + 1, len(self.view),
                                 ' MODSEQ' if self.condstore else ''))
            if word == 'NO':
                self.ok('NOOP')
        self.next = 0
        for m in self.view:
            self.ledger.told(self.folder, m.uid, m.token)


class Test:
    def __init__(self, seed):
        self.seed = seed
        self.nodes = nodes()
        self.pace = 40 if self.nodes[1:] else 1
        self.ledger = Ledger()
        self.owner = os.stat(self.root(0))
        c = Client(*imap_of(self.node(0)), {f: Folder() for f in FOLDERS},
                   'e')
        for name in FOLDERS:
            c.select(name)
            c.run('STORE 1:* +FLAGS.SILENT (\\Deleted)')
            c.ok('EXPUNGE')
        c.close()

    def node(self, number):
        return self.nodes[number % len(self.nodes)]

    def root(self, number):
        return self.node(number).ready['maildir1']

    def mail(self, token):
        return ('From: a@sender.test\r\nSubject: %s\r\nX-Token: %s\r\n\r\n'
                'Hello.\r\n' % (token, token)).encode()

    def run(self, seconds):
        work = [self.imap] * 7 + [self.pop3] * 2 + [self.smtp] * 2 + \
            [self.deliver] * 2 + [self.rename] * 2 + [self.remove]
        threads = [threading.Thread(target=self.guarded, args=(f, n))
                   for n, f in enumerate(work)]
        for t in threads:
            t.start()
        self.ledger.stop.wait(seconds)
        self.ledger.stop.set()
        for t in threads:
            t.join()
        if self.ledger.wrong is None:
            self.guarded(self.last_look, len(work))

    def guarded(self, f, number):
        try:
            f(random.Random(self.seed * 100 + number), number)
        except Exception as e:
            with self.ledger.lock:
                self.ledger.wrong = self.ledger.wrong or '%s %d: %s: %s' % (
                    f.__name__, number, type(e).__name__, e)
            self.ledger.stop.set()

    # ---- the sixteen

    def imap(self, r, number):
        c, l = Session(self, number), self.ledger
        with l.lock:
            l.sessions.append(c)
        c.open('INBOX')
        while not l.stop.is_set():
            what = r.choices(('store', 'append', 'expunge', 'move', 'copy',
                              'noop', 'open', 'idle'),
                             (6, 4, 1, 2, 1, 4, 2, 1))[0]
            some = r.sample(c.view, min(len(c.view), r.randrange(1, 5)))
            some.sort(key=lambda m: m.uid)
            if not some and what in ('store', 'expunge', 'move', 'copy'):
                what = 'noop'
            getattr(self, 'imap_' + what)(c, r, some)
            l.count(what)
            c.know()
        c.ok('LOGOUT')
        c.close()

    def imap_store(self, c, r, some):
        c.run('UID STORE %s %sFLAGS%s (%s)' % (
            as_set(m.uid for m in some), r.choice(('', '+', '-')),
            r.choice(('', '.SILENT')), ' '.join(r.sample(FLAGS, 2))))

    def imap_append(self, c, r, some):
        token, to = self.ledger.fresh(), r.choice(('INBOX', 'Archive'))
        c.ok('APPEND %s (%s)' % (to, r.choice(FLAGS)), self.mail(token))
        for told in (v for k, v in c.codes if k == 'APPENDUID'):
            self.ledger.told(to, int(told.split()[1]), token)
        self.ledger.came.add(token)

    def imap_expunge(self, c, r, some):
        self.ledger.leaving.update(m.token for m in some)
        which = as_set(m.uid for m in some)
        c.run('UID STORE %s +FLAGS.SILENT (\\Deleted)' % which)
        c.ok('UID EXPUNGE ' + which)

    def imap_move(self, c, r, some):
        if c.folder == 'INBOX':
            self.transfer(c, 'MOVE', 'Archive', some)

    def imap_copy(self, c, r, some):
        self.transfer(c, 'COPY', 'Drafts', some)

    def transfer(self, c, verb, to, some):
        token = {m.uid: m.token for m in some}
        c.run('UID %s %s %s' % (verb, as_set(sorted(token)), to))
        for told in (v.split() for k, v in c.codes if k == 'COPYUID'):
            for a, b in zip(uids(told[1]), uids(told[2])):
                self.ledger.told(to, b, token[a])

    def imap_noop(self, c, r, some):
        c.ok('NOOP')

    def imap_open(self, c, r, some):
        c.open(r.choice(('INBOX', 'INBOX', 'Archive')))

    def imap_idle(self, c, r, some):
        tag = c.send('IDLE')
        text = ''
        while not text.startswith('+'):
            text, literals = c.line()
            if not text.startswith('+'):
                c.untagged(text[2:], literals)
        c.wire.send(b'DONE\r\n')
        need(c.finish(tag)[0] == 'OK', 'DONE')

    def pop3(self, r, number):
        l = self.ledger
        ready = self.node(number).ready
        host, port = ready['pop3'].rsplit(':', 1)
        while not l.stop.is_set():
            p = poplib.POP3(host, int(port), timeout=60)
            p.user(ready['user1'])
            p.pass_(ready['password1'])
            ids = {}
            for line in p.uidl()[1]:
                n, unique = line.decode().split()
                ids[int(n)] = int(unique[:8], 16)
            need(len(set(ids.values())) == len(ids), 'POP3: a UID twice')
            for n in r.sample(sorted(ids), min(len(ids), 5)):
                try:
                    lines = p.retr(n)[1]
                except poplib.error_proto as e:
                    need(b'gone' in e.args[0], 'RETR', e)
                    continue
                token = next(x for x in lines if x.startswith(b'X-Token: '))
                token = token[9:].decode()
                l.told('INBOX', ids[n], token)
                if r.random() < 0.1:
                    l.leaving.add(token)
                    p.dele(n)
            p.quit()
            l.count('pop3')

    def smtp(self, r, number):
        while not self.ledger.stop.is_set():
            token = self.ledger.fresh()
            i = self.node(number)
            i.send([i.ready['user1']], self.mail(token))
            self.ledger.came.add(token)
            self.ledger.count('smtp')
            time.sleep(r.random() * 0.1 * self.pace)

    def deliver(self, r, number):
        while not self.ledger.stop.is_set():
            token = self.ledger.fresh()
            name = '%d.%s.host' % (time.time(), token)
            root = self.root(number)
            with open(root + '/tmp/' + name, 'wb') as f:
                os.fchown(f.fileno(), self.owner.st_uid, self.owner.st_gid)
                f.write(self.mail(token).replace(b'\r\n', b'\n'))
            os.rename(root + '/tmp/' + name, root + '/new/' + name)
            self.ledger.came.add(token)
            self.ledger.count('deliver')
            time.sleep(r.random() * 0.05 * self.pace)

    def any_file(self, r, number):
        d = self.root(number) + FOLDERS[r.choice(('INBOX', 'Archive'))]
        sub = r.choice(('cur', 'cur', 'new'))
        names = os.listdir(d + '/' + sub)
        return (d, sub, r.choice(names)) if names else (None, None, None)

    def rename(self, r, number):
        while not self.ledger.stop.is_set():
            d, sub, name = self.any_file(r, number)
            if d:
                base, _, info = name.partition(':2,')
                letters = ''.join(sorted(r.sample('DFRS', 2))) + \
                    ''.join(x for x in info if x.islower())
                try:
                    os.rename('%s/%s/%s' % (d, sub, name),
                              '%s/cur/%s:2,%s' % (d, base, letters))
                    self.ledger.count('rename')
                except FileNotFoundError:
                    pass
            time.sleep(r.random() * 0.02)

    def remove(self, r, number):
        while not self.ledger.stop.is_set():
            d, sub, name = self.any_file(r, number)
            try:
                if d:
                    self.take_away('%s/%s/%s' % (d, sub, name))
            except FileNotFoundError:
                pass
            time.sleep(r.random() * 0.2)

    def take_away(self, path):
        with open(path, 'rb') as f:
            data = f.read()
        if PLANT != 'lose':
            self.ledger.leaving.add(token_of(data))
        if PLANT == 'twice':
            with open(os.path.dirname(path) + '/%d.copy.%s:2,' % (
                    time.time(), token_of(data)), 'xb') as f:
                f.write(data)
            return
        os.unlink(path)
        self.ledger.count('remove')

    # ---- at the end

    def files(self):
        found = []
        for folder in ('INBOX', 'Archive'):
            for sub in ('new', 'cur'):
                d = '%s%s/%s' % (self.root(0), FOLDERS[folder], sub)
                for name in os.listdir(d):
                    with open(d + '/' + name, 'rb') as f:
                        found.append(token_of(f.read()))
        return found

    def last_look(self, r, number):
        l = self.ledger
        want = l.came - l.leaving
        end = time.monotonic() + 60     # what SMTP has taken is on its way
        while want - set(self.files()) and time.monotonic() < end:
            time.sleep(0.1)
        c, seen = Session(self, number), []
        for name in FOLDERS:
            c.open(name)
            if name != 'Drafts':
                seen += [m.token for m in c.view]
        c.ok('LOGOUT')
        c.close()
        need(sorted(seen) == sorted(self.files()), 'views and files differ')
        need(len(seen) == len(set(seen)), 'twice:',
             {t for t in seen if seen.count(t) > 1})
        need(want <= set(seen), 'lost:', sorted(want - set(seen))[:9])
        need(set(seen) <= l.came, 'unknown:', set(seen) - l.came)
        self.left = len(seen)


def token_of(data):
    return re.search(rb'^X-Token: (\S+)', data, re.M)[1].decode()


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 15
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else \
        random.SystemRandom().randrange(1 << 30)
    t = Test(seed)
    t.run(seconds)
    l = t.ledger
    if l.wrong:
        print('not ok many: %s (seed %d)' % (l.wrong, seed))
        for c in l.sessions:
            print('# %s %s' % (c.name, c.folder))
            print('\n'.join('#   ' + t for t in c.trace[-14:]))
        return 1
    print('ok many: seed %d, %d came, %d taken away, %d left (%s)' % (
        seed, len(l.came), len(l.leaving), t.left,
        ' '.join('%s %d' % kv for kv in sorted(l.counts.items()))))
    return 0


sys.exit(main())
