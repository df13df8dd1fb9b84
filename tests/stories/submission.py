"""Our own users send, safely: every client with verification on, every
mechanism, and what RFC 4954 and 6409 ask of the server."""
import base64
import json
import os
import re
import select
import shutil
import smtplib
import subprocess
import tempfile
import threading
import time

from correo import (TOP, Instance, Skip, another, run, tell, the_instance,
                    wait)
from mailer import Mailer, address, context

c = the_instance()
USER, PASSWORD = c.ready['user1'], c.ready['password1']
place, base = another('submission')
state = {}
TEXT = 'From: Alice <%s>\nTo: bob@example.test\nSubject: %%s\n\nHello.\n' % USER


def need(program):
    if not shutil.which(program):
        raise Skip('no ' + program)


def arrived(subject):
    return c.bob.with_text(b'Subject: ' + subject.encode()).decode()


def both_ports(send):
    """Each of 587 and 465; the mail has come, under TLS, and tells nobody
    where the client is."""
    c.bob.clear()
    for service in ('submission', 'smtps'):
        subject = '%s by %s' % (send.__name__, service)
        send(service, *address(c, service), subject)
        text = arrived(subject)
        trace = text[:text.index('From:')]
        assert 'ESMTPSA' in trace and 'TLSv1.' in trace, trace
        assert '127.0.0.1' not in trace and 'client' not in trace, trace


# ---------------------------------------------------------------- clients

def smtplib_plain_and_login():
    def one(mech):
        def send(service, host, port, subject):
            if service == 'smtps':
                s = smtplib.SMTP_SSL(host, port, context=context(c))
            else:
                s = smtplib.SMTP(host, port)
                s.starttls(context=context(c))
            s.ehlo()
            s.user, s.password = USER, PASSWORD
            s.auth(mech, getattr(s, 'auth_' + mech.lower()))
            s.sendmail(USER, ['bob@example.test'], TEXT % subject)
            s.quit()
        send.__name__ = 'smtplib ' + mech
        return send
    both_ports(one('PLAIN'))
    both_ports(one('LOGIN'))


def swaks_plain_and_login():
    need('swaks')
    if b'TLS not available' in run('swaks', '--support', ok=False).stdout or \
            run('perl', '-MNet::SSLeay', '-e', '1', ok=False).returncode:
        raise Skip('swaks without Net::SSLeay')

    def one(mech):
        def send(service, host, port, subject):
            run('swaks', '--server', 'localhost', '--port', port,
                '--tls-on-connect' if service == 'smtps' else '--tls',
                '--tls-verify', '--tls-ca-path', c.ready['cafile'],
                '--auth', mech, '--auth-user', USER, '--auth-password',
                PASSWORD, '--from', USER, '--to', 'bob@example.test',
                '--header', 'Subject: ' + subject)
        send.__name__ = 'swaks ' + mech
        return send
    both_ports(one('PLAIN'))
    both_ports(one('LOGIN'))


def msmtp_with_each_mechanism():
    need('msmtp')
    c.correo('user', 'password', USER, '--password-stdin',
             input=PASSWORD.encode())
    c.takes_effect()

    def one(mech):
        def send(service, host, port, subject):
            run('msmtp', '-C', '/dev/null', '--host=localhost',
                '--port=%d' % port, '--tls=on', '--tls-starttls=' +
                ('off' if service == 'smtps' else 'on'), '--tls-trust-file=' +
                c.ready['cafile'], '--auth=' + mech, '--user=' + USER,
                '--passwordeval=echo ' + PASSWORD, '--from=' + USER,
                'bob@example.test', input=(TEXT % subject).encode())
        send.__name__ = 'msmtp ' + mech
        return send
    for mech in ('plain', 'login', 'scram-sha-256'):
        both_ports(one(mech))


def curl_plain_and_login():
    need('curl')

    def one(mech):
        def send(service, host, port, subject):
            run('curl', '-sS', '--ssl-reqd', '--cacert', c.ready['cafile'],
                '%s://localhost:%d' % ('smtps' if service == 'smtps' else
                                       'smtp', port),
                '--login-options', 'AUTH=' + mech, '-u',
                '%s:%s' % (USER, PASSWORD), '--mail-from', USER,
                '--mail-rcpt', 'bob@example.test', '-T', '-', '--crlf',
                input=(TEXT % subject).encode())
        send.__name__ = 'curl ' + mech
        return send
    both_ports(one('PLAIN'))
    both_ports(one('LOGIN'))


