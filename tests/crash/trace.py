"""What a family of programs did to one tree of files, from strace.

Traced starts programs under one strace, so that there is one order of all
their calls; events() reads it: changes of names and bytes below STATE, flushes,
and what was said on sockets.  A call that changes files in a way not known
here ends the test.
"""
import os
import re
import signal
import subprocess

from house import children

CALLS = ('open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,'
         'linkat,symlink,symlinkat,unlink,unlinkat,rmdir,write,writev,pwrite64,'
         'pwritev,pwritev2,ftruncate,truncate,fallocate,copy_file_range,'
         'sendfile,splice,fsync,fdatasync,sync,syncfs,msync,sendto,sendmsg,'
         'lseek')
LINE = re.compile(r'(\d+) +(?:<\.\.\. (\w+) resumed>)?(.*)')
HEX = re.compile(r'\\x([0-9a-f]{2})')
FD = re.compile(r'(?:AT_FDCWD|\d+)<([^>]*)>')
STRING = re.compile(r'"([^"]*)"(\.\.\.)?')
RESULT = re.compile(r'= (-?\d+)')


def strace(out):
    return ['strace', '-f', '-y', '-xx', '-s', '200000', '-o', out, '-e',
            'trace=' + CALLS, '-e', 'signal=none']


class Traced:
    def __init__(self, out, commands):
        script = ''.join('%s & ' % ' '.join(c) for c in commands) + 'wait'
        self.process = subprocess.Popen(
            strace(out) + ['sh', '-c', script],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)

    def end(self):
        """All programs are asked to end, and waited for."""
        for shell in children(self.process.pid):
            for p in children(shell):
                os.kill(p, signal.SIGTERM)
        self.process.wait(60)


class Event:
    """kind: add, del (names), write, cut (bytes), flush, all, said.

    begun and done are places in the order of the trace: it had no effect
    before the first, and all its effect at the second."""

    def __init__(self, kind, begun, done, **more):
        self.kind, self.begun, self.done = kind, begun, done
        self.rename = None              # of a del: the add that belongs to it
        self.twin = None                # within one directory: and back
        self.__dict__.update(more)


