"""Every client with verification on, by 587 and by 465, with what it can of
PLAIN, LOGIN and SCRAM."""
import base64
import os
import shutil
import smtplib
import subprocess
import tempfile

from correo import Skip, need, run, tell, the_instance
from mailer import address, context, hello

c = the_instance()
USER, PASSWORD = c.ready['user1'], c.ready['password1']


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


@c.nothing_refused()
def smtplib_plain_and_login():
    def one(mech):
        def send(service, host, port, subject):
            if service == 'smtps':
                s = smtplib.SMTP_SSL(host, port, 'client.test',
                                     context=context(c))
            else:
                s = smtplib.SMTP(host, port, 'client.test')
                s.starttls(context=context(c))
            s.ehlo()
            s.user, s.password = USER, PASSWORD
            s.auth(mech, getattr(s, 'auth_' + mech.lower()))
            s.sendmail(USER, ['bob@example.test'], hello(USER, subject))
            s.quit()
        send.__name__ = 'smtplib ' + mech
        return send
    both_ports(one('PLAIN'))
    both_ports(one('LOGIN'))


@c.nothing_refused()
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


@c.nothing_refused()
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
                'bob@example.test', input=hello(USER, subject).encode())
        send.__name__ = 'msmtp ' + mech
        return send
    for mech in ('plain', 'login', 'scram-sha-256'):
        both_ports(one(mech))


@c.nothing_refused()
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
                input=hello(USER, subject).encode())
        send.__name__ = 'curl ' + mech
        return send
    both_ports(one('PLAIN'))
    both_ports(one('LOGIN'))


@c.nothing_refused()
def nodemailer_sends():
    if not os.path.isdir(os.environ.get('CORREO_NODE_MODULES', '') +
                         '/nodemailer'):
        raise Skip('CORREO_NODE_MODULES names no nodemailer')
    script = ("const f=require('fs'),t=require(process.env.CORREO_NODE_MODULES"
              "+'/nodemailer').createTransport({host:'localhost',"
              "port:+process.argv[1],secure:process.argv[2]=='smtps',"
              "requireTLS:true,tls:{ca:f.readFileSync(process.argv[3])},"
              "authMethod:process.argv[7],"
              "auth:{user:process.argv[4],pass:process.argv[5]}});"
              "t.sendMail({from:process.argv[4],to:'bob@example.test',"
              "subject:process.argv[6],text:'Hello.'},"
              "e=>{if(e)console.error(e);process.exit(e?1:0)})")

    def one(mech):
        def send(service, host, port, subject):
            run('node', '-e', script, port, service, c.ready['cafile'], USER,
                PASSWORD, subject, mech)
        send.__name__ = 'nodemailer ' + mech
        return send
    both_ports(one('PLAIN'))
    both_ports(one('LOGIN'))


@c.nothing_refused()
def mutt_sends():
    need('mutt')

    def one(mech):
        def send(service, host, port, subject):
            d = tempfile.mkdtemp()
            with open(d + '/muttrc', 'w') as f:
                f.write('set smtp_url="%s://%s@localhost:%d"\n'
                        'set smtp_pass="%s"\nset ssl_force_tls=yes\n'
                        'set certificate_file=%s\nset ssl_usesystemcerts=no\n'
                        'set ssl_ca_certificates_file=%s\n'
                        'set from=%s\nset use_from=yes\nset copy=no\n'
                        '%s\n' % (
                            'smtps' if service == 'smtps' else 'smtp',
                            USER.replace('@', '%40'), port, PASSWORD,
                            d + '/certs', c.ready['cafile'], USER,
                            mech and 'set smtp_authenticators=' + mech))
            open(d + '/certs', 'w').close()
            run('mutt', '-n', '-F', d + '/muttrc', '-s', subject,
                'bob@example.test', input=b'Hello.\n',
                env=dict(os.environ, HOME=d))
            shutil.rmtree(d)
        send.__name__ = 'mutt ' + (mech or 'by itself')
        return send
    for mech in ('', 'plain', 'login', 'scram-sha-256'):
        both_ports(one(mech))


@c.nothing_refused()
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
                (hello(USER, subject) + '.', 250), ('QUIT', 221)):
            p.stdin.write(line.encode() + b'\n')
            p.stdin.flush()
            reply(code)
        p.stdin.close()
        p.wait(60)
    both_ports(openssl)


tell([smtplib_plain_and_login, swaks_plain_and_login,
      msmtp_with_each_mechanism, curl_plain_and_login, nodemailer_sends,
      mutt_sends, openssl_s_client_sends])