def nodemailer_sends():
    if not os.path.isdir(os.environ.get('CORREO_NODE_MODULES', '') +
                         '/nodemailer'):
        raise Skip('CORREO_NODE_MODULES names no nodemailer')
    script = ("const f=require('fs'),t=require(process.env.CORREO_NODE_MODULES"
              "+'/nodemailer').createTransport({host:'localhost',"
              "port:+process.argv[1],secure:process.argv[2]=='smtps',"
              "requireTLS:true,tls:{ca:f.readFileSync(process.argv[3])},"
              "auth:{user:process.argv[4],pass:process.argv[5]}});"
              "t.sendMail({from:process.argv[4],to:'bob@example.test',"
              "subject:process.argv[6],text:'Hello.'},"
              "e=>{if(e)console.error(e);process.exit(e?1:0)})")

    def nodemailer(service, host, port, subject):
        run('node', '-e', script, port, service, c.ready['cafile'], USER,
            PASSWORD, subject)
    both_ports(nodemailer)


def mutt_sends():
    need('mutt')

    def mutt(service, host, port, subject):
        d = tempfile.mkdtemp()
        with open(d + '/muttrc', 'w') as f:
            f.write('set smtp_url="%s://%s@localhost:%d"\n'
                    'set smtp_pass="%s"\nset ssl_force_tls=yes\n'
                    'set certificate_file=%s\nset ssl_usesystemcerts=no\n'
                    'set ssl_ca_certificates_file=%s\n'
                    'set from=%s\nset use_from=yes\nset copy=no\n'
                    'set smtp_authenticators="plain"\n' % (
                        'smtps' if service == 'smtps' else 'smtp',
                        USER.replace('@', '%40'), port, PASSWORD, d + '/certs',
                        c.ready['cafile'], USER))
        open(d + '/certs', 'w').close()
        run('mutt', '-n', '-F', d + '/muttrc', '-s', subject,
            'bob@example.test', input=b'Hello.\n',
            env=dict(os.environ, HOME=d))
        shutil.rmtree(d)
    both_ports(mutt)


def openssl_s_client_sends():
    """Line by line, as a person would."""
    def openssl(service, host, port, subject):
        argv = ['openssl', 's_client', '-quiet', '-crlf', '-connect',
                '%s:%d' % (host, port), '-CAfile', c.ready['cafile'],
                '-verify_return_error', '-verify_hostname', 'mx.example.test']
        if service == 'submission':
            argv += ['-starttls', 'smtp']
        p = subprocess.Popen(argv, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)

        def reply(code):
            while True:
                line = p.stdout.readline()
                assert line[:3] == b'%d' % code, line
                if line[3:4] == b' ':
                    return
        if service == 'smtps':
            reply(220)
        for line, code in (
                ('EHLO me.test', 250), ('AUTH PLAIN ' + base64.b64encode(
                    b'\0%s\0%s' % (USER.encode(), PASSWORD.encode()))
                    .decode(), 235), ('MAIL FROM:<%s>' % USER, 250),
                ('RCPT TO:<bob@example.test>', 250), ('DATA', 354),
                (TEXT % subject + '.', 250), ('QUIT', 221)):
            p.stdin.write(line.encode() + b'\n')
            p.stdin.flush()
            reply(code)
        p.stdin.close()
        p.wait(60)
    both_ports(openssl)


def gsasl_with_each_mechanism():
    """Another's SASL, which also asks us to prove that we know the password."""
    need('gsasl')
    for mech in ('PLAIN', 'LOGIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'):
        for good in (True, False):
            r = run('gsasl', '-c', '--smtp', '--connect',
                    c.ready['submission'], '--hostname', 'mx.example.test',
                    '-m', mech, '-a', USER, '-z', USER, '-p',
                    PASSWORD if good else 'wrong',
                    '--x509-ca-file=' + c.ready['cafile'],
                    *(['--no-cb'] if mech == 'SCRAM-SHA-256' else []),
                    ok=False, stdin=open(os.devnull), timeout=60)
            out = r.stdout.decode()
            assert ('235 2.7.0' in out) == good, (mech, good, out)
            assert good or '535 5.7.8' in out, (mech, out)


