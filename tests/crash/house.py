"""An instance whose state stands where a crash can be made of it.

Its programs and tables are in DIR, made by quickstart; queue, drop and mail are
below STATE, which is a file system of the test's.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Trouble(Exception):
    pass


class House:
    READERS = ('alice', 'bob')

    def __init__(self, directory, base):
        self.dir, self.base = directory, base
        self.state = directory + '/crash'
        self.tools = directory + '/tools'
        self.conf = directory + '/etc/crash.conf'
        self.running = []
        self.trace = []                 # in front of what is started

    def make(self):
        """Once; the state directories are settle()'s."""
        top = HERE + '/../..'
        for verb in ('start', 'stop'):
            r = subprocess.run([top + '/quickstart', '-d', self.dir, '-p',
                                str(self.base), verb], capture_output=True,
                               text=True)
            if r.returncode:
                raise Trouble(r.stderr)
        home = self.dir + '/home/carol'
        os.makedirs(home)
        os.chmod(self.dir + '/home', 0o755)
        for name, to, mode in (
                ('.forward', 'alice', 0o666),   # so that it is not obeyed
                ('.forward+on', 'bob', 0o600)):
            with open(home + '/' + name, 'w') as f:
                f.write(to + '@example.test\n')
            os.chmod(home + '/' + name, mode)
            os.chown(home + '/' + name, 71001, 71001)
        os.chown(home, 71001, 71001)
        with open(self.dir + '/etc/tables/aliases', 'a') as f:
            f.write('team@example.test: alice@example.test, '
                    'bob@example.test\n'
                    'void@example.test: gone@example.test\n')
        with open(self.dir + '/etc/tables/users', 'a') as f:
            f.write('carol:71001:71001:%s:system\n' % home)
        text = open(self.dir + '/etc/correo.conf').read()
        text = re.sub('(?m)^state_dir .*', 'state_dir ' + self.state, text)
        text = re.sub('(?m)^mail_dir .*', 'mail_dir %s/mail' % self.state,
                      text)
        text += ('queued.retry 1h\nsmtpd.min_free 1M\n'
                 'smtpd.min_free_files 10\n')
        with open(self.conf, 'w') as f:
            f.write(text)
        table = self.dir + '/etc/tables/users'
        text = open(table).read().replace(self.dir + '/mail',
                                          self.state + '/mail')
        with open(table, 'w') as f:
            f.write(text)

    def settle(self):
        """Makes the state directories on an empty file system."""
        subprocess.run(
            [HERE + '/../../etc/setup', 'dirs', self.state,
             self.dir + '/empty', self.state + '/mail', self.dir + '/etc'],
            check=True)
        shutil.copytree(self.dir + '/mail/example.test',
                        self.state + '/mail/example.test',
                        ignore=shutil.ignore_patterns('Maildir'))
        for user in self.READERS:
            was = os.stat(self.dir + '/mail/example.test/' + user)
            os.chown(self.state + '/mail/example.test/' + user, was.st_uid,
                     was.st_gid)
        subprocess.run([self.dir + '/sbin/correo', '-c', self.conf, 'tables'],
                       check=True, stdout=subprocess.DEVNULL)

    # ------------------------------------------------------------ services

    def command(self, program):
        return [self.dir + '/sbin/' + program, '-c', self.conf]

    def start(self, program):
        self.start_one(self.command(program))

    def start_one(self, argv):
        with open(self.dir + '/log', 'ab') as log:
            self.running.append(subprocess.Popen(
                self.trace + argv, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log,
                start_new_session=True))

    def stop(self):
        for p in self.running:
            if self.trace:
                end_below(p)
            else:
                p.terminate()
        for p in self.running:
            p.wait(60)
        self.running = []

    def connect(self, offset):
        end = time.monotonic() + 60
        while True:
            try:
                return socket.create_connection(
                    ('127.0.0.1', self.base + offset), timeout=60)
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)


def children(pid):
    with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
        return [int(p) for p in f.read().split()]


def end_below(tracer):
    """What it traces is asked to end: again, since it may not have begun."""
    end = time.monotonic() + 60
    while tracer.poll() is None and time.monotonic() < end:
        for pid in children(tracer.pid):
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        time.sleep(0.05)


def names(path):
    try:
        return os.listdir(path)
    except FileNotFoundError:
        return []


def read_tree(top):
    """{path below top: bytes} of all files that may hold mail."""
    out = {}
    for base, _, files in os.walk(top):
        for n in files:
            path = os.path.join(base, n)
            if not os.path.isfile(path):
                continue                # the trigger
            with open(path, 'rb') as f:
                out[os.path.relpath(path, top)] = f.read()
    return out


def crc32c_table():
    table = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (0x82f63b78 if i & 1 else 0)
        table.append(i)
    return table


CRC = crc32c_table()


def crc32c(data):
    crc = 0xffffffff
    for b in data:
        crc = CRC[(crc ^ b) & 255] ^ crc >> 8
    return crc ^ 0xffffffff


if __name__ == '__main__':              # house.py DIR BASE
    h = House(sys.argv[1], int(sys.argv[2]))
    h.make()
    os.mkdir(h.tools)
    os.mkdir(h.state)
