"""bench.py PLACE [PART...] - measures correo beside Postfix; run.sh calls it.

Rounds are outermost and the peers take turns in each cell, so that a busy
neighbour hits both alike.  The load is Postfix's smtp-source.  Medians; every
rate comes with its ratio, CPU is that of all of a server's processes.
"""
import ctypes
import os
import resource
import select
import smtplib
import socket
import statistics
import struct
import subprocess
import sys
import time

from peers import Correo, Postfix

ROUNDS = int(os.environ.get('ROUNDS', '3'))
COUNT = {1: 300, 10: 800, 50: 1500}
RESULTS = {}


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
        end = time.monotonic() + seconds
        while self.count < count and time.monotonic() < end:
            self.look(0.05)
            if load and load.poll():
                raise SystemExit('smtp-source: status %d' % load.returncode)
        if self.count < count:
            raise SystemExit('%d of %d arrived' % (self.count, count))

    def close(self):
        os.close(self.fd)


def source(peer, sessions, count, size, rcpt, *flags):
    return subprocess.Popen(
        ['smtp-source', *flags, '-s', str(sessions), '-m', str(count), '-l',
         str(size), '-f', 'from@sender.test', '-t', rcpt,
         '127.0.0.1:%d' % peer.port],
        stdout=subprocess.DEVNULL)


def cell(peer, sessions, size, keep, wide=False):
    """(messages/s to the Maildir, server CPU ms per message)"""
    count = COUNT[sessions] // (3 if size > 50000 else 1)
    flags = (['-d'] if keep else []) + (['-N'] if wide else [])
    os.sync()
    seen = Arrivals(d + '/new' for d in peer.maildirs(wide))
    cpu, began = peer.cpu(), time.monotonic()
    p = source(peer, sessions, count, size,
               peer.rcpt_wide if wide else peer.rcpt, *flags)
    seen.until(count, p)
    p.wait()
    rate = count / (seen.last - began)
    time.sleep(0.2)
    cpu = (peer.cpu() - cpu) * 1000 / count
    seen.close()
    peer.clear()
    return rate, cpu


def note(row, peer, *values):
    RESULTS.setdefault(row, {}).setdefault(peer.name, []).append(values)
    print(row, peer.name, *('%.3g' % v for v in values), flush=True)


def rates(title, peers, keep, wide=False, sizes=(1024, 10240, 102400)):
    for size in sizes:
        for sessions in (1, 10, 50):
            for p in peers:
                note('%s, %d KiB, %d sessions' % (title, size >> 10, sessions),
                     p, *cell(p, sessions, size, keep, wide))


def kept(peers):
    rates('kept connections', peers, True)


def fresh(peers):
    rates('a connection each', peers, False, sizes=(1024,))


def wide(peers):
    rates('50 Maildirs of 50 uids', peers, True, True, sizes=(1024,))


def latency(peers):
    """ms from the last dot to the 250, and to the file, one at a time."""
    for p in peers:
        answer, there = [], []
        s = smtplib.SMTP('127.0.0.1', p.port, 'client.test')
        s.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.ehlo()
        for n in range(100):
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
        note('ms to the 250 | to the Maildir', p,
             statistics.median(answer) * 1000, statistics.median(there) * 1000)


def idle(peers):
    for p in peers:
        p.stop()
        p.start()
        time.sleep(2)
        rest, began, socks = p.pss(), time.monotonic(), []
        for n in range(500):
            socks.append(socket.create_connection(('127.0.0.1', p.port)))
        for s in socks:
            s.recv(1000)
            s.send(b'EHLO client.test\r\n')
        for s in socks:
            s.recv(1000)
        opened = time.monotonic() - began
        time.sleep(1)
        note('500 connections: PSS KiB each | s to open', p,
             (p.pss() - rest) / 500, opened)
        note('PSS KiB at rest | -', p, rest, 0)
        for s in socks:
            s.close()
        time.sleep(2)


def backlog(peers):
    """The rate of `kept, 10 sessions` with 20,000 messages deferred."""
    for p in peers:
        before = cell(p, 10, 1024, True)
        source(p, 20, 20000, 1024, 'x@dead.test', '-d').wait()
        end = time.monotonic() + 120
        while p.backlog() < 20000 and time.monotonic() < end:
            time.sleep(1)
        note('messages/s without | with 20,000 deferred', p, before[0],
             cell(p, 10, 1024, True)[0])


def table():
    print('\n| what | postfix | correo | ratio | postfix | correo | ratio |\n'
          '|---|---|---|---|---|---|---|')
    for row, found in RESULTS.items():
        cells = []
        for k in (0, 1):
            a, b = (statistics.median(v[k] for v in found[n])
                    for n in ('postfix', 'correo'))
            cells += ['%.3g' % a, '%.3g' % b, '%.2f' % (b / a) if a else '-']
        print('| %s | %s |' % (row, ' | '.join(cells)))
    print('\nWhere no other unit is named: messages/s to the Maildir, then '
          'CPU ms of the server per message.')


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    parts = [globals()[n] for n in sys.argv[2:] or
             ('kept', 'fresh', 'wide', 'latency', 'idle', 'backlog')]
    peers = [Postfix(sys.argv[1]), Correo(sys.argv[1])]
    try:
        for p in peers:
            p.start()
            cell(p, 10, 1024, True)         # warm
        for _ in range(ROUNDS):
            for part in parts:
                if part is not backlog:
                    part(peers)
        if backlog in parts:
            backlog(peers)
    except SystemExit:
        print(open(peers[1].dir + '/log').read()[-2000:])
        raise
    finally:
        for p in peers:
            p.stop()
    table()


if __name__ == '__main__':
    main()