def scram_and_channel_binding():
    s = Mailer(c, 'smtps', source='127.0.9.1')
    s.scram(USER, 'wrong', want=535)
    s.scram(USER, PASSWORD, 'tls-server-end-point', b'x' * 32, want=535)
    s.scram(USER, PASSWORD, 'tls-unique', b'x' * 12, want=535)
    # "I think that you have no -PLUS": somebody has taken it out
    s.scram(USER, PASSWORD, gs2='y,,', want=535)
    s.scram('nobody@example.test', PASSWORD, want=535)
    s.scram(USER, PASSWORD, 'tls-server-end-point')
    s.close()
    s = Mailer(c, 'submission')
    s.scram(USER, PASSWORD)
    s.message(USER, ['bob@example.test'], TEXT % 'scram')


def one_password_however_typed():
    """RFC 4013: accents apart or not, a space of any kind."""
    apart, whole = 'cafe\u0301\u00a0au lait', 'caf\u00e9 au lait'
    user, old = 'typed@example.test', 'typed-old@example.test'
    c.correo('user', 'add', user, '--password-stdin', input=apart.encode())
    c.correo('user', 'add', old, '--generate')
    path = c.dir + '/etc/secrets/passwords'
    with open(path) as f:
        text = f.read()
    with open(path, 'w') as f:          # not by us: of what was typed
        f.write(re.sub('(?m)^%s:.*\n' % re.escape(old), '', text) + '%s:%s\n'
                % (old, run('openssl', 'passwd', '-5', apart)
                   .stdout.decode().strip()))
    c.change('tables')
    for name, password, want in (
            (user, apart, 235), (user, whole, 235),
            (user, 'cafe au lait', 535), (old, apart, 235),
            (old, whole, 535)):
        s = Mailer(c, source='127.0.9.3')
        s.plain(name, password, want)
        s.close()
    s = Mailer(c, source='127.0.9.3')
    s.scram(user, whole)                # as its clients have to prepare it
    s.close()
    for name in (user, old):
        c.correo('user', 'remove', name)


def unknown_users_have_salts_too():
    """The same salt each time, in each process: or it would tell."""
    def salt(name):
        s = Mailer(c)
        _, lines = s.cmd('AUTH SCRAM-SHA-256 ' + base64.b64encode(
            b'n,,n=%s,r=abc' % name).decode(), 334)
        s.close()
        return base64.b64decode(lines[0]).split(b',', 1)[1]
    assert salt(b'nobody@example.test') == salt(b'nobody@example.test')
    assert salt(b'nobody@example.test') != salt(b'nobody2@example.test')
    assert len(salt(b'nobody@example.test')) == len(salt(USER.encode()))


def as_much_work_for_each_wrong_answer():
    """CPU of the hash workers.  Each try comes from a network of its own, so
    none waits.  One hash is cheaper: that is not to be seen by the clock."""
    locked, foreign = 'locked@example.test', 'foreign@example.test'
    cheap = 'cheap@example.test'
    path = c.dir + '/etc/secrets/passwords'
    for user, line in ((locked, ''), (foreign, foreign + ':$0$none$here$\n'),
                       (cheap, cheap + ':' + run('openssl', 'passwd', '-1',
                                                 'right').stdout.decode())):
        c.correo('user', 'add', user, '--generate')
        with open(path) as f:
            text = f.read()
        with open(path, 'w') as f:
            f.write(re.sub('(?m)^%s:.*\n' % re.escape(user), '', text) + line)
    c.change('tables')
    names = ['nobody@example.test', locked, foreign, USER]
    cost = {name: [] for name in names}
    for n in range(7):
        for i, name in enumerate(names):
            s = Mailer(c, source='127.%d.%d.1' % (40 + i, n))
            before = worked()
            quarter_of_a_second(s, name)
            cost[name].append(worked() - before)
            s.close()
    s = Mailer(c, source='127.45.0.1')
    quarter_of_a_second(s, cheap)
    s.plain(cheap, 'right')
    s.close()
    ms = [sorted(cost[name])[3] / 1e6 for name in names]
    print('the hash of a wrong password: %.1f ms for nobody, %.1f without a '
          'hash, %.1f with one of no method here, %.1f for a user' % tuple(ms))
    assert max(ms) < 2 * min(ms), cost
    c.wait_log('event=passwords', 'level=warn', 'hash of ' + foreign)
    for user in (locked, foreign, cheap):
        c.correo('user', 'remove', user)


