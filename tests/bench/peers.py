"""The servers under test: start, stop, and what they cost."""
import ctypes
import glob
import hmac
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import corpus

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
WIDE = 50                       # Maildirs, each of its own uid
SINK = 12225                    # the next hop for relay.test: smtp-sink
NUMBERS = 4000                  # recipients 1u@ … by which wide reaches them
READERS = ['b1', 'b2', 'm', 'w', 'h1', 'h2'] + [
    '%s%d' % (k, n) for k in 'ai' for n in range(1, 21)]
READER_UID = 78000
SECRET = 'bench-pass'
CRYPT = ctypes.CDLL('libcrypt.so.1').crypt
CRYPT.restype = ctypes.c_char_p
HASHED = CRYPT(SECRET.encode(), b'$y$j9T$ar41sVFbDzvN6RtyWrFd1.').decode()
HASHES = {'h1': HASHED, 'h2': CRYPT(
    SECRET.encode(), b'$5$rounds=1000$ar41sVFbDzvN6Rty').decode()}
CGROUP = '/sys/fs/cgroup/cpuacct'
if not os.path.exists(CGROUP):
    CGROUP = '/sys/fs/cgroup'


def write(path, text, mode='w'):
    with open(path, mode) as f:
        f.write(text)


class Peer:
    """A server in a control group, from which its processes are known."""
    def __init__(self, place):
        self.place, self.dir = place, '%s/%s' % (place, self.name)
        self.group = '%s/correo-bench-%d-%s' % (CGROUP, os.getpid(), self.name)
        try:
            os.mkdir(self.group)
        except OSError as e:
            raise SystemExit('bench: needs control groups: %s' % e)

    def call(self, *argv, check=True):
        def enter():
            write(self.group + '/cgroup.procs', str(os.getpid()))
        # Into a file: a daemon may keep its standard output.
        with tempfile.TemporaryFile() as out:
            done = subprocess.run(
                [str(a) for a in argv], preexec_fn=enter, timeout=120,
                start_new_session=True, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT)
            out.seek(0)
            said = out.read()[-2000:].decode(errors='replace')
        if check and done.returncode:
            raise SystemExit('%s: status %d\n%s' % (
                ' '.join(map(str, argv)), done.returncode, said))

    def pids(self):
        return [int(p) for p in open(self.group + '/cgroup.procs')]

    def cpu(self):
        """Seconds used so far."""
        try:
            return int(open(self.group + '/cpuacct.usage').read()) / 1e9
        except OSError:
            text = open(self.group + '/cpu.stat').read()
            return int(re.search(r'usage_usec (\d+)', text)[1]) / 1e6

    def pss(self, services=()):
        """KiB; of those services, where the server has several."""
        total, sessions = 0, self.sessions(services)
        for pid in self.pids():
            try:
                if sessions and os.getsid(pid) not in sessions:
                    continue
                text = open('/proc/%d/smaps_rollup' % pid).read()
                total += int(re.search(r'Pss: *(\d+)', text)[1])
            except (OSError, TypeError):
                pass
        return total

    def sessions(self, services):
        return []

    def start_plain(self):
        """Port 25 only, without TLS and logins."""
        self.start()

    def maildirs(self, wide):
        return self.wide if wide else [self.maildir]

    def clear(self):
        for d in self.maildirs(True) + [self.maildir]:
            for sub in ('new', 'cur'):
                for e in os.scandir('%s/%s' % (d, sub)):
                    os.unlink(e.path)

    def signal(self, number):
        for pid in self.pids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def stop(self):
        """Asks, waits, and ends what still stands in the group: ours all."""
        self.signal(signal.SIGCONT)
        self.ask()
        end = time.monotonic() + 5
        while self.pids() and time.monotonic() < end:
            time.sleep(0.05)
        self.signal(signal.SIGKILL)

    def remove(self):
        self.stop()
        for _ in range(40):
            try:
                return os.rmdir(self.group)
            except OSError:
                time.sleep(0.05)


def make_homes(peer):
    for u in READERS:
        home = os.path.dirname(peer.reader(u))
        os.makedirs(home, exist_ok=True)
        os.chown(home, READER_UID, READER_UID)
        corpus.maildir(peer.reader(u), READER_UID)


