"""Real messages, many of them broken on purpose, by five clients: what stands
in the Maildir is what was sent, byte for byte, line ends apart.

The messages: Python's own email tests (libpython3.11-testsuite), SpamAssassin's
samples where that package is installed, and CORREO_CORPUS (a directory).
"""
import glob
import os
import re
import smtplib

from correo import Skip, need, run, same, tell, the_instance, wait

c = the_instance()
PLACES = ['/usr/lib/python3.11/test/test_email/data/*',
          '/usr/share/doc/spamassassin/examples/sample-*']
MARK = b'X-Correo-Test: '


def corpus():
    places = list(PLACES)
    if 'CORREO_CORPUS' in os.environ:
        places.append(os.environ['CORREO_CORPUS'] + '/*')
    for pattern in places:
        for path in sorted(glob.glob(pattern)):
            if os.path.isfile(path) and not path.endswith('.py'):
                yield path


def as_sent(data, number):
    """With CRLF, and a first header by which it is found again."""
    data = re.sub(rb'\r\n|\r|\n', b'\r\n', data)
    if not data.endswith(b'\r\n'):
        data += b'\r\n'
    return MARK + b'%d\r\n' % number + data


def by_smtplib(path, data):
    return c.send(['alice@example.test'], data, options=['BODY=8BITMIME']
                  if max(data) > 127 else []) == {}


def by_swaks(path, data):
    # as it is: swaks would replace what looks like one of its tokens
    with open(path, 'wb') as f:
        f.write(smtplib._quote_periods(data) + b'.\r\n')
    return run('swaks', '--server', c.host, '--port', c.port, '--to',
               'alice@example.test', '--from', 'a@sender.test', '--data',
               '@' + path, '--silent', '2', '--no-data-fixup', ok=False)\
        .returncode == 0


def by_curl(path, data):
    with open(path, 'wb') as f:
        f.write(data)
    return run('curl', '-sS', 'smtp://%s:%d' % (c.host, c.port),
               '--mail-from', 'a@sender.test', '--mail-rcpt',
               'alice@example.test', '-T', path, ok=False).returncode == 0


def by_msmtp(path, data):
    return run('msmtp', '-C', '/dev/null', '--host=' + c.host,
               '--port=%d' % c.port, '--from=a@sender.test',
               '--set-msgid-header=off', '--set-date-header=off',
               '--set-from-header=off', '--remove-bcc-headers=off',
               'alice@example.test', input=data.replace(b'\r\n', b'\n'),
               ok=False).returncode == 0


def by_nodemailer(path, data):
    """CORREO_NODE_MODULES: where `npm install nodemailer` put it."""
    with open(path, 'wb') as f:
        f.write(data)
    script = ("const t=require(process.env.CORREO_NODE_MODULES+'/nodemailer')"
              ".createTransport({host:process.argv[1],port:+process.argv[2],"
              "ignoreTLS:true});t.sendMail({envelope:{from:'a@sender.test',"
              "to:'alice@example.test'},raw:require('fs').readFileSync("
              "process.argv[3])},e=>process.exit(e?1:0))")
    return run('node', '-e', script, c.host, c.port, path,
               ok=False).returncode == 0


def by(send, step=1):
    c.alice.clear()
    paths = list(corpus())[::step]
    if not paths:
        raise Skip('no libpython3.11-testsuite')
    sent = {}
    for number, path in enumerate(paths):
        with open(path, 'rb') as f:
            data = as_sent(f.read(), number)
        taken = send(c.dir + '/run/upload', data)
        if b'\0' in data:
            assert not taken, path + ': a NUL was taken'
            continue
        assert taken, path
        sent[number] = (path, data)
    wait('all of them', lambda: len(c.alice.mail()) >= len(sent), 300)
    found = set()
    for f in c.alice.mail():
        stored = open(f, 'rb').read()
        number = int(stored.split(MARK, 1)[1].split(b'\n', 1)[0])
        path, data = sent[number]
        try:
            same(data, stored)
        except AssertionError as e:
            raise AssertionError('%s: %s' % (path, e))
        found.add(number)
    assert found == set(sent), (sorted(found), sorted(sent))
    print('%d messages' % len(found))


def smtplib_sends_all():
    by(smtplib_or_refused)


def smtplib_or_refused(path, data):
    try:
        return by_smtplib(path, data)
    except smtplib.SMTPResponseException as e:
        assert e.smtp_code // 100 == 5, e
        return False


def swaks_sends_all():
    need('swaks')
    by(by_swaks)


def curl_sends_all():
    need('curl')
    by(by_curl)


def msmtp_sends_all():
    need('msmtp')
    by(by_msmtp)


def nodemailer_sends_all():
    if not os.path.isdir(os.environ.get('CORREO_NODE_MODULES', '') +
                         '/nodemailer'):
        raise Skip('CORREO_NODE_MODULES names no nodemailer')
    by(by_nodemailer)


tell([smtplib_sends_all, swaks_sends_all, curl_sends_all, msmtp_sends_all,
      nodemailer_sends_all])
