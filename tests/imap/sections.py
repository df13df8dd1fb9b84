"""BODYSTRUCTURE, ENVELOPE and the sections of random MIME messages (the same
each time), ours and Debian Dovecot's: they are the same.

Not among it, since there the two differ (structures.py has most of it):
message/global, a multipart without a part, a boundary that begins as another
or ends with a space, an equal one within, a header that ends without a blank
line, a type without a subtype, a message without a type, an address as RFC 822
had it (`a . b @ c`) and empty elements.  Further, the line break before a
delimiter is no part's (RFC 2046 5.1.1), also not behind the end of a multipart
within, where Dovecot leaves it to that: here each has an epilogue; and always
the blank line is its header's, where Dovecot leaves it to a delimiter behind.
"""
import base64
import random
import re

from structures import (differences, dovecots, need_dovecot, ours, parse,
                        tell)

COUNT, SEED = 400, 2046
BOUNDARIES = ['B', 'outer', '=_x', 'a b', "q'(x)+_,-./:=?", 'D']
LINES = ['hello', '--', '--B', '--BB', '--outer x', ' --B', '', 'From x', '-',
         'a=20b', 'caf\u00e9', 'x' * 1000, 'name: value', '--B--']
TYPES = ['text/plain', 'text/html; charset=utf-8', 'image/png',
         'TEXT/Html; charset="us-ascii"', 'text/plain; format=flowed',
         'application/octet-stream; name=a.bin', 'text/plain; charset=',
         'message/partial; id=x; number=1', 'message/delivery-status',
         'message/external-body; access-type=x',
         'application/x; name*0=a; name*1=b', 'application/x; a=b; a=c',
         "application/x; name*=utf-8'en'%41", 'audio/x; x="a\\"b\\\\c"',
         'application/pdf;name="a;b.pdf"', 'video/x (co;mment) ; y=z',
         'application/x;name=caf\u00e9',
         "application/x; name*0*=utf-8''a%20; name*1*=b"]
ENCODINGS = ['7bit', '8bit', 'base64', 'quoted-printable', 'BASE64',
             'x-uuencode', 'base64 (c)', '"base64"']
MULTIPARTS = ['mixed', 'alternative', 'digest', 'related', 'Mixed', 'x-odd',
              'report; report-type=x', 'signed; micalg=x; protocol="a/b"']
EXTRA = {'Content-Disposition':
         ['inline', 'attachment; filename=a', 'ATTACHMENT', 'attachment;',
          'attachment; filename="a b"; size=3', 'x y',
          "attachment; filename*=utf-8''a%20b",
          'attachment; filename=a b.txt'],
         'Content-ID': ['<a@b>', 'x', '<a b>'],
         'Content-Description': ['words', '=?utf-8?q?x?=', 'two\n lines',
                                 '"q"'],
         'Content-Language': ['en', 'en, de', 'en,', 'de-DE , fr'],
         'Content-Location': ['http://x/', 'a b', '"x"'],
         'Content-MD5': ['Q2hlY2s=', 'x y'], 'X-Other': ['x', 'x\n y', '']}
ADDRESSES = ['a@b.test', 'Ann <a@b.test>', '"A, B" <c@d.test>', 'none:;',
             'g: x@y.test, z@w.test;', 'A (c) B <a@b.test>', '<a@b.test>',
             '<@r.test,@s.test:a@b.test>', '=?utf-8?q?J=C3=B6?= <j@x.test>',
             '"x y"@z.test', 'J\u00f6 <j@x.test>', '"a\\"b" <q@x.test>',
             'a.b.c <x@y.test>', '"" <e@f.test>', 'a@[192.0.2.1]',
             'undisclosed recipients: ;', '"G x": a@b.test ;',
             'x' * 300 + '@b.test', "O'Neil <o@n.test>", 'a@b.test\n ',
             'Ann\n Lee <a@b.test>', '"a@b.test" <c@d.test>',
             'A.B. <c@d.test>']
FIELDS = {'Subject': ['x', 'two\n lines', 'caf\u00e9', '"quoted" \\ x', '',
                      'x' * 3000, ' lead', 'a {3}', '=?utf-8?q?x?='],
          'Date': ['Mon, 7 Feb 1994 21:52:25 -0800', 'nonsense', '',
                   'Mon, 7 Feb 1994\n 21:52:25 -0800 (PST)'],
          'Message-ID': ['<a@b>', 'x', '<a@b> <c@d>', ''],
          'In-Reply-To': ['<a@b>', '<a@b>\n <c@d>', 'Your mail <x@y>'],
          'X-Odd': ['value', 'again\n folded'],
          'Received': ['from x\n\tby y; date']}
PARTS = ['1', '2', '3', '1.1', '1.2', '2.1', '2.2', '3.1', '1.1.1', '1.2.1',
         '2.1.1', '2.2.1', '1.1.1.1']
