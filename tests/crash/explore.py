#!/usr/bin/python3
"""Power cuts as the man pages allow them, with the real programs.

    explore.py HOUSE BASE SCENARIO MODEL CAP SECONDS [SEED]

HOUSE is a directory with an instance on ports from BASE (house.py).  SCENARIO,
mail or box, is run under strace.  Of each moment of that run the trees are made
that a power cut may leave, at most CAP, and each that differs from those before
is looked at.  As many as SECONDS allow, picked at random, are laid out,
recovered by the real programs, and looked at again; of every second the power
is cut once more during that recovery.  CRASH_RECOVERER="FROM TO": that program
takes another's place for the recoveries.

What survives for sure, by MODEL:
  weak	  bytes of a file that was flushed, names in a directory that was flushed
  own	  and the names of a file that was flushed: accept with one flush needs
	  no more
  journal names survive in the order in which they were made, and any fsync
	  takes all earlier ones along: ext4, xfs

All else may be there or not: names in any part (a file renamed to another
directory has its new name, its old one, or both), and of bytes that were not flushed all, none, the
first half of the last write, their length without them, or the last write
without those before it.
"""
import hashlib
import importlib
import os
import random
import shutil
import sys
import time

import house
import trace

HOUSE, BASE, SCENARIO, MODEL = sys.argv[1:5]
CAP, SECONDS = int(sys.argv[5]), float(sys.argv[6])
SEED = int(sys.argv[7]) if len(sys.argv) > 7 else int.from_bytes(
    os.urandom(4), 'big')
AGAIN = 3                               # trees of each second cut
random.seed(SEED)


def snapshot(top):
    """{path: bytes, None for a directory}"""
    tree = house.read_tree(top)
    for base, dirs, _ in os.walk(top):
        for d in dirs:
            tree[os.path.relpath(os.path.join(base, d), top)] = None
    return tree


def record(h, scenario):
    """(Reader, its events)"""
    for n in house.names(h.state):
        shutil.rmtree(h.state + '/' + n)
    h.settle()
    scenario.before()
    reader = trace.Reader(h.state, snapshot(h.state))
    out = HOUSE + '/run/crash.trace'
    t = trace.Traced(out, [h.command(p) for p in scenario.programs] +
                     list(scenario.helpers))
    try:
        scenario.run(lambda words: None)
    finally:
        t.end()
    return reader, reader.read(out)


class Ground:
    """Lays trees out below STATE, with the owners that were there."""

    def __init__(self, state):
        self.state, self.owner = state, {}
        for base, dirs, _ in os.walk(state):
            for n in dirs:
                path = os.path.join(base, n)
                self.owner[os.path.relpath(path, state)] = os.stat(path)

    def lay(self, tree):
        for top in os.listdir(self.state):
            for base, dirs, files in os.walk(self.state + '/' + top, False):
                for n in files:
                    if n != 'trigger':
                        os.unlink(base + '/' + n)
                for n in dirs:
                    if os.path.relpath(base + '/' + n, self.state) not in tree:
                        os.rmdir(base + '/' + n)
        for path in sorted(tree):
            where, data = self.state + '/' + path, tree[path]
            if data is None:
                if not os.path.isdir(where):
                    os.mkdir(where, 0o700)
            else:
                with open(where, 'wb') as f:
                    f.write(data)
                os.chmod(where, 0o600)
                os.utime(where, (1, 1))         # written before the cut
            st = self._owner(path)
            os.chown(where, st.st_uid, st.st_gid)

    def _owner(self, path):
        """Its own as a directory, or that of the one it is in."""
        while path not in self.owner:
            path = os.path.dirname(path)
        return self.owner[path]


