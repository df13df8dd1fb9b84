"""TLS: what is offered, what an attacker on the way can put in, what a broken
peer does to others, certificates that change, and where the secrets are."""
import os
import random
import re
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time

from correo import Instance, Skip, another, run, tell, the_instance, wait
from mailer import Mailer, address, context

c = the_instance()
USER, PASSWORD = c.ready['user1'], c.ready['password1']
place, base = another('tls')
state = {}


def s_client(c, *argv, service='smtps'):
    """What openssl s_client prints, and whether the handshake was done."""
    r = run('openssl', 's_client', '-connect', c.ready[service], '-CAfile',
            c.ready['cafile'], *argv, ok=False, input=b'QUIT\r\n', timeout=60)
    out = r.stdout.decode(errors='replace')
    return out, 'Cipher is (NONE)' not in out and 'New, ' in out


def what_is_offered():
    for argv, works in (
            (('-tls1_3',), True), (('-tls1_2',), True),
            (('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'), False),
            (('-tls1', '-cipher', 'ALL:@SECLEVEL=0'), False),
            (('-tls1_2', '-cipher', 'AES128-SHA:AES256-GCM-SHA384:'
              '@SECLEVEL=0'), False),            # no forward secrecy
            (('-tls1_2', '-cipher', 'ECDHE+AES+SHA1:@SECLEVEL=0'), False),
            (('-tls1_2', '-cipher', 'aNULL:@SECLEVEL=0'), False),
            (('-tls1_2', '-cipher', 'ECDHE+CHACHA20'), True),
            (('-tls1_3', '-groups', 'P-384'), True),
            (('-tls1_3', '-groups', 'X25519'), True),
            (('-servername', 'other.test'), True)):
        out, done = s_client(c, *argv)
        assert done == works, (argv, out[-800:])
        if works:
            assert 'Verify return code: 0' in out, out[-800:]
            assert 'Compression: NONE' in out, out
            assert 'Session Ticket' not in out, 'a ticket was sent'
            assert 'TLS session ticket:' not in out


def names_of_protocols():
    """RFC 7301 3.2: the one that both know, or no handshake; SMTP has none."""
    for service, offered, want in (
            ('pop3s', 'pop3', 'pop3'), ('imaps', 'imap', 'imap'),
            ('imaps', 'h2,imap', 'imap'), ('pop3s', 'imap', None),
            ('imaps', 'h2', None), ('smtps', 'h2', '')):
        out, done = s_client(c, '-alpn', offered, service=service)
        assert done == (want is not None), (service, offered, out[-800:])
        if want:
            assert 'ALPN protocol: %s\n' % want in out, (service, out)
        elif done:
            assert 'No ALPN negotiated' in out, (service, out)


PORTS = {                           # how TLS begins
    'smtp': b'STARTTLS\r\n', 'submission': b'STARTTLS\r\n', 'smtps': b'',
    'pop3': b'STLS\r\n', 'pop3s': b'', 'imap': b'a STARTTLS\r\n',
    'imaps': b''}


def shaken(service, low, high, ciphers=None, session=None):
    """A TLS connection to that port of versions from low to high."""
    x = context(c, minimum_version=low, maximum_version=high)
    if ciphers:
        x.set_ciphers(ciphers + ':@SECLEVEL=0')
    s = socket.create_connection(address(c, service), 30)
    if PORTS[service]:
        s.recv(4096)
        s.sendall(PORTS[service])
        s.recv(4096)
    if session:                     # Python wants it to be of this context
        x, session = session.context, session.session
    return x.wrap_socket(s, server_hostname='mx.example.test',
                         session=session)


def on_each_port():
    """Nothing old, nothing to take up again, nothing compressed."""
    v = ssl.TLSVersion
    for service in PORTS:
        for low, high, ciphers in ((v.TLSv1, v.TLSv1_1, 'ALL'),
                                   (v.TLSv1_2, v.TLSv1_2, 'kRSA'),
                                   (v.TLSv1_2, v.TLSv1_2, 'aNULL:CBC')):
            try:
                shaken(service, low, high, ciphers).close()
            except (ssl.SSLError, ConnectionError):
                continue
            raise AssertionError((service, high, ciphers))
        for version in (v.TLSv1_2, v.TLSv1_3):
            first = shaken(service, version, version)
            if not PORTS[service]:
                first.recv(4096)    # a ticket would come before it
            assert not first.session.has_ticket, (service, version)
            assert version != v.TLSv1_2 or not first.session.id, service
            assert first.compression() is None, service
            again = shaken(service, version, version, session=first)
            assert not again.session_reused, (service, version)
            first.close()
            again.close()


