"""A disk under a real file system, and what it may hold after a power cut.

Disk records: blocklog below a loop device below ext4, xfs or btrfs.  Replay
makes the images that a disk with a volatile cache may be left with: all that
was written before the last flush, and of the rest everything up to some write,
or any part of it.
"""
import os
import random
import struct
import subprocess
import time

KINDS = {'ext4': 32, 'xfs': 300, 'btrfs': 128}      # MiB that each needs
MAKE = {'ext4': ['-q', '-F', '-j', '-E',
                 'lazy_itable_init=0,lazy_journal_init=0'],
        'xfs': ['-q', '-f'], 'btrfs': ['-q', '-f']}
MOUNT = {'ext4': 'noatime', 'xfs': 'noatime,nouuid', 'btrfs': 'noatime'}
RECORD = struct.Struct('=QQQ')


def call(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout.strip()


class Mounted:
    """A file system in a file; its loop device goes with the mount."""

    def __init__(self, kind, path, where):
        self.where = where
        call('mount', '-t', kind, '-o', 'loop,' + MOUNT[kind], path, where)

    def end(self):
        """Children of a service may live a moment longer than it does."""
        end = time.monotonic() + 20
        while True:
            try:
                call('umount', self.where)
                break
            except subprocess.CalledProcessError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)


class Disk:
    """Recording: work/log grows; STATE is the file system."""

    def __init__(self, blocklog, kind, work, state):
        self.work, self.under = work, work + '/under'
        os.makedirs(self.under, exist_ok=True)
        self.process = subprocess.Popen(
            [blocklog, self.under, str(KINDS[kind]), work + '/log'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not os.path.exists(self.under + '/disk'):
            if time.monotonic() > end or self.process.poll() is not None:
                raise OSError('blocklog does not start')
            time.sleep(0.01)
        call('mkfs.' + kind, *MAKE[kind], self.under + '/disk')
        self.mounted = Mounted(kind, self.under + '/disk', state)
        os.chmod(state, 0o755)
        self.marks = open(self.under + '/mark', 'wb', buffering=0)

    def mark(self, text):
        self.marks.write(text.encode())

    def end(self):
        """The log as it was before the file system was unmounted."""
        log = open(self.work + '/log', 'rb').read()
        self.marks.close()
        self.mounted.end()
        call('umount', self.under)
        self.process.wait(20)
        return log


def records(log):
    at = 0
    while at < len(log):
        kind, offset, n = RECORD.unpack_from(log, at)
        at += RECORD.size
        yield chr(kind), offset, log[at:at + n]
        at += n


class Point:
    """Between two things that the disk was told."""

    def __init__(self, fixed, loose, acked):
        self.fixed = fixed              # writes 0..fixed-1 are flushed
        self.loose = loose              # the numbers of those that are not
        self.acked = acked


class Replay:
    def __init__(self, log, kind, work, state, seed):
        self.kind, self.work, self.state = kind, work, state
        self.random = random.Random(seed)
        self.writes, self.points = [], []
        self._read(log)
        self.base = work + '/base'
        with open(self.base, 'wb') as f:
            f.truncate(KINDS[kind] << 20)
        self.applied = 0
        self.unmountable = 0

    def _read(self, log):
        """All points behind the mark START."""
        fixed, acked, started = 0, (), False
        for kind, offset, data in records(log):
            if kind == 'W':
                self.writes.append((offset, data))
            elif kind == 'F':
                fixed = len(self.writes)
            elif data == b'START':
                started = True
            else:
                acked += (data.decode(),)
            if started:
                self.points.append(Point(
                    fixed, range(fixed, len(self.writes)), acked))

    def _put(self, path, numbers):
        with open(path, 'rb+') as f:
            for i in numbers:
                f.seek(self.writes[i][0])
                f.write(self.writes[i][1])

    def images(self, most, subsets):
        """(Point, the loose writes that are there), in order of time; of each
        point all that was written, and some parts of what may be missing."""
        chosen, seen = [], set()
        for p in self.points:
            parts = [tuple(p.loose)]
            if len(p.loose) > 1:
                parts += [tuple(i for i in p.loose
                                if self.random.random() < 0.5)
                          for _ in range(subsets)]
            for part in parts:
                key = (p.fixed, part, p.acked)
                if key not in seen:
                    seen.add(key)
                    chosen.append((p, part))
        self.total = len(chosen)
        if len(chosen) > most:
            pick = sorted(self.random.sample(range(len(chosen)), most))
            chosen = [chosen[i] for i in pick]
        return chosen

    def mounted(self, point, part):
        """The state that the file system makes of it, or None."""
        self._put(self.base, range(self.applied, point.fixed))
        self.applied = max(self.applied, point.fixed)
        image = self.work + '/image'
        call('cp', '--sparse=always', self.base, image)
        self._put(image, part)
        try:
            return Mounted(self.kind, image, self.state)
        except subprocess.CalledProcessError:
            self.unmountable += 1
            return None
