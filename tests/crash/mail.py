"""Mail that comes in: smtpd, queued, localdeliver.

What was answered with 250 is there, whole, in the queue or in the Maildir of
each of its recipients; after a recovery once in each Maildir.  Nothing is torn
but what nobody was promised, and that only in the queue, until the recovery.
"""
import os
import re
import smtplib
import threading
import time

import house

STAYS = 'carol'                         # whose mail has to wait
HEAD = re.compile(rb'correo-queue 1 body=(\d{12}) env=(\d{12})'
                  rb' bodysum=([0-9a-f]{8}) envsum=([0-9a-f]{8})\n')


class Message:
    def __init__(self, token, rcpts, size):
        self.token, self.rcpts = token, rcpts
        self.id = None                  # once it was answered with 250
        lines = ['Subject: %s' % token, '']
        lines += ['%s line %d' % (token, i) for i in range(size // 20)]
        self.text = '\r\n'.join(lines + ['']).encode()
        self.stored = self.text.replace(b'\r\n', b'\n')


class Scenario:
    programs = ('smtpd', 'queued')

    def __init__(self, h, sessions, each):
        """Messages small and large, the large ones written in pieces."""
        rcpts = [['alice'], ['bob', 'alice'], [STAYS, 'bob'], ['bob']]
        self.house, self.known, self.keys = h, {}, []
        self.rows = [[Message('t%dx%d' % (s, i), rcpts[(s + i) % 4],
                              150000 if (s + i) % 5 == 4 else 700)
                      for i in range(each)] for s in range(sessions)]
        self.mail = [m for row in self.rows for m in row]
        self.of_token = {m.token.encode(): m for m in self.mail}

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
        self._until(lambda: not self._waits('new', ''))

    def _send(self, row, promised):
        self.house.connect(25).close()
        s = smtplib.SMTP('127.0.0.1', self.house.base + 25, 'client.test',
                         timeout=60)
        s.ehlo()
        for m in row:
            s.mail('a@sender.test')
            for r in m.rcpts:
                s.rcpt(r + '@example.test')
            code, text = s.data(m.text)
            if code != 250:
                raise house.Trouble(text)
            m.id = text.split()[-1].decode()
            self.keys.append('queued as ' + m.id)
            promised(self.keys[-1])
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

    def recover(self, promised):
        """The real queued begins on it, and tries all that waits once; what
        is wrong then.  One that had its old and its new name is tried under
        one of them."""
        cur = self.house.state + '/queue/cur'
        for n in house.names(cur):
            os.rename(cur + '/' + n, cur + '/' + n[:20] + ':a0,d1')
        self.house.start('queued')
        try:
            self._until(lambda: not (self._waits('new', '') or
                                     self._waits('cur', ':a0,d1')))
        finally:
            self.house.stop()
        return self.look(house.read_tree(self.house.state), promised, True)

    @staticmethod
    def laid_out(tree):
        return tree

    # ------------------------------------------------------------ the check

    def _subject(self, data):
        m = re.search(rb'^Subject: (t\d+x\d+)\r?\n', data, re.M)
        return self.of_token.get(m[1]) if m else None

    def _queued(self, data):
        """The message that a queue file holds whole, or None."""
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
        return m if m and body.endswith(m.text) else None

    def look(self, tree, promised, recovered=False):
        """Words for each thing wrong with {path: bytes}."""
        wrong, ids, copies = set(), {}, {}
        for path, data in tree.items():
            part = path.split('/')
            if part[0] == 'queue' and part[1] in ('new', 'cur'):
                m = self._queued(data)
                if m:
                    ids.setdefault(m.token, set()).add(part[2][:20])
                elif 'queued as ' + part[2][:20] in promised:
                    wrong.add('torn in the queue')
                elif recovered:
                    wrong.add('still torn in the queue')
            elif path.startswith('queue/bad/'):
                wrong.add('called damaged')
            elif part[0] == 'mail' and part[-2] in ('new', 'cur'):
                m = self._subject(data)
                if m and data.endswith(m.stored):
                    key = (m.token, part[2])
                    copies[key] = copies.get(key, 0) + 1
                else:
                    wrong.add('torn in a Maildir')
        for m in self.mail:
            wrong |= self._fate(m, m.id and 'queued as ' + m.id in promised,
                                len(ids.get(m.token, ())), copies, recovered)
        return wrong

    @staticmethod
    def _fate(m, promised, queued, copies, recovered):
        wrong = set()
        for r in m.rcpts:
            n = copies.get((m.token, r), 0)
            if n > 1:
                wrong.add('twice in a Maildir')
            if promised and n == 0 and not queued:
                wrong.add('lost')
            elif promised and recovered and n == 0 and r != STAYS:
                wrong.add('not delivered')
        if recovered and queued and STAYS not in m.rcpts:
            wrong.add('not finished')
        if queued > 1:
            wrong.add('twice in the queue')
        return wrong
