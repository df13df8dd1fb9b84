"""Hosts: network namespaces on one bridge, 10.77.0.N and fd77::N; ours is 1."""
import os
import subprocess

from world import PLACE, sh

procs = []


def ip(*words):
    sh('ip', *words)


def ours():
    """The namespace that run.sh made gets its bridge."""
    ip('link', 'set', 'lo', 'up')
    ip('link', 'add', 'bed', 'type', 'bridge')
    ip('addr', 'add', '10.77.0.1/24', 'dev', 'bed')
    ip('-6', 'addr', 'add', 'fd77::1/64', 'dev', 'bed', 'nodad')
    ip('link', 'set', 'bed', 'up')
    os.makedirs(PLACE + '/out')


def spawn(name, *argv, **how):
    """In the foreground, its output in PLACE/out; it ends with us."""
    with open('%s/out/%s' % (PLACE, name), 'ab') as out:
        p = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL,
                             stdout=out, stderr=out, **how)
    procs.append(p)
    return p


class Host:
    def __init__(self, name, *numbers):
        self.name = name
        link = 'v%d' % numbers[0]
        ip('netns', 'add', name)
        ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0',
           'netns', name)
        ip('link', 'set', link, 'master', 'bed', 'up')
        for n in numbers:
            ip('-n', name, 'addr', 'add', '10.77.0.%d/24' % n, 'dev', 'eth0')
            ip('-n', name, '-6', 'addr', 'add', 'fd77::%d/64' % n, 'dev',
               'eth0', 'nodad')
        ip('-n', name, 'link', 'set', 'lo', 'up')
        ip('-n', name, 'link', 'set', 'eth0', 'up')

    def run(self, *argv, **how):
        return spawn(self.name, 'ip', 'netns', 'exec', self.name, *argv, **how)