def no_early_data_no_renegotiation():
    out, _ = s_client(c, '-tls1_3')
    assert 'Max Early Data: 0' in out or 'Early data was not sent' in out, out
    asking = []
    for service, start in PORTS.items():
        asking.append(subprocess.Popen(
            '{ sleep 1; echo R; sleep 2; } | openssl s_client -connect %s '
            '-tls1_2 %s 2>&1' % (c.ready[service], '-starttls ' + {
                's': 'smtp', 'p': 'pop3', 'i': 'imap'}[service[0]]
                if start else ''), shell=True, stdout=subprocess.PIPE))
    for p in asking:
        out = p.communicate(timeout=60)[0].decode(errors='replace')
        assert 'RENEGOTIATING' in out, out
        assert 'no renegotiation' in out, out[-500:]


def no_client_certificate_is_asked_for():
    """Unless somebody said so: tls_clients.py."""
    out, _ = s_client(c)
    assert 'No client certificate CA names sent' in out, out
    assert 'Requested Signature' not in out, out


# ---------------------------------------------------------------- injection

def plain(service='submission', timeout=20):
    s = socket.create_connection(address(c, service), timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.recv(4096)
    return s


def rest(s):
    """All that still comes, up to the end of the connection."""
    data = b''
    try:
        while True:
            more = s.recv(65536)
            if not more:
                return data
            data += more
    except (ConnectionError, TimeoutError):
        return data


INJECTED = b'STARTTLS\r\nEHLO evil.test\r\nMAIL FROM:<evil@evil.test>\r\n'


def injection_in_one_write():
    for service in ('smtp', 'submission'):
        s = plain(service)
        s.sendall(INJECTED)
        assert rest(s) == b'', 'an answer'
        s.close()
    c.wait_log('event=closed', 'input behind STARTTLS (RFC 3207 4.2)')


def injection_at_every_split():
    """The rest comes before the 220, or after it: then it is no TLS, and no
    command either."""
    for cut in range(1, len(INJECTED)):
        s = plain('smtp')
        s.sendall(INJECTED[:cut])
        time.sleep(0.005)
        try:
            s.sendall(INJECTED[cut:])
        except OSError:
            pass
        s.settimeout(40)
        data = rest(s)
        assert b'250' not in data and data.count(b'220') <= 1, (cut, data)
        s.close()


def injection_behind_220():
    for cut in range(len('STARTTLS\r\n'), len(INJECTED), 7):
        s = plain()
        s.sendall(INJECTED[:10])
        assert s.recv(100).startswith(b'220')
        s.sendall(INJECTED[10:cut] or b'\r\n')
        try:
            s.sendall(INJECTED[cut:])
        except OSError:             # it has been closed for the first part
            pass
        data = rest(s)
        assert b'250' not in data and b'5' not in data[:1], data
        s.close()


def nothing_said_before_lives_on():
    s = Mailer(c, 'smtp', tls=False)
    s.cmd('MAIL FROM:<before@evil.test>', 250)
    s.cmd('RCPT TO:<alice@example.test>', 250)
    s.cmd('STARTTLS', 220)
    s.wrap()
    s.cmd('RCPT TO:<alice@example.test>', 503)
    s.cmd('DATA', 503)
    s.ehlo()
    s.cmd('DATA', 503)
    s.close()


def starttls_with_words_behind_it():
    s = Mailer(c, tls=False)
    s.cmd('STARTTLS now', 501)
    s.cmd('STARTTLS', 220)
    s.wrap()
    s.cmd('NOOP', 250)
    s.close()


# ---------------------------------------------------------------- bad peers

def others_go_on():
    s = Mailer(c)
    s.plain(USER, PASSWORD)
    s.message(USER, ['bob@example.test'], 'From: %s\n\nx' % USER)
    s.close()


def hello():
    """The bytes of a client's first flight."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    x = context(c).wrap_bio(incoming, outgoing, server_hostname='mx.example'
                            '.test')
    try:
        x.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def half_handshakes_and_broken_tls():
    first = hello()
    cases = [first[:n] for n in range(0, len(first), 13)]
    rng = random.Random(1)
    for _ in range(60):
        b = bytearray(first)
        for _ in range(rng.randrange(1, 6)):
            b[rng.randrange(len(b))] = rng.randrange(256)
        cases.append(bytes(b))
    cases += [os.urandom(500), b'\x16\x03\x01\xff\xff' + b'x' * 70000,
              b'\x15\x03\x01\x00\x02\x02\x28', b'GET / HTTP/1.0\r\n\r\n',
              b'\x80\x2e\x01\x00\x02' + b'\0' * 50]
    held = []
    for data in cases:
        s = socket.create_connection(address(c, 'smtps'), 20)
        try:
            s.sendall(data)
        except OSError:
            pass
        held.append(s)
    others_go_on()
    for s in held:
        s.close()
    others_go_on()
    c.wait_log('event=handshake')


def a_handshake_that_does_not_go_on_ends():
    s = socket.create_connection(address(c, 'smtps'), 60)
    began = time.monotonic()
    s.sendall(hello()[:50])
    s.settimeout(45)
    rest(s)
    took = time.monotonic() - began
    assert 20 < took < 40, took
    s.close()


def a_client_that_does_not_read():
    """Replies pile up in the kernel, then the session waits for the client,
    and nobody else does; its time has an end, and a line in the log."""
    d = second()
    conf = open(d.ready['config']).read()
    with open(d.ready['config'], 'a') as f:
        f.write('smtpd.command_timeout 5s\n')
    d.quickstart('restart')
    start = len(d.log())
    s = Mailer(d)
    s.sock.settimeout(3)
    try:
        while True:
            s.send((b'NOOP ' + b'x' * 500 + b'\r\n') * 100)
    except (TimeoutError, ssl.SSLError, OSError):
        pass
    other = Mailer(d)
    other.cmd('NOOP', 250)
    other.close()
    d.wait_log('event=closed', 'reason=timeout', start=start)
    s.close()
    with open(d.ready['config'], 'w') as f:
        f.write(conf)
    d.quickstart('restart')


def a_line_of_ten_megabytes():
    """A client that sends all of it first has the answer, and then the end:
    the connection is not reset while it sends."""
    line = b'A' * (10 << 20) + b'\r\n'
    for service, before, want in (
            ('smtps', b'EHLO x\r\nAUTH PLAIN ', b'500 5.5.2 command line'),
            ('smtps', b'EHLO x\r\nAUTH PLAIN\r\n', b'500 5.5.2 command line'),
            ('submission', b'EHLO x\r\nAUTH PLAIN ', b'500 5.5.2 command '),
            ('smtp', b'', b'500 5.5.2 command line'),
            ('pop3s', b'AUTH PLAIN ', b'-ERR line too long'),
            ('pop3', b'PASS ', b'-ERR line too long'),
            ('imaps', b'a ', b'a BAD ')):
        s = socket.create_connection(address(c, service), 30)
        if service[-1] == 's':
            s = context(c).wrap_socket(s, server_hostname='mx.example.test')
        s.recv(4096)
        for part in before.splitlines(True):
            s.sendall(part)
            if part.endswith(b'\n'):
                time.sleep(0.2)
        s.sendall(line + (b'b LOGOUT\r\n' if service == 'imaps' else b''))
        data = rest(s)
        assert want in data, (service, before, data[-200:])
        s.close()


def the_end_comes_at_once():
    """Behind the last words of a session, however soon it was gone."""
    for _ in range(20):
        s = Mailer(c, 'smtps')
        s.cmd('QUIT', 221)
        began = time.monotonic()
        assert rest(s.sock) == b'' and time.monotonic() - began < 10
        s.close()


def cut_at_every_byte():
    """A connection that is cut inside a record gives no mail: a message is
    there once it is answered, else not at all."""
    c.bob.clear()
    for n in range(0, 400, 37):
        s = Mailer(c)
        s.plain(USER, PASSWORD)
        s.cmd('MAIL FROM:<%s>' % USER, 250)
        s.cmd('RCPT TO:<bob@example.test>', 250)
        s.cmd('DATA', 354)
        s.send(('From: %s\r\nSubject: cut\r\n\r\n' % USER).encode() +
               b'x' * n + b'\r\n.\r')
        raw = s.sock.detach()
        os.close(raw)
    time.sleep(0.5)
    others_go_on()
    assert not [f for f in c.bob.mail() if b'Subject: cut' in
                open(f, 'rb').read()]


# ---------------------------------------------------------------- certificates

def second():
    if 'c' not in state:
        state['c'] = Instance(place, base)
        state['c'].quickstart('start')
    return state['c']


def certify(d, cert, key, name, algorithm):
    """A new pair by the instance's CA, put in place by rename."""
    new = ['-newkey', *algorithm.split()]
    ca = os.path.dirname(d.ready['config'])
    run('openssl', 'req', '-x509', *new, '-nodes', '-days', '30', '-subj',
        '/CN=' + name, '-keyout', key + '.new', '-out', cert + '.new',
        '-CA', ca + '/ca.pem', '-CAkey', ca + '/secrets/ca.key', '-addext',
        'subjectAltName=DNS:%s,DNS:mx.example.test,IP:127.0.0.1' % name,
        '-addext', 'basicConstraints=critical,CA:FALSE')
    os.chmod(key + '.new', 0o600)
    os.rename(key + '.new', key)
    os.rename(cert + '.new', cert)


def pair(d):
    conf = open(d.ready['config']).read()
    return tuple(re.search(r'^tls\.%s (\S+)' % k, conf, re.M).group(1)
                 for k in ('cert', 'key'))


def serial(d):
    s = Mailer(d, 'smtps')
    n = s.sock.getpeercert()['serialNumber']
    s.close()
    return n


def a_swap_under_100_connections():
    d = second()
    cert, key = pair(d)
    held = [Mailer(d, 'smtps' if i % 2 else 'submission') for i in range(100)]
    for algorithm in ('rsa:2048', 'ed25519',
                      'ec -pkeyopt ec_paramgen_curve:P-256'):
        before = serial(d)
        certify(d, cert, key, 'new.test', algorithm)
        wait('the new certificate', lambda: serial(d) != before, 60)
        out, done = s_client(d)
        assert done and 'Verify return code: 0' in out, out[-500:]
        for s in held:
            s.cmd('NOOP', 250)
    for s in held:
        s.plain(USER, d.ready['password1'])
        s.cmd('NOOP', 250)
        s.close()


def swaps_under_load():
    """Connections that begin at the moment of a change all get through."""
    d = second()
    cert, key = pair(d)
    stop, failed, done = threading.Event(), [], [0]

    def load():
        while not stop.is_set():
            try:
                s = Mailer(d, 'smtps')
                s.cmd('NOOP', 250)
                s.close()
                done[0] += 1
            except Exception as e:
                failed.append(e)
    threads = [threading.Thread(target=load) for _ in range(4)]
    for t in threads:
        t.start()
    for _ in range(4):
        certify(d, cert, key, 'load.test',
                'ec -pkeyopt ec_paramgen_curve:P-256')
        time.sleep(1.5)
        before = done[0]
        wait('more connections', lambda: failed or done[0] > before + 12, 60)
    stop.set()
    for t in threads:
        t.join()
    assert not failed, (failed[:3], len(failed), done)
    print('%d connections' % done[0])


def a_broken_pair_keeps_the_old_one():
    d = second()
    cert, key = pair(d)
    before = serial(d)
    good = open(cert).read()
    for what in ('nonsense\n', good[:300], ''):
        start = len(d.log())
        with open(cert + '.new', 'w') as f:
            f.write(what)
        os.rename(cert + '.new', cert)
        d.wait_log('event=certificate', 'level=warn', 'stay in use',
                   start=start)
        assert 'and its key' not in d.log()[start:]
        assert serial(d) == before
    # the certificate of another key
    start = len(d.log())
    run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=x', '-keyout',
        '/dev/null', '-out', cert + '.new')
    os.rename(cert + '.new', cert)
    d.wait_log('event=certificate', 'number 1 and its key', start=start)
    d.wait_log('event=certificate', 'level=warn', 'stay in use', start=start)
    assert serial(d) == before
    os.unlink(cert)
    time.sleep(1.5)
    assert serial(d) == before
    with open(cert + '.new', 'w') as f:
        f.write(good)
    os.rename(cert + '.new', cert)
    time.sleep(1.5)
    assert serial(d) == before
    others_go_on()


