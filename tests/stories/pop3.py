"""POP3 as its users know it: real clients fetch, leave, delete; and what a
client or a man in the middle may try."""
import base64
import hashlib
import hmac
import os
import poplib
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from correo import (Maildir, Skip, name_and_parent, need, run, tell,
                    the_instance, wait)

c = the_instance()
c.own_users()
CONF = dict(line.split(None, 1) for line in open(c.ready['config'])
            if line.strip() and not line.startswith('#'))


def address(key):
    if key not in CONF:
        raise Skip('the instance has no ' + key)
    host, port = CONF[key].split()[0].rsplit(':', 1)
    return host, int(port)


def tls():
    return ssl.create_default_context(cafile=c.ready['cafile'])


def login(n=1, clear=False):
    """A session over TLS, or STLS-less in the clear."""
    if clear:
        p = poplib.POP3(*address('pop3d.listen'), timeout=60)
    else:
        p = poplib.POP3_SSL(*address('pop3d.pop3s.listen'), timeout=60,
                            context=tls())
    p.user(c.ready['user%d' % n])
    p.pass_(c.ready['password%d' % n])
    return p


def mail(number, size=0):
    return ('Subject: mail %d\nFrom: a@sender.test\nDate: Sun, 22 Nov 2026 '
            '10:00:%02d +0000\nMessage-ID: <%d@sender.test>\n\n.\n..two\n'
            'Hello %d\n' % (number, number % 60, number, number)
            + 'x' * 70 + '\n').encode() + b'y' * 70 * (size // 70) + b'\n'


def fill(box, count, size=0):
    """Messages as a delivery leaves them; their texts."""
    box.clear()
    owner = os.stat(box.path)
    texts = []
    for i in range(1, count + 1):
        texts.append(mail(i, size))
        text = texts[-1]
        name = '%s/new/%d.M%dP1.story,S=%d,W=%d' % (
            box.path, 1700000000 + i, i, len(text),
            len(text) + text.count(b'\n'))
        with open(name, 'wb') as f:
            os.fchown(f.fileno(), owner.st_uid, owner.st_gid)
            f.write(text)
    return texts


def known(n):
    try:
        login(n).quit()
        return True
    except poplib.error_proto:
        return False


def fetched(p, number):
    return b'\n'.join(p.retr(number)[1]) + b'\n'


@c.nothing_refused()
def poplib_over_STLS_leaves_and_deletes():
    texts = fill(c.alice, 3)
    p = poplib.POP3(*address('pop3d.listen'), timeout=60)
    assert 'STLS' in p.capa()
    p.stls(tls())
    assert 'STLS' not in p.capa() and 'USER' in p.capa()
    p.user(c.ready['user1'])
    p.pass_(c.ready['password1'])
    assert p.stat() == (3, sum(len(t) + t.count(b'\n') for t in texts))
    assert [fetched(p, i) for i in (1, 2, 3)] == texts
    ids = p.uidl()[1]
    assert b'\n'.join(p.top(2, 1)[1]).endswith(b'\n\n.'), p.top(2, 1)
    p.dele(2)
    p.quit()
    assert len(c.alice.mail()) == 2
    p = login()
    left = p.uidl()[1]
    assert [i.split()[1] for i in left] == \
        [ids[0].split()[1], ids[2].split()[1]], (ids, left)
    p.quit()
    c.wait_log('event=logout', 'user=' + c.ready['user1'], 'deleted=1')


@c.nothing_refused()
def curl_fetches_and_deletes():
    texts = fill(c.alice, 2)
    where = 'pop3s://%s:%d' % address('pop3d.pop3s.listen')
    plain = 'pop3://%s:%d' % address('pop3d.listen')
    user = c.ready['user1'] + ':' + c.ready['password1']

    def curl(*argv):
        return run('curl', '-s', '--cacert', c.ready['cafile'], '-u', user,
                   *argv).stdout.replace(b'\r\n', b'\n')
    for mech in ('PLAIN', 'LOGIN'):
        assert curl(where + '/1', '--login-options', 'AUTH=' + mech) == \
            texts[0]
    assert curl('--ssl-reqd', plain + '/2') == texts[1]
    assert curl(where).split() == [b'1', b'%d' % size(texts[0]), b'2',
                                   b'%d' % size(texts[1])]
    curl(where + '/1', '-X', 'DELE', '-I')
    assert len(c.alice.mail()) == 1


def size(text):
    return len(text) + text.count(b'\n')


@c.nothing_refused()
def fetchmail_keeps_then_takes():
    need('fetchmail')
    texts = fill(c.alice, 4)
    d = scratch()
    host, port = address('pop3d.pop3s.listen')
    with open(d + '/rc', 'w') as f:
        os.chmod(d + '/rc', 0o600)
        f.write('poll %s protocol pop3 port %d uidl\n user "%s" password "%s"'
                ' ssl sslcertck sslcertfile "%s" sslcommonname "%s"'
                ' mda "cat >>%s/out"\n' % (
                    host, port, c.ready['user1'], c.ready['password1'],
                    c.ready['cafile'], name_of_certificate(), d))
    env = dict(os.environ, HOME=d, FETCHMAILHOME=d)
    run('fetchmail', '-f', d + '/rc', '--keep', env=env)
    got = open(d + '/out', 'rb').read()
    for text in texts:
        assert text.split(b'\n\n', 1)[1] in got, got[:2000]
    assert len(c.alice.mail()) == 4
    # nothing is fetched twice by its unique id
    assert run('fetchmail', '-f', d + '/rc', '--keep', env=env,
               ok=False).returncode == 1
    os.unlink(d + '/.fetchids') if os.path.exists(d + '/.fetchids') else 0
    run('fetchmail', '-f', d + '/rc', '--all', '--nokeep', env=env)
    assert not c.alice.mail()
    shutil.rmtree(d)


def name_of_certificate():
    p = poplib.POP3_SSL(*address('pop3d.pop3s.listen'), timeout=60,
                        context=tls())
    names = [v for k, v in p.sock.getpeercert()['subjectAltName']
             if k == 'DNS']
    p.quit()
    return names[0]


@c.nothing_refused()
def getmail_fetches():
    """It may miss the end of its child, and waits for three minutes then."""
    need('getmail')
    for more in (2, 1, 0):
        try:
            return getmail_takes(fill(c.alice, 4))
        except subprocess.TimeoutExpired:
            if not more:
                raise
            for f in c.alice.mail():
                os.unlink(f)


def getmail_takes(texts):
    d = scratch()
    for s in ('tmp', 'new', 'cur'):
        os.makedirs(d + '/box/' + s)
    host, port = address('pop3d.pop3s.listen')
    with open(d + '/getmailrc', 'w') as f:
        f.write('[retriever]\ntype = SimplePOP3SSLRetriever\nserver = %s\n'
                'port = %d\nusername = %s\npassword = %s\nca_certs = %s\n'
                '[destination]\ntype = Maildir\npath = %s/box/\nuser = nobody\n'
                '[options]\nread_all = false\ndelete = true\n'
                'delivered_to = false\nreceived = false\n' % (
                    host, port, c.ready['user1'], c.ready['password1'],
                    c.ready['cafile'], d))
    if os.getuid() == 0:
        run('chown', '-R', 'nobody', d + '/box')
        os.chmod(d, 0o711)
    else:
        run('sed', '-i', '/^user = /d', d + '/getmailrc')
    run('getmail', '--getmaildir', d, '--rcfile', 'getmailrc', timeout=60)
    got = [open(f, 'rb').read() for f in Maildir(d + '/box').mail()]
    assert sorted(b.split(b'\n\n', 1)[1] for b in got) == \
        sorted(t.split(b'\n\n', 1)[1] for t in texts), got
    assert not c.alice.mail()
    shutil.rmtree(d)


@c.nothing_refused()
def mpop_fetches():
    need('mpop')
    texts = fill(c.alice, 4)
    d = scratch()
    for s in ('tmp', 'new', 'cur'):
        os.makedirs(d + '/box/' + s)
    host, port = address('pop3d.listen')
    with open(d + '/rc', 'w') as f:
        os.chmod(d + '/rc', 0o600)
        f.write('account a\nhost %s\nport %d\nuser %s\npassword %s\ntls on\n'
                'tls_starttls on\ntls_trust_file %s\ndelivery maildir %s/box\n'
                'uidls_file %s/uidls\nkeep off\naccount default : a\n' % (
                    host, port, c.ready['user1'], c.ready['password1'],
                    c.ready['cafile'], d, d))
    for auth in ('scram-sha-256', 'plain', 'user'):
        r = run('mpop', '-C', d + '/rc', '--auth=' + auth,
                '--serverinfo' if auth != 'user' else '-Q', ok=False)
        assert r.returncode == 0 or b'not supp' in r.stderr, r.stderr
    got = [open(f, 'rb').read() for f in Maildir(d + '/box').mail()]
    assert sorted(b.split(b'\n\n', 1)[1] for b in got) == \
        sorted(t.split(b'\n\n', 1)[1] for t in texts), got
    assert not c.alice.mail()
    shutil.rmtree(d)


@c.nothing_refused()
def mutt_fetches():
    need('mutt')
    texts = fill(c.alice, 3)
    d = scratch()
    host, port = address('pop3d.pop3s.listen')
    with open(d + '/rc', 'w') as f:
        f.write('set pop_host="pops://%s@%s:%d"\nset pop_pass="%s"\n'
                'set ssl_ca_certificates_file="%s"\nset certificate_file=\n'
                'set pop_delete=no\nset spoolfile="%s/in"\nset folder="%s"\n'
                'push "<fetch-mail><quit>"\n' % (
                    c.ready['user1'].replace('@', '%40'), host, port,
                    c.ready['password1'], c.ready['cafile'], d, d))
    open(d + '/in', 'w').close()
    run('script', '-qec', 'mutt -n -F %s/rc' % d, '/dev/null',
        env=dict(os.environ, TERM='xterm', HOME=d))
    got = open(d + '/in', 'rb').read()
    assert all(t.split(b'\n\n', 1)[1] in got for t in texts), got[:2000]
    shutil.rmtree(d)


def scratch():
    return tempfile.mkdtemp(prefix='correo-pop3.')


@c.nothing_refused()
def ten_thousand_byte_for_byte():
    texts = fill(c.bob, 10000, 500)
    p = login(2)
    assert p.stat()[0] == 10000, p.stat()
    p.quit()
    s = tls().wrap_socket(
        socket.create_connection(address('pop3d.pop3s.listen')),
        server_hostname=address('pop3d.pop3s.listen')[0])
    f = s.makefile('rb')
    # all in one go, over the login too
    ask = 'USER %s\r\nPASS %s\r\n' % (c.ready['user2'], c.ready['password2'])
    ask += ''.join('RETR %d\r\n' % i for i in range(1, 10001))
    send = threading.Thread(target=s.sendall, args=((ask + 'QUIT\r\n').encode(),))
    send.start()
    for _ in range(3):
        assert f.readline().startswith(b'+OK')
    for text in texts:
        head = f.readline()
        assert head == b'+OK %d octets\r\n' % size(text), head
        want = b''.join((b'.' if l.startswith(b'.') else b'') + l + b'\r\n'
                        for l in text.split(b'\n')[:-1])
        assert f.read(len(want)) == want
        assert f.readline() == b'.\r\n'
    assert f.readline() == b'+OK 0 deleted\r\n'
    assert f.read() == b''
    send.join()


def all_of_them_deleted():
    assert len(c.bob.mail()) == 10000
    p = login(2)
    p.sock.sendall(b''.join(b'DELE %d\r\n' % i for i in range(1, 10001)))
    for _ in range(10000):
        p._getresp()
    p.quit()
    assert not c.bob.mail()


def two_sessions_and_somebody_who_renames():
    texts = fill(c.alice, 60)
    stop = threading.Event()
    p = login()
    ids = p.uidl()[1]
    p.quit()

    def rename():
        while not stop.is_set():
            for f in c.alice.mail():
                base = os.path.basename(f).split(':')[0]
                flags = 'S' if not f.endswith(':2,S') else ''
                try:
                    os.rename(f, '%s/cur/%s:2,%s' % (c.alice.path, base,
                                                     flags))
                except FileNotFoundError:
                    pass
                time.sleep(0.0005)
    t = threading.Thread(target=rename)
    t.start()
    try:
        a, b = login(), login()
        for p, numbers in ((a, range(1, 61, 2)), (b, range(2, 61, 2))):
            assert p.uidl()[1] == ids
            for i in range(1, 61):
                assert fetched(p, i) == texts[i - 1]
            for i in numbers:
                p.dele(i)
        a.dele(2)
        a.quit()
        # what the other session has deleted is gone, the rest is served
        try:
            b.retr(1)
            raise AssertionError('message 1 is still there')
        except poplib.error_proto as e:
            assert b'is gone' in e.args[0], e
        b.quit()
    finally:
        stop.set()
        t.join()
    assert not c.alice.mail()


def files_that_are_not_right():
    """Unreadable, empty, huge, vanished: each is answered, the rest served."""
    texts = fill(c.alice, 2)
    owner = os.stat(c.alice.path)

    def make(name):
        path = '%s/new/%s' % (c.alice.path, name)
        f = open(path, 'wb')
        os.fchown(f.fileno(), owner.st_uid, owner.st_gid)
        return path, f
    make('1700000003.M3P1.story')[1].close()
    path, f = make('1700000004.M4P1.story')
    f.truncate(200 << 20)
    f.close()
    path, f = make('1700000005.M5P1.story')
    f.write(texts[0])
    f.close()
    os.chmod(path, 0)
    if os.getuid() == 0:
        os.chown(path, 0, 0)
    gone = make('1700000006.M6P1.story')[0]
    p = login()
    sizes = dict(map(int, line.split()) for line in p.list()[1])
    assert sizes == {1: size(texts[0]), 2: size(texts[1]), 3: 0,
                     4: 200 << 20, 5: 0, 6: 0}, sizes
    os.unlink(gone)
    for number, words in ((5, b'-ERR [SYS/PERM] message 5 cannot be read'),
                          (6, b'-ERR message 6 is gone')):
        try:
            p.retr(number)
            raise AssertionError('%d was sent' % number)
        except poplib.error_proto as e:
            assert e.args[0].startswith(words), e
    assert p.retr(3)[1] == []
    p._putcmd('RETR 4')
    assert p._getresp() == b'+OK 209715200 octets'
    left = 200 << 20
    while left:
        left -= len(p.file.read(min(left, 1 << 20)))
    assert p.file.read(5) == b'\r\n.\r\n'
    pid = mailbox_process()
    peak = int(re.search(rb'VmHWM:\s+(\d+)', read('/proc/%s/status' % pid))[1])
    assert peak < 8192, peak
    assert fetched(p, 2) == texts[1]
    for i in range(1, 7):
        p.dele(i)
    assert p.quit() == b'+OK 6 deleted'
    assert not c.alice.mail()


def a_connection_that_breaks_deletes_nothing():
    fill(c.alice, 2)
    p = login()
    start = len(c.log())
    p.dele(1)
    p.sock.close()
    p.file.close()
    c.wait_log('event=logout', 'user=' + c.ready['user1'],
               'reason="closed by client"', start=start)
    assert len(c.alice.mail()) == 2


def cpu(pid):
    """Seconds of the processor that it has used; None: it is gone."""
    try:
        stat = open('/proc/%s/stat' % pid).read()
    except OSError:
        return None
    fields = stat[stat.rindex(')') + 2:].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def backlog(port):
    """Bytes that the kernel keeps for the client at that port."""
    for line in open('/proc/net/tcp'):
        fields = line.split()
        if fields[2].endswith(':%04X' % port):
            return int(fields[4].split(':')[0], 16)
    return 0


def a_client_that_takes_nothing_is_given_up():
    """When its session has ended the relay waits for it, but not for ever, and
    not on the processor."""
    fill(c.alice, 1, 64 << 20)
    before = set(c.pids())
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(60)
    s.connect(address('pop3d.pop3s.listen'))
    port = s.getsockname()[1]
    s = tls().wrap_socket(s, server_hostname=address('pop3d.pop3s.listen')[0])
    s.sendall(('USER %s\r\nPASS %s\r\nRETR 1\r\n' % (
        c.ready['user1'], c.ready['password1'])).encode())
    seen = []

    def stuck():
        seen.append(backlog(port))
        return seen[-1] and seen[-50:].count(seen[-1]) == 50
    wait('replies that nobody takes', stuck)
    ours = {name_and_parent(p)[0]: int(p) for p in set(c.pids()) - before}
    assert cpu(ours['relay']) is not None, ours
    os.kill(ours['reader'], signal.SIGKILL)
    used = []

    def gone():
        used.append(cpu(ours['relay']))
        return used[-1] is None
    wait('the end of the relay', gone)
    assert len(used) > 50 and used[-2] - used[0] < 1, used[::50]
    s.close()


def injection_at_STLS_at_every_split():
    """What stands behind STLS in the clear is neither answered nor obeyed."""
    host, port = address('pop3d.listen')
    evil = b'STLS\r\nUSER %s\r\nCAPA\r\n' % c.ready['user1'].encode()
    # one byte behind STLS and more: closed without an answer
    for n in range(7, len(evil) + 1):
        s = socket.create_connection((host, port))
        f = s.makefile('rb')
        f.readline()
        s.sendall(evil[:n])
        assert the_rest(f) == b'', n
    # in two parts: what comes after the answer is the handshake's, and fails
    for n in range(1, len(evil)):
        s = socket.create_connection((host, port))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.settimeout(20)
        f = s.makefile('rb')
        f.readline()
        s.sendall(evil[:n])
        if n < 6:
            time.sleep(0.02)
            s.sendall(evil[n:])
            assert the_rest(f) == b'', n
        elif n == 6:
            assert f.readline().startswith(b'+OK')
            s.sendall(evil[n:])
            rest = the_rest(f)
            assert b'+OK' not in rest and b'CAPA' not in rest, rest


def the_rest(f):
    """Up to the end; a reset, because of unread input, is one too."""
    try:
        return f.read()
    except ConnectionResetError:
        return b''


def nothing_said_in_the_clear_lives_on():
    host, port = address('pop3d.listen')
    p = poplib.POP3(host, port, timeout=60)
    p.user(c.ready['user1'])
    p.stls(tls())
    try:
        p.pass_(c.ready['password1'])
        raise AssertionError('PASS without USER')
    except poplib.error_proto as e:
        assert b'USER first' in bytes(e.args[0]), e


def SCRAM_with_and_without_binding():
    if b'SCRAM-SHA-256$' not in read(
            CONF['secrets_dir'].strip() + '/passwords.cdb'):
        raise Skip('the instance keeps no SCRAM keys')
    for mech in ('SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'):
        for clear in (True, False):
            if clear and mech.endswith('PLUS'):
                continue
            scram(mech, clear)


def scram(mech, clear):
    if clear:
        p = poplib.POP3(*address('pop3d.listen'), timeout=60)
    else:
        p = poplib.POP3_SSL(*address('pop3d.pop3s.listen'), timeout=60,
                            context=tls())
    plus = mech.endswith('PLUS')
    gs2 = b'p=tls-server-end-point,,' if plus else b'n,,'
    bare = b'n=%s,r=%s' % (c.ready['user1'].encode(),
                           secrets.token_hex(12).encode())
    p._putcmd('AUTH %s %s' % (mech, base64.b64encode(gs2 + bare).decode()))
    first = answer(p)
    a = dict(x.split(b'=', 1) for x in first.split(b','))
    bind = b''
    if plus:
        der = p.sock.getpeercert(True)
        bind = hashlib.sha256(der).digest()
    salted = hashlib.pbkdf2_hmac('sha256', c.ready['password1'].encode(),
                                 base64.b64decode(a[b's']), int(a[b'i']))
    key = hmac.digest(salted, b'Client Key', 'sha256')
    final = b'c=%s,r=%s' % (base64.b64encode(gs2 + bind), a[b'r'])
    auth = bare + b',' + first + b',' + final
    sign = hmac.digest(hashlib.sha256(key).digest(), auth, 'sha256')
    proof = bytes(x ^ y for x, y in zip(key, sign))
    p._putline(base64.b64encode(final + b',p=' + base64.b64encode(proof)))
    last = answer(p)
    server = hmac.digest(salted, b'Server Key', 'sha256')
    assert last == b'v=' + base64.b64encode(
        hmac.digest(server, auth, 'sha256')), last
    p._putline(b'')
    assert p._getresp().startswith(b'+OK')
    p.quit()


def answer(p):
    line = p.file.readline()
    assert line.startswith(b'+ '), line
    return base64.b64decode(line[2:])


def a_mailbox_process_is_its_user_and_can_do_little():
    p = login()
    pid = mailbox_process()
    status = read('/proc/%s/status' % pid).decode()
    assert re.search(r'^NoNewPrivs:\t1$', status, re.M), status
    assert re.search(r'^Seccomp:\t2$', status, re.M), status
    assert re.search(r'^CapEff:\t0+$', status, re.M), status
    if os.getuid() == 0:
        assert uid(pid) != 0
    p.quit()


def mailbox_process():
    """That of alice's session (not the zygote, which is older)."""
    return max(wait('the process', lambda: [
        q for q in c.pids() if b'-r\0mailbox' in read('/proc/%s/cmdline' % q)
        and uid(q) == os.stat(c.alice.path).st_uid]), key=started)


def started(pid):
    stat = read('/proc/%s/stat' % pid).rsplit(b')', 1)
    return int(stat[1].split()[19]) if len(stat) == 2 else 0


def read(path):
    try:
        return open(path, 'rb').read()
    except OSError:
        return b''


def uid(pid):
    m = re.search(rb'^Uid:\t(\d+)', read('/proc/%s/status' % pid), re.M)
    return int(m[1]) if m else -1


def a_full_disk_at_QUIT():
    """A Maildir on a file system of its own, filled between DELE and QUIT."""
    if os.getuid() != 0:
        raise Skip('only root can mount')
    box = c.alice.path
    fill(c.alice, 0)
    owner = os.stat(box)
    if run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', box,
           ok=False).returncode:
        raise Skip('mount is refused')
    try:
        os.chown(box, owner.st_uid, owner.st_gid)
        os.chmod(box, 0o700)
        login().quit()
        fill(c.alice, 3)
        p = login()
        p.dele(1)
        with open(box + '/fill', 'wb', buffering=0) as f:
            try:
                while True:
                    f.write(b'x' * 4096)
            except OSError:
                pass
        try:
            said = p.quit()
        except poplib.error_proto as e:
            said = e.args[0]
        assert said.startswith((b'-ERR [SYS/TEMP]', b'+OK')), said
        left = len(c.alice.mail())
        assert left == (2 if said.startswith(b'+OK') else 3), (said, left)
        os.unlink(box + '/fill')
        p = login()
        assert p.stat()[0] == left
        p.quit()
    finally:
        run('umount', '-l', box)


for number in (1, 2):
    wait('a login of user %d' % number, lambda: known(number))
tell([poplib_over_STLS_leaves_and_deletes, curl_fetches_and_deletes,
      fetchmail_keeps_then_takes, getmail_fetches, mpop_fetches, mutt_fetches,
      ten_thousand_byte_for_byte, all_of_them_deleted,
      two_sessions_and_somebody_who_renames,
      files_that_are_not_right,
      a_connection_that_breaks_deletes_nothing,
      a_client_that_takes_nothing_is_given_up,
      injection_at_STLS_at_every_split, nothing_said_in_the_clear_lives_on,
      SCRAM_with_and_without_binding,
      a_mailbox_process_is_its_user_and_can_do_little, a_full_disk_at_QUIT])
