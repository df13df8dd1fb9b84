"""Clients that show certificates of their own, where that is configured."""
import hashlib
import os
import re
import shutil
import ssl
import subprocess

from correo import Instance, another, run, tell, wait
from mailer import Mailer

place, base = another('tls_clients')
CONFIG = '''
[ca]
default_ca = own
[own]
dir = %s
database = $dir/index.txt
new_certs_dir = $dir
serial = $dir/serial
private_key = $dir/ca.key
certificate = $dir/ca.pem
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
'''
EC = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes')


class Authority:
    def __init__(self, d, above=None):
        self.dir = d
        os.mkdir(d)
        open(d + '/index.txt', 'w').close()
        for name, text in (('serial', '1000\n'), ('conf', CONFIG % d)):
            with open(d + '/' + name, 'w') as f:
                f.write(text)
        run('openssl', 'req', *([] if above else ['-x509']), *EC, '-days',
            '30', '-subj', '/CN=' + os.path.basename(d), '-keyout',
            d + '/ca.key', '-out', d + '/ca.pem')
        if above:
            above.ca('-in', d + '/ca.pem', '-out', d + '/ca.pem', '-notext',
                     '-days', '30', '-extensions', 'authority')

    def ca(self, *argv):
        run('openssl', 'ca', '-batch', '-config', self.dir + '/conf', *argv)

    def text(self):
        return open(self.dir + '/ca.pem').read()

    def revoked(self, *files):
        """Its list, with these in it."""
        for f in files:
            self.ca('-revoke', f)
        self.ca('-gencrl', '-crldays', '30', '-out', self.dir + '/crl')
        return open(self.dir + '/crl').read()

    def device(self, name, end='20400101000000Z'):
        """Its certificate and key, as s_client wants them."""
        at = '%s/%s' % (self.dir, name)
        run('openssl', 'req', *EC, '-subj', '/CN=' + name, '-keyout',
            at + '.key', '-out', at + '.csr')
        self.ca('-in', at + '.csr', '-out', at + '.pem', '-notext',
                '-startdate', '20200101000000Z', '-enddate', end)
        return '-cert', at + '.pem', '-key', at + '.key'


def fingerprint(device):
    der = ssl.PEM_cert_to_DER_cert(open(device[1]).read())
    return hashlib.sha256(der).hexdigest()


