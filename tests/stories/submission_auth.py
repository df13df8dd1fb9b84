"""What RFC 4954 asks: mechanisms, answers, limits; and what is a password."""
import base64
import json
import os
import re
import select

from correo import Instance, Skip, another, need, run, tell, the_instance, wait
from mailer import Mailer, hello

c = the_instance()
USER, PASSWORD = c.ready['user1'], c.ready['password1']
place, base = another('submission_auth')
state = {}


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
    s.message(USER, ['bob@example.test'], hello(USER, 'scram'))


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
    """The same salt each time, in each process and for each spelling of a
    name: or it would tell."""
    def salt(name):
        s = Mailer(c)
        _, lines = s.cmd('AUTH SCRAM-SHA-256 ' + base64.b64encode(
            b'n,,n=%s,r=abc' % name).decode(), 334)
        s.close()
        return base64.b64decode(lines[0]).split(b',', 1)[1]
    for who in (USER.encode(), b'nobody@example.test'):
        for again in (who, who.upper(), who.split(b'@')[0]):
            assert salt(who) == salt(again), (who, again)
    assert salt(b'nobody@example.test') != salt(b'nobody2@example.test')
    assert len(salt(b'nobody@example.test')) == len(salt(USER.encode()))


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


def strict():
    """An instance whose port 587 takes passwords in the clear from one
    network."""
    if 'strict' not in state:
        d = state['strict'] = Instance(place, base)
        d.quickstart('start')
        with open(d.ready['config'], 'a') as f:
            f.write('smtpd.local_networks 127.0.77.0/24\n'
                    'smtpd.mechanisms PLAIN SCRAM-SHA-256\n')
        d.quickstart('restart')
    return state['strict']


def in_the_clear_from_a_local_network():
    d = strict()
    for source, offered in (('127.0.77.1', True), ('127.0.78.1', False)):
        s = Mailer(d, 'submission', tls=False, source=source)
        assert ('PLAIN' in s.mechanisms()) == offered, s.features
        assert 'SCRAM-SHA-256-PLUS' not in s.mechanisms(), s.features
        s.plain(d.ready['user1'], d.ready['password1'],
                235 if offered else 538)
        s.close()


def no_binding_where_none_is_offered():
    """RFC 5802 6: there "I think that you have no -PLUS" is right."""
    d = strict()
    s = Mailer(d)
    assert s.mechanisms() == ['PLAIN', 'SCRAM-SHA-256'], s.features
    s.scram(d.ready['user1'], d.ready['password1'], gs2='y,,')
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
        s.send(first + b'A' * 10000000 + b'\r\n')
        s.reply(500)
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


def app_passwords():
    out = c.correo('-j', 'user', 'app-password', 'add', USER, '--name',
                   'my phone', '--scope', 'smtp,imap').stdout
    made = json.loads(out)
    other = c.correo('user', 'app-password', 'add', USER, '--name', 'reader',
                     '--scope', 'pop3').stdout.decode().strip()
    c.takes_effect()
    s = Mailer(c, source='127.0.9.4')
    _, words = s.plain(USER, other, 535)
    assert 'for another service' in words[0], words
    _, words = s.plain(USER, other + 'x', 535)
    assert 'is wrong' in words[0], words
    s.plain(USER, made['password'] + 'x', 535)
    s.plain('bob@example.test', made['password'], 535)
    s.plain(USER, made['password'])
    s.message(USER, ['bob@example.test'], hello(USER, 'app'))
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
    """Good, bad, cannot say, hangs, crashes, prints; its children go with it,
    and it has the signals that it expects (SIGHUP, SIGPIPE,
    SIGXFSZ)."""
    if os.geteuid() != 0:
        raise Skip('needs root: the instance must reach the program')
    d = strict()
    program = d.dir + '/checkpassword'
    with open(program, 'w') as f:
        f.write('#!/usr/bin/env -S python3 -I\n'
                'import os, subprocess, sys\n'
                'def sleepers():\n'
                '    return [subprocess.Popen(["sleep", "999"]) for _ in "ab"]\n'
                'user, password = os.fdopen(3, "rb").read().split(b"\\0")[:2]\n'
                'what = password.decode()\n'
                'if what == "crash": os.kill(os.getpid(), 11)\n'
                'if what == "hang": sleepers()[0].wait()\n'
                'if what == "later": sys.exit(111)\n'
                'if what == "says": print("a\\nb\\x1b" + "x" * 200000)\n'
                'if what == "leaves": sleepers()\n'
                'if user != b"alice@example.test" or what != "good": '
                'sys.exit(1)\n'
                'assert os.environ["PROTO"] == "smtp"\n'
                'os.execv(sys.argv[1], sys.argv[1:])\n')
    os.chmod(program, 0o755)
    with open(program + '.sh', 'w') as f:
        f.write("grep -q -e '^SigIgn:.*[13579bdf]$' "
                "-e '^SigIgn:.*[13579bdf]...$' "
                "-e '^SigIgn:.*[13579bdf]......$' /proc/$$/status && "
                'exit 100\nexec "$@"\n')
    with open(d.ready['config'], 'a') as f:
        f.write('auth.checkpassword /bin/sh %s.sh %s\n'
                'auth.checkpassword_timeout 8s\n' % (program, program))
    d.quickstart('restart')
    s = Mailer(d)
    s.plain(USER, 'crash', 454)
    s.plain(USER, 'later', 454)
    s.plain(USER, 'bad', 535)
    s.plain('bob@example.test', 'good', 535)
    s.plain(USER, 'leaves', 535)
    nobody_sleeps()
    s.plain(USER, 'says', 535)
    line = d.wait_log('event=checkpassword', 'said=')
    assert ' user=alice@example.test said=a\\x0ab\\x1bxxx' in line, line
    assert len(line) < 1000, line
    hangs = Mailer(d)
    hangs.send(b'AUTH PLAIN ' + base64.b64encode(
        b'\0alice@example.test\0hang') + b'\r\n')
    # somebody else need not wait for it: there is a second worker
    s.plain(USER, 'good')
    assert not select.select([hangs.sock], [], [], 0)[0]
    hangs.reply(454)
    s.message(USER, ['bob@example.test'], hello(USER, 'checked'))
    s.close()
    hangs.close()
    d.wait_log('event=checkpassword', 'level=warn', 'longer than')
    nobody_sleeps()


def nobody_sleeps():
    wait('the end of its children', lambda: not [
        p for p in os.listdir('/proc') if p.isdigit()
        and argv(p) == b'sleep\x00999\x00'])


def argv(pid):
    try:
        return open('/proc/%s/cmdline' % pid, 'rb').read()
    except OSError:
        return b''


try:
    tell([gsasl_with_each_mechanism, scram_and_channel_binding,
          one_password_however_typed, unknown_users_have_salts_too,
          no_login_no_mail, no_login_on_port_25, tls_first,
          in_the_clear_from_a_local_network,
          no_binding_where_none_is_offered, answers_of_auth,
          second_auth_and_auth_in_a_message, ten_failed_logins_end_it,
          a_line_of_ten_megabytes, input_behind_auth_ends_it,
          a_client_that_goes_during_the_check, app_passwords,
          a_checkpassword_program])
finally:
    if os.path.exists(place):
        Instance(place, base).quickstart('stop', ok=False)