class Reader:
    """Turns calls into events.  Files and directories are known by numbers,
    since names come and go; STATE is 0."""

    def __init__(self, state, tree):
        self.state = state
        self.names = {'': 0}            # path: number, as it is just now
        self.dirs = {0}
        self.sizes = [0]                # by number
        self.files = {}                 # number: bytes at the start
        for path in tree:
            n = self._new(path)
            if tree[path] is None:
                self.dirs.add(n)
            else:
                self.files[n] = tree[path]
                self.sizes[n] = len(tree[path])
        self.at_start = [(*self._place(p), n)
                         for p, n in self.names.items() if p]
        self.place = {}                 # (process, fd): where it writes next
        self.events = []

    def _new(self, path):
        self.names[path] = len(self.sizes)
        self.sizes.append(0)
        return self.names[path]

    def _place(self, path):
        """Of its directory, and the name there."""
        d, _, name = path.rpartition('/')
        return self.names[d], name

    def read(self, path):
        waiting = {}
        with open(path) as f:
            for i, line in enumerate(f):
                pid, resumed, rest = LINE.match(line).groups()
                if resumed:
                    begun, words = waiting.pop(pid, (i, ''))
                    words += rest
                elif rest.endswith('<unfinished ...>'):
                    waiting[pid] = (i, rest[:-len('<unfinished ...>')])
                    continue
                else:
                    begun, words = i, rest
                self._call(begun, i, pid, words)
        self.events.sort(key=lambda e: e.begun)
        return self.events

    def _inside(self, path):
        """Below STATE: the rest of it.  Else None."""
        if path == self.state:
            return ''
        if path.startswith(self.state + '/'):
            return path[len(self.state) + 1:].removesuffix(' (deleted)')
        return None

    def _call(self, begun, done, pid, words):
        name, _, rest = words.partition('(')
        result = RESULT.search(words.rpartition(')')[2])
        if not name.isidentifier() or not result or int(result[1]) < 0:
            return
        where = [bytes.fromhex(''.join(HEX.findall(p))).decode('latin1')
                 for p in FD.findall(rest.rpartition(') ')[0])]
        texts = STRING.findall(rest)
        assert not any(more for _, more in texts), 'a string was cut off'
        data = [bytes.fromhex(''.join(HEX.findall(t))) for t, _ in texts]
        how = getattr(self, '_on_' + name, None)
        self.here = begun, done
        self.fd = pid, rest.split('<')[0]
        self.pid = pid
        if how:
            how(where, data, words, int(result[1]))
        elif any(self._inside(p) is not None for p in where[:1]):
            raise AssertionError('not known here: ' + name)

    def _event(self, kind, **more):
        e = Event(kind, *self.here, **more)
        self.events.append(e)
        return e

    def _path(self, where, name):
        name = name.decode('latin1')
        return self._inside(os.path.normpath(
            name if name.startswith('/') else where + '/' + name))

    # --------------------------------------------------------- the calls

    def _on_openat(self, where, data, words, fd):
        self.place[self.pid, str(fd)] = None if 'O_APPEND' in words else 0
        path = self._path(where[0], data[0])
        if path is None or 'O_CREAT' not in words and 'O_TRUNC' not in words:
            return
        if path not in self.names:
            self._change('add', path, self._new(path))
        elif 'O_TRUNC' in words:
            self._cut(self.names[path], 0)

    def _change(self, kind, path, number, **more):
        d, name = self._place(path)
        return self._event(kind, dir=d, name=name, file=number, **more)

    def _cut(self, number, size):
        self.sizes[number] = size
        self._event('cut', file=number, size=size)

    def _on_mkdirat(self, where, data, *_):
        path = self._path(where[0], data[0])
        if path is not None:
            n = self._new(path)
            self.dirs.add(n)
            self._change('add', path, n)

    def _on_renameat(self, where, data, *_):
        a, b = (self._path(w, d) for w, d in zip(where, data))
        if a is None or self.names[a] == self.names.get(b):
            return
        n = self.names[a]
        first = self._change('add', b, n)
        second = self._change('del', a, n, rename=first)
        if first.dir == second.dir:
            first.twin = second
        for path in [p for p in self.names if (p + '/').startswith(a + '/')]:
            self.names[b + path[len(a):]] = self.names.pop(path)

    _on_renameat2 = _on_renameat

    def _on_linkat(self, where, data, *_):
        a, b = (self._path(w, d) for w, d in zip(where, data))
        if a is not None:
            self.names[b] = self.names[a]
            self._change('add', b, self.names[a])

    def _on_unlinkat(self, where, data, *_):
        path = self._path(where[0], data[0])
        if path is not None:
            self._change('del', path, self.names.pop(path))

    def _write(self, where, data, offset, size):
        path = self._inside(where[0])
        if path is None:
            if where[0].startswith(('socket:', 'UNIX', 'TCP', 'pipe:')) or \
                    where[0].endswith('/said'):
                self._event('said', text=data)
        elif path in self.names:        # else a pipe
            n = self.names[path]
            at = self.place[self.fd] if offset is None else offset
            if at is None:
                at = self.sizes[n]
            elif offset is None:
                self.place[self.fd] = at + size
            self.sizes[n] = max(self.sizes[n], at + size)
            self._event('write', file=n, at=at, data=data[:size])

    def _on_write(self, where, data, _, size):
        self._write(where, b''.join(data), None, size)

    _on_writev = _on_sendto = _on_sendmsg = _on_write

    def _on_lseek(self, where, data, words, at):
        self.place[self.fd] = at

    def _on_pwrite64(self, where, data, words, size):
        at = int(re.search(r', (\d+) *\)? *= ', words)[1])
        self._write(where, data[0], at, size)

    def _on_ftruncate(self, where, data, words, _):
        path = self._inside(where[0])
        if path in self.names:
            self._cut(self.names[path],
                      int(re.search(r', (\d+) *\)? *= ', words)[1]))

    def _on_fsync(self, where, data, words, _):
        path = self._inside(where[0])
        if path is not None:
            n = self.names[path]
            self._event('flush', what=n, dir=n in self.dirs,
                        names=words.startswith('fsync'))

    _on_fdatasync = _on_fsync

    def _on_syncfs(self, *_):
        self._event('all')


