"""bench.py PLACE [PART...] - measures correo beside Postfix and Dovecot.

run.sh calls it.  Rounds are outermost, and within each row the servers take
turns, in the other order every second round, so that a busy neighbour hits
both alike.  The table holds medians; CPU is that of all processes of a server.
"""
import os
import resource
import shutil
import signal
import sys
import time

import reading
import sending
import tools
from peers import Correo, Dovecot, Postfix
from result import table

ROUNDS = int(os.environ.get('ROUNDS') or ('1' if tools.LESS > 1 else '3'))
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def there(peer):
    for program, package in peer.needs.items():
        if not shutil.which(program):
            print('skipped: the parts beside %s, for there is no %s; '
                  'apt-get install %s' % (peer.name, program, package))
            return False
    return True


def system(place):
    """Date, file system and load, for the head of the table."""
    fs = max((line.split()[1:4] for line in open('/proc/mounts')
              if (place + '/').startswith(line.split()[1].rstrip('/') + '/')),
             key=lambda f: len(f[0]))
    journal = os.environ.get('JOURNAL', 'journal not looked at')
    return '%s; %s on %s (%s; %s); %d cores; load average %.1f' % (
        time.strftime('%Y-%m-%d %H:%M'), fs[1], fs[0], fs[2], journal,
        os.cpu_count(), os.getloadavg()[0])


def group(peers, parts, chosen, before):
    """Those of the chosen parts that these servers have; all are ended."""
    chosen = [n for n in parts if n in chosen]
    if not chosen:
        return
    try:
        for p in reversed(peers):       # ours first: it has the certificate
            p.start()
        before(peers)
        for n in range(ROUNDS):
            for name in chosen:
                if name != 'backlog':
                    parts[name](peers[::-1] if n % 2 else peers)
        if 'backlog' in chosen:         # once: it has turns of its own
            parts['backlog'](peers)
    except (SystemExit, OSError):
        log = peers[-1].dir + '/log'
        if os.path.exists(log):
            print(open(log, errors='replace').read()[-2000:])
        raise
    finally:
        for p in peers:
            p.stop()


def ended(number, frame):
    for s in SIGNALS:               # one is enough: the rest is in order
        signal.signal(s, signal.SIG_IGN)
    raise KeyboardInterrupt


def main():
    place, *names = sys.argv[1:]
    known = list(reading.PARTS) + list(sending.PARTS)
    for name in names:
        if name not in known:
            raise SystemExit('no part %s; they are %s'
                             % (name, ' '.join(known)))
    names = names or [n for n in known if n not in reading.ASKED]
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    for s in SIGNALS:
        signal.signal(s, ended)
    head, peers = system(place), []
    try:
        for kind in (Correo, Postfix, Dovecot):
            peers.append(kind(place))
        correo, postfix, dovecot = peers
        if there(dovecot):
            group([dovecot, correo], reading.PARTS, names, reading.warm)
        if there(postfix):
            group([postfix, correo], sending.PARTS, names, sending.warm)
    finally:
        tools.end_children()
        for p in peers:
            p.remove()
    table('%s at the start, %.1f at the end; %d round%s'
          % (head, os.getloadavg()[0], ROUNDS, '' if ROUNDS == 1 else 's'))


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        sys.exit('bench: ended')
