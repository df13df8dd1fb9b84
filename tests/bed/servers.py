"""The next hops.  Each writes what it gets below PLACE/boxes/NAME."""
import os
import shutil
import subprocess
import sys

import zones
from net import Host
from world import PLACE, TOP, sh, wait

BED = os.path.dirname(os.path.abspath(__file__))
FETCHED = TOP + '/build/fetched/bed'
NODE = os.environ.get('CORREO_NODE_MODULES', TOP +
                      '/build/fetched/node_modules')
BOXES, TLS = PLACE + '/boxes', PLACE + '/tls'
UID = 70900
USERS = ('bed', 'postfix', 'postdrop', 'Debian-exim', 'opensmtpd', 'opensmtpq',
         'dovecot', 'dovenull')


def overlay():
    """What is missing appears in /usr and /etc, for this namespace alone."""
    up = PLACE + '/up'
    os.makedirs(up)
    sh('mount', '-t', 'tmpfs', 'tmpfs', '/run')
    sh('mount', '-t', 'tmpfs', 'tmpfs', up)
    os.mkdir(up + '/usr')
    fetched = FETCHED + '/usr' if os.path.isdir(FETCHED + '/usr') else \
        up + '/usr'
    sh('mount', '-t', 'overlay', 'overlay', '-o', 'lowerdir=%s:/usr' % fetched,
       '/usr')
    for d in ('/etc', '/var/lib', '/var/spool'):    # written to
        here = up + d.replace('/', '.')
        os.makedirs(here + '/up')
        os.makedirs(here + '/work')
        sh('mount', '-t', 'overlay', 'overlay', '-o', 'lowerdir=%s,upperdir='
           '%s/up,workdir=%s/work' % (d, here, here), d)
    for file, line in (('passwd', '%s:x:%d:%d::/nonexistent:/bin/sh\n'),
                       ('group', '%s:x:%d:\n')):
        with open('/etc/' + file, 'a+') as f:
            f.seek(0)
            there = f.read()
            for i, u in enumerate(USERS):
                if not ('\n%s:' % u) in there:
                    f.write(line % ((u, UID + i, UID + i)
                                    [:line.count('%')]))
    with open('/etc/resolv.conf', 'w') as f:
        f.write('nameserver 10.77.0.1\n')
    os.makedirs(BOXES)
    os.chmod(BOXES, 0o1777)


def missing(*files):
    """Why a server cannot be had, or None."""
    for f in files:
        if not os.path.exists(f):
            return 'no %s (tests/bed/fetch.sh)' % f


# ------------------------------------------------ certificates

