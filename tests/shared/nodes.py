"""nodes.py SESSION MAILDIR MAILDIR MS - IMAP sessions on two nodes, which see one
Maildir through mounts that show each the other's changes up to MS late (lazy.c).

What one was answered the other builds on: no UID is given twice, no number goes
back, and nothing is lost, while correo-uids grows, is written anew and folders
come and go on either node.
"""
import os
import re
import subprocess
import sys
import time

LATE = float(sys.argv[4]) / 1000
LOOK = 2.0              # imapd.look


class Session:
    def __init__(self, program, maildir):
        self.p = subprocess.Popen([program, maildir], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.n = 0
        self.line()

    def line(self):
        said = self.p.stdout.readline().decode()
        assert said, 'the session ended'
        while re.search(r'\{\d+\}\r\n$', said):
            n = int(re.search(r'\{(\d+)\}\r\n$', said)[1])
            said += self.p.stdout.read(n).decode()
            said += self.p.stdout.readline().decode()
        return said

    def send(self, command):
        self.n += 1
        self.p.stdin.write(b'a%d %s\r\n' % (self.n, command.encode()))
        self.p.stdin.flush()

    def answer(self, want='OK'):
        out = ''
        while True:
            line = self.line()
            if line.startswith('a%d ' % self.n):
                assert line.split()[1] == want, line
                return out + line
            out += line

    def run(self, command, want='OK'):
        self.send(command)
        return self.answer(want)

    def append(self, folder, token):
        text = 'Subject: %s\r\n\r\n.\r\n' % token
        said = self.run('APPEND %s {%d+}\r\n%s' % (folder, len(text), text))
        return int(re.search(r'APPENDUID \d+ (\d+)', said)[1])

    def end(self):
        self.run('LOGOUT')
        self.p.wait()


def subjects(s, folder):
    """Of each UID, as a session sees that folder."""
    s.run('SELECT ' + folder)
    said = s.run('UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (Subject)])')
    return {int(uid): token for uid, token in re.findall(
        r'UID (\d+) .*\{\d+\}\r\nSubject: (\S+)', said)}


class Nodes:
    def __init__(self, program, dirs):
        self.program, self.dirs = program, dirs
        self.two = [Session(program, d) for d in dirs]

    def again(self, n):
        self.two[n].end()
        self.two[n] = Session(self.program, self.dirs[n])

    # ---- what is shown

    def uids_in_turns(self, folder='INBOX', count=40):
        ledger = {}
        for s in self.two:
            ledger.update(subjects(s, folder))
        for i in range(count):
            token = 't%d' % (len(ledger) + 1)
            uid = self.two[i % 2].append(folder, token)
            assert uid > max(ledger, default=0), (uid, max(ledger))
            ledger[uid] = token
        for s in self.two:
            assert subjects(s, folder) == ledger, (
                sorted(subjects(s, folder).items())[-9:],
                sorted(ledger.items())[-9:])
        return ledger

    def told_at_the_next_command(self):
        """What a session was answered, one on the other node hears of next."""
        a, b = self.two
        uids = sorted(self.uids_in_turns(count=4))[-4:]
        for i, (one, other) in enumerate(((a, b), (b, a)) * 2):
            one.run('UID STORE %d FLAGS (k%d)' % (uids[i], i))
            said = other.run('NOOP')
            assert 'FLAGS (k%d' % i in said, said
        for uid, one, other in ((uids[0], a, b), (uids[1], b, a)):
            one.run('UID STORE %d +FLAGS.SILENT (\\Deleted)' % uid)
            one.run('EXPUNGE')
            said = other.run('NOOP')
            assert ' EXPUNGE\r\n' in said, said
        b.run('UID STORE %d FLAGS ()' % uids[2])
        said = a.run('UID FETCH %d (FLAGS BODY.PEEK[TEXT])' % uids[2])
        assert 'FLAGS ())' in said and '.\r\n' in said, said

    def numbers_written_anew(self):
        """One node replaces correo-uids, the other goes on at once."""
        for n in 0, 1, 0:
            self.uids_in_turns(count=4)
            s, log = self.two[n], self.dirs[n] + '/correo-uids'
            was = open(log).readline()
            for flags in ('\\Flagged', '\\Seen') * 60:
                s.run('STORE 1:* FLAGS.SILENT (%s)' % flags)
            self.again(n)
            self.uids_in_turns(count=3)
            self.two[1 - n].run('NOOP')
            self.uids_in_turns(count=3)
            time.sleep(LATE + 0.2)
            assert open(log).readline() != was, 'not replaced'

    def one_folder_first_seen_by_both(self):
        for i in range(6):
            self.two[i % 2].run('CREATE both%d' % i)
            time.sleep((LATE + 0.2) * (i % 2))
            for s in self.two:
                s.send('SELECT both%d' % i)
            told = {re.search(r'UIDVALIDITY (\d+)', s.answer())[1]
                    for s in self.two}
            assert len(told) == 1, told
            self.uids_in_turns('both%d' % i, 4)

    def folders_of_either(self):
        a, b = self.two
        want, ever = set(), set()
        for i, s in enumerate((a, b) * 5):
            s.run('CREATE f%d' % i)
            s.run('SUBSCRIBE f%d' % i)
            want.add('f%d' % i)
        for i, (one, other) in enumerate(((a, b), (b, a)) * 2):
            name = 'f%d' % i
            for s in one, other:
                said = s.run('STATUS %s (UIDVALIDITY)' % name)
                ever.add(re.search(r'UIDVALIDITY (\d+)', said)[1])
            one.run('DELETE ' + name)
            time.sleep(LATE + 0.2)
            other.run('CREATE ' + name)
            said = other.run('STATUS %s (UIDVALIDITY)' % name)
            told = re.search(r'UIDVALIDITY (\d+)', said)[1]
            assert told not in ever, (told, ever)
            ever.add(told)
        a.run('RENAME f9 g9')
        b.run('UNSUBSCRIBE f8')
        time.sleep(LATE + 0.2)
        for s in self.two:
            said = s.run('LIST "" f*') + s.run('LIST "" g*')
            there = set(re.findall(r' (\w+)\r\n\* |" (\w+)\r\n', said))
            there = {x or y for x, y in there} - {''}
            assert there >= want - {'f9'} | {'g9'}, there
            said = s.run('LSUB "" f*')
            for name in want - {'f8'}:
                assert name + '\r\n' in said, (name, said)
            assert 'f8\r\n' not in said, said

    def idle_hears_of_the_other(self):
        one, other = self.two
        for s in self.two:
            s.run('SELECT INBOX')
        one.send('IDLE')
        assert one.line().startswith('+')
        uid = other.append('INBOX', 'idle')
        for command, word in (
                ('NOOP', 'EXISTS'),
                ('UID STORE %d FLAGS (\\Deleted)' % uid, 'Deleted'),
                ('UID EXPUNGE %d' % uid, 'EXPUNGE')):
            other.run(command)
            began = time.monotonic()
            while word not in one.line():
                pass
            took = time.monotonic() - began
            # a busy machine may be late by as much again, and more
            assert took < 5 * (LOOK + LATE), (word, took)


def main():
    nodes, bad = Nodes(sys.argv[1], sys.argv[2:4]), 0
    for shown in (nodes.uids_in_turns, nodes.told_at_the_next_command,
                  nodes.numbers_written_anew,
                  nodes.one_folder_first_seen_by_both,
                  nodes.folders_of_either, nodes.idle_hears_of_the_other):
        what = 'nodes: ' + shown.__name__.replace('_', ' ')
        try:
            shown()
            print('ok', what, flush=True)
        except AssertionError as e:
            print('not ok %s: %s' % (what, e), flush=True)
            bad = 1
            break
    for s in nodes.two:
        s.p.kill()
        s.p.wait()
    return bad


sys.exit(main())
