"""ENVELOPE and BODYSTRUCTURE of many messages, ours and Debian Dovecot's: they
are the same, or REASONS says why not.

Messages: Python's own email tests (libpython3.11-testsuite), SpamAssassin's
samples where that package is installed, CORREO_CORPUS (a directory), and those
below, one odd thing each.
"""
import glob
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'stories'))
from correo import Skip, tell, the_instance

DOVECOT = '/usr/lib/dovecot/imap'
PLACES = ['/usr/lib/python3.11/test/test_email/data/*',
          '/usr/share/doc/spamassassin/examples/sample-*']
NOBODY = 65534

TEXT = b'From: a@example.test\nSubject: %s\nMIME-Version: 1.0\n'


def typed(name, value, body=b'x\n'):
    return TEXT % name + b'Content-Type: ' + value + b'\n\n' + body


def parts(name, kind, *each, end=b'--B--\n'):
    return typed(name, kind + b'; boundary=B',
                 b''.join(b'--B\n' + p for p in each) + end)


OWN = {
    'plain': TEXT % b'x' + b'\nhello\n',
    'no-header': b'\nbody only\n',
    'no-body': b'From: a@example.test\nSubject: nothing follows\n',
    'empty': b'',
    'one-word': typed(b'x', b'text'),
    'type-case': typed(b'x', b'Text/HTML; CHARSET=Utf-8'),
    'type-comment': typed(b'x', b'text/plain (c); (c) charset=(c)utf-8 (c)'),
    'type-twice': typed(b'x', b'text/plain; charset=a; charset=b'),
    'type-odd': typed(b'x', b'text/plain; charset'),
    'type-quoted': typed(b'x', b'text/plain; charset="utf\\-8"; name="a \\"b"'),
    'type-empty': typed(b'x', b''),
    'type-semicolons': typed(b'x', b'text/plain;; charset=utf-8;'),
    'type-spaces': typed(b'x', b'text / plain ; charset = utf-8'),
    'param-2231': typed(b'x', b"text/plain; name*=utf-8'en'caf%C3%A9"),
    'param-parts': typed(b'x', b'text/plain; name*0="a"; name*1="b"'),
    'param-parts-coded': typed(b'x', b"text/plain; name*0*=utf-8''a%20;"
                               b' name*1="b"'),
    'param-8bit': typed(b'x', b'text/plain; name="caf\xc3\xa9"'),
    'param-folded': typed(b'x', b'text/plain;\n charset=utf-8;\n\tname="a\n'
                          b' b"'),
    'mixed': parts(b'x', b'multipart/mixed', b'\none\n',
                   b'Content-Type: text/html\n\n<p>two\n'),
    'mixed-no-end': parts(b'x', b'multipart/mixed', b'\none\n', b'\ntwo\n',
                          end=b''),
    'mixed-no-parts': typed(b'x', b'multipart/mixed; boundary=B', b'none\n'),
    'mixed-no-boundary': typed(b'x', b'multipart/mixed', b'--B\n\nx\n--B--\n'),
    'mixed-empty-part': parts(b'x', b'multipart/mixed', b'', b'\n'),
    'mixed-prologue': typed(b'x', b'multipart/mixed; boundary=B',
                            b'before\n--B\n\none\n--B--\nafter\n'),
    'mixed-space': typed(b'x', b'multipart/mixed; boundary=B',
                         b'--B  \n\none\n--B-- \n'),
    'mixed-longer': typed(b'x', b'multipart/mixed; boundary=B',
                          b'--B\n\none\n--BB\ntwo\n--B--\n'),
    'nested': parts(b'x', b'multipart/mixed',
                    b'Content-Type: multipart/alternative; boundary=C\n\n'
                    b'--C\n\none\n--C\nContent-Type: text/html\n\ntwo\n'
                    b'--C--\n', b'\nthree\n'),
    'nested-cut': parts(b'x', b'multipart/mixed',
                        b'Content-Type: multipart/mixed; boundary=C\n\n'
                        b'--C\n\none\n', b'\nthree\n'),
    'nested-same': parts(b'x', b'multipart/mixed',
                         b'Content-Type: multipart/mixed; boundary=B\n\n'
                         b'--B\n\none\n', b'\nthree\n'),
    'digest': parts(b'x', b'multipart/digest',
                    b'\nFrom: b@example.test\nSubject: in\n\nbody\n',
                    b'Content-Type: text/plain\n\nplain\n'),
    'message': typed(b'x', b'message/rfc822',
                     b'From: b@example.test\nSubject: in\n\nbody\n'),
    'message-coded': typed(b'x', b'message/rfc822\n'
                           b'Content-Transfer-Encoding: base64',
                           b'RnJvbTogYkBleGFtcGxlLnRlc3QKCmJvZHkK\n'),
    'message-mixed': typed(b'x', b'message/rfc822', parts(
        b'in', b'multipart/mixed', b'\none\n', b'\ntwo\n')),
    'message-empty': typed(b'x', b'message/rfc822', b''),
    'message-delivery': typed(b'x', b'message/delivery-status',
                              b'Reporting-MTA: dns; x\n\nAction: failed\n'),
    'message-global': typed(b'x', b'message/global',
                            b'From: b@example.test\n\nbody\n'),
    'report': parts(b'x', b'multipart/report; report-type=delivery-status',
                    b'\nit failed\n',
                    b'Content-Type: message/delivery-status\n\nAction: x\n',
                    b'Content-Type: text/rfc822-headers\n\nSubject: x\n'),
    'disposition': typed(b'x', b'image/png\nContent-Disposition: attachment;'
                         b' filename="a.png"; size=3\nContent-ID: <i@x>\n'
                         b'Content-Description: a picture\n'
                         b'Content-Transfer-Encoding: BASE64', b'AAAA\n'),
    'disposition-odd': typed(b'x', b'image/png\nContent-Disposition: ;'),
    'language': typed(b'x', b'text/plain\nContent-Language: en, de (x)\n'
                      b'Content-Location: http://x.test/a\n'
                      b'Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ=='),
    'encoding-odd': typed(b'x', b'text/plain\nContent-Transfer-Encoding: x-y'),
    'encoding-comment': typed(b'x', b'text/plain\n'
                              b'Content-Transfer-Encoding: 8bit (yes)'),
    'groups': b'From: a@b.test\nTo: g: c@d.test, e@f.test;, h@i.test\n'
              b'Cc: none:;\nSubject: x\n\nx\n',
    'routes': b'From: <@a.test,@b.test:c@d.test>\nSubject: x\n\nx\n',
    'comments': b'From: a@b.test (A B)\nTo: (c) <d@e.test> (f)\n'
                b'Cc: "Q (x)" <g@h.test>\n\nx\n',
    'broken-addresses': b'From: nobody\nTo: <>\nCc: a b c@d.test\n'
                        b'Bcc: <x@y.test\nReply-To: @z.test\n\nx\n',
    'lists': b'From: a@b.test,,c@d.test,\nTo: ,\nSender:\n\nx\n',
    'quoted-local': b'From: "a b"@c.test\nTo: "x\\"y"@z.test\n\nx\n',
    'literal-domain': b'From: a@[192.0.2.1]\n\nx\n',
    'encoded-names': b'From: =?utf-8?q?J=C3=B6rg?= <j@x.test>\n'
                     b'Subject: =?utf-8?b?w6k=?=\n\nx\n',
    'eight-bit': b'From: J\xc3\xb6rg <j@x.test>\nSubject: caf\xe9\n\nx\n',
    'folded': b'Subject: one\n two\n\tthree\nFrom: a@b.test,\n c@d.test\n\nx\n',
    'twice': b'Subject: one\nSubject: two\nFrom: a@b.test\nFrom: c@d.test\n'
             b'\nx\n',
    'dates': b'Date:  Mon,  7 Feb 1994 21:52:25 -0800  \n'
             b'Message-ID: <a@b> (c)\nIn-Reply-To: <a@b>\n <c@d>\n\nx\n',
    'nothing-in-them': b'Date:\nSubject:\nFrom:\nMessage-ID:\n\nx\n',
    'colon-space': b'Subject : x\nFrom : a@b.test\n\nx\n',
    'not-a-header': b'Subject: x\nthis is no field\nFrom: a@b.test\n\nx\n',
    'from-line': b'From a@b.test Mon Feb  7 21:52:25 1994\nSubject: x\n\nx\n',
    'no-newline': TEXT % b'x' + b'\nno end of line',
    'crlf': (TEXT % b'x' + b'\na\nb\n').replace(b'\n', b'\r\n'),
}

