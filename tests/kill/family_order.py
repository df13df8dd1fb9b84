#!/usr/bin/python3
"""The order of what queued, its reporters and its deliverers do.

    family_order.py DIR QUEUED

DIR is an instance that family.py has prepared, nothing of it runs.  QUEUED (the
program, or a mutant of it) runs under strace and gets one message of each sort
by sendmail: delivered, forwarded, bounced, half of it deferred.  One line for
each thing that is wrong, then a line of counts; exit 0 or 1.
"""
import os
import re
import shutil
import subprocess
import sys
import time

DIR, QUEUED = sys.argv[1:3]
QUEUE = DIR + '/queue'
TRACE = DIR + '/run/order.trace'
CALLS = 'renameat,renameat2,unlinkat,fsync,sendmsg,recvmsg,writev'
LINE = re.compile(r'(\d+)\s+(?:<\.\.\. )?(\w+)(.*)')
wrong = []


def files(path):
    return [os.path.join(path, n) for n in os.listdir(path)
            ] if os.path.isdir(path) else []


def maildir(user):
    return DIR + '/mail/example.test/%s/Maildir/new' % user


def clear():
    for d in [QUEUE + '/' + n for n in ('new', 'cur', 'tmp', 'state')] + [
            DIR + '/drop/new', maildir('alice'), maildir('bob')]:
        for f in files(d):
            os.unlink(f)
    path = DIR + '/home/carol/.forward+broken'
    with open(path, 'w') as f:
        f.write('alice@example.test\n')
    os.chmod(path, 0o666)               # so that it is not obeyed


def drop(*rcpts):
    subprocess.run([DIR + '/sendmail', '-f', 'alice@example.test', *rcpts],
                   input=b'Subject: order\n\nhello\n', check=True)


def run():
    p = subprocess.Popen(
        ['strace', '-f', '-y', '-s', '400', '-o', TRACE, '-e',
         'trace=' + CALLS, QUEUED, '-c', DIR + '/etc/correo.conf'],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=open(DIR + '/log', 'ab'), start_new_session=True)
    end = time.monotonic() + 15
    drop('bob@example.test')
    drop('void@example.test')
    drop('carol+both@example.test')
    drop('bob@example.test', 'carol+broken@example.test')
    while time.monotonic() < end and (files(DIR + '/drop/new') or
                                      files(QUEUE + '/new') or
                                      len(files(QUEUE + '/cur')) > 1):
        time.sleep(0.05)
    time.sleep(0.3)
    for child in open('/proc/%d/task/%d/children' % (p.pid, p.pid)).read(
            ).split():
        os.kill(int(child), 15)
    p.wait()


class Call:
    """What a process did: when it began, when it was done, and the words."""

    def __init__(self, pid, name, begun, words):
        self.pid, self.name, self.begun, self.words = pid, name, begun, words
        self.done = None

    def at(self, *parts):
        return all(p in self.words for p in parts)


def calls():
    out, open_call = [], {}
    for i, line in enumerate(open(TRACE, errors='replace')):
        m = LINE.match(line)
        if not m:
            continue
        pid, name, rest = m.groups()
        if 'resumed>' in rest and pid in open_call:
            c = open_call.pop(pid)
            c.words += rest
        else:
            c = Call(pid, name, i, rest)
            out.append(c)
        if '<unfinished ...>' in rest:
            open_call[pid] = c
        else:
            c.done = i
    return [c for c in out if c.done is not None and ' = -1 ' not in c.words]


def before(first, second, what):
    if not first or min(c.done for c in first) > second.begun:
        wrong.append(what)


def check(all_calls):
    loop = next((c.pid for c in all_calls if c.name == 'unlinkat' and
                 c.at('/queue/new>')), None)
    accepted = {}                       # id: its new/ is flushed
    for i, c in enumerate(all_calls):
        if c.name == 'renameat2' and c.at('/queue/tmp>', '/queue/new>'):
            flush = [f for f in all_calls[i:] if f.pid == c.pid and
                     f.name == 'fsync' and f.at('/queue/new')]
            if flush:
                accepted[c.words.split('"')[1]] = flush[0]
    sent, heard = {}, {}
    for c in all_calls:
        if c.pid == loop and c.name in ('sendmsg', 'recvmsg'):
            for ident in re.findall(r'\d:id 20:(\w{20}),', c.words):
                (sent if c.name == 'sendmsg' else heard).setdefault(
                    ident, []).append(c)
    for c in all_calls:
        if c.pid == loop and c.name == 'unlinkat' and c.at('/queue/new>'):
            gone(c, c.words.split('"')[1], all_calls, accepted, sent, heard)
        elif c.name == 'renameat' and c.at('/queue/new>', '/queue/cur>'):
            ident = c.words.split('"')[1]
            before([s for s in states(all_calls, ident)
                    if s.at(' r1 done ') and s.at(' r2 later ')], c,
                   'it waits before state/ says what was done')
        elif c.name == 'unlinkat' and c.at('/drop/new>'):
            before([a for a in accepted.values() if a.pid == c.pid], c,
                   'dropped mail removed before it was taken')
    forwards(all_calls, sent)
    return len(accepted)


def states(all_calls, ident):
    return [c for c in all_calls if c.name == 'writev' and
            c.at('/queue/state/' + ident)]


def gone(c, ident, all_calls, accepted, sent, heard):
    """The queue file goes: verdicts heard, reports accepted, state after."""
    jobs, answers = sent.get(ident, []), heard.get(ident, [])
    if len([a for a in answers if a.done < c.begun]) < len(jobs):
        wrong.append('removed before its verdicts')
    if not jobs:
        before([a for i, a in accepted.items()
                if i[:13] == ident[:13] and i != ident], c,
               'removed before its report was accepted')
    for s in all_calls:
        if s.name == 'unlinkat' and s.at('/queue/state>', ident) and \
                s.done < c.begun:
            wrong.append('its state went before it')


def forwards(all_calls, sent):
    for ident, jobs in sent.items():
        for j in jobs:
            if not j.at('to 20:alice+x@example.test'):
                continue
            before([s for s in states(all_calls, ident) if s.at(' to 2 ')],
                   j, 'a forward goes out before state/ names it')


def arrived():
    for user, n in (('alice', 2), ('bob', 3)):
        got = len(files(maildir(user)))
        if got != n:
            wrong.append('%d messages for %s, not %d' % (got, user, n))
    if files(QUEUE + '/new') or files(DIR + '/drop/new'):
        wrong.append('what is done stays')
    if len(files(QUEUE + '/cur')) != 1 or len(files(QUEUE + '/state')) != 1:
        wrong.append('what has to wait does not')


shutil.rmtree(TRACE, ignore_errors=True)
clear()
run()
n = check(calls())
arrived()
for w in sorted(set(wrong)):
    print('wrong:', w)
print('order: %d calls, %d accepted, %d wrong' % (len(calls()), n, len(wrong)))
sys.exit(bool(wrong))