def quarter_of_a_second(s, name):
    began = time.monotonic()
    s.plain(name, 'wrong', 535)
    assert time.monotonic() - began > 0.24, name


def worked():
    """Nanoseconds that the hash workers have run, when all are asleep."""
    workers = [p for p in c.pids() if field(p, 'comm') == 'worker\n']
    assert workers
    wait('idle workers', lambda: all(
        field(p, 'stat').rsplit(')', 1)[1].split()[0] == 'S'
        for p in workers))
    return sum(int(field(p, 'schedstat').split()[0]) for p in workers)


def field(pid, name):
    try:
        with open('/proc/%s/%s' % (pid, name)) as f:
            return f.read()
    except OSError:                 # it has ended
        return ''


# ---------------------------------------------------------------- RFC 4954

def no_login_no_mail():
    for service in ('submission', 'smtps'):
        s = Mailer(c, service)
        s.cmd('MAIL FROM:<%s>' % USER, 530)
        s.close()


def no_login_on_port_25():
    s = Mailer(c, 'smtp')
    assert not s.mechanisms(), s.features
    s.cmd('AUTH PLAIN =', 502)
    s.close()


def tls_first():
    """Before STARTTLS there is no AUTH."""
    s = Mailer(c, 'submission', tls=False)
    assert not s.mechanisms() and 'STARTTLS' in s.features, s.features
    s.plain(USER, PASSWORD, 538)
    s.cmd('MAIL FROM:<%s>' % USER, 530)
    s.cmd('STARTTLS', 220)
    s.wrap()
    s.ehlo()
    assert 'SCRAM-SHA-256-PLUS' in s.mechanisms(), s.features
    assert 'STARTTLS' not in s.features, s.features
    s.cmd('STARTTLS', 503)
    s.close()


def in_the_clear_from_a_local_network():
    d = strict()
    for source, offered in (('127.0.77.1', True), ('127.0.78.1', False)):
        s = Mailer(d, 'submission', tls=False, source=source)
        assert ('PLAIN' in s.mechanisms()) == offered, s.features
        assert 'SCRAM-SHA-256-PLUS' not in s.mechanisms(), s.features
        s.plain(d.ready['user1'], d.ready['password1'],
                235 if offered else 538)
        s.close()


def answers_of_auth():
    s = Mailer(c, source='127.0.9.2')
    for line, codes in (
            ('AUTH', (501,)), ('AUTH CRAM-MD5', (504,)),
            ('AUTH PLAIN !!!!', (501,)), ('AUTH PLAIN A', (501,)),
            ('AUTH PLAIN AGE=AGI=', (501,)), ('AUTH PLAIN a b', (501,)),
            ('AUTH PLAIN =', (535,)),
            ('AUTH PLAIN\r\n*', (334, 501)), ('AUTH LOGIN\r\n*', (334, 501)),
            ('AUTH LOGIN\r\nYQ==\r\n*', (334, 334, 501)),
            ('AUTH PLAIN\r\n{junk}', (334, 501)),
            ('AUTH PLAIN\r\n', (334, 535)),
            ('AUTH LOGIN =\r\nYQ==', (334, 535)),
            ('AUTH SCRAM-SHA-256\r\n*', (334, 501)),
            ('AUTH SCRAM-SHA-256 biws\r\n', (535, 500))):
        s.send(line.split('\r\n')[0].encode() + b'\r\n')
        for more, code in zip(line.split('\r\n')[1:] + [None], codes):
            s.reply(code)
            if more is not None:
                s.send(more.encode() + b'\r\n')
    s.cmd('MAIL FROM:<>', 530)
    s.close()


def second_auth_and_auth_in_a_message():
    s = Mailer(c)
    s.plain(USER, PASSWORD)
    s.plain(USER, PASSWORD, 503)
    s.ehlo()
    assert not s.mechanisms(), s.features
    s.cmd('MAIL FROM:<%s> AUTH=<>' % USER, 250)
    s.plain(USER, PASSWORD, 503)
    s.close()


def ten_failed_logins_end_it():
    s = Mailer(c, source='127.0.9.3')
    for _ in range(10):
        s.plain('nosuch@example.test', 'same every time', 535)
    s.plain('nosuch@example.test', 'same every time', 421)
    try:
        s.cmd('NOOP')
        raise AssertionError('goes on')
    except (EOFError, OSError):
        pass