# Which messages, where in the answer (of ENVELOPE the field, of BODYSTRUCTURE
# the path of indices), and why the two differ.
BODY, ENV = r'BODYSTRUCTURE.*', r'ENVELOPE.*'
REASONS = [
    (r'one-word|type-empty|msg_14\.txt', BODY,
     'a Content-Type that is none is text/plain (RFC 2045 5.2); Dovecot tells '
     'empty strings'),
    (r'mixed-no-(parts|boundary)|msg_(17|25|31|41|42)\.txt', BODY,
     'a multipart in which no part begins: we tell its text, to be read; '
     'Dovecot one empty part'),
    (r'mixed-longer', BODY,
     'a line that only begins with the boundary is none (RFC 2046 5.1.1)'),
    (r'type-semicolons', BODY,
     'a doubled semicolon: we read what stands behind it'),
    (r'param-parts-coded|msg_29\.txt', BODY,
     'of joined pieces those that were not encoded become so (RFC 2231 4.1)'),
    (r'msg_32\.txt', BODY,
     'a charset with a charset (RFC 2231 4) is one; Dovecot adds us-ascii'),
    (r'msg_33\.txt', BODY,
     'a boundary with a charset (RFC 2231 4) is found'),
    (r'message-coded|msg_16\.txt', BODY,
     'of a message in base64 the lines are told as they stand; a type as it '
     'is written'),
    (r'disposition-odd', BODY, 'a disposition without a word is none'),
    (r'not-a-header|msg_(19|35|38)\.txt|python\..*|sndhdr\..*|'
     r'courier|filter\.sh|gnus|muttrc|procmailrc\..*', '.*',
     'a line that is no field ends the header; Dovecot passes over it'),
    (r'comments', ENV, 'a comment behind an address names it'),
    (r'broken-addresses|msg_(05|15|43)\.txt', ENV,
     'what is missing of an address is empty; Dovecot writes MISSING_DOMAIN'),
    (r'lists', ENV, 'an empty element of a list is none (RFC 5322 4.4)'),
    (r'folded|msg_27\.txt', ENV + '1',
     'unfolded a tab stays a tab (RFC 5322 2.2.3)'),
    (r'twice', ENV + '1', 'of two Subject fields the first'),
    (r'dates', ENV + '0', 'white space at the end goes'),
]