def by_name():
    """SNI: two certificates; the first where no name fits."""
    d = second()
    cert, key = pair(d)
    certify(d, cert + '2', key + '2', 'second.test', 'rsa:2048')
    conf = open(d.ready['config']).read()
    with open(d.ready['config'], 'w') as f:
        f.write(conf.replace('tls.cert ' + cert, 'tls.cert %s %s2' %
                             (cert, cert)).replace(
            'tls.key ' + key, 'tls.key %s %s2' % (key, key)))
    d.quickstart('restart')
    for name, want in (('second.test', 'second.test'),
                       ('SECOND.test', 'second.test'),
                       ('unknown.test', None)):
        out, done = s_client(d, '-servername', name)
        assert done, out
        chain = out.split('Server certificate')[0]
        assert ('CN = second.test' in chain) == (want is not None), chain


# ---------------------------------------------------------------- secrets

def memory(pid):
    """All of a process's writable memory."""
    parts = []
    with open('/proc/%s/maps' % pid) as maps, \
            open('/proc/%s/mem' % pid, 'rb', 0) as mem:
        for line in maps:
            f = line.split()
            if 'r' not in f[1] or (len(f) > 5 and f[5].startswith('[v')):
                continue
            lo, hi = (int(x, 16) for x in f[0].split('-'))
            try:
                mem.seek(lo)
                parts.append(mem.read(hi - lo))
            except (OSError, ValueError):
                pass
    return b''.join(parts)


