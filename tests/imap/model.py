"""model.py [SECONDS [SEED]] - random commands on several connections, and
deliveries, renames and deletions beside them, checked against a model.

One thing happens at a time, so what the mailbox holds is known exactly; each
connection learns it when the RFC lets it.  PLANT=BUG (model_plant.py) spoils a
reply in the tester, which has to be found.
"""
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'stories'))
from correo import imap_of, nodes
from model_client import Client, Folder, Gone, Wrong, as_set, need, uids
from model_find import Find
from model_mail import FLAGS, Letter
from model_plant import spoiling
from model_tree import Tree

LETTER = {'S': '\\Seen', 'F': '\\Flagged', 'R': '\\Answered', 'D': '\\Draft',
          'T': '\\Deleted'}
OF = {v: k for k, v in LETTER.items()}
FOLDERS = {'INBOX': '', 'Archive': '/.Archive'}
HOW = {'': lambda old, new: new, '+': lambda old, new: old | new,
       '-': lambda old, new: old - new}


# what a connection enables; 'z': it is compressed too, 'n': it asks by NOTIFY
# to be told, though not of what went before it may be
CONNECTIONS = ['', 'CONDSTORE', 'QRESYNC', 'z', 'IMAP4rev2',
               'UTF8=ACCEPT CONDSTORE z', 'QRESYNC n']