class Client:
    def __init__(self, read, write):
        self.read, self.write, self.tags = read, write, 0

    def command(self, text):
        """The untagged lines, their literals within."""
        self.tags += 1
        tag = b't%d ' % self.tags
        self.write(tag + text.encode() + b'\r\n')
        out = []
        while True:
            line = self.line()
            if line.startswith(tag):
                assert line.startswith(tag + b'OK'), (text, line)
                return out
            out.append(line)

    def line(self):
        line = self.read.readline()
        assert line.endswith(b'\r\n'), line
        while True:
            size = re.search(rb'\{(\d+)\}\r\n$', line)
            if not size:
                return line
            line += self.read.read(int(size[1])) + self.read.readline()


TOKEN = re.compile(rb' *(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|\{(\d+)\}\r\n|'
                   rb'([^\s()"{]+))', re.S)


def parse(data, at):
    """The list that begins at data[at]: nested lists, bytes, None for NIL."""
    stack = [[]]
    while True:
        t = TOKEN.match(data, at)
        at = t.end()
        if t[1]:
            stack.append([])
        elif t[2]:
            done = stack.pop()
            stack[-1].append(done)
            if len(stack) == 1:
                return done
        elif t[4]:
            stack[-1].append(data[at:at + int(t[4])])
            at += int(t[4])
        elif t[5]:
            stack[-1].append(None if t[5] == b'NIL' else t[5])
        else:
            stack[-1].append(re.sub(rb'\\(.)', rb'\1', t[3]))


def answers(client, count):
    client.command('SELECT Compare')
    out = {}
    for item in ('ENVELOPE', 'BODYSTRUCTURE'):
        for line in client.command('FETCH 1:%d (%s)' % (count, item)):
            m = re.match(rb'\* (\d+) FETCH \(' + item.encode() + b' ', line)
            if m:
                out[int(m[1]), item] = parse(line, m.end())
    assert len(out) == 2 * count, len(out)
    return out