class Correo(Peer):
    name = 'correo'
    port, smtps, imap, imaps, pop3 = 12025, 12465, 12143, 12993, 12110

    def start(self):
        quick = [TOP + '/quickstart', '-d', self.dir, '-p', self.port - 25]
        if not os.path.exists(self.dir):
            os.makedirs(self.dir)
            self.call(*quick, 'start')
            with open(self.dir + '/etc/correo.conf', 'a') as f:
                for key in ('connections', 'per_address', 'per_network'):
                    for service in ('smtpd', 'imapd', 'pop3d'):
                        f.write('%s.max_%s 2000\n' % (service, key))
            self.people()
        self.call(*quick, 'restart')
        self.services = [n[:-4] for n in os.listdir(self.dir + '/run')
                         if n.endswith('.pid')]
        base = self.dir + '/mail/example.test/'
        self.maildir = base + 'alice/Maildir'
        self.wide = [base + 'm%02d/Maildir' % n for n in range(WIDE)]
        self.rcpt, self.rcpt_wide = 'alice@example.test', 'u@example.test'

    def start_plain(self):
        conf = self.dir + '/etc/plain.conf'
        write(conf, ''.join(
            line for line in open(self.dir + '/etc/correo.conf')
            if not re.match(r'tls|smtpd\.(submission|smtps)|pop3d|imapd',
                            line)))
        self.call('sh', '-c', 'for p; do "$p" -c "$0" & done', conf,
                  self.dir + '/sbin/smtpd', self.dir + '/sbin/queued')

    def people(self):
        for n in range(WIDE):
            self.call(self.dir + '/correo', 'user', 'add',
                      'm%02d@example.test' % n, '--generate')
        with open(self.dir + '/etc/tables/aliases', 'a') as f:
            for n in range(NUMBERS):
                f.write('%du@example.test: m%02d@example.test\n'
                        % (n, n % WIDE))
        with open(self.dir + '/etc/tables/relay', 'a') as f:
            f.write('net 127.0.0.0/8\n')
        write(self.dir + '/etc/tables/routes', 'dead.test '
              'smtp://127.0.0.1:1\nrelay.test smtp://127.0.0.1:%d\n' % SINK,
              'a')
        write(self.dir + '/etc/tables/users', ''.join(
            '%s:%d:%d:%s/read/%s\n' % (u, READER_UID, READER_UID, self.dir, u)
            for u in READERS), 'a')
        write(self.dir + '/etc/secrets/passwords', ''.join(
            self.password(u) for u in READERS), 'a')
        make_homes(self)
        self.call(self.dir + '/correo', 'tables')

    @staticmethod
    def password(user):
        """bench-pass: hashed for h1 and h2, the app password `bench` for
        others."""
        if user in HASHES:
            return '%s:%s\n' % (user, HASHES[user])
        mac = hmac.new(('%s app bench' % user).encode(), b'pass', 'sha256')
        return '%s:%s\n%s:app:bench:imap,pop3,smtp:%s:%s:bench\n' % (
            user, HASHED, user, mac.hexdigest(), '2026-11-22T00:00:00Z')

    def sessions(self, services):
        return [int(open('%s/run/%s.pid' % (self.dir, s)).read().split()[0])
                for s in services]

    def ask(self):
        if os.path.exists(self.dir):
            self.call(TOP + '/quickstart', '-d', self.dir, 'stop', check=False)

    def forget(self, user, what='*'):
        """What is known of a reader's mailbox."""
        for path in glob.glob('%s/correo-%s' % (self.reader(user), what)):
            os.unlink(path)

    def reader(self, user):
        return '%s/read/%s/Maildir' % (self.dir, user)

    def backlog(self):
        return len(os.listdir(self.dir + '/queue/cur'))


class SecondCorreo(Correo):
    name, port = 'correo2', 12325