def a_line_of_ten_megabytes():
    for first in (b'AUTH PLAIN ', b'AUTH LOGIN\r\n'):
        s = Mailer(c)
        if first.endswith(b'\n'):
            s.send(first)
            s.reply(334)
            first = b''
        try:
            s.send(first + b'A' * 10000000 + b'\r\n')
        except OSError:
            pass
        try:
            s.reply(500)
        except EOFError:
            pass            # our own bytes were still on their way
        s.close()
    # up to 12,288 octets are a line
    s = Mailer(c)
    line = 'AUTH PLAIN ' + 'A' * (12288 - 13)
    s.cmd(line, 501)
    s.close()
    s = Mailer(c)
    s.cmd(line + 'A', 500)
    s.close()


def input_behind_auth_ends_it():
    s = Mailer(c)
    s.send(b'AUTH PLAIN ' + base64.b64encode(b'\0%s\0%s' % (
        USER.encode(), PASSWORD.encode())) +
        b'\r\nMAIL FROM:<%s>\r\n' % USER.encode())
    try:
        code, _ = s.reply()
        # the relay may have brought it to the next session: under TLS, by
        # the same client
        assert code in (235, 250), code
    except EOFError:
        pass
    s.close()


def a_client_that_goes_during_the_check():
    for _ in range(20):
        s = Mailer(c)
        s.send(b'AUTH PLAIN ' + base64.b64encode(
            b'\0%s\0%s' % (USER.encode(), PASSWORD.encode())) + b'\r\n')
        s.close()
    s = Mailer(c)
    s.plain(USER, PASSWORD)
    s.close()


# ---------------------------------------------------------------- RFC 6409

def logged_in(user=USER, password=PASSWORD, instance=None):
    s = Mailer(instance or c)
    s.plain(user, password)
    return s


def senders_of_a_login():
    c.change('alias', 'add', 'sales@example.test', 'team@example.test')
    c.change('alias', 'add', 'team@example.test', 'bob@example.test', USER)
    c.change('alias', 'add', 'loop1@example.test', 'loop2@example.test')
    c.change('alias', 'add', 'loop2@example.test', 'loop1@example.test')
    s = logged_in()
    for sender in (USER, 'alice+shop@example.test', 'ALICE@Example.Test',
                   'sales@example.test', ''):
        s.cmd('MAIL FROM:<%s>' % sender, 250)
        s.cmd('RSET', 250)
    for sender in ('bob@example.test', 'alice@elsewhere.example',
                   'loop1@example.test', 'nosuch@example.test',
                   'alice@example.test.evil.example'):
        code, lines = s.cmd('MAIL FROM:<%s>' % sender, 553)
        assert '5.7.1' in lines[0] and 'RFC 6409' in lines[0], lines
    for alias in ('sales', 'team', 'loop1', 'loop2'):
        c.correo('alias', 'remove', alias + '@example.test')
    s.close()


def from_of_a_login():
    s = logged_in()
    to = ['bob@example.test']
    for field, code in (
            ('From: alice@example.test', 250),
            ('From: "B. Ob" <alice+x@example.test> (me)', 250),
            ('From: =?utf-8?q?J=C3=BCrgen?=\n <alice@example.test>', 250),
            ('fRoM : alice@example.test', 250),
            ('From: bob@example.test', 550),
            ('From: "alice@example.test" <bob@example.test>', 550),
            ('From: alice@example.test, bob@example.test', 550),
            ('From: alice@example.test\nFrom: bob@example.test', 550),
            ('From: bob@example.test\nResent-From: alice@example.test', 550),
            ('From: undisclosed', 550), ('From:', 550), ('X-No: From', 550),
            ('From: alice@example.test (<bob@example.test>)', 250),
            ('From: alice@example.test\nnot a field', 550)):
        code, lines = s.message(USER, to, field + '\nSubject: x\n\nx', code)
        assert code == 250 or 'RFC' in lines[0], lines
    s.close()


