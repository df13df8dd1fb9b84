"""The two servers under test: start, stop, and what they cost."""
import os
import re
import shutil
import subprocess
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
WIDE = 50                       # Maildirs, each of its own uid
NUMBERS = 4000                  # recipients 1u@ … by which wide reaches them
CGROUP = '/sys/fs/cgroup/cpuacct'
if not os.path.exists(CGROUP):
    CGROUP = '/sys/fs/cgroup'


def write(path, text):
    with open(path, 'w') as f:
        f.write(text)


class Peer:
    """A server in a control group, from which its processes are known."""
    def __init__(self, place):
        self.dir = '%s/%s' % (place, self.name)
        self.group = '%s/correo-bench-%s' % (CGROUP, self.name)
        os.makedirs(self.group, exist_ok=True)

    def call(self, *argv, check=True):
        def enter():
            write(self.group + '/cgroup.procs', str(os.getpid()))
        return subprocess.run([str(a) for a in argv], preexec_fn=enter,
                              check=check, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)

    def cpu(self):
        """Seconds used so far."""
        try:
            return int(open(self.group + '/cpuacct.usage').read()) / 1e9
        except OSError:
            text = open(self.group + '/cpu.stat').read()
            return int(re.search(r'usage_usec (\d+)', text)[1]) / 1e6

    def pss(self):
        """KiB."""
        total = 0
        for pid in open(self.group + '/cgroup.procs').read().split():
            try:
                text = open('/proc/%s/smaps_rollup' % pid).read()
                total += int(re.search(r'Pss: *(\d+)', text)[1])
            except (OSError, TypeError):
                pass
        return total

    def maildirs(self, wide):
        return self.wide if wide else [self.maildir]

    def clear(self):
        for d in self.maildirs(True) + [self.maildir]:
            for sub in ('new', 'cur'):
                for e in os.scandir('%s/%s' % (d, sub)):
                    os.unlink(e.path)


class Correo(Peer):
    name = 'correo'
    port = 12025

    def start(self):
        quick = [TOP + '/quickstart', '-d', self.dir, '-p', self.port - 25]
        if not os.path.exists(self.dir):
            os.makedirs(self.dir)
            self.call(*quick, 'start')
            with open(self.dir + '/etc/correo.conf', 'a') as f:
                for key in ('connections', 'per_address', 'per_network'):
                    f.write('smtpd.max_%s 2000\n' % key)
            self.people()
        self.call(*quick, 'restart')
        base = self.dir + '/mail/example.test/'
        self.maildir = base + 'alice/Maildir'
        self.wide = [base + 'm%02d/Maildir' % n for n in range(WIDE)]
        self.rcpt, self.rcpt_wide = 'alice@example.test', 'u@example.test'

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
        self.call(self.dir + '/correo', 'tables')

    def stop(self):
        self.call(TOP + '/quickstart', '-d', self.dir, 'stop', check=False)

    def backlog(self):
        return len(os.listdir(self.dir + '/queue/cur'))


class Postfix(Peer):
    name = 'postfix'
    port = 12125
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
relay_domains = dead.test
transport_maps = inline:{{ dead.test=smtp:[127.0.0.1]:1 }}
'''
    services = '''127.0.0.1:{1} inet n - n - 1200 smtpd
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

    def make(self):
        for d in ('etc', 'spool', 'data', 'mail'):
            os.makedirs(self.dir + '/' + d)
        shutil.chown(self.dir + '/data', 'postfix')
        write(self.dir + '/etc/main.cf', self.main.format(self.dir))
        write(self.dir + '/etc/master.cf', self.services.format(self.dir,
                                                                self.port))
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

    def stop(self):
        self.call('postfix', '-c', self.dir + '/etc', 'stop', check=False)
        time.sleep(1)

    def backlog(self):
        return sum(len(f) for _, _, f in os.walk(self.dir + '/spool/deferred'))