class Postfix(Peer):
    name = 'postfix'
    needs = {'postfix': 'postfix', 'smtp-source': 'postfix'}
    port, smtps = 12125, 12565
    main = '''compatibility_level = 3.6
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.test
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
alias_database =
maillog_file = {0}/log
maillog_file_prefixes = {0}
queue_directory = {0}/spool
data_directory = {0}/data
smtp_dns_support_level = disabled
smtp_host_lookup = native
virtual_mailbox_domains = example.test
virtual_mailbox_base = {0}/mail
virtual_mailbox_maps = hash:{0}/etc/boxes
virtual_uid_maps = hash:{0}/etc/uids
virtual_gid_maps = hash:{0}/etc/uids
virtual_mailbox_limit = 0
relay_domains = dead.test, relay.test
smtpd_tls_cert_file = {1}/etc/server.pem
smtpd_tls_key_file = {1}/etc/secrets/server.key
transport_maps = inline:{{ dead.test=smtp:[127.0.0.1]:1,
    relay.test=smtp:[127.0.0.1]:{2} }}
'''
    master = '''127.0.0.1:{0} inet n - n - 1200 smtpd
127.0.0.1:{1} inet n - n - 1200 smtpd -o smtpd_tls_wrappermode=yes
tlsmgr unix - - n 1000? 1 tlsmgr
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
'''

    def start(self):
        self.maildir = self.dir + '/mail/alice/Maildir'
        self.wide = ['%s/mail/m%02d/Maildir' % (self.dir, n)
                     for n in range(WIDE)]
        self.rcpt, self.rcpt_wide = 'alice@example.test', 'u@example.test'
        if not os.path.exists(self.dir):
            self.make()
        self.call('postfix', '-c', self.dir + '/etc', 'start')
        self.services = ()

    def make(self):
        for d in ('etc', 'spool', 'data', 'mail'):
            os.makedirs(self.dir + '/' + d)
        shutil.chown(self.dir + '/data', 'postfix')
        write(self.dir + '/etc/main.cf', self.main.format(
            self.dir, self.place + '/correo', SINK))
        write(self.dir + '/etc/master.cf', self.master.format(
            self.port, self.smtps))
        boxes, uids = ['alice@example.test alice/Maildir/'], \
            ['alice@example.test 79999']
        for n in range(NUMBERS):
            boxes.append('%du@example.test m%02d/Maildir/' % (n, n % WIDE))
            uids.append('%du@example.test %d' % (n, 79000 + n % WIDE))
        for name, lines in (('boxes', boxes), ('uids', uids)):
            write('%s/etc/%s' % (self.dir, name), '\n'.join(lines) + '\n')
            self.call('postmap', '-c', self.dir + '/etc',
                      'hash:%s/etc/%s' % (self.dir, name))
        for d, uid in [(self.maildir, 79999)] + list(zip(
                self.wide, range(79000, 79000 + WIDE))):
            for sub in ('tmp', 'new', 'cur'):
                os.makedirs('%s/%s' % (d, sub), 0o700)
            for path in (os.path.dirname(d), d, d + '/tmp', d + '/new',
                         d + '/cur'):
                os.chown(path, uid, uid)

    def ask(self):
        if os.path.exists(self.dir):
            self.call('postfix', '-c', self.dir + '/etc', 'stop', check=False)

    def backlog(self):
        return sum(len(f) for _, _, f in os.walk(self.dir + '/spool/deferred'))


class SecondPostfix(Postfix):
    name, port, smtps = 'postfix2', 12725, 12825


Correo.second, Postfix.second = SecondCorreo, SecondPostfix


class Dovecot(Peer):
    name = 'dovecot'
    needs = {'dovecot': 'dovecot-imapd',
             '/usr/lib/dovecot/imap': 'dovecot-imapd',
             '/usr/lib/dovecot/pop3': 'dovecot-pop3d'}
    imap, imaps, pop3 = 12243, 12293, 12210
    conf = '''base_dir = {0}/run
state_dir = {0}/state
log_path = {0}/log
protocols = imap pop3
listen = 127.0.0.1
mail_location = maildir:~/Maildir
disable_plaintext_auth = no
first_valid_uid = 100
ssl = yes
ssl_cert = <{1}/etc/server.pem
ssl_key = <{1}/etc/secrets/server.key
auth_mechanisms = plain
mail_max_userip_connections = 2000
passdb {{
  driver = passwd-file
  args = {0}/users
}}
userdb {{
  driver = passwd-file
  args = {0}/users
}}
service imap-login {{
  inet_listener imap {{
    port = {2}
  }}
  inet_listener imaps {{
    port = {3}
  }}
  process_limit = 2000
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {4}
  }}
  inet_listener pop3s {{
    port = 0
  }}
  process_limit = 2000
}}
service imap {{
  process_limit = 2000
}}
service pop3 {{
  process_limit = 2000
}}
'''

    def start(self):
        if not os.path.exists(self.dir):
            os.makedirs(self.dir)
            write(self.dir + '/dovecot.conf', self.conf.format(
                self.dir, self.place + '/correo', self.imap, self.imaps,
                self.pop3))
            write(self.dir + '/users', ''.join(
                '%s:%s:%d:%d::%s\n' % (
                    u, '{CRYPT}' + HASHES[u] if u in HASHES else
                    '{PLAIN}' + SECRET,
                    READER_UID, READER_UID, os.path.dirname(self.reader(u)))
                for u in READERS))
            make_homes(self)
        self.call('dovecot', '-c', self.dir + '/dovecot.conf')
        self.services = ()

    def ask(self):
        if self.pids():
            self.call('dovecot', '-c', self.dir + '/dovecot.conf', 'stop',
                      check=False)

    def forget(self, user):
        for path in glob.glob(self.reader(user) + '/dovecot*'):
            os.unlink(path)

    def reader(self, user):
        return '%s/mail/%s/Maildir' % (self.dir, user)