def talk(service, *argv):
    """All that s_client says of a connection with nothing but QUIT in it."""
    start = ('-starttls', 'smtp') if service in ('smtp', 'submission') else ()
    p = subprocess.Popen(
        ['openssl', 's_client', '-connect', c.ready[service], '-CAfile',
         c.ready['cafile'], '-ign_eof', '-crlf', *start, *argv],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    out = b''
    for line in p.stdout:
        out += line
        if re.match(rb'2[25]0 |\* OK|\+OK', line):
            say(p, b'QUIT\n')
        elif line.startswith(b'QUIT BAD'):
            say(p, b'a LOGOUT\n')
    p.stdin.close()
    p.wait(60)
    return out.decode(errors='replace')


def say(p, text):
    """Unless it has ended: what it said until then is read all the same."""
    try:
        os.write(p.stdin.fileno(), text)
    except BrokenPipeError:
        pass


def served(service, *argv):
    out = talk(service, *argv)
    assert '221 2.0.0' in out, out[-900:]
    return out


def required():
    """The alert says why, and so does a line of the log."""
    for version, none in (('-tls1_2', 'handshake failure'),
                          ('-tls1_3', 'certificate required')):
        for device, alert, why in (
                ((), none, 'peer did not return a certificate'),
                (expired, 'certificate expired', 'certificate has expired'),
                (foreign, 'unknown ca', 'unable to get local issuer')):
            start = len(c.log())
            out = talk('smtps', version, *device)
            assert 'alert ' + alert in out, (version, device, out[-900:])
            line = c.wait_log('event=handshake', why, start=start)
            assert re.search(r' client=127\.0\.0\.1 port=\d+ ', line), line
        start = len(c.log())
        out = served('smtps', version, *good)
        assert 'CN = staff' in out.split('Acceptable client')[1], out
        c.wait_log('smtpd: event=closed', 'cert=%s verified=yes' %
                   fingerprint(good), start=start)
        served('submission', version, *good)
    for service in ('submission', 'imaps'):
        assert 'alert certificate required' in talk(service)
        assert 'alert unknown ca' in talk(service, *foreign)


def asked_for():
    """Who has none, or another's, is served all the same."""
    for device, words in (((), None), (foreign, 'no'), (good, 'yes')):
        start = len(c.log())
        served('smtp', *device)
        line = c.wait_log('smtpd: event=closed', 'reason=quit', start=start)
        assert ('cert=%s verified=%s' % (fingerprint(device), words)
                in line) if words else 'cert=' not in line, line
    out = talk('pop3s')
    assert 'No client certificate CA names sent' in out and \
        'Requested Signature' not in out, 'asked where nobody said so'


def a_login_and_a_message_name_it():
    start = len(c.log())
    s = Mailer(c, 'smtps', pair=(good[1], good[3]))
    s.plain(c.ready['user1'], c.ready['password1'])
    s.message(c.ready['user1'], ['bob@example.test'],
              'From: %s\n\nx' % c.ready['user1'])
    s.close()
    for words in (('auth: event=login', 'result=ok'), ('event=accepted',)):
        c.wait_log(*words, 'cert=%s verified=yes' % fingerprint(good),
                   start=start)


def revoked():
    """The file is seen when it changes; a broken one is not taken."""
    lost = staff.device('lost')
    served('smtps', *lost)
    start = len(c.log())
    replace(staff.text() + staff.revoked(lost[1]))
    wait('the list', lambda: 'alert certificate revoked' in
         talk('smtps', *lost))
    c.wait_log('event=handshake', 'certificate revoked', start=start)
    served('smtps', *good)
    replace('nonsense\n')
    c.wait_log('event=certificate', 'level=warn', 'stay in use', start=start)
    served('smtps', *good)
    assert 'alert certificate revoked' in talk('smtps', *lost)


def an_authority_revoked():
    """By the one above it, where that one's list is there; it need not be."""
    branch = Authority(place + '/branch', staff)
    file = branch.dir + '/ca.pem'
    device = *branch.device('tablet'), '-cert_chain', file
    replace(staff.text() + branch.revoked())
    wait('the branch', lambda: '221 2.0.0' in talk('smtps', *device))
    verified(device, 'yes')
    # no list of its own issuer: of a certificate there has to be one
    replace(staff.text() + staff.revoked())
    wait('the list', lambda: 'alert unknown ca' in talk('smtps', *device))
    verified(device, 'no')
    replace(staff.text() + staff.revoked() + branch.revoked())
    wait('both lists', lambda: '221 2.0.0' in talk('smtps', *device))
    verified(device, 'yes')
    lists = staff.revoked(file) + branch.revoked()
    for more in ('', branch.text()):
        replace(staff.text() + more + lists)
        wait('its revocation', lambda: 'alert certificate revoked' in
             talk('smtps', *device))
        verified(device, 'no')
        served('smtps', *good)
        replace(staff.text())
        wait('no list', lambda: '221 2.0.0' in talk('smtps', *device))


def verified(device, word):
    start = len(c.log())
    served('smtp', *device)
    c.wait_log('smtpd: event=closed', 'cert=%s verified=%s' % (
        fingerprint(device), word), start=start)


def replace(text):
    with open(trusted + '.new', 'w') as f:
        f.write(text)
    os.rename(trusted + '.new', trusted)


try:
    c = Instance(place, base)
    c.quickstart('start')
    staff, others = Authority(place + '/staff'), Authority(place + '/others')
    good, expired = staff.device('good'), staff.device('old', '20210101000000Z')
    foreign = others.device('good')
    trusted = c.dir + '/etc/staff.pem'
    shutil.copy(staff.dir + '/ca.pem', trusted)
    with open(c.ready['config'], 'a') as f:
        f.write('tls.client_ca %s\ntls.client_ask smtp\ntls.client_require '
                'smtps submission pop3 imap imaps\n' % trusted)
    c.quickstart('restart')
    tell([required, asked_for, a_login_and_a_message_name_it, revoked,
          an_authority_revoked])
finally:
    if os.path.exists(place):
        Instance(place, base).quickstart('stop', ok=False)
        shutil.rmtree(place, ignore_errors=True)
