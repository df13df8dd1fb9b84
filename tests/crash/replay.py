#!/usr/bin/python3
"""Power cuts below a real file system, with the real programs.

    replay.py HOUSE BASE SCENARIO KIND IMAGES SECONDS [SEED]

HOUSE is a directory with an instance on ports from BASE (house.py).  SCENARIO,
mail or box, is run on a file system of KIND on a disk that logs; of what the
disk may hold after a cut each image is mounted, looked at, recovered by the
real programs, and looked at again.  At most IMAGES of them, picked at random,
and no more are begun after SECONDS.  A line for each sort of thing wrong, then
one of counts; exit 0, or 1 where something is wrong.
"""
import importlib
import os
import shutil
import sys
import tempfile
import time

import disk
import house

HOUSE, BASE, SCENARIO, KIND = sys.argv[1:5]
IMAGES, SECONDS = int(sys.argv[5]), float(sys.argv[6])
SEED = int(sys.argv[7]) if len(sys.argv) > 7 else int.from_bytes(
    os.urandom(4), 'big')


def record(h, scenario, work):
    """All that the disk was told."""
    d = disk.Disk(h.tools + '/blocklog', KIND, work, h.state)
    try:
        h.settle()
        scenario.before()
        for p in scenario.programs:
            h.start(p)
        for argv in scenario.helpers:
            h.start_one(argv)
        os.sync()
        d.mark('START')
        scenario.run(d.mark)
    finally:
        h.stop()
        log = d.end()
    return log


def judge(scenario, replay, point, part):
    mounted = replay.mounted(point, part)
    if mounted is None:
        return {'not mountable'}
    promised = set(point.acked)
    try:
        tree = house.read_tree(scenario.house.state)
        return scenario.look(tree, promised) | scenario.recover(promised)
    except (house.Trouble, OSError) as why:
        return {str(why)}
    finally:
        mounted.end()


def main():
    work = tempfile.mkdtemp(prefix='correo-crash.', dir='/dev/shm')
    h = house.House(HOUSE, int(BASE))
    os.makedirs(h.state, exist_ok=True)
    scenario = importlib.import_module(SCENARIO).Scenario(h, 3, 4)
    bad, tried, examples = 0, 0, {}
    try:
        log = record(h, scenario, work)
        r = disk.Replay(log, KIND, work, h.state, SEED)
        ended = int(time.time())
        while int(time.time()) <= ended:
            time.sleep(0.05)            # to queued they are of an earlier life
        end = time.monotonic() + SECONDS
        for point, part in r.images(IMAGES, 2):
            if time.monotonic() > end:
                break
            tried += 1
            wrong = judge(scenario, r, point, part)
            bad += bool(wrong)
            for w in wrong:
                examples.setdefault(w, (point.fixed, len(part),
                                        len(point.acked)))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    for w, e in sorted(examples.items()):
        print('wrong: %s (flushed %d writes, %d more, %d promised)'
              % (w, *e))
    print('%s: %d writes, %d moments, %d images, %d tried, %d promised, '
          '%d wrong, seed %d' % (
              KIND, len(r.writes), len(r.points), r.total, tried,
              len(scenario.keys), bad, SEED))
    sys.exit(bad != 0 or tried == 0)


main()
