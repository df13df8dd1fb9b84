"""SEARCH, SORT and THREAD of model.py: what they have to find is asked of the
messages as the connection knows them (which NOOP has made the truth)."""
import datetime

from model_client import as_set, need, uids
from model_mail import BEGIN, FLAGS, GREEK, PEOPLE, SPAN_S, TALKS, WORDS

NEEDLES = WORDS + [GREEK] + [t for t in TALKS if t] + \
    [w for p in PEOPLE for w in p if w] + \
    ['model.test', 'pomegranate', 'quinoa']
SORTS = {
    'ARRIVAL': lambda m, l: m.date, 'SIZE': lambda m, l: m.size,
    'DATE': lambda m, l: l.sent, 'SUBJECT': lambda m, l: l.base,
    'FROM': lambda m, l: l.mailbox('From'), 'TO': lambda m, l: l.mailbox('To'),
    'CC': lambda m, l: l.mailbox('Cc'),
    'DISPLAYFROM': lambda m, l: l.display('From'),
    'DISPLAYTO': lambda m, l: l.display('To')}


def imap_date(day):
    return day.strftime('%d-%b-%Y').lstrip('0')


def holds(text, word):
    return word.casefold() in text.casefold()


class Find:
    # ---- keys: (words, what decides)

    def key(self, c, depth=2):
        if depth and self.r.random() < 0.4:
            a, fa = self.key(c, depth - 1)
            b, fb = self.key(c, depth - 1)
            return self.r.choice((
                ('NOT ' + one(a), lambda m: not fa(m)),
                ('OR %s %s' % (one(a), one(b)), lambda m: fa(m) or fb(m)),
                ('%s %s' % (a, b), lambda m: fa(m) and fb(m))))
        return self.r.choice((self.by_flag, self.by_text, self.by_text,
                              self.by_size, self.by_date, self.by_set,
                              self.by_modseq))(c)

    def by_flag(self, c):
        f, no = self.r.choice(FLAGS), self.r.random() < 0.3
        key = ('UN' if no else '') + (f[1:].upper() if f[0] == '\\' else
                                      'KEYWORD ' + f)
        return key, lambda m: (f in m.flags) != no

    def by_text(self, c):
        word, name = self.r.choice(NEEDLES), self.r.choice(
            ('FROM', 'TO', 'CC', 'SUBJECT', 'BODY', 'TEXT', 'HEADER'))
        word = self.r.choice((str, str.upper, str.lower,
                              lambda w: w[len(w) > 4:]))(word)
        if name == 'HEADER':
            field = self.r.choice(('References', 'Cc', 'X-Token', 'subject'))
            word = self.r.choice((word, '', 'model', '1.'))
            return 'HEADER %s %s' % (field, self.text(c, word)), \
                lambda m: holds(self.header(m, field.title(), '\0'), word) and \
                self.header(m, field.title(), None) is not None
        if name == 'BODY':
            test = lambda m: holds(self.letters[m.token].text, word)
        elif name == 'TEXT':
            test = lambda m: any(holds(t, word) for t in [
                self.letters[m.token].text] +
                list(self.letters[m.token].headers.values()))
        else:
            test = lambda m: holds(self.header(m, name.title(), ''), word)
        return '%s %s' % (name, self.text(c, word)), test

    def header(self, m, name, without):
        return self.letters[m.token].headers.get(name, without)

    def text(self, c, word):
        data = word.encode()
        if len(data) == len(word) or c.utf8:
            return '"%s"' % word
        return '{%d+}\r\n%s' % (len(data), word)

    def by_size(self, c):
        n = self.r.choice([m.size for m in c.view] + [500]) + \
            self.r.choice((-1, 0, 1))
        if self.r.random() < 0.5:
            return 'LARGER %d' % n, lambda m: m.size > n
        return 'SMALLER %d' % n, lambda m: m.size < n

    def by_date(self, c):
        day = (BEGIN + datetime.timedelta(
            seconds=self.r.randrange(2 * SPAN_S))).date()
        if c.view and self.r.random() < 0.5:
            m = self.r.choice(c.view)
            day = self.r.choice((m.date.date(),
                                 self.letters[m.token].sent.date()))
        how, test = self.r.choice((
            ('BEFORE', lambda d: d < day), ('ON', lambda d: d == day),
            ('SINCE', lambda d: d >= day)))
        if self.r.random() < 0.5:
            return 'SENT%s %s' % (how, imap_date(day)), \
                lambda m: test(self.letters[m.token].sent.date())
        return '%s %s' % (how, imap_date(day)), lambda m: test(m.date.date())

    def by_set(self, c):
        if self.r.random() < 0.3:
            saved = list(c.saved)
            return '$', lambda m: m in saved
        if not c.view:
            return 'ALL', lambda m: True
        some = self.r.sample(c.view, self.r.randrange(1, len(c.view) + 1))
        if self.r.random() < 0.5:
            return 'UID ' + as_set(m.uid for m in some), lambda m: m in some
        return as_set(c.view.index(m) + 1 for m in some), lambda m: m in some

    def by_modseq(self, c):
        if not c.condstore or not c.view:
            return 'ALL', lambda m: True
        n = self.r.choice(c.view).modseq
        return 'MODSEQ %d' % n, lambda m: m.modseq >= n

    # ---- the steps

    def search(self, c):
        self.find(c, 'SEARCH', lambda found: found)

    def sort(self, c):
        keys = [(k, self.r.random() < 0.4) for k in self.r.sample(
            list(SORTS), self.r.choice((1, 1, 2, 3)))]

        def in_order(found):
            for k, reverse in reversed(keys):
                found = sorted(found, reverse=reverse, key=lambda m:
                               SORTS[k](m, self.letters[m.token]))
            return found
        self.find(c, 'SORT', in_order, ' (%s) UTF-8' % ' '.join(
            ('REVERSE ' if r else '') + k for k, r in keys))

    def find(self, c, verb, order, words=''):
        self.quiet(c)
        key, test = self.key(c)
        found = order([m for m in c.view if test(m)])
        by_uid, results = self.r.random() < 0.5, None
        if self.r.random() < 0.6:
            results = self.r.sample(('MIN', 'MAX', 'COUNT', 'ALL', 'SAVE'),
                                    self.r.randrange(4))
            words = ' RETURN (%s)%s' % (' '.join(results), words)
        if verb == 'SEARCH' and not key.isascii() and not c.utf8:
            words += ' CHARSET UTF-8'
        tag = c.send('%s%s%s %s' % ('UID ' if by_uid else '', verb, words,
                                    key))
        word, rest = c.finish(tag)
        need(word == 'OK', verb, key, rest)
        numbers = [m.uid if by_uid else c.view.index(m) + 1 for m in found]
        if results is None and not (c.rev2 and verb == 'SEARCH'):
            need(c.found == numbers, verb, key, c.found, 'but it is', numbers)
        elif results != ['SAVE']:
            self.check_esearch(c, tag, by_uid, results or ['ALL'], numbers,
                               key, told(found, results or ['ALL']))
        if results and 'SAVE' in results:
            c.saved = told(found, results)

    def check_esearch(self, c, tag, by_uid, results, numbers, key, of):
        need(c.esearch is not None, 'no ESEARCH')
        head, _, rest = c.esearch.partition(')')
        need(head == '(TAG "%s"' % tag, 'ESEARCH of', head)
        words = rest.split()
        need(('UID' in words) == by_uid, 'ESEARCH', rest)
        words = words[by_uid:]
        got = dict(zip(words[::2], words[1::2]))
        want = {'COUNT': str(len(numbers))}
        if numbers:
            want.update(MIN=str(numbers[0]), MAX=str(numbers[-1]))
        want = {k: v for k, v in want.items() if k in results}
        if 'ALL' in results:
            need(uids(got.pop('ALL', '')) == numbers, 'ESEARCH of', key,
                 c.esearch, 'but it is', numbers)
        if 'MODSEQ' in key and numbers:
            want['MODSEQ'] = str(max(m.modseq for m in of))
        need(got == want, 'ESEARCH of', key, c.esearch, 'but it is', want)

    # ---- THREAD

    def thread(self, c):
        self.quiet(c)
        key, test = self.key(c)
        found = [m for m in c.view if test(m)]
        algorithm = self.r.choice(('REFERENCES', 'ORDEREDSUBJECT'))
        c.ok('UID THREAD %s UTF-8 %s' % (algorithm, key))
        parent, roots = families(c.threads)
        letter = {m.uid: self.letters[m.token] for m in found}
        need(sorted(u for u in parent if u > 0) == sorted(letter),
             'THREAD', key, c.threads, 'but it is of', sorted(letter))
        children = {}
        for u, p in parent.items():
            children.setdefault(p, []).append(u)

        def date(u):
            """That of a dummy is its first child's."""
            return (letter[u].sent, u) if u > 0 else date(children[u][0])
        for p, siblings in list(children.items()) + [(0, roots)]:
            dates = [date(u) for u in siblings]
            need(dates == sorted(dates), 'THREAD not by date below', p)
        root = {u: top(parent, u) for u in letter}
        if algorithm == 'REFERENCES':
            self.check_references(letter, parent, root)
            return
        need(not any(u < 0 for u in parent), 'ORDEREDSUBJECT with a dummy')
        for u, l in letter.items():
            first = min((date(v), v) for v in letter
                        if letter[v].base == l.base)[1]
            need(root[u] == first and parent[u] == (0 if u == first else first),
                 'ORDEREDSUBJECT has', u, 'below', parent[u])

    def check_references(self, letter, parent, root):
        """What RFC 5256 promises without saying how it is to be found."""
        uid = {l.token: u for u, l in letter.items()}
        talks = {}
        for u, l in letter.items():
            known = [uid[a] for a in l.ancestors[-1 if not l.whole else 0:]
                     if a in uid]
            need(not known or parent[u] == known[-1], 'THREAD has', u, 'below',
                 parent[u], 'but it answers', known[-1:])
            need(letter.get(parent[u], l).talk == l.talk, u, 'in another talk')
            if l.base:
                need(talks.setdefault(l.talk, root[u]) == root[u],
                     'subject of', u, 'in two threads')


def told(found, results):
    """Those of RFC 5182 2.4 and RFC 4731 3.2: with MIN and MAX alone, the
    ends."""
    ends = [found[-(k == 'MAX')] for k in ('MIN', 'MAX')
            if found and k in results]
    return found if not ends or set(results) & {'ALL', 'COUNT'} else ends


def one(key):
    return '(%s)' % key if ' ' in key else key


def families(text):
    """A THREAD reply: the parent of each (0 none, below 0 a dummy), the
    roots in their order."""
    parent, roots, stack, above, last = {}, [], [], 0, ''
    for word in text.replace('(', ' ( ').replace(')', ' ) ').split():
        new = 0
        if word == ')':
            above = stack.pop()
        elif word != '(':
            new = int(word)
        elif last == '(':
            new = -len(parent) - 1
        if new:
            need(new not in parent, new, 'twice')
            parent[new] = above
            if above == 0:
                roots.append(new)
            above = new
        if word == '(':
            stack.append(above)
        last = word
    return parent, roots


def top(parent, u):
    while parent[u]:
        u = parent[u]
    return u
