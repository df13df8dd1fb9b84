"""Folders in model.py: made, renamed, removed, subscribed to, listed; and one
connection that only hears of all that by NOTIFY."""
import re
import time

from model_client import need, uids

NAMES = ['X', 'X.a', 'X.a.b', 'X.c', 'Y', 'Y.a', 'Z.Ü']
ITEMS = ['MESSAGES', 'UIDNEXT', 'UIDVALIDITY', 'UNSEEN', 'DELETED', 'SIZE',
         'HIGHESTMODSEQ', 'MAILBOXID']


class Box:
    """What is in a folder that nobody selects, and is told of it."""

    def __init__(self):
        self.mails = []         # flags and sizes
        self.next = 1
        self.told = {}          # UIDVALIDITY, MAILBOXID, HIGHESTMODSEQ


def within(name, top):
    return (name + '.').startswith(top + '.')


def levels(names):
    return {n[:i] for n in names for i, ch in enumerate(n + '.') if ch == '.'}


class Tree:
    patience = 30               # until NOTIFY has told

    def begin_tree(self, c):
        c.ok('LIST "" "*"')
        self.use = {n: a & SPECIAL for _, a, n, _ in c.lists
                    if '\\Noselect' not in a}
        for name in sorted(self.use, reverse=True):
            if any(within(name, n) for n in NAMES):
                c.run('DELETE ' + c.named(name))
                del self.use[name]
        c.ok('LSUB "" "*"')
        self.subscribed = {n for _, a, n, _ in c.lists}
        self.others = set(self.use)     # that are left as they are
        self.boxes = {}
        self.ids = set()        # each UIDVALIDITY and MAILBOXID told

    def names(self):
        return self.others | set(self.boxes)

    # ---- the steps

    def create(self, c):
        name = self.r.choice(NAMES)
        word, rest = c.run('CREATE ' + c.named(name))
        need((word == 'OK') == (name not in self.boxes), 'CREATE', name, rest)
        if word == 'OK':
            self.boxes[name] = Box()

    def delete(self, c):
        name = self.r.choice(NAMES)
        word, rest = c.run('DELETE ' + c.named(name))
        need((word == 'OK') == (name in self.boxes), 'DELETE', name, rest)
        self.boxes.pop(name, None)

    def rename_folder(self, c):
        old, new = self.r.sample(NAMES, 2)
        moved = {n: new + n[len(old):] for n in self.boxes if within(n, old)}
        fits = moved and not within(new, old) and new not in self.boxes and \
            not set(moved.values()) & set(self.boxes)
        word, rest = c.run('RENAME %s %s' % (c.named(old), c.named(new)))
        need((word == 'OK') == bool(fits), 'RENAME', old, new, rest)
        if fits:
            self.boxes.update({n: self.boxes.pop(o)
                               for o, n in moved.items()})

    def rename_inbox(self, c):
        """Its messages go there, itself stays."""
        name = self.r.choice(NAMES)
        word, rest = c.run('RENAME INBOX ' + c.named(name))
        need((word == 'OK') == (name not in self.boxes), 'RENAME INBOX', name,
             rest)
        if word != 'OK':
            return
        box = self.boxes[name] = Box()
        box.mails = [(flags, self.sizes[token])
                     for token, flags in self.truth['INBOX'].items()]
        box.next += len(box.mails)
        self.truth['INBOX'].clear()

    def subscribe(self, c):
        name = self.r.choice(NAMES + ['Archive', 'INBOX'])
        on = self.r.random() < 0.6
        c.ok(('' if on else 'UN') + 'SUBSCRIBE ' + c.named(name))
        (self.subscribed.add if on else self.subscribed.discard)(name)

    def fill(self, c):
        """APPEND or COPY into one of them."""
        if not self.boxes:
            return
        name = self.r.choice(sorted(self.boxes))
        box = self.boxes[name]
        if c.view and self.r.random() < 0.5:
            self.quiet(c)
            some = [m for m in c.view if self.r.random() < 0.5]
            if not some:
                return
            c.ok('UID COPY %s %s' % (','.join(str(m.uid) for m in some),
                                     c.named(name)))
            new = [(m.flags, m.size) for m in some]
            told = [v.split()[2] for k, v in c.codes if k == 'COPYUID']
        else:
            letter, flags = self.letter(), self.some_flags()
            c.ok('APPEND %s (%s)' % (c.named(name), ' '.join(sorted(flags))),
                 letter.data)
            new = [(flags, letter.size)]
            told = [v.split()[1] for k, v in c.codes if k == 'APPENDUID']
        need(told and uids(told[0]) == list(range(
            box.next, box.next + len(new))), 'UIDs', told, 'from', box.next)
        box.mails += new
        box.next += len(new)

    def status(self, c):
        items = self.r.sample(ITEMS, self.r.randrange(1, len(ITEMS)))
        name = self.r.choice(sorted(self.known) + NAMES)
        self.quiet(c)           # of the selected one it has its view
        word, rest = c.run('STATUS %s (%s)' % (c.named(name),
                                               ' '.join(items)))
        there = name in self.boxes or name in self.known
        need((word == 'OK') == there, 'STATUS', name, rest)
        if there:
            need(set(c.statuses.get(name, ())) == set(items), 'STATUS', items,
                 'has', c.statuses)
            self.check_status(name, c.statuses[name])

    def check_status(self, name, got):
        if name in self.boxes:
            box = self.boxes[name]
            mails, told = box.mails, box.told
            need(got.get('UIDNEXT', box.next) == box.next, 'UIDNEXT', name, got,
                 box.next)
        else:
            box, told = self.known[name], self.known[name].told
            mails = [(flags, self.sizes.get(t))
                     for t, flags in self.truth[name].items()]
            need(got.get('UIDNEXT', box.top + 1) > box.top, 'UIDNEXT', name,
                 got, box.top)
        want = {'MESSAGES': len(mails),
                'UNSEEN': sum('\\Seen' not in f for f, _ in mails),
                'DELETED': sum('\\Deleted' in f for f, _ in mails),
                'SIZE': sum(s for _, s in mails)
                if all(s for _, s in mails) else None}
        for k, v in want.items():
            need(v is None or got.get(k, v) == v, 'STATUS', name, got,
                 'but it is', want)
        for k in set(got) & {'UIDVALIDITY', 'MAILBOXID'}:
            need(k in told or (k, got[k]) not in self.ids, k, got[k], 'twice')
            need(told.setdefault(k, got[k]) == got[k], k, 'of', name,
                 told[k], 'is now', got[k])
            self.ids.add((k, got[k]))
        if 'HIGHESTMODSEQ' in got:
            need(got['HIGHESTMODSEQ'] >= told.get('HIGHESTMODSEQ', 1),
                 'HIGHESTMODSEQ of', name, told, 'back to', got)
            told['HIGHESTMODSEQ'] = got['HIGHESTMODSEQ']

    def list(self, c):
        pattern = self.r.choice(('*', '*', '%', 'X*', 'X.%', '%.%', 'Y',
                                 'Z.&ANw-' if not c.utf8 else 'Z.Ü'))
        if self.r.random() < 0.3:
            c.ok('LSUB "" "%s"' % pattern)
            return self.check_lsub(c, pattern)
        select = self.r.choice((set(), set(), {'SUBSCRIBED'},
                                {'SUBSCRIBED', 'RECURSIVEMATCH'}))
        returns = set(self.r.sample(('SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE',
                                     'STATUS (MESSAGES UIDNEXT)'),
                                    self.r.randrange(4)))
        self.quiet(c)
        c.ok('LIST%s "" "%s"%s' % (
            ' (%s)' % ' '.join(sorted(select)) if select else '', pattern,
            ' RETURN (%s)' % ' '.join(sorted(returns)) if returns else ''))
        self.check_list(c, pattern, select, returns)
        for name, got in c.statuses.items():
            if name in self.boxes or name in self.known:
                self.check_status(name, got)

    def check_list(self, c, pattern, select, returns):
        names, want = self.names(), {}
        for n in levels(names | self.subscribed):
            below = {o for o in names if within(o, n) and o != n}
            subscribed = {o for o in self.subscribed
                          if within(o, n) and o != n}
            ext = ''
            if 'SUBSCRIBED' in select:
                if subscribed and 'RECURSIVEMATCH' in select:
                    ext = '("CHILDINFO" ("SUBSCRIBED"))'
                # RFC 5258 3.3: if one below is not told by itself
                if n not in self.subscribed and not (ext and any(
                        not matches(pattern, c.spelt(o)) for o in subscribed)):
                    continue
            elif n not in names and not below:
                continue
            if not matches(pattern, c.spelt(n)):
                continue
            attrs = {'\\HasChildren' if below else '\\HasNoChildren'} | \
                self.use.get(n, set())
            if n not in names:
                attrs.add('\\NonExistent' if c.rev2 or select or returns else
                          '\\Noselect')
            if n in self.subscribed and (select | returns) & {'SUBSCRIBED'}:
                attrs.add('\\Subscribed')
            want[n] = attrs, ext
        got = {n: (a, e) for _, a, n, e in c.lists}
        need(got == want and len(c.lists) == len(got), 'LIST', pattern, select,
             returns, sorted(got.items()), 'but it is', sorted(want.items()))
        if any(w.startswith('STATUS') for w in returns):
            need(set(c.statuses) == {
                n for n in set(want) & names if 'SUBSCRIBED' not in select or
                n in self.subscribed}, 'LIST-STATUS', c.statuses)

    def check_lsub(self, c, pattern):
        """With % what is above one that is subscribed to stands for it."""
        want = {n for n in self.subscribed if matches(pattern, c.spelt(n))}
        if pattern.endswith('%'):
            want |= {n for n in levels(self.subscribed)
                     if matches(pattern, c.spelt(n))}
        got = {n: '\\Noselect' not in a for _, a, n, _ in c.lists}
        need(got == {n: n in self.subscribed for n in want}, 'LSUB', pattern,
             got, 'but it is', want)

    # ---- NOTIFY

    def observe(self, c):
        c.ok('LIST "" "*" RETURN (SUBSCRIBED)')
        self.observer = c
        c.picture = Picture(n for _, a, n, _ in c.lists
                            if '\\NonExistent' not in a)
        c.ok('LSUB "" "*"')
        c.picture.subscribed = {n for _, _, n, _ in c.lists}
        c.ok('NOTIFY SET STATUS (personal (MailboxName SubscriptionChange '
             'MessageNew MessageExpunge FlagChange))')

    def check_observer(self):
        """It comes to know, unasked, what the others know."""
        by, p = self.clients[0], self.observer.picture
        want = {}
        for name in self.boxes.keys() | self.known.keys():
            by.ok('STATUS %s (MESSAGES UIDNEXT HIGHESTMODSEQ UIDVALIDITY)' %
                  by.named(name))
            self.check_status(name, by.statuses[name])
            want[name] = by.statuses[name]
        end = time.monotonic() + self.patience
        while True:
            self.observer.ok('NOOP')
            got = {n: p.numbers.get(n) for n in want}
            if got == want and p.names == self.names() and \
                    p.subscribed == self.subscribed:
                return
            need(time.monotonic() < end, 'NOTIFY told of', got,
                 sorted(p.names), sorted(p.subscribed), 'but it is', want,
                 sorted(self.names()), sorted(self.subscribed))
            time.sleep(0.01)


class Picture:
    """What was told by NOTIFY."""

    def __init__(self, names):
        self.names, self.subscribed, self.numbers = set(names), set(), {}

    def list(self, attrs, name, ext):
        old = re.match(r'\("OLDNAME" \((.*)\)\)$', ext)
        if old:
            old = old[1].strip('"').replace('&ANw-', 'Ü')
            need(old in self.names, 'OLDNAME', old, 'of', sorted(self.names))
            self.names.discard(old)
            if old in self.numbers:
                self.numbers[name] = self.numbers.pop(old)
        if '\\NonExistent' in attrs:
            self.names.discard(name)
            self.numbers.pop(name, None)
        else:
            self.names.add(name)
        (self.subscribed.add if '\\Subscribed' in attrs
         else self.subscribed.discard)(name)

    def status(self, name, got):
        need(name in self.names, 'STATUS of', name, 'which was not there')
        self.numbers[name] = got


SPECIAL = {'\\Drafts', '\\Sent', '\\Junk', '\\Trash', '\\Archive', '\\All',
           '\\Flagged'}


def matches(pattern, name):
    return re.fullmatch(''.join({'*': '.*', '%': '[^.]*'}.get(ch, re.escape(ch))
                                for ch in pattern), name) is not None