def secrets_are_where_they_belong():
    if os.geteuid() != 0:
        raise Skip('needs root')
    _, key = pair(c)
    text = run('openssl', 'pkey', '-in', key, '-noout', '-text').stdout
    number = bytes.fromhex(re.search(
        rb'priv:\s*([0-9a-f:\s]+)pub:', text).group(1).decode()
        .replace(':', '').replace('\n', '').replace(' ', '')).lstrip(b'\0')
    pem = open(key, 'rb').read().splitlines()[1][:40]
    passwords = open(os.path.dirname(key) + '/passwords', 'rb').read()
    hashes = [x.split(b':', 1)[1] for x in passwords.splitlines()
              if b':$' in x or b'SCRAM' in x]
    needles = {'key': number, 'reversed key': number[::-1], 'PEM': pem}
    needles.update(('hash %d' % i, h) for i, h in enumerate(hashes))
    needles['password'] = b'a secret of the memory story'
    c.correo('user', 'password', 'bob@example.test', '--password-stdin',
             input=needles['password'])
    c.takes_effect()
    held = []
    for service in ('submission', 'smtps'):
        s = Mailer(c, service)
        s.plain('bob@example.test', needles['password'].decode())
        held.append(s)
        s = Mailer(c, service)
        s.scram('bob@example.test', needles['password'].decode())
        held.append(s)
        held.append(Mailer(c, service))
        s = Mailer(c, service)
        s.plain('bob@example.test', 'no ' + needles['password'].decode(), 535)
        held.append(s)
    found, looked = {}, {}
    for pid in c.pids():
        try:
            name = open('/proc/%s/status' % pid).readline().split()[1]
            text = memory(pid)
        except OSError:
            continue
        looked[name] = looked.get(name, 0) + 1
        for what, needle in needles.items():
            if needle in text:
                found.setdefault(name, set()).add(what)
    for s in held:
        s.close()
    c.correo('user', 'password', 'bob@example.test', '--password-stdin',
             input=c.ready['password2'].encode())
    c.takes_effect()
    assert looked.get('session', 0) >= 8 and looked.get('relay', 0) >= 8
    # the search can find something
    assert 'key' in found.get('keyholder', ()) or \
        'reversed key' in found.get('keyholder', ()), found
    assert any(w.startswith('hash') for w in found.get('auth', ())), found
    bad = {n: w for n, w in found.items() if n not in ('keyholder', 'auth')}
    # a relay's process carries the client's plaintext, and only its own
    bad = {n: w - {'password'} if n == 'relay' else w for n, w in bad.items()}
    assert not any(bad.values()), bad
    print('looked into', looked, 'found', {n: len(w) for n, w in
                                           found.items()})


