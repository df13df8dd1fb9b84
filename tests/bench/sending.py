"""The parts about SMTP, beside Postfix.  The load is its smtp-source."""
import ctypes
import os
import select
import signal
import smtplib
import socket
import statistics
import struct
import subprocess
import time

import tools
from peers import SINK
from result import note

COUNT = {n: c // tools.LESS for n, c in {1: 300, 10: 800, 50: 1500}.items()}
FLOOR_KEPT = {1: 'x1.4', 10: 'x2', 50: 'x3'}
FLOOR_FLUSHES = {1: '8 or less', 10: '2.1 or less', 50: ''}
FLOOR_FRESH = {1: 'x1.3', 10: 'x2', 50: 'x2'}
TURNS = 5                       # with a backlog, and without


class Arrivals:
    """Counts the files that come into directories."""
    libc = ctypes.CDLL(None, use_errno=True)

    def __init__(self, dirs):
        self.fd = self.libc.inotify_init1(os.O_NONBLOCK)
        self.count, self.last = 0, 0.0
        for d in dirs:              # IN_MOVED_TO | IN_CREATE
            if self.libc.inotify_add_watch(self.fd, d.encode(), 0x180) < 0:
                raise OSError(d)

    def look(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return
        data, at = os.read(self.fd, 1 << 20), 0
        self.last = time.monotonic()
        while at < len(data):
            self.count += 1
            at += 16 + struct.unpack_from('I', data, at + 12)[0]

    def until(self, count, load=None, seconds=180):
        """When the load had ended, to a fiftieth of a second."""
        end, ended = time.monotonic() + seconds, None
        while (self.count < count or load and not ended) and \
                time.monotonic() < end:
            self.look(0.02)
            if load and load.poll():
                raise SystemExit('smtp-source: status %d' % load.returncode)
            if load and load.poll() == 0 and not ended:
                ended = time.monotonic()
        if self.count < count:
            raise SystemExit('%d of %d arrived' % (self.count, count))
        return ended

    def close(self):
        os.close(self.fd)


class Sink:
    """The next hop for both: smtp-sink, which counts messages."""
    def __init__(self):
        self.p = tools.child(['smtp-sink', '-u', 'nobody', '-c',
                              '127.0.0.1:%d' % SINK, '1000'],
                             stdout=subprocess.PIPE)
        while self.p.poll() is None:
            try:
                return tools.connect(SINK).close()
            except ConnectionRefusedError:
                time.sleep(0.05)
        raise SystemExit('smtp-sink: status %d' % self.p.returncode)

    def until(self, count, load):
        """The time at which that many had come."""
        said, end = b'', time.monotonic() + 180
        while time.monotonic() < end:
            if select.select([self.p.stdout], [], [], 0.05)[0]:
                said = (said + os.read(self.p.stdout.fileno(), 65536))[-200:]
            whole = said.rpartition(b'\r')[0]
            if int((whole.rpartition(b'mesg=')[2].split() or [0])[0]) >= count:
                return time.monotonic()
            if load.poll():
                raise SystemExit('smtp-source: status %d' % load.returncode)
        raise SystemExit('not all of %d were relayed: %s' % (count, said))

    def close(self):
        self.p.kill()
        self.p.wait()


def source(peer, sessions, count, size, rcpt, *flags):
    return tools.child(
        ['smtp-source', *flags, '-s', str(sessions), '-m', str(count), '-l',
         str(size), '-f', 'from@sender.test', '-t', rcpt,
         '127.0.0.1:%d' % peer.port], stdout=subprocess.DEVNULL)


def cell(*how):
    """(messages/s to the Maildir, server CPU ms per message)"""
    return timed(*how)[:2]


def flushes(place):
    """What the disk below it was told so far; None where that is not told."""
    device = os.stat(place).st_dev
    path = '/sys/dev/block/%d:%d/stat' % (os.major(device), os.minor(device))
    return int(open(path).read().split()[15]) if os.path.exists(path) else None


def timed(peer, sessions, size, keep, wide=False):
    """The same, and messages/s accepted"""
    count = max(COUNT[sessions] // (3 if size > 50000 else 1), sessions)
    flags = (['-d'] if keep else []) + (['-N'] if wide else [])
    os.sync()
    seen = Arrivals(d + '/new' for d in peer.maildirs(wide))
    cpu, began = peer.cpu(), time.monotonic()
    p = source(peer, sessions, count, size,
               peer.rcpt_wide if wide else peer.rcpt, *flags)
    accepted = seen.until(count, p)
    rate = count / (seen.last - began)
    time.sleep(0.2)
    cpu = (peer.cpu() - cpu) * 1000 / count
    seen.close()
    peer.clear()
    return rate, cpu, count / (accepted - began)


def relayed(peer, count, sessions=20):
    """(messages/s to the next hop, server CPU ms per message)"""
    os.sync()
    sink, cpu, began = Sink(), peer.cpu(), time.monotonic()
    p = source(peer, sessions, count, 1024, 'x@relay.test', '-d')
    rate = count / (sink.until(count, p) - began)
    p.wait()
    time.sleep(0.2)
    cpu = (peer.cpu() - cpu) * 1000 / count
    sink.close()
    return rate, cpu


def warm(peers):
    for p in peers:
        cell(p, 10, 1024, True)


def rates(title, peers, floors, keep, wide=False, sizes=(1024,)):
    for size in sizes:
        for sessions in (1, 10, 50):
            row = '%s, %d KiB, %d sessions' % (title, size >> 10, sessions)
            for p in peers:
                before = flushes(p.place)
                rate, cpu = cell(p, sessions, size, keep, wide)
                after = flushes(p.place)
                note(row, 'messages/s to the Maildir', floors[sessions], p,
                     rate)
                note(row + ', CPU', 'ms a message',
                     'x0.5 or less' if size == 1024 else '', p, cpu)
                if keep and not wide and size == 1024 and after is not None:
                    note(row + ', flushes of the disk', 'a message',
                         FLOOR_FLUSHES[sessions], p,
                         (after - before) / COUNT[sessions])


def kept(peers):
    rates('kept connections', peers, FLOOR_KEPT, True,
          sizes=(1024, 10240, 102400))


def fresh(peers):
    rates('a connection each', peers, FLOOR_FRESH, False)


def wide(peers):
    rates('50 Maildirs of 50 uids', peers, FLOOR_KEPT, True, True)


def relay(peers):
    for p in peers:
        rate, cpu = relayed(p, 3000 // tools.LESS)
        row = 'accept and relay, 1 KiB, 20 sessions'
        note(row, 'messages/s to the next hop', 'x2', p, rate)
        note(row + ', CPU', 'ms a message', 'x0.5 or less', p, cpu)


def latency(peers):
    """From the last dot to the 250, and to the file, one at a time."""
    for p in peers:
        answer, there = [], []
        s = smtplib.SMTP('127.0.0.1', p.port, 'client.test', timeout=60)
        s.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.ehlo()
        for _ in range(100 // tools.LESS):
            seen = Arrivals([p.maildir + '/new'])
            s.mail('from@sender.test')
            s.rcpt(p.rcpt)
            s.putcmd('DATA')
            s.getreply()
            s.send(b'Subject: x\r\n\r\n' + b'x' * 990 + b'\r\n')
            began = time.monotonic()
            s.send(b'.\r\n')
            reply = s.getreply()
            answer.append(time.monotonic() - began)
            if reply[0] != 250:
                raise SystemExit('%s: %s' % (p.name, reply))
            seen.until(1)
            there.append(seen.last - began)
            seen.close()
            time.sleep(0.01)
        s.quit()
        p.clear()
        note('last dot to the 250', 'ms', 'x1 or less', p,
             statistics.median(answer) * 1000)
        note('last dot to the file in new/', 'ms', 'x0.85 or less', p,
             statistics.median(there) * 1000)


def idle(peers):
    count = 500
    for p in peers:
        at_rest(p, p.start_plain)
        note('the idle suite, port 25 without TLS and logins, PSS', 'KiB',
             '4096 or less', p, p.pss())
        at_rest(p, p.start)
        rest = p.pss(('smtpd', 'queued'))
        note('the idle suite, its SMTP part with TLS and logins, PSS', 'KiB',
             '4096 or less', p, rest)
        began = time.monotonic()
        socks = [tools.connect(p.port) for _ in range(count)]
        for s in socks:
            s.recv(1000)
            s.send(b'EHLO client.test\r\n')
        for s in socks:
            s.recv(1000)
        note('500 connections greeted', 's', '1 or less', p,
             time.monotonic() - began)
        time.sleep(1)
        note('an idle SMTP connection, PSS', 'KiB', '64 or less', p,
             (p.pss(('smtpd', 'queued')) - rest) / count)
        for s in socks:
            s.close()
        time.sleep(2)


def at_rest(peer, start):
    peer.stop()
    start()
    time.sleep(15)              # ours that send rest after 10 seconds


def backlog(peers):
    """Rates and CPU with messages deferred, as parts of those of an instance
    beside it without any; CPU holds on a busy machine too."""
    for p in peers:
        full, there = p.second(p.place), 0
        try:
            full.start()
            cell(full, 10, 1024, True)
            for count in (20000 // tools.LESS, 100000 // tools.LESS):
                source(full, 20, count - there, 1024, 'x@dead.test',
                       '-d').wait()
                there = count
                deferred(full, count)
                ratios = [in_turns(p, full, n % 2) for n in range(TURNS)]
                for what in ratios[0]:
                    note('%s with %d deferred' % (what, count),
                         'of that without', '0.9 or more' if 'rate' in what
                         else '1.1 or less', p,
                         statistics.median(r[what] for r in ratios))
        finally:
            full.remove()       # what it tries again is not the next one's


def in_turns(empty, full, full_first):
    """Each stands still while the other is measured; in the second before,
    what became due meanwhile is done."""
    found = {}
    for p, other in ((empty, full), (full, empty))[::-1 if full_first else 1]:
        time.sleep(1)
        other.signal(signal.SIGSTOP)
        found[p] = rates_and_cpu(p)
        other.signal(signal.SIGCONT)
    return {what: value / found[empty][what]
            for what, value in found[full].items()}


def rates_and_cpu(p):
    local, cpu_local, accept = timed(p, 10, 1024, True)
    relay, cpu_relay = relayed(p, COUNT[10])
    return {'accept rate': accept, 'local rate': local, 'relay rate': relay,
            'CPU a local message': cpu_local,
            'CPU a relayed message': cpu_relay}


def deferred(p, count):
    end = time.monotonic() + 60 + count / 100
    while p.backlog() < count and time.monotonic() < end:
        time.sleep(0.5)
    if p.backlog() < count:
        raise SystemExit('%s: %d of %d deferred'
                         % (p.name, p.backlog(), count))


def tls(peers):
    """Full handshakes: connection, TLS, greeting, QUIT."""
    count = 600 // tools.LESS
    for version in ('1.3', '1.2'):
        for p in peers:
            tools.load(p.smtps, 40, 8, ['QUIT'], '-t', version)
            cpu = p.cpu()
            seconds = tools.load(p.smtps, count, 8, ['QUIT'], '-t', version)
            time.sleep(0.2)
            row = 'TLS %s handshake, greeting, QUIT; 8 clients' % version
            note(row, 'a second', 'x1', p, count / seconds)
            note(row + ', CPU', 'ms each', '', p,
                 (p.cpu() - cpu) * 1000 / count)
    for p in peers:
        time.sleep(1)
        rest, socks = p.pss(), []
        for _ in range(50):
            s = tools.connect(p.smtps, True)
            s.recv(1000)
            s.send(b'EHLO client.test\r\n')
            s.recv(1000)
            socks.append(s)
        time.sleep(1)
        note('an idle SMTP connection with TLS, PSS', 'KiB', '350 or less', p,
             (p.pss() - rest) / 50)
        for s in socks:
            s.close()
        time.sleep(1)


PARTS = {f.__name__: f for f in (kept, fresh, wide, relay, latency, idle, tls,
                                 backlog)}
