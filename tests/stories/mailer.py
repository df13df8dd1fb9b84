"""A client of submission, byte by byte: what the stories of TLS and logins
share.  SCRAM is written here anew, so that nothing of ours proves itself."""
import base64
import hashlib
import hmac
import os
import socket
import ssl


def context(c, **kw):
    """A strict client's: it knows no CA but the instance's own."""
    x = ssl.create_default_context(cafile=c.ready['cafile'])
    for name, value in kw.items():
        setattr(x, name, value)
    return x


def address(c, service):
    host, port = c.ready[service].rsplit(':', 1)
    return host, int(port)


def hello(sender, subject):
    return ('From: Alice <%s>\nTo: bob@example.test\nSubject: %s\n\nHello.\n'
            % (sender, subject))


class Mailer:
    def __init__(self, c, service='submission', tls=True, source=None,
                 timeout=30, pair=None):
        self.c = c
        self.pair = pair
        self.sock = socket.create_connection(
            address(c, service), timeout,
            (source, 0) if source else None)
        self.buf = b''
        self.features = []
        if service == 'smtps':
            self.wrap()
        self.reply(220)
        if tls and service != 'smtps':
            self.ehlo()
            self.cmd('STARTTLS', 220)
            self.wrap()
        self.ehlo()

    def wrap(self, **kw):
        x = context(self.c, **kw)
        if self.pair:               # its own certificate and key
            x.load_cert_chain(*self.pair)
        self.sock = x.wrap_socket(self.sock, server_hostname='mx.example.test')

    def send(self, data):
        self.sock.sendall(data)

    def reply(self, want=None):
        """(code, lines); EOFError at the end of the connection."""
        lines = []
        while True:
            while b'\r\n' not in self.buf:
                try:
                    data = self.sock.recv(65536)
                except (ConnectionError, ssl.SSLError) as e:
                    raise EOFError(str(e))
                if not data:
                    raise EOFError(self.buf)
                self.buf += data
            line, self.buf = self.buf.split(b'\r\n', 1)
            lines.append(line[4:].decode())
            if line[3:4] != b'-':
                break
        code = int(line[:3])
        if want is not None and code != want:
            raise AssertionError('%d, not %d: %r' % (code, want, lines))
        return code, lines

    def cmd(self, line, want=None):
        self.send(line.encode() + b'\r\n')
        return self.reply(want)

    def ehlo(self):
        _, lines = self.cmd('EHLO client.test', 250)
        self.features = lines[1:]

    def mechanisms(self):
        for f in self.features:
            if f.startswith('AUTH '):
                return f.split()[1:]
        return []

    def plain(self, user, password, want=235):
        return self.cmd('AUTH PLAIN ' + base64.b64encode(
            b'\0%s\0%s' % (user.encode(), password.encode())).decode(), want)

    def scram(self, user, password, binding=None, data=b'', want=235,
              gs2=None):
        """binding: 'tls-server-end-point' ..., its data made here."""
        if binding == 'tls-server-end-point' and not data:
            data = hashlib.sha256(self.sock.getpeercert(True)).digest()
        gs2 = gs2 or ('p=%s,,' % binding if binding else 'n,,')
        mech = 'SCRAM-SHA-256' + ('-PLUS' if binding else '')
        nonce = base64.b64encode(os.urandom(12)).decode()
        bare = 'n=%s,r=%s' % (user, nonce)
        code, lines = self.cmd('AUTH %s %s' % (mech, b64(gs2 + bare)))
        if code != 334:
            return expect(code, want, lines)
        first = base64.b64decode(lines[0]).decode()
        f = dict(x.split('=', 1) for x in first.split(','))
        assert f['r'].startswith(nonce) and len(f['r']) > len(nonce)
        salted = hashlib.pbkdf2_hmac('sha256', password.encode(),
                                     base64.b64decode(f['s']), int(f['i']))
        client = mac(salted, b'Client Key')
        final = 'c=%s,r=%s' % (b64(gs2.encode() + data), f['r'])
        auth = ','.join((bare, first, final)).encode()
        proof = bytes(a ^ b for a, b in zip(client, mac(
            hashlib.sha256(client).digest(), auth)))
        code, lines = self.cmd(b64('%s,p=%s' % (final, b64(proof))))
        if code != 334:
            return expect(code, want, lines)
        server = mac(mac(salted, b'Server Key'), auth)
        assert base64.b64decode(lines[0]) == b'v=' + \
            base64.b64encode(server), 'the server does not know the password'
        return self.cmd('', want)

    def message(self, sender, rcpts, text, want=250):
        """The code at which it ended, and its text."""
        code, lines = self.cmd('MAIL FROM:<%s>' % sender)
        for r in rcpts:
            if code == 250:
                code, lines = self.cmd('RCPT TO:<%s>' % r)
        if code == 250:
            self.cmd('DATA', 354)
            code, lines = self.cmd(text.replace('\n', '\r\n') + '\r\n.')
        elif not lines[0].startswith('4.4') and code != 421:
            self.cmd('RSET', 250)
        return expect(code, want, lines)

    def close(self):
        self.sock.close()


def b64(x):
    return base64.b64encode(x.encode() if isinstance(x, str) else x).decode()


def mac(key, text):
    return hmac.new(key, text, 'sha256').digest()


def expect(code, want, lines):
    assert want is None or code == want, '%d, not %s: %r' % (code, want,
                                                             lines)
    return code, lines