def what_is_added_and_taken_out():
    c.bob.clear()
    s = logged_in()
    s.message(USER, ['bob@example.test'],
              'Bcc: secret@example.test,\n other@example.test\n'
              'Subject: bare\nFrom: alice@example.test\n'
              'Sender: bob@example.test\nresent-bcc: x@example.test\n\n'
              'Bcc: stays\n..dots\n')
    text = c.bob.with_text(b'Subject: bare').decode()
    head, body = text.split('\n\n', 1)
    assert 'secret' not in text and 'other@' not in text, text
    assert 'Sender:' not in head and 'esent-bcc' not in head, head
    assert re.search(r'^Date: \w{3}, \d+ \w{3} \d{4} ', head, re.M), head
    assert re.search(r'^Message-ID: <\S+@mx.example.test>$', head, re.M), head
    assert body == 'Bcc: stays\n.dots\n\n', body
    # what is there stays as it is
    s.message(USER, ['bob@example.test'],
              'From: alice@example.test\nSubject: whole\nDate: then\n'
              'Message-Id: <mine@x>\nSender: alice+a@example.test\n\nx')
    text = c.bob.with_text(b'Subject: whole').decode()
    assert text.count('Date:') == 1 and 'Date: then' in text, text
    assert text.lower().count('message-id:') == 1, text
    assert 'Sender: alice+a@example.test' in text, text
    s.close()


def headers_in_any_pieces():
    """In one write, in bytes, by BDAT, without a body, of 200 KB."""
    c.bob.clear()
    long = 'X-Long: ' + 'x' * 900 + '\n'
    for i, (header, body) in enumerate((
            ('', 'x\n'), ('', None), (long * 200, 'x\n'),
            (long * 220, 'y' * 70 + '\n' * 2000))):
        for way in ('whole', 'bytes', 'bdat'):
            subject = 'piece-%d-%s-' % (i, way)
            text = ('Bcc: gone@example.test\nSubject: %s\nFrom: %s\n%s' % (
                subject, USER, header)) + ('' if body is None else
                                           '\n' + body)
            data = text.replace('\n', '\r\n').encode()
            s = logged_in()
            s.cmd('MAIL FROM:<%s>' % USER, 250)
            s.cmd('RCPT TO:<bob@example.test>', 250)
            if way == 'bdat':
                half = len(data) // 3
                s.send(b'BDAT %d\r\n' % half + data[:half])
                s.reply(250)
                s.send(b'BDAT %d LAST\r\n' % (len(data) - half) +
                       data[half:])
            else:
                s.cmd('DATA', 354)
                if way == 'bytes':
                    for k in range(120):
                        s.send(data[k:k + 1])
                    data = data[120:]
                s.send(data + b'.\r\n')
            s.reply(250)
            s.close()
            got = c.bob.with_text(b'Subject: ' + subject.encode()).decode()
            assert 'gone@' not in got and 'Message-ID: ' in got, got[:500]
            assert got.count('X-Long:') == header.count('X-Long:')
            if body:
                assert got.endswith('\n\n' + body), got[-200:]


def relay_for_users():
    """Anywhere: queued takes it on; a stranger is refused."""
    s = logged_in()
    s.message(USER, ['someone@elsewhere.invalid'], TEXT % 'away')
    s.close()
    s = Mailer(c, 'smtp')
    s.cmd('MAIL FROM:<%s>' % USER, 250)
    s.cmd('RCPT TO:<someone@elsewhere.invalid>', 550)
    s.close()
    c.wait_log('class="user %s"' % USER, 'tls=TLSv1.')
    c.correo('queue', 'remove', '--all')


# ---------------------------------------------------------------- one with limits

def strict():
    """An instance with other rules than quickstart's."""
    if 'strict' not in state:
        d = state['strict'] = Instance(place, base)
        d.quickstart('start')
        with open(d.ready['config'], 'a') as f:
            f.write('smtpd.local_networks 127.0.77.0/24\n'
                    'smtpd.submission.max_messages 5\n'
                    'smtpd.submission.max_recipients 8\n'
                    'smtpd.submission.senders alice@example.test='
                    'news@partner.example alice@example.test=@own.example\n')
        d.quickstart('restart')
    return state['strict']