# ---------------------------------------------------------------- PROXY

def proxied(d, header, service='smtp', source=None):
    s = socket.create_connection(address(d, service), 20,
                                 (source, 0) if source else None)
    s.sendall(header)
    return s


def v2(client, server, ports, family=0x11, command=0x21):
    body = socket.inet_aton(client) + socket.inet_aton(server) + \
        struct.pack('!HH', *ports)
    return b'\r\n\r\n\0\r\nQUIT\n' + bytes([command, family]) + \
        struct.pack('!H', len(body)) + body


def greets(where):
    try:
        s = socket.create_connection(where, 20, ('127.0.0.2', 0))
        got = s.recv(100)
        s.close()
        return got.startswith(b'220')
    except OSError:
        return False


def proxy_headers():
    """From 127.0.0.1, which is configured, and 127.0.0.2, which is not."""
    d = second()
    with open(d.ready['config'], 'a') as f:
        f.write('smtpd.proxies 127.0.0.1\n'
                'smtpd.local_networks 198.51.100.0/24\n')
    # quickstart would look for a banner, and not speak first
    os.kill(d.service('smtpd'), 15)
    wait('its end', lambda: not os.path.exists('/proc/%d' %
                                               d.service('smtpd')))
    log = open(d.ready['log'], 'a')
    p = subprocess.Popen([d.dir + '/sbin/smtpd', '-c', d.ready['config']],
                         stderr=log, stdin=subprocess.DEVNULL,
                         start_new_session=True)
    try:
        wait('its greeting', lambda: greets(address(d, 'smtp')))
        v1 = b'PROXY TCP4 192.0.2.77 127.0.0.1 5000 25\r\n'
        for header in (v1, v2('192.0.2.77', '127.0.0.1', (5000, 25))):
            for one in range(2):
                if one:
                    s = proxied(d, b'')
                    for i in range(len(header)):
                        s.sendall(header[i:i + 1])
                else:
                    s = proxied(d, header + b'')
                assert s.recv(100).startswith(b'220'), header
                start = len(d.log())
                s.sendall(b'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<x@no.test>\r\n')
                d.wait_log('event=refused', 'client=192.0.2.77 port=5000 ',
                           start=start)
                s.close()
        # TLS stands behind it untouched, and login rights are the client's
        for client, may in (('192.0.2.77', False), ('198.51.100.7', True)):
            s = proxied(d, b'PROXY TCP4 %s 127.0.0.1 1 2\r\n' %
                        client.encode(), 'submission')
            assert s.recv(100).startswith(b'220')
            s.sendall(b'EHLO x\r\nQUIT\r\n')
            assert (b'AUTH PLAIN' in rest(s)) == may, client
            s.close()
        s = proxied(d, v1, 'smtps')
        t = context(d).wrap_socket(s, server_hostname='mx.example.test')
        assert t.recv(100).startswith(b'220')
        t.close()
        for junk in (b'EHLO x\r\n', b'PROXY TCP4 1.2.3 4.5.6.7 1 2\r\n',
                     b'PROXY ' + b'x' * 200, v2('1.2.3.4', '1.2.3.4', (1, 2),
                                                command=0x31)):
            s = proxied(d, junk)
            assert not rest(s), junk
            s.close()
        # health checks: the proxy itself
        s = proxied(d, b'PROXY UNKNOWN\r\n')
        assert s.recv(100).startswith(b'220')
        s.close()
        # who is no proxy is an SMTP client, and this is no command
        s = proxied(d, v1, source='127.0.0.2')
        data = s.recv(100)
        assert data.startswith(b'554') or b'220' in data, data
        s.close()
        s = socket.create_connection(address(d, 'smtp'), 20, ('127.0.0.2', 0))
        assert s.recv(100).startswith(b'220')
        s.sendall(v1)
        assert s.recv(100).startswith(b'500')
        s.close()
        start = len(d.log())
        assert '192.0.2.77' not in d.log()[start:]
    finally:
        p.terminate()
        p.wait(20)


try:
    tell([what_is_offered, on_each_port, names_of_protocols,
          no_early_data_no_renegotiation,
          no_client_certificate_is_asked_for, injection_in_one_write,
          injection_at_every_split, injection_behind_220,
          nothing_said_before_lives_on, starttls_with_words_behind_it,
          half_handshakes_and_broken_tls,
          a_handshake_that_does_not_go_on_ends, a_client_that_does_not_read,
          a_line_of_ten_megabytes, the_end_comes_at_once, cut_at_every_byte,
          a_swap_under_100_connections, swaps_under_load,
          a_broken_pair_keeps_the_old_one, by_name,
          secrets_are_where_they_belong, proxy_headers])
finally:
    if os.path.exists(place):
        Instance(place, base).quickstart('stop', ok=False)
        shutil.rmtree(place, ignore_errors=True)
