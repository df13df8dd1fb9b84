"""SORT and THREAD of random mail (the same each time), ours and Debian
Dovecot's: they are the same.

Not among it, since there the two differ: a Date with a wrong time or zone (RFC
5256 2.2: 00:00:00, UTC; Dovecot takes the arrival), a list that begins with an
empty element and an address without a domain (structures.py).
"""
import base64
import random
import time

from structures import dovecots, need_dovecot, ours, tell

COUNT, SEED = 1000, 5256
WORDS = ['alpha', 'Beta', 'ALPHA', 'report (fwd) more', 're: inside', 'fwd',
         '[x', 'a]b', 'two  spaces', '_', '~', '10', '9', 'Zürich', 'äpfel',
         'Äpfel', 'a\u0308pfel', 'ß', 'ss', 'ﬁ', 'Σ', 'ς', 'ｚ']
AROUND = ['Re: %s', 'RE:%s', 're : %s', 'Fwd: %s', 'FW: %s', 'fw[a]: %s',
          'Re[2]: %s', '[list] %s', '[a][b] %s', '%s (fwd)', '%s(Fwd) ',
          '[fwd: %s]', '[Fwd:%s ]', '  %s', '%s \t', 'Re:\n %s',
          '%s\n (fwd)', '[fwd: Re: %s (fwd)]', 'Aw: %s', 'R e: %s', '[] %s',
          '[a[b] %s', 'Re[3] [x]: %s', '[x]re [y] : %s']
ZONES = {'+0000': 0, 'GMT': 0, 'Z': 0, '-0000': 0, '-0800': -480, 'EST': -300,
         'PDT': -420, '+0530': 330, '+1400': 840}
NAMES = ['Anna A. <%s>', '"Bert, B" <%s>', '=?utf-8?q?J=C3=B6rg?= <%s>', '<%s>',
         '%s', '%s (Carl)', '=?iso-8859-1?q?caf=E9?= x <%s>']
KEYS = ['SUBJECT', 'DATE', 'FROM', 'TO', 'CC', 'DISPLAYFROM', 'DISPLAYTO',
        'ARRIVAL', 'SIZE']


def encoded(r, text):
    if r.random() < 0.4:
        return '=?utf-8?b?%s?=' % base64.b64encode(text.encode()).decode()
    return text


def subject(r):
    text = encoded(r, ' '.join(r.choices(WORDS, k=r.choice((0, 1, 1, 1, 2)))))
    for _ in range(r.choice((0, 0, 1, 1, 2, 3))):
        text = r.choice(AROUND) % text
    return text


def date(r):
    if r.random() < 0.05:
        return r.choice(('', 'yesterday', '30 Feb 2024 10:00:00 +0000'))
    zone = r.choice(list(ZONES))
    at = 1700000000 + r.randrange(400) * 86400 + ZONES[zone] * 60
    form = r.choice(('%a, %d %b %Y %H:%M:%S ', '%d %b %Y %H:%M '))
    return time.strftime(form, time.gmtime(at)) + zone


def address(r):
    return r.choice(NAMES) % (r.choice(('anna', 'BERT', 'carl', '"i k"')) +
                              r.choice(('@one.test', '@Two.test')))


def addresses(r):
    text = ', '.join(address(r) for _ in range(r.choice((1, 1, 2))))
    return r.choice((text, text, text, 'group: %s;' % text, 'none:;', ''))


def references(r, talk):
    """Often in order, and often not: loops, itself, what is nowhere."""
    some = r.choices(range(12), k=r.choice((1, 1, 2, 3, 4)))
    if r.random() < 0.6:
        some.sort()
    return r.choice((' ', '\n ', '')).join('<%d.%d@x.test>' % (talk, i)
                                           for i in some)


def mail(r, n):
    talk = n // 10
    fields = {'Subject': subject, 'Date': date, 'From': address,
              'To': addresses, 'Cc': addresses,
              'References': lambda r: references(r, talk),
              'In-Reply-To': lambda r: r.choice(('nothing', 'Your mail ')) +
              references(r, talk),
              'Message-ID': lambda r: r.choice(('<%s@x.test>', '<"%s"@x.test>'))
              % ('%d.%d' % (talk, r.randrange(10)))}
    often = {'References': 0.5, 'In-Reply-To': 0.3}
    head = ['%s: %s' % (name, make(r)) for name, make in fields.items()
            if r.random() < often.get(name, 0.95)]
    r.shuffle(head)
    return n, '\n'.join(head + ['', 'x' * r.randrange(99), '']).encode()


def orders(client, count):
    r = random.Random(SEED)
    keys = KEYS + ['REVERSE ' + k for k in KEYS]
    keys += [' '.join(r.choice(('', 'REVERSE ')) + k for k in
                      r.sample(KEYS, 3)) for _ in range(20)]
    asked = ['SORT (%s) UTF-8 ALL' % k for k in keys]
    for algorithm in ('ORDEREDSUBJECT', 'REFERENCES'):
        asked.append('THREAD %s UTF-8 ALL' % algorithm)
        for size in (2, 3, 4, 12) * 25:
            first = r.randrange(1, count - size)
            asked.append('THREAD %s UTF-8 %d:%d' % (algorithm, first,
                                                    first + size))
    client.command('SELECT Compare')
    return [(a, client.command(a)[0]) for a in asked]


def sorted_and_threaded_as_by_dovecot():
    need_dovecot()
    r = random.Random(SEED)
    mails = [mail(r, n) for n in range(COUNT)]
    a, b = ours(mails, orders), dovecots(mails, orders)
    wrong = ['%s: %s, Dovecot %s' % (x[0], x[1], y[1])
             for x, y in zip(a, b) if x != y]
    print('# %d messages, %d orders' % (COUNT, len(a)))
    assert not wrong, '%d of them\n%s' % (len(wrong), '\n'.join(
        sorted((w[:2000] for w in wrong), key=len)[:20]))


if __name__ == '__main__':
    tell([sorted_and_threaded_as_by_dovecot])