class Model(Find, Tree):
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.nodes = nodes()
        self.i = self.nodes[0]
        self.root = self.i.ready['maildir1']
        self.known = {name: Folder() for name in FOLDERS}
        # what there is: token: flags, by folder
        self.truth = {name: {} for name in FOLDERS}
        self.letters = {}       # by token
        self.sizes = {}
        self.counts = {}
        self.clients = []
        c = self.connect('e', '')
        for name in FOLDERS:
            c.select(name)
            c.run('STORE 1:* +FLAGS.SILENT (\\Deleted)')
            c.ok('EXPUNGE')
        c.unselect()
        self.begin_tree(c)
        self.observe(c)
        for name, how in zip('abcdfgh', CONNECTIONS):
            c = self.connect(name, how)
            c.select('INBOX')
            c.learn()
            self.clients.append(c)

    def connect(self, name, how):
        node = self.nodes[ord(name) % len(self.nodes)]
        c = Client(*imap_of(node), self.known, name, ' '.join(
            w for w in how.split() if w not in 'zn'))
        if 'z' in how.split():
            c.compress()
        if 'n' in how.split():
            c.ok('NOTIFY SET (selected-delayed (MessageNew (UID FLAGS MODSEQ) '
                 'MessageExpunge FlagChange))')
            c.notify = True
        return c

    def note(self, *words):
        for c in self.clients:
            c.trace.append('-- ' + ' '.join(words))

    def letter(self):
        token = 't%d.%d' % (os.getpid(), len(self.letters) + 1)
        l = Letter(token, self.r, list(self.letters.values())[-60:])
        self.letters[token] = l
        self.sizes[token] = l.size
        return l

    def some_flags(self):
        return frozenset(self.r.sample(FLAGS, self.r.randrange(4)))

    def some(self, c):
        """Some of the messages that c sees, by UID or number, or those of its
        last SEARCH: the command's first words, its set, and the messages."""
        if self.r.random() < 0.15:
            return self.r.choice(('UID ', '')), '$', \
                [m for m in c.view if m in c.saved]
        n = sorted(self.r.sample(range(len(c.view)), min(
            len(c.view), self.r.choice((1, 1, 2, 5)))))
        by_uid = self.r.random() < 0.5
        return 'UID ' if by_uid else '', as_set(
            c.view[i].uid if by_uid else i + 1 for i in n), \
            [c.view[i] for i in n]

    # ---- the steps

    def fetch(self, c):
        uid, which, mails = self.some(c)
        want = {c.view.index(m) + 1: m for m in mails}
        alive = {n for n, m in want.items() if self.alive(c, m)}
        c.run('%sFETCH %s (UID FLAGS RFC822.SIZE ENVELOPE%s)' % (
            uid, which, ' MODSEQ' if c.condstore else ''))
        got = {n for n, text in c.told.items() if 'ENVELOPE' in text}
        need(alive <= got <= set(want), 'FETCH', which, 'told of', got,
             'but it is', alive)

    def body(self, c):
        self.quiet(c)
        m = self.r.choice(c.view or [None])
        if not m or self.sizes[m.token] is None:
            return
        at, n = self.r.randrange(m.size), self.r.randrange(1, m.size)
        c.ok('UID FETCH %d BODY.PEEK[]<%d.%d>' % (m.uid, at, n))
        need(c.literals == [self.letters[m.token].data[at:at + n]],
             'BODY[] of', m.uid, at, n, c.literals)

    def store(self, c):
        uid, which, mails = self.some(c)
        here = self.truth[c.folder]
        how, flags = self.r.choice(('', '+', '-')), self.some_flags()
        silent = self.r.random() < 0.4
        since = None
        if c.condstore and self.r.random() < 0.5:
            self.quiet(c)
            mails = [m for m in mails if m in c.view]
            if not mails:
                return
            uid, which = 'UID ', as_set(m.uid for m in mails)
            since = self.r.choice([m.modseq for m in mails])
            other = self.conflict(c, mails)
        late = [m.uid for m in mails if since is not None
                and (m.modseq > since or m is other)]
        word, rest = c.run('%sSTORE %s %s%sFLAGS%s (%s)' % (
            uid, which, '(UNCHANGEDSINCE %d) ' % since
            if since is not None else '', how, '.SILENT' if silent else '',
            ' '.join(sorted(flags))))
        if c.read_only:
            need(word == 'NO', 'STORE in EXAMINE:', word)
            return
        told = [v for k, v in c.codes if k == 'MODIFIED']
        need(sorted(uids(told[0]) if told else []) == late, 'MODIFIED', told,
             'but it is', late)
        for m in mails:
            if not self.alive(c, m):
                continue
            need(m.uid not in late or 'FLAGS (' in c.told.get(
                c.view.index(m) + 1, ''), 'MODIFIED', m.uid, 'not told')
            need(word == 'OK' or len(mails) > 1, 'STORE', rest)
            if m.uid in late:
                continue
            here[m.token] = HOW[how](here[m.token], flags)
            if silent:
                # its own idea of it, unless the server has told better
                m.flags = HOW[how](m.flags, flags)

    def conflict(self, c, mails):
        """Another may change one of them just before c would, or None."""
        writers = [d for d in self.clients if d is not c and
                   d.folder == c.folder and not d.read_only]
        if not writers or self.r.random() < 0.5:
            return None
        m, d, f = self.r.choice(mails), self.r.choice(writers), \
            self.r.choice(FLAGS)
        here = self.truth[c.folder]
        d.ok('NOOP')
        d.ok('UID STORE %d %sFLAGS.SILENT (%s)' % (
            m.uid, '-' if f in here[m.token] else '+', f))
        here[m.token] ^= {f}
        d.learn()
        d.ok('UID FETCH %d FLAGS' % m.uid)
        return m

    def append(self, c):
        to = self.r.choice(list(FOLDERS))
        some = [(self.letter(), self.some_flags())
                for _ in range(self.r.choice((1, 1, 1, 3)))]
        words = ['APPEND ' + to]
        for l, flags in some:
            words.append('(%s) "%s"' % (' '.join(sorted(flags)),
                                        imap_time(l.arrival)))
            words.append(l.data)
        c.ok(words)
        self.stored(c, to, some)

    def stored(self, c, to, some):
        for l, flags in some:
            self.truth[to][l.token] = flags
        self.new(c, to, [v for k, v in c.codes if k == 'APPENDUID'][0].split()[1],
                 [l.token for l, _ in some])

    def replace(self, c):
        self.quiet(c)
        if not c.view:
            return
        m, to = self.r.choice(c.view), self.r.choice(list(FOLDERS))
        l, flags = self.letter(), self.some_flags()
        uid = self.r.random() < 0.5
        word, rest = c.run(['%sREPLACE %d %s (%s) "%s"' % (
            'UID ' if uid else '', m.uid if uid else c.view.index(m) + 1, to,
            ' '.join(sorted(flags)), imap_time(l.arrival)), l.data])
        need((word == 'OK') == (not c.read_only), 'REPLACE', word, rest)
        if word == 'OK':
            del self.truth[c.folder][m.token]
            self.stored(c, to, [(l, flags)])
            need(m not in c.view, 'replaced, but here')

    def new(self, c, to, which, tokens):
        """What a reply said of new UIDs.  The same reply may have told, before
        that, of mail delivered meanwhile; who looks meanwhile may see the last
        of them first."""
        f, which, top = self.known[to], uids(which), c.before[to]
        need(len(which) == len(tokens), which, 'for', tokens)
        for uid, token in zip(which, tokens):
            need(uid > top and uid > f.floor, 'UID', uid, 'after', top)
            need(f.token.setdefault(uid, token) == token, 'UID', uid, 'twice')
            f.uid[token] = uid
            f.top = max(f.top, uid)

    def alive(self, c, m):
        """Is what c sees there?  It may have gone, and come back since under
        another UID."""
        return m.token in self.truth[c.folder] and \
            self.known[c.folder].uid.get(m.token, m.uid) == m.uid

    def copy(self, c, verb='COPY'):
        uid, which, mails = self.some(c)
        here, to = self.truth[c.folder], self.r.choice(list(FOLDERS))
        if verb == 'COPY' or to == c.folder:
            to, verb = 'Drafts', 'COPY'   # there a token may be twice
        alive = [m for m in mails if self.alive(c, m)]
        word, rest = c.run('%s%s %s %s' % (uid, verb, which, to))
        if c.read_only and verb == 'MOVE':
            need(word == 'NO', 'MOVE in EXAMINE', rest)
            return
        need(word == 'OK' or len(alive) < len(mails), verb, word, rest)
        if word != 'OK':
            return
        told = [v.split() for k, v in c.codes if k == 'COPYUID']
        got = uids(told[0][1]) if told else []
        by_uid = {m.uid: m for m in alive}
        need(sorted(got) == sorted(by_uid), 'COPYUID', told, 'but',
             sorted(by_uid))
        if verb == 'MOVE':
            alive = [by_uid[uid] for uid in got]    # as they came there
            for m in alive:
                self.truth[to][m.token] = here.pop(m.token)
            if alive:
                self.new(c, to, told[0][2], [m.token for m in alive])

    def move(self, c):
        self.copy(c, 'MOVE')

    def expunge(self, c):
        uid, which, mails = self.some(c)
        if not c.notify and (uid == '' or self.r.random() < 0.5):
            command, mails = 'EXPUNGE', list(c.view)
        else:
            command = 'UID EXPUNGE ' + (which if which == '$' else as_set(
                m.uid for m in mails))
        word, rest = c.run(command)
        need((word == 'OK') == (not c.read_only), 'EXPUNGE', word, rest)
        here = self.truth[c.folder]
        for m in mails if word == 'OK' else ():
            if self.alive(c, m) and '\\Deleted' in here[m.token]:
                del here[m.token]

    def noop(self, c):
        c.ok(self.r.choice(('NOOP', 'CHECK')))

    def idle(self, c):
        tag = c.send('IDLE')
        text, literals = c.line()
        while not text.startswith('+'):
            c.untagged(text[2:], literals)
            text, literals = c.line()
        before, want = len(c.view), None
        if self.r.random() < 0.5:
            want = self.rename_in(c.folder)
        while want and len(c.view) == before:
            text, literals = c.line()
            c.untagged(text[2:], literals)
        c.wire.send(b'DONE\r\n')
        need(c.finish(tag)[0] == 'OK', 'DONE')

    def select(self, c):
        name, read_only = self.r.choice(list(FOLDERS)), self.r.random() < 0.2
        if self.r.random() < 0.5:
            c.unselect()
        c.select(name, read_only)
        c.learn()
        need(c.rev2 or c.recents == sum(m.recent for m in c.view), 'RECENT',
             c.recents)
        self.check(c)

    def again(self, c):
        """A client that comes back with what it knew (QRESYNC): it had not
        heard of all, and others went on."""
        if not c.qresync:
            return
        self.quiet(c)
        for _ in range(self.r.randrange(3)):
            self.remove(c)
        if c.view:
            c.ok('FETCH 1 UID')     # who is gone is known, and not told
            self.store(c)
        old, name = {m.uid: m for m in c.view if m.uid}, c.folder
        validity = self.known[name].validity
        top, high = max(old, default=0), max(c.modseq, 1)
        about, data = set(old), ''
        if self.r.random() < 0.5:
            about = {uid for uid in old if self.r.random() < 0.7} or about
            data = ' ' + as_set(sorted(about)) if about else ''
        if old and self.r.random() < 0.5:   # numbers of some, and their UIDs
            n = sorted(self.r.sample(range(len(c.view)), self.r.randrange(
                1, len(c.view) + 1)))
            if all(c.view[i].uid for i in n):
                data += ' (%s %s)' % (as_set(i + 1 for i in n), as_set(
                    c.view[i].uid for i in n))
        c.unselect()
        for _ in range(self.r.randrange(4)):
            self.step(self.r.choice([d for d in self.clients if d is not c]))
        if self.r.random() < 0.1:
            self.anew(c)
        c.select(name, resync=(validity, high, data))
        told = {m.uid: m.flags for m in c.view if m.uid}
        c.learn()
        if self.known[name].validity != validity:
            need(not told and not c.resync_gone, 'told of another mailbox',
                 told, c.resync_gone)
            return
        here = {m.uid for m in c.view}
        need(not c.resync_gone & here, 'VANISHED but here')
        if data[1:2].isdigit():
            need(c.resync_gone | set(told) <= about, 'told of', told,
                 c.resync_gone, 'but asked of', about)
        for uid in about:
            need(uid in c.resync_gone or uid in here, 'UID', uid,
                 'vanished unsaid')
        for m in c.view:
            need(m.uid in told or m.uid > top or m.uid in old and (
                 m.uid not in about or old[m.uid].flags == m.flags),
                 'a change of', m.uid, 'unsaid')
        self.check(c)

    def anew(self, c):
        """Archive goes, and comes back as another mailbox."""
        name = 'Archive'
        for d in self.clients:
            if d.folder == name:
                d.unselect()
                if d is not c:
                    d.select('INBOX')
                    d.learn()
        c.ok('STATUS %s (UIDVALIDITY)' % name)
        old = c.statuses[name]['UIDVALIDITY']
        c.ok('DELETE ' + name)
        c.ok('CREATE %s (USE (\\Archive))' % name)
        self.known[name], self.truth[name] = Folder(), {}
        c.ok('STATUS %s (UIDVALIDITY UIDNEXT)' % name)
        new = c.statuses[name]['UIDVALIDITY']
        need(new > old, 'UIDVALIDITY', new, 'after', old)
        self.known[name].validity = str(new)
        if not c.folder:
            c.select('INBOX')
            c.learn()

    def enable(self, c):
        """In the middle of a session."""
        what = self.r.choice(('CONDSTORE', 'QRESYNC', 'IMAP4rev2'))
        had, f = c.condstore, c.folder
        c.ok('ENABLE ' + what)
        need(had or c.asked or what == 'IMAP4rev2' or any(
            k == 'HIGHESTMODSEQ' for k, v in c.codes),
            'ENABLE without HIGHESTMODSEQ')
        if c.view and f:
            c.ok('FETCH 1:* (UID FLAGS%s)' % (
                ' MODSEQ' if c.condstore else ''))

    def login(self, c):
        """It ends, or just goes, and comes again as it was at first."""
        if c.notify:        # what it did not hear of may be recent to it
            self.known[c.folder].left |= set(self.truth[c.folder]) - {
                m.token for m in c.view}
        if c.notify or self.r.random() < 0.5:
            c.ok('LOGOUT')
        c.close()
        c.reset()
        i = self.clients.index(c)
        d = self.connect(c.name, CONNECTIONS[i])
        d.n, d.trace = c.n, c.trace + d.trace
        d.select('INBOX')
        d.learn()
        self.clients[i] = d

    # ---- beside imapd

    def rename_in(self, folder=None):
        folder = folder or self.r.choice(list(FOLDERS))
        l, d = self.letter(), self.root + FOLDERS[folder]
        token, name = l.token, '%d.%s.host' % (time.time(), l.token)
        with open(d + '/tmp/' + name, 'wb') as f:
            f.write(l.data.replace(b'\r\n', b'\n'))
            st = os.stat(d)
            os.fchown(f.fileno(), st.st_uid, st.st_gid)
        at = l.arrival.timestamp()
        os.utime(d + '/tmp/' + name, (at, at))
        os.rename(d + '/tmp/' + name, d + '/new/' + name)
        self.note('deliver', token, d)
        self.truth[folder][token] = frozenset()
        return token

    def deliver(self, c):
        self.rename_in()

    def smtp(self, c):
        l = self.letter()
        self.i.send([self.i.ready['user1']], l.data)
        self.i.alice.with_text(b'X-Token: %s\n' % l.token.encode())
        l.arrival = self.sizes[l.token] = None      # it has trace fields now
        self.truth['INBOX'][l.token] = frozenset()

    def files(self, folder):
        d = self.root + FOLDERS[folder]
        for sub in ('new', 'cur'):
            for name in os.listdir(d + '/' + sub):
                path = '%s/%s/%s' % (d, sub, name)
                data = open(path, 'rb').read(4096)
                yield path, data.split(b'X-Token: ')[1].split(b'\n')[0] \
                    .decode()

    def some_file(self):
        folder = self.r.choice(list(FOLDERS))
        for c in self.clients:
            if c.notify and c.folder:
                c.ok('NOOP')    # it has moved what came to cur/
                c.learn()
        found = sorted(self.files(folder), key=lambda f: f[1])
        return (folder,) + self.r.choice(found) if found else (None,) * 3

    def rename(self, c):
        folder, path, token = self.some_file()
        if not folder:
            return
        d, name = os.path.split(path)
        base, _, info = name.partition(':2,')
        keep = ''.join(x for x in info if x.islower())
        flags = frozenset(f for f in self.some_flags() if f in OF)
        letters = ''.join(sorted([OF[f] for f in flags])) + keep
        os.rename(path, '%s/cur/%s:2,%s' % (os.path.dirname(d), base,
                                            letters))
        self.note('mv', token, path, letters)
        here = self.truth[folder]
        here[token] = flags | {f for f in here[token] if f not in OF}

    def remove(self, c):
        folder, path, token = self.some_file()
        if folder:
            os.unlink(path)
            self.note('rm', token, path)
            del self.truth[folder][token]

    # ---- checks

    def quiet(self, c):
        c.ok('NOOP')
        c.learn()
        self.check(c)

    def check(self, c):
        """After NOOP a client knows the truth."""
        here = self.truth[c.folder]
        tokens = [m.token for m in c.view]
        need(sorted(tokens) == sorted(here), c.folder, 'has', tokens,
             'but should', sorted(here))
        for m in c.view:
            need(m.flags == here[m.token], 'flags of', m.uid,
                 sorted(m.flags), 'but it is', sorted(here[m.token]))
            l = self.letters[m.token]
            need(l.arrival in (None, m.date), 'date of', m.uid, m.date)
            need(self.sizes[m.token] in (None, m.size), 'size of', m.uid,
                 m.size, self.sizes[m.token])

    STEPS = {fetch: 6, store: 12, append: 4, copy: 2, move: 5, expunge: 5,
             noop: 4, idle: 2, select: 3, again: 2, deliver: 4, smtp: 1,
             rename: 6, remove: 3, body: 2, replace: 2, anew: 0.5,
             enable: 1, login: 1, Find.search: 8,
             Find.sort: 4, Find.thread: 4, Tree.create: 2, Tree.delete: 1,
             Tree.rename_folder: 2, Tree.rename_inbox: 0.3,
             Tree.subscribe: 2, Tree.fill: 2,
             Tree.status: 3, Tree.list: 4}

    def step(self, c):
        f = self.r.choices(list(self.STEPS), list(self.STEPS.values()))[0]
        if f in (Model.fetch, Model.store, Model.copy, Model.move,
                 Model.expunge) and not c.view:
            f = Model.append
        if not c.folder:
            f = Model.deliver
        self.counts[f.__name__] = self.counts.get(f.__name__, 0) + 1
        f(self, c)
        if c.folder:
            if not all(m.token for m in c.view):
                c.learn()

    def settle(self):
        for c in self.clients:
            self.quiet(c)
        for c in self.clients:
            f = self.known[c.folder]
            nobody = {m.uid for m in c.view if m.token not in f.left} - \
                f.silent - set(f.recent)
            need(c.read_only or not nobody, nobody, 'are recent to nobody')
        self.check_observer()
        for name in FOLDERS:
            need(sorted(t for _, t in self.files(name)) ==
                 sorted(self.truth[name]), 'the files of', name)


def imap_time(when):
    return when.strftime('%d-%b-%Y %H:%M:%S +0000')


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 15
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else \
        random.SystemRandom().randrange(1 << 30)
    if 'PLANT' in os.environ:
        Client.untagged = spoiling(os.environ['PLANT'])
        Model.patience = 3
    m, n = None, 0
    try:
        m = Model(seed)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            m.step(m.r.choice(m.clients))
            n += 1
            if n % 25 == 0:
                m.settle()
        m.settle()
    except (Wrong, Gone) as e:
        print('not ok model: %s (seed %d, step %d)' % (e, seed, n))
        for c in m.clients + [m.observer] if m else ():
            print('# %s %s' % (c.name, c.folder))
            print('\n'.join('#   ' + t for t in c.trace[-14:]))
        return 1
    print('ok model: seed %d, %d steps (%s)' % (seed, n, ' '.join(
        '%s %d' % kv for kv in sorted(m.counts.items()))))
    return 0


sys.exit(main())