SECTIONS = ['', 'HEADER', 'TEXT', 'HEADER.FIELDS (x-odd received)',
            'HEADER.FIELDS.NOT (From "x-odd" Content-Type)',
            '1.HEADER.FIELDS (Subject from)',
            '2.HEADER.FIELDS.NOT (to x-odd)'] + [
    p + text for p in PARTS for text in ('', '.MIME', '.HEADER', '.TEXT')]
PARTIAL = ['TEXT]<3.10>', '1]<0.7>', ']<1000000.5>', 'HEADER]<5.20>',
           '1.MIME]<2.9>', 'HEADER.FIELDS (Subject)]<4.4>']


def leaf(r):
    fields = []
    text = '\n'.join(r.choices(LINES, k=r.choice((0, 1, 1, 2, 3)))) + '\n'
    if r.random() < 0.6:
        encoding = r.choice(ENCODINGS)
        fields.append('Content-Transfer-Encoding: ' + encoding)
        if 'base64' in encoding.lower():
            text = base64.encodebytes(r.randbytes(r.randrange(1, 90))).decode()
    if r.random() < 0.8:
        fields.append('Content-Type: ' + r.choice(TYPES))
    return fields, text


def multipart(r, depth):
    kind, boundary = r.choice(MULTIPARTS), r.choice(BOUNDARIES) + str(depth)
    end = '--%s%%s\n' % boundary
    text = r.choice(('', '', 'preamble\n', '\n', 'pre\n\n'))
    for _ in range(r.choice((1, 1, 2, 2, 3))):
        text += end % r.choice(('', '', ' ', ' \t'))
        text += ('\n' + entity(r, depth + 2, True) if kind == 'digest' else
                 entity(r, depth + 1))
        if r.random() < 0.3:
            text += '\n'
    text += end % r.choice(('--', '--', '-- ')) + r.choice(('\n', 'after\n'))
    field = 'Content-Type: multipart/%s; boundary="%s"' % (kind, boundary)
    return [field], text


def entity(r, depth, message=False):
    kind = r.random()
    if depth > 3 or kind < 0.35:
        fields, text = leaf(r)
    elif kind < 0.8:
        fields, text = multipart(r, depth)
    else:
        fields = ['Content-Type: message/rfc822' + r.choice(('', '; x=y'))]
        text = entity(r, depth + 1, True)
    if message:
        fields += ['MIME-Version: 1.0'] + envelope(r)
        if not re.search('(?m)^Content-Type', '\n'.join(fields)):
            fields.append('Content-Type: text/plain')
    for name, values in EXTRA.items():
        if r.random() < 0.1:
            fields.append('%s: %s' % (name, r.choice(values)))
    r.shuffle(fields)
    return '\n'.join(fields) + '\n' * bool(fields) + '\n' + text


def envelope(r):
    fields = []
    for name in ('From', 'Sender', 'Reply-To', 'To', 'Cc', 'Bcc'):
        if r.random() < (0.8 if name in ('From', 'To') else 0.2):
            fields.append('%s: %s' % (
                r.choice((name, name.lower(), name.upper())),
                ', '.join(r.choices(ADDRESSES, k=r.choice((1, 1, 2, 3))))))
    for name, values in FIELDS.items():
        if r.random() < 0.5:
            fields.append('%s: %s' % (name, r.choice(values)))
    return fields


def answers(client, count):
    client.command('SELECT Compare')
    out = {}
    for item in ['ENVELOPE', 'BODYSTRUCTURE', 'BODY'] + [
            'BODY.PEEK[%s' % s for s in [s + ']' for s in SECTIONS] + PARTIAL]:
        for line in client.command('FETCH 1:%d (%s)' % (count, item)):
            m = re.match(rb'\* (\d+) FETCH \([A-Z]+(\[[^]]*\](<\d+>)?)? ',
                         line)
            if m:
                out[int(m[1]), item] = parse(b'(' + line[m.end():], 0)[0]
    return out


def of_a_leaf(dovecots, key):
    """Dovecot takes part 1 of a leaf for the leaf itself: its item."""
    above = re.sub(r'\.1(\]|\.MIME)', r'\1', key[1])
    return dovecots[key[0], above] if above != key[1] else None


def sections_are_the_same_as_dovecots():
    need_dovecot()
    r = random.Random(SEED)
    mails = [(str(n), entity(r, 0, True).encode()) for n in range(COUNT)]
    a, b = ours(mails, answers), dovecots(mails, answers)
    assert len(a) == len(b) == COUNT * (3 + len(SECTIONS) + len(PARTIAL))
    told = sum(1 for value in a.values() if value)
    differ = []
    for key in a:
        if a[key] == b[key] or a[key] is None and (
                b[key] == b'' or b[key] == of_a_leaf(b, key)):
            continue
        differ += ['%s %s %s: %r, Dovecot %r' % (*key, *d)
                   for d in differences(a[key], b[key])]
    print('# %d messages, %d items, %d of them not empty' % (
        COUNT, len(a), told))
    assert not differ, '%d\n' % len(differ) + '\n'.join(differ[:20])


if __name__ == '__main__':
    tell([sections_are_the_same_as_dovecots])