def openssl(*words):
    subprocess.run(['openssl', *words], cwd=TLS, check=True,
                   stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def certificates():
    """{name: digest of its key}, for TLSA; PEM files in TLS."""
    os.makedirs(TLS)
    new = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes')
    openssl('req', '-x509', *new, '-days', '30', '-subj', '/CN=bed',
            '-keyout', 'ca.key', '-out', 'ca.pem')
    names = ['mx.%s.s.test' % n for n in (
        'postfix', 'exim', 'opensmtpd', 'dane', 'ta', 'old', 'oldee')] + \
        [w + n + '.u.test' for n in zones.STS for w in ('mx.', 'mta-sts.')]
    for name, sans, days in (('mx', names, '30'), ('old', names, '-1'),
                             ('other', ['elsewhere.test'], '30')):
        with open(TLS + '/ext', 'w') as f:
            f.write('subjectAltName=' + ','.join('DNS:' + n for n in sans))
        openssl('req', *new, '-subj', '/CN=' + name, '-keyout', name + '.key',
                '-out', 'csr')
        openssl('x509', '-req', '-in', 'csr', '-CA', 'ca.pem', '-CAkey',
                'ca.key', '-CAcreateserial', '-days', days, '-extfile', 'ext',
                '-out', name + '.crt')
        with open('%s/%s.pem' % (TLS, name), 'w') as f:
            f.write(open('%s/%s.crt' % (TLS, name)).read() +
                    open(TLS + '/ca.pem').read())
    return {n: pin(n) for n in ('mx', 'old', 'ca')}


def pin(name):
    return sh('sh', '-c', 'openssl pkey -in %s/%s.key -pubout -outform DER | '
              'sha256sum' % (TLS, name)).split()[0]


def policies():
    """A web server for those of MTA-STS."""
    d = PLACE + '/web'
    for name, (_, mode, mx) in zones.STS.items():
        write('%s/mta-sts.%s.u.test' % (d, name), '200\nversion: STSv1\n'
              'mode: %s\nmx: %s.u.test\nmax_age: 86400\n' % (mode, mx))
    write(TLS + '/web.pem', open(TLS + '/mx.pem').read() +
          open(TLS + '/mx.key').read())
    Host('web', 16).run(sys.executable, TOP + '/tests/remote/web.py', d,
                        '10.77.0.16', TLS + '/web.pem')
    wait('the web server', lambda: os.path.exists(d + '/webport'))


# ------------------------------------------------ those of Debian

def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as f:
        f.write(text)


def box(name):
    os.makedirs(BOXES + '/' + name)
    os.chown(BOXES + '/' + name, UID, UID)
    return BOXES + '/' + name


MASTER = '''10.77.0.10:25 inet n - n - 50 smtpd
[fd77::10]:25 inet n - n - 50 smtpd
10.77.0.20:25 inet n - n - 50 smtpd
 -o smtpd_tls_security_level=none
 -o smtpd_discard_ehlo_keywords=pipelining,dsn,chunking
[fd77::20]:25 inet n - n - 50 smtpd
 -o smtpd_tls_security_level=none
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
tlsmgr unix - - n - 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
'''


def postfix():
    program = '/usr/lib/postfix/sbin/master'
    why = missing(program)
    if why:
        return why
    etc = PLACE + '/postfix'
    write(etc + '/main.cf', '''compatibility_level = 3.6
myhostname = mx.postfix.s.test
inet_protocols = all
mynetworks =
mydestination =
alias_maps =
local_recipient_maps =
maillog_file = {0}/log
maillog_file_prefixes = {0}
queue_directory = {0}/spool
data_directory = {0}/data
virtual_mailbox_domains = postfix.s.test plain.s.test
virtual_mailbox_base = {1}
virtual_mailbox_maps = regexp:{0}/boxes
virtual_uid_maps = static:{2}
virtual_gid_maps = static:{2}
smtputf8_enable = yes
smtpd_tls_security_level = may
smtpd_tls_chain_files = {3}/mx.key {3}/mx.pem
smtpd_recipient_restrictions = reject_unauth_destination
'''.format(etc, box('postfix'), UID, TLS))
    write(etc + '/boxes', '/^u@/ u/\n')
    write(etc + '/master.cf', MASTER)
    for d in 'active bounce corrupt defer deferred flush hold incoming ' \
            'maildrop private public saved trace'.split():
        os.makedirs(etc + '/spool/' + d)
        shutil.chown(etc + '/spool/' + d, 'postfix')
    os.makedirs(etc + '/spool/pid')
    os.makedirs(etc + '/data')
    shutil.chown(etc + '/data', 'postfix')
    Host('postfix', 10, 20).run(program, '-d', '-c', etc)
    up('10.77.0.10', '10.77.0.20')


def exim():
    why = missing('/usr/sbin/exim4')
    if why:
        return why
    spool = PLACE + '/exim'
    os.makedirs(spool)
    shutil.chown(spool, 'Debian-exim')
    shutil.copy(TLS + '/mx.key', spool + '/key')
    shutil.chown(spool + '/key', 'Debian-exim')
    write('/etc/exim4/exim4.conf', '''primary_hostname = mx.exim.s.test
spool_directory = {0}
log_file_path = {0}/%slog
local_interfaces = <; 10.77.0.11 ; fd77::11
keep_environment =
daemon_smtp_ports = 25
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = {1}/mx.pem
tls_privatekey = {0}/key
begin acl
rcpt:
  accept domains = exim.s.test
  deny message = not here
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = {2}/u
  maildir_format
  create_directory
  user = bed
  group = bed
'''.format(spool, TLS, box('exim')))
    Host('exim', 11).run('/usr/sbin/exim4', '-bdf', '-oP', spool + '/pid')
    up('10.77.0.11')


def opensmtpd():
    why = missing('/usr/libexec/opensmtpd/mail.maildir')
    if why:
        return why
    os.makedirs('/var/lib/opensmtpd/empty')
    os.makedirs('/var/spool/smtpd')
    os.chmod('/var/spool/smtpd', 0o711)
    write('/etc/smtpd.conf', '''pki "bed" cert "{0}/mx.pem"
pki "bed" key "{0}/mx.key"
table users {{ "@" = "bed" }}
listen on 10.77.0.12 port 25 tls pki "bed" hostname mx.opensmtpd.s.test
listen on fd77::12 port 25 tls pki "bed" hostname mx.opensmtpd.s.test
action "box" maildir "{1}/u" virtual <users>
match from any for domain "opensmtpd.s.test" action "box"
'''.format(TLS, box('opensmtpd')))
    os.chmod('/etc/smtpd.conf', 0o644)
    Host('opensmtpd', 12).run('/usr/sbin/smtpd', '-d', '-f', '/etc/smtpd.conf')
    up('10.77.0.12')


def dovecot():
    why = missing('/usr/sbin/dovecot', '/usr/lib/dovecot/lmtp')
    if why:
        return why
    etc = PLACE + '/dovecot'
    write(etc + '/conf', '''base_dir = /run/dovecot
state_dir = {0}/state
log_path = {0}/log
protocols = lmtp
hostname = mx.dovecot.s.test
mail_location = maildir:{1}/%u
first_valid_uid = 100
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={2} gid={2} home={1}/home allow_all_users=yes
}}
service lmtp {{
  inet_listener lmtp {{
    address = 10.77.0.13
    port = 24
  }}
  unix_listener {3}/lmtp/dovecot {{
    mode = 0666
  }}
}}
'''.format(etc, box('dovecot'), UID, PLACE))
    Host('dovecot', 13).run('/usr/sbin/dovecot', '-F', '-c', etc + '/conf')
    up('10.77.0.13:24')


# ------------------------------------------------ smtp-sink, nodemailer

def sink():
    if not shutil.which('smtp-sink'):
        return 'no smtp-sink'
    host, d = Host('sink', 14), box('sink')
    for where in '10.77.0.14:25', '[fd77::14]:25':
        host.run('smtp-sink', '-u', 'bed', '-d', d + '/%s.', where, '1000')
    up('10.77.0.14')


def node():
    """30: well; 31: its certificate is of the past; 32: without TLS; 33: the
    certificate of another; 34: a greeting of 554, 35: of 421."""
    if not shutil.which('node') or not os.path.isdir(NODE + '/smtp-server'):
        return 'no node, or no smtp-server of npm (CORREO_NODE_MODULES)'
    env = dict(os.environ, BED_MODULES=NODE, BED_TLS=TLS, BED_BOX=box('node'))
    Host('node', 30, 31, 32, 33, 34, 35).run('node', BED + '/peer.mjs',
                                             env=env)
    up('10.77.0.30', '10.77.0.35')


def up(*addresses):
    for a in addresses:
        host, _, port = a.partition(':')
        wait('an answer of ' + a, lambda: subprocess.run(
            [sys.executable, '-c', 'import socket, sys; print(socket.'
             'create_connection((sys.argv[1], int(sys.argv[2])), 5)'
             '.recv(100))', host, port or '25'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=20).returncode == 0, 30)


ALL = (postfix, exim, opensmtpd, dovecot, sink, node)