def differences(a, b, path=''):
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from differences(x, y, '%s.%d' % (path, i) if path else
                                   str(i))
    elif a != b:
        yield path, a, b


def messages():
    for name, data in OWN.items():
        yield name, data
    corpus = os.environ.get('CORREO_CORPUS')
    for pattern in PLACES + ([corpus + '/*'] if corpus else []):
        for path in sorted(glob.glob(pattern)):
            if os.path.isfile(path) and not path.endswith('.py'):
                with open(path, 'rb') as f:
                    yield os.path.basename(path), f.read()


def fill(folder, mails, owner):
    """They arrived in another order than that of their numbers, some at
    once."""
    shutil.rmtree(folder, ignore_errors=True)
    for sub in ('', '/tmp', '/new', '/cur'):
        os.mkdir(folder + sub)
        os.chown(folder + sub, *owner)
    for n, (_, data) in enumerate(mails):
        path = '%s/cur/%d.M%dP1.host:2,S' % (folder, 1795300000 + n, n)
        with open(path, 'wb') as f:
            f.write(data)
        os.chown(path, *owner)
        os.utime(path, (1700000000 + n * 7919 % 500 * 60,) * 2)


def ours(mails, ask=answers):
    i = the_instance()
    root = i.ready['maildir1']
    st = os.stat(root)
    fill(root + '/.Compare', mails, (st.st_uid, st.st_gid))
    host, port = i.ready['imap'].rsplit(':', 1)
    with socket.create_connection((host, int(port))) as s:
        c = Client(s.makefile('rb'), s.sendall)
        c.line()
        c.command('LOGIN "%s" "%s"' % (i.ready['user1'],
                                       i.ready['password1']))
        return ask(c, len(mails))


def dovecots(mails, ask=answers):
    with tempfile.TemporaryDirectory(dir='/var/tmp') as place:
        os.chown(place, NOBODY, NOBODY)
        os.mkdir(place + '/Maildir')
        os.chown(place + '/Maildir', NOBODY, NOBODY)
        fill(place + '/Maildir/.Compare', mails, (NOBODY, NOBODY))
        with open(place + '/conf', 'w') as f:
            f.write('protocols = imap\nssl = no\nmail_location = '
                    'maildir:{0}/Maildir\nlog_path = {0}/log\n'
                    'base_dir = {0}\nstate_dir = {0}\n'.format(place))
        p = subprocess.Popen(
            ['setpriv', '--reuid=%d' % NOBODY, '--regid=%d' % NOBODY,
             '--clear-groups', DOVECOT, '-c', place + '/conf'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
            env={'USER': 'nobody', 'HOME': place})
        try:
            read = os.fdopen(os.dup(p.stdout.fileno()), 'rb')
            c = Client(read, p.stdin.write)
            c.line()
            return ask(c, len(mails))
        finally:
            p.kill()
            p.wait()


def reason(name, item, path):
    for names, where, why in REASONS:
        if re.fullmatch(names, name) and re.fullmatch(where, item + ' ' +
                                                      path):
            return why
    return None


def need_dovecot():
    if not os.path.exists(DOVECOT):
        raise Skip('no dovecot-imapd')
    version = subprocess.run(['dovecot', '--version'], capture_output=True,
                             text=True).stdout
    if not version.startswith('2.3.'):
        raise Skip('the table is of Dovecot 2.3, not ' + version.strip())
    if os.geteuid() != 0:
        raise Skip('needs root')


def the_same_as_dovecots():
    need_dovecot()
    mails = list(messages())
    a, b = ours(mails), dovecots(mails)
    unexplained, differ = [], set()
    for n, item in sorted(a):
        name = mails[n - 1][0]
        for path, x, y in differences(a[n, item], b[n, item]):
            differ.add(name)
            if reason(name, item, path) is None:
                unexplained.append('%s: %s %s: %r, Dovecot %r' % (
                    name, item, path, x, y))
    print('# %d messages, %d the same, %d differ' % (
        len(mails), len(mails) - len(differ), len(differ)))
    assert not unexplained, '\n' + '\n'.join(unexplained)


if __name__ == '__main__':
    tell([the_same_as_dovecots])