def rates():
    d = strict()
    user, password = d.ready['user1'], d.ready['password1']
    text = 'From: %s\nSubject: rate\n\nx' % user
    bob = 'bob@example.test'
    s = logged_in(user, password, d)
    s.message(user, [bob, 'bob+1@example.test', 'bob+2@example.test',
                     'bob+3@example.test', 'bob+4@example.test'], text)
    code, lines = s.message(user, [bob + '', 'bob+1@example.test',
                                   'bob+2@example.test', 'bob+5@example.test'],
                            text, 450)
    assert '4.7.1' in lines[0] and 'max_recipients' in lines[0], lines
    s.message(user, [bob], text)
    # not by another connection either
    s2 = logged_in(user, password, d)
    s2.message(user, [bob], text)
    s.message(user, [bob], text)
    code, lines = s2.message(user, [bob], text, 450)
    s.close()
    s2.close()
    # another user's are another's
    s = logged_in(d.ready['user2'], d.ready['password2'], d)
    s.message(d.ready['user2'], [bob], 'From: bob@example.test\n\nx')
    s.close()


def configured_senders():
    d = strict()
    s = logged_in(d.ready['user1'], d.ready['password1'], d)
    for sender, code in (('news@partner.example', 250),
                         ('Any.One@own.example', 250),
                         ('other@partner.example', 553),
                         ('x@sub.own.example', 553)):
        s.cmd('MAIL FROM:<%s>' % sender, code)
        s.cmd('RSET', 250)
    s.close()
    s = logged_in(d.ready['user2'], d.ready['password2'], d)
    s.cmd('MAIL FROM:<news@partner.example>', 553)
    s.close()


def app_passwords():
    out = c.correo('-j', 'user', 'app-password', 'add', USER, '--name',
                   'my phone', '--scope', 'smtp,imap').stdout
    made = json.loads(out)
    other = c.correo('user', 'app-password', 'add', USER, '--name', 'reader',
                     '--scope', 'pop3').stdout.decode().strip()
    c.takes_effect()
    s = Mailer(c, source='127.0.9.4')
    s.plain(USER, other, 535)
    s.plain(USER, made['password'] + 'x', 535)
    s.plain('bob@example.test', made['password'], 535)
    s.plain(USER, made['password'])
    s.message(USER, ['bob@example.test'], TEXT % 'app')
    s.close()
    listed = [json.loads(x) for x in c.correo(
        '-j', 'user', 'app-password', 'list', USER).stdout.splitlines()]
    mine, = [x for x in listed if x['id'] == made['id']]
    assert mine['name'] == 'my phone' and mine['scope'] == ['smtp', 'imap']
    assert mine['used'] and mine['created'], mine
    assert all(x['used'] is None for x in listed if x['name'] == 'reader')
    c.wait_log('event=login', 'app=' + made['id'], 'result=ok')
    c.change('user', 'app-password', 'remove', USER, made['id'])
    s = Mailer(c, source='127.0.9.5')
    s.plain(USER, made['password'], 535)
    s.close()
    for x in listed:
        if x['id'] != made['id']:
            c.correo('user', 'app-password', 'remove', USER, x['id'])
    r = c.correo('user', 'app-password', 'remove', USER, 'nosuch', ok=False)
    assert r.returncode == 100, r


def a_checkpassword_program():
    """Good, bad, cannot say, hangs, crashes; its children go with it."""
    if os.geteuid() != 0:
        raise Skip('needs root: the instance must reach the program')
    d = strict()
    program = d.dir + '/checkpassword'
    with open(program, 'w') as f:
        f.write('#!/usr/bin/env -S python3 -I\n'
                'import os, sys, time\n'
                'user, password = os.fdopen(3, "rb").read().split(b"\\0")[:2]\n'
                'what = password.decode()\n'
                'if what == "crash": os.kill(os.getpid(), 11)\n'
                'if what == "hang": os.system("sleep 999 & sleep 999")\n'
                'if what == "later": sys.exit(111)\n'
                'if user != b"alice@example.test" or what != "good": '
                'sys.exit(1)\n'
                'assert os.environ["PROTO"] == "smtp"\n'
                'os.execv(sys.argv[1], sys.argv[1:])\n')
    os.chmod(program, 0o755)
    with open(d.ready['config'], 'a') as f:
        f.write('auth.checkpassword %s\nauth.checkpassword_timeout 8s\n'
                % program)
    d.quickstart('restart')
    s = Mailer(d)
    s.plain(USER, 'crash', 454)
    s.plain(USER, 'later', 454)
    s.plain(USER, 'bad', 535)
    s.plain('bob@example.test', 'good', 535)
    hangs = Mailer(d)
    hangs.send(b'AUTH PLAIN ' + base64.b64encode(
        b'\0alice@example.test\0hang') + b'\r\n')
    # somebody else need not wait for it: there is a second worker
    s.plain(USER, 'good')
    assert not select.select([hangs.sock], [], [], 0)[0]
    hangs.reply(454)
    s.message(USER, ['bob@example.test'], TEXT % 'checked')
    s.close()
    hangs.close()
    d.wait_log('event=checkpassword', 'level=warn', 'longer than')
    assert not [p for p in os.listdir('/proc') if p.isdigit()
                and argv(p) == b'sleep\x00999\x00']