class Crash:
    """The trees that a power cut may leave, moment by moment."""

    def __init__(self, reader, events, keys):
        self.start, self.dirs = reader.files, reader.dirs
        self.names = [e for e in events if e.kind in ('add', 'del')]
        self.bytes = [e for e in events if e.kind in ('write', 'cut')]
        self.acks = [(e.begun, k) for e in events if e.kind == 'said'
                     for k in keys if k.encode() in e.text]
        self.moments = sorted({m for e in events for m in (e.begun, e.done)
                               if e.kind != 'said'} |
                              {m for m, _ in self.acks})
        for e in self.names + self.bytes:
            e.safe = 1 << 60            # from that moment on
        for f in events:
            if f.kind in ('flush', 'all'):
                self._flush(f)
        self.base = {}                  # directory: {name: file}
        for d, name, n in reader.at_start:
            self.base.setdefault(d, {})[name] = n

    def _flush(self, f):
        for e in self.names + self.bytes:
            if e.done >= f.begun:
                continue
            if f.kind == 'all':
                ok = True
            elif e.kind in ('write', 'cut'):
                ok = not f.dir and e.file == f.what
            elif MODEL == 'journal':
                ok = f.names
            else:
                ok = f.dir and e.dir == f.what or \
                    MODEL == 'own' and not f.dir and f.names and \
                    e.file == f.what
            if ok:
                e.safe = min(e.safe, f.done)
                for other in (e.rename, e.twin):
                    if other:
                        other.safe = min(other.safe, f.done)

    def _parts(self, may):
        """Which of the names that may be there are."""
        if MODEL == 'journal':
            for i in range(len(may) + 1):
                if i == 0 or not self._mid_rename(may, i):
                    yield may[:i]
            return
        if 2 ** len(may) <= CAP:
            for bits in range(2 ** len(may)):
                yield [e for i, e in enumerate(may) if bits >> i & 1]
            return
        yield []
        yield may
        for e in may:
            yield [e]
            yield [x for x in may if x is not e]
        for _ in range(CAP):
            yield [e for e in may if random.random() < 0.5]

    @staticmethod
    def _mid_rename(may, i):
        return i < len(may) and may[i].rename is may[i - 1]

    @staticmethod
    def _legal(part):
        """No renamed file without a name, and within one directory it has
        one name only (all file systems that mail is kept on do it so)."""
        have = set(map(id, part))
        return all(id(e.rename) in have for e in part if e.rename) and \
            all(id(e.twin) in have for e in part if e.twin)

    def _apply(self, dirs, events):
        for e in events:
            d = dirs.setdefault(e.dir, {})
            if e.kind == 'add':
                d[e.name] = e.file
            elif d.get(e.name) == e.file:
                del d[e.name]

    def _content(self, number, events):
        b = bytearray(self.start.get(number, b''))
        for e in events:
            if e.kind == 'cut':
                del b[e.size:]
                b.extend(bytes(max(0, e.size - len(b))))
            else:
                b.extend(bytes(max(0, e.at - len(b))))
                b[e.at:e.at + len(e.data)] = e.data
        return bytes(b)

    def _variants(self, number, must, may):
        out = [self._content(number, must + may)]
        if may:
            out.append(self._content(number, must))
            last = may[-1]
            if last.kind == 'write':
                whole = out[0]
                out.append(whole[:last.at + len(last.data) // 2])
                out.append(whole[:last.at] + bytes(len(whole) - last.at))
                out.append(self._content(number, must + may[-1:]))
        return list(dict.fromkeys(out))

    def _bytes_at(self, moment):
        per = {}
        for e in self.bytes:
            if e.begun <= moment:
                per.setdefault(e.file, ([], []))[e.safe > moment].append(e)
        return {n: self._variants(n, *v) for n, v in per.items()}

    def at(self, moment):
        """(tree, what was promised): every tree of that moment, at most CAP."""
        acked = frozenset(i for m, i in self.acks if m <= moment)
        live = [e for e in self.names if e.begun <= moment]
        must = [e for e in live if e.safe <= moment]
        may = [e for e in live if e.safe > moment]
        if MODEL == 'journal' and must:
            last = max(live.index(e) for e in must)
            must, may = live[:last + 1], live[last + 1:]
        variants = self._bytes_at(moment)
        fixed = {d: dict(n) for d, n in self.base.items()}
        self._apply(fixed, must)
        done = {id(e) for e in must}
        for part in self._parts(may):
            if MODEL != 'journal' and not self._legal(
                    part + [e for e in must]):
                continue
            dirs = {d: dict(n) for d, n in fixed.items()}
            self._apply(dirs, [e for e in part if id(e) not in done])
            loose = {n: v for n, v in variants.items() if len(v) > 1}
            most = max([len(v) for v in loose.values()], default=1)
            for k in range(most):
                data = {n: v[0] if len(v) == 1 else v[k % len(v)] if k < 2
                        else random.choice(v) for n, v in variants.items()}
                yield self._tree(dirs, data), acked

    def whole(self):
        """Without a crash: what has to stand there."""
        dirs = {d: dict(n) for d, n in self.base.items()}
        self._apply(dirs, self.names)
        per = {}
        for e in self.bytes:
            per.setdefault(e.file, []).append(e)
        return self._tree(dirs, {n: self._content(n, v)
                                 for n, v in per.items()})

    def _tree(self, dirs, data):
        tree = {}

        def walk(d, top):
            for name, n in dirs.get(d, {}).items():
                path = top + name
                if n in self.dirs:
                    tree[path] = None
                    walk(n, path + '/')
                else:
                    tree[path] = data[n] if n in data else \
                        self.start.get(n, b'')
        walk(0, '')
        return tree


def all_trees(crash):
    """Each that differs from those before: (tree, what was promised)."""
    seen, made = set(), 0
    for moment in crash.moments:
        for i, (tree, acked) in enumerate(crash.at(moment)):
            made += 1
            key = hashlib.blake2b(repr((sorted(tree.items()),
                                        sorted(acked))).encode()).digest()
            if key not in seen:
                seen.add(key)
                yield tree, acked
            if i >= CAP:
                break
    crash.made = made


def recovered(scenario, ground, tree, promised, told=frozenset()):
    """What is wrong when the real programs have begun on it."""
    ground.lay(scenario.laid_out(tree))
    try:
        return scenario.recover(promised, told)
    except house.Trouble as why:
        return {str(why)}


def cut_again(h, scenario, ground, tree, promised):
    """Some trees that a cut during the recovery may leave, each with what was
    said before."""
    ground.lay(scenario.laid_out(tree))
    scenario.make_due()
    reader = trace.Reader(h.state, snapshot(h.state))
    out = HOUSE + '/run/again.trace'
    h.trace = trace.strace(out)
    try:
        scenario.recover(promised)
    except house.Trouble:
        return []                       # the first cut's, and told there
    finally:
        h.trace = []
    found = list(all_trees(Crash(reader, reader.read(out),
                                 set(scenario.said))))
    # beside any: those that say the least of what was told
    told = sorted((f for f in found if f[1]),
                  key=lambda f: sum(map(len, filter(None, f[0].values()))))
    return random.sample(found, min(AGAIN, len(found))) + told[:AGAIN]


def main():
    h = house.House(HOUSE, int(BASE))
    os.makedirs(h.state, exist_ok=True)
    scenario = importlib.import_module(SCENARIO).Scenario(h, 2, 3)
    reader, events = record(h, scenario)
    if 'CRASH_RECOVERER' in os.environ:
        shutil.copy(*os.environ['CRASH_RECOVERER'].split())
    crash, ground = Crash(reader, events, scenario.keys), Ground(h.state)
    if crash.whole() != snapshot(h.state):
        raise SystemExit('the trace was not understood')
    wrong, states = {}, []
    for tree, promised in all_trees(crash):
        files = {p: d for p, d in tree.items() if d is not None}
        for w in scenario.look(files, promised):
            wrong[w] = wrong.get(w, 0) + 1
        states.append((tree, promised))
    end, tried, twice = time.monotonic() + SECONDS, 0, 0
    for tree, promised in random.sample(states, len(states)):
        if time.monotonic() > end:
            break
        tried += 1
        found = recovered(scenario, ground, tree, promised)
        if tried % 2:
            trees = cut_again(h, scenario, ground, tree, promised)
            twice += len(trees)
            for again in trees:
                found |= {'cut twice: ' + w for w in recovered(
                    scenario, ground, again[0], promised, again[1])}
        for w in found:
            wrong[w] = wrong.get(w, 0) + 1
    for w in sorted(wrong):
        print('wrong: %s (%d)' % (w, wrong[w]))
    print('%s: %d changes, %d flushes, %d moments, %d trees, %d of them '
          'different, %d recovered, %d of a second cut, %d promised, '
          '%d wrong, seed %d' % (
              MODEL, len(crash.names) + len(crash.bytes),
              sum(e.kind in ('flush', 'all') for e in events),
              len(crash.moments), crash.made, len(states), tried,
              twice, len(crash.acks), sum(wrong.values()), SEED))
    sys.exit(bool(wrong) or len(crash.acks) < len(scenario.keys))


main()
