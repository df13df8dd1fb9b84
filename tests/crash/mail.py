"""Mail that comes in: smtpd, sendmail, queued, localdeliver.

What was answered with 250, or taken by sendmail, is there, whole, in the queue
or in the Maildir of each of its readers, be it by an alias or a forwarding
file, or a report of it in its sender's; after a recovery once in each Maildir.
Nothing is torn but what nobody was promised, and that only in the queue, until
the recovery.
"""
import os
import re
import shutil
import smtplib
import threading
import time

import house

STAYS = 'carol'                         # whose mail has to wait
REPORT = 'report'                       # to alice, who sent it
READERS = {'team': ['alice', 'bob'], 'carol+on': ['bob'], 'void': [REPORT]}
HEAD = re.compile(rb'correo-queue 1 body=(\d{12}) env=(\d{12})'
                  rb' bodysum=([0-9a-f]{8}) envsum=([0-9a-f]{8})\n')


class Message:
    def __init__(self, token, rcpts, size):
        self.token, self.rcpts = token, rcpts
        self.readers = [x for r in rcpts for x in READERS.get(r, [r])]
        self.promise = None             # what was said when it was taken
        lines = ['Subject: %s' % token, '']
        lines += ['%s line %d' % (token, i) for i in range(size // 20)]
        self.text = '\r\n'.join(lines + ['']).encode()
        self.body = self.text[self.text.index(b'\r\n\r\n'):]
        self.stored = self.body.replace(b'\r\n', b'\n')


class Scenario:
    programs = ('smtpd', 'queued')
    said = ()                           # by a recovery: nothing is promised

    def __init__(self, h, sessions, each):
        """Messages small and large, the large ones written in pieces."""
        rcpts = [['alice'], ['bob', 'alice'], [STAYS, 'bob'], ['team'],
                 ['carol+on'], ['void']]
        self.house, self.known, self.keys = h, {}, []
        self.rows = [[Message('t%dx%d' % (s, i), rcpts[(3 * s + i) % 6],
                              150000 if (s + i) % 5 == 4 else 700)
                      for i in range(each)] for s in range(sessions)]
        self.dropped = [Message('t%dx0' % sessions, ['bob'], 700)]
        self.mail = [m for row in self.rows for m in row] + self.dropped
        self.of_token = {m.token.encode(): m for m in self.mail}
        self.again = set()              # tokens: may be taken a second time
        self._make_drop()

    def _make_drop(self):
        """What drop.sh is to send."""
        self.drop = self.house.dir + '/dropped'
        shutil.rmtree(self.drop, ignore_errors=True)
        os.mkdir(self.drop)
        for m in self.dropped:
            with open('%s/%s.mail' % (self.drop, m.token), 'wb') as f:
                f.write(m.text.replace(b'\r\n', b'\n'))
        self.helpers = [['sh', house.HERE + '/drop.sh',
                         self.house.dir + '/sbin/sendmail', self.house.conf,
                         self.drop]]

    def before(self):
        """No mail is there."""

    def run(self, promised):
        """A session for each row, all at once; promised(WORDS) after a 250
        with those words.  Until all is delivered that can be."""
        failed = []

        def session(row):
            try:
                self._send(row, promised)
            except Exception as why:    # of any sort: it ends the run
                failed.append(why)

        threads = [threading.Thread(target=session, args=(r,))
                   for r in self.rows]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        if failed:
            raise failed[0]
        self._send_dropped(promised)
        self._until(lambda: not self._waits('new', '') and
                    not house.names(self.house.state + '/drop/new'))

    def _send_dropped(self, promised):
        open(self.drop + '/go', 'w').close()
        self._until(lambda: os.path.exists(self.drop + '/done'))
        with open(self.drop + '/said') as f:
            said = f.read()
        for m in self.dropped:
            m.promise = 'dropped as %s.' % m.token
            if m.promise not in said:
                raise house.Trouble('sendmail took no ' + m.token)
            self.keys.append(m.promise)
            promised(m.promise)

    def _send(self, row, promised):
        self.house.connect(25).close()
        s = smtplib.SMTP('127.0.0.1', self.house.base + 25, 'client.test',
                         timeout=60)
        s.ehlo()
        for m in row:
            s.mail('alice@example.test' if REPORT in m.readers else
                   'a@sender.test')
            for r in m.rcpts:
                s.rcpt(r + '@example.test')
            code, text = s.data(m.text)
            if code != 250:
                raise house.Trouble(text)
            m.promise = 'queued as ' + text.split()[-1].decode()
            self.keys.append(m.promise)
            promised(m.promise)
        s.quit()

    def _waits(self, directory, suffix):
        """The ids with such a name there and no other."""
        all_names = house.names(self.house.state + '/queue/' + directory)
        done = {n[:20] for n in all_names if not n.endswith(suffix)}
        return {n[:20] for n in all_names} - done

    def _until(self, done):
        end = time.monotonic() + 60
        while not done():
            if time.monotonic() > end or \
                    any(p.poll() for p in self.house.running):
                raise house.Trouble('not worked off: new %s cur %s' % tuple(
                    house.names(self.house.state + '/queue/' + d)
                    for d in ('new', 'cur')))
            time.sleep(0.003)

    def make_due(self):
        """All that waits.  One that had its old and its new name is tried
        under one of them."""
        cur = self.house.state + '/queue/cur'
        for n in house.names(cur):
            os.rename(cur + '/' + n, cur + '/' + n[:20] + ':a0,d1')

    def recover(self, promised, told=frozenset()):
        """The real queued begins on it, and tries all that waits once; what
        is wrong then."""
        torn = {n for n, data in self._drop_new() if not self._queued(data)}
        self.make_due()
        self.house.start('queued')
        try:
            self._until(lambda: not (
                self._waits('new', '') or self._waits('cur', ':a0,d1') or
                {n for n, _ in self._drop_new()} - torn))
        finally:
            self.house.stop()
        return self.look(house.read_tree(self.house.state), promised, True)

    def _drop_new(self):
        """(name, bytes) of each file there."""
        top = self.house.state + '/drop/new/'
        for n in house.names(top):
            try:
                with open(top + n, 'rb') as f:
                    yield n, f.read()
            except FileNotFoundError:
                pass                    # taken just now

    def laid_out(self, tree):
        """The id of what was dropped is made of its file's number and time,
        which a power cut leaves and laying out does not: one that was taken,
        and had not gone, is taken again.  (replay.py is strict.)"""
        drop = {m.token for p, data in tree.items()
                if p.startswith('drop/new/') and data is not None
                for m in [self._queued(data)] if m}
        self.again |= drop
        return tree

    # ------------------------------------------------------------ the check

    def _subject(self, data):
        m = re.search(rb'^Subject: (t\d+x\d+)\r?\n', data, re.M)
        return self.of_token.get(m[1]) if m else None

    def _queued(self, data):
        """The message that a queue file holds whole, or a report of it; or
        None."""
        if data not in self.known:
            self.known[data] = self._read_queued(data)
        return self.known[data]

    def _read_queued(self, data):
        head = HEAD.match(data)
        if not head:
            return None
        n, env = int(head[1]), int(head[2])
        body, rest = data[83:83 + n], data[83 + n:]
        if len(data) != 83 + n + env or \
                house.crc32c(rest) != int(head[4], 16) or \
                house.crc32c(body) != int(head[3], 16):
            return None
        m = self._subject(body)
        return m if m and (body.endswith(m.body) or is_report(body)) else None

    def look(self, tree, promised, recovered=False):
        """Words for each thing wrong with {path: bytes}."""
        wrong, ids, copies = set(), {}, {}
        for path, data in tree.items():
            part = path.split('/')
            if part[0] == 'queue' and part[1] in ('new', 'cur'):
                m = self._queued(data)
                if m:
                    kind = REPORT if is_report(data) else ''
                    ids.setdefault((m.token, kind), set()).add(part[2][:20])
                elif 'queued as ' + part[2][:20] in promised:
                    wrong.add('torn in the queue')
                elif recovered:
                    wrong.add('still torn in the queue')
            elif path.startswith('drop/new/'):
                m = self._queued(data)
                if m:
                    ids.setdefault((m.token, 'drop'), set()).add(part[2])
            elif path.startswith('queue/bad/'):
                wrong.add('called damaged')
            elif part[0] == 'mail' and part[-2] in ('new', 'cur'):
                m = self._subject(data)
                reader = REPORT if is_report(data) else part[2]
                if m and (data.endswith(m.stored) or is_report(data)):
                    key = (m.token, reader)
                    copies[key] = copies.get(key, 0) + 1
                else:
                    wrong.add('torn in a Maildir')
        for m in self.mail:
            wrong |= self._fate(m, m.promise in promised, ids, copies,
                                recovered)
        return wrong

    def _fate(self, m, promised, ids, copies, recovered):
        wrong = set()
        queued = [len(ids.get((m.token, kind), ()))
                  for kind in ('', REPORT, 'drop')]
        for r in m.readers:
            n = copies.get((m.token, r), 0)
            if n > 1 and m.token not in self.again:
                wrong.add('twice in a Maildir')
            if promised and n == 0 and not any(queued):
                wrong.add('lost')
            elif promised and recovered and n == 0 and r != STAYS:
                wrong.add('not delivered')
        if recovered and any(queued) and STAYS not in m.rcpts:
            wrong.add('not finished')
        if max(queued) > 1:
            wrong.add('twice in the queue')
        return wrong


def is_report(data):
    """Whole: its last boundary is there."""
    m = re.search(rb'boundary="?([^"\r\n]+)', data[:4000])
    return b'multipart/report' in data[:4000] and m is not None and \
        b'\n--%s--' % m[1] in data