def argv(pid):
    try:
        return open('/proc/%s/cmdline' % pid, 'rb').read()
    except OSError:
        return b''


# ---------------------------------------------------------------- guessing

def two_thousand_wrong_logins():
    """From 50 addresses; a real user goes on sending meanwhile."""
    start = len(c.log())
    stop = threading.Event()
    sent, slowest, wrong = [0], [0.0], []

    def guess(i):
        source = '127.0.1.%d' % (i + 1)
        for k in range(1000):
            try:
                s = Mailer(c, source=source, timeout=90)
                for j in range(10):
                    if len(wrong) >= 2000 or stop.is_set():
                        return
                    code, _ = s.plain('%s@example.test' % (
                        'alice' if j % 2 else 'u%d' % k),
                        'guess %d %d %d' % (i, k, j), None)
                    wrong.append(code)
                s.close()
            except (EOFError, OSError):
                pass
    threads = [threading.Thread(target=guess, args=(i,)) for i in range(50)]
    for t in threads:
        t.start()
    end = time.monotonic() + 300
    while time.monotonic() < end and any(t.is_alive() for t in threads):
        began = time.monotonic()
        s = logged_in()
        s.message(USER, ['bob@example.test'], TEXT % 'meanwhile')
        s.close()
        sent[0] += 1
        slowest[0] = max(slowest[0], time.monotonic() - began)
        time.sleep(0.2)
    stop.set()
    for t in threads:
        t.join(120)
    assert 235 not in wrong, 'a guess was right'
    assert len(wrong) >= 2000, len(wrong)
    assert sent[0] >= 10 and slowest[0] < 60, (sent, slowest)
    lines = [x for x in c.log()[start:].splitlines()
             if 'event=login' in x and 'result=fail' in x]
    assert all(re.search(r' user=\S+ client=127\.0\.1\.\d+ proto=smtp '
                         r'mech=PLAIN result=fail secret=[0-9a-f]{4}', x)
               for x in lines), lines[:3]
    print('%d guesses answered (%d wrong, %d later), meanwhile %d messages, '
          'the slowest in %.2f s' % (len(wrong), wrong.count(535),
                                     wrong.count(454), sent[0], slowest[0]))


def fail2ban_reads_the_log():
    need('fail2ban-regex')
    before = failures()
    r = run('fail2ban-regex', c.ready['log'],
            TOP + '/etc/fail2ban/filter-correo.conf')
    found = re.search(rb'(\d+) matched', r.stdout)
    assert found and int(found.group(1)) > 0, r.stdout.decode()
    after = failures()
    assert before <= int(found.group(1)) <= after, (before, found.group(1),
                                                    after)


def failures():
    return len([x for x in c.log().splitlines() if x.startswith('auth: ')
                and re.search(' result=fail( |$)', x)])


try:
    tell([smtplib_plain_and_login, swaks_plain_and_login,
          msmtp_with_each_mechanism, curl_plain_and_login, nodemailer_sends,
          mutt_sends, openssl_s_client_sends, gsasl_with_each_mechanism,
          scram_and_channel_binding,
          one_password_however_typed, unknown_users_have_salts_too,
          as_much_work_for_each_wrong_answer,
          no_login_no_mail, no_login_on_port_25, tls_first,
          in_the_clear_from_a_local_network, answers_of_auth,
          second_auth_and_auth_in_a_message, ten_failed_logins_end_it,
          a_line_of_ten_megabytes, input_behind_auth_ends_it,
          a_client_that_goes_during_the_check, senders_of_a_login,
          from_of_a_login, what_is_added_and_taken_out, headers_in_any_pieces,
          relay_for_users, rates, configured_senders, app_passwords,
          a_checkpassword_program, two_thousand_wrong_logins,
          fail2ban_reads_the_log])
finally:
    if os.path.exists(place):
        Instance(place, base).quickstart('stop', ok=False)
