"""Mail to read: the same Maildir each time, for every server."""
import base64
import os
import random

WORDS = ('the of and to in is that for it as was with be by on not he this are '
         'or his from at which but have an had they you were their one all we '
         'can her has there been if more when will would who so no meeting '
         'report invoice budget project release schedule attached please '
         'regards review server delivery message tomorrow morning').split()


def text(rng, size):
    lines, n = [], 0
    while n < size:
        line = ' '.join(rng.choices(WORDS, k=rng.randint(4, 14)))
        lines.append(line)
        n += len(line) + 1
    return '\n'.join(lines) + '\n'


def part(kind, encoding, body):
    return ('Content-Type: %s\nContent-Transfer-Encoding: %s\n\n%s'
            % (kind, encoding, body))


def attachment(rng, size):
    return part('application/pdf; name="report.pdf"\nContent-Disposition: '
                'attachment; filename="report.pdf"', 'base64',
                base64.encodebytes(rng.randbytes(size)).decode())


def body(rng, n):
    """Six in ten plain, three with HTML beside, one with a file attached."""
    size = min(int(rng.lognormvariate(7.5, 1)), 60000)
    words = text(rng, size)
    if n % 100 == 7:
        words += 'zebrafish\n'
    if n % 100 == 8:
        words += 'an axolotl\n'
    plain = part('text/plain; charset=utf-8', '8bit', words)
    kind = rng.random()
    if kind < 0.6:
        return plain
    other = part('text/html; charset=utf-8', 'quoted-printable',
                 '<p>caf=C3=A9 ' + text(rng, size) + '</p>\n') \
        if kind < 0.9 else attachment(rng, 4 * size)
    sort = 'alternative' if kind < 0.9 else 'mixed'
    mark = 'part-%d-bench' % n
    return ('Content-Type: multipart/%s; boundary="%s"\n\n--%s\n%s\n--%s\n%s\n'
            '--%s--\n' % (sort, mark, mark, plain, mark, other, mark))


def message(n):
    rng = random.Random(n)
    sender = 'needle' if n % 100 == 3 else rng.choice(WORDS)
    subject = ' '.join(rng.choices(WORDS, k=5))
    if n % 50 == 5:
        subject = 'quarterly ' + subject
    if n % 10 == 0:
        subject = '=?utf-8?Q?caf=C3=A9_?= ' + subject
    return ('Return-Path: <%s@sender.test>\n'
            'Received: from a.sender.test (192.0.2.%d) by mx.example.test;\n'
            ' Thu, 1 Jan 2026 10:%02d:%02d +0000\n'
            'From: "%s, P." <%s@sender.test>\nTo: <reader@example.test>\n'
            'Cc: Other <other%d@example.test>, <third@example.test>\n'
            'Subject: %s\nDate: Thu, 1 Jan 2026 10:%02d:%02d +0000\n'
            'Message-ID: <%d@sender.test>\nReferences: <%d@sender.test>\n'
            'MIME-Version: 1.0\n%s'
            % (sender, n % 250, n // 60 % 60, n % 60, sender, sender, n % 9,
               subject, n // 60 % 60, n % 60, n, n // 2, body(rng, n))
            ).encode()


def maildir(path, uid):
    for d in (path, path + '/tmp', path + '/new', path + '/cur'):
        os.makedirs(d, 0o700, exist_ok=True)
        os.chown(d, uid, uid)


def fill(maildirs, uid, count):
    """The same mail into each of them."""
    for d in maildirs:
        maildir(d, uid)
    for n in range(count):
        data = message(n)
        name = '%d.M%dP1.bench,S=%d,W=%d:2,%s' % (
            1767225600 + n, n, len(data), len(data) + data.count(b'\n'),
            'S' if n % 3 else '')
        for d in maildirs:
            with open('%s/cur/%s' % (d, name), 'wb') as f:
                f.write(data)
            os.chown(f.name, uid, uid)
