"""A mailbox that is changed: imapd and its store.

What was answered OK has happened, and what was not yet begun has not: a message
is there whole with its UID and its flags, or gone; of the command in hand any
part may be done.  A UID that was told is never another message's.
"""
import imaplib
import os
import re
import subprocess
import time

import house

USER = 'alice'
TOMB = re.compile(rb'([0-9a-f]{8}) (x \d+ \d+ )(\d+)( .*)')

NOTED = re.compile(rb'(?m)^uidvalidity (\d+)\n')


def text(token):
    lines = ['Subject: %s' % token, '', *['some text'] * 20, 'end ' + token]
    return '\r\n'.join(lines + ['']).encode()


class Scenario:
    programs = ('imapd',)
    helpers = ()

    def __init__(self, h, *_):
        self.house, self.keys = h, []
        # {(folder, uid): (token, flags)}
        self.states = [{('Old', 1): ('o1', frozenset()),
                        ('Old', 2): ('o2', frozenset('S'))}]
        self.validity = None            # of Old, as its SELECT told

    def before(self):
        """A folder of mail that no server has looked at."""
        home = '%s/mail/example.test/%s' % (self.house.state, USER)
        owner, made = os.stat(home), []
        for d in ('', '/.Old', '/.Old/cur', '/.Old/new', '/.Old/tmp'):
            made.append(home + '/Maildir' + d)
            os.mkdir(made[-1], 0o700)
        for name, token in ('1.M1P1.host:2,', 'o1'), ('2.M1P1.host:2,S', 'o2'):
            made.append(home + '/Maildir/.Old/cur/' + name)
            with open(made[-1], 'wb') as f:
                f.write(text(token).replace(b'\r\n', b'\n'))
        for path in made:
            os.chown(path, owner.st_uid, owner.st_gid)

    def run(self, promised):
        self.house.connect(143).close()
        c = imaplib.IMAP4('127.0.0.1', self.house.base + 143, timeout=60)
        with open(self.house.dir + '/run/%s.password' % USER) as f:
            c.login(USER + '@example.test', f.read().strip())
        self.client, self.promised = c, promised
        self._step({}, c.select, 'Old')
        self.validity = c.response('UIDVALIDITY')[1][-1].decode()
        self._append('m0', '')
        self._append('m1', '\\Seen')
        self._step({}, c.create, 'Box')
        self._step({}, c.select)
        self._store('m0', '\\Flagged', 'F')
        self._store('m1', '$Work', '$Work')
        self._append('m2', '')
        self._copy('COPY', 'm0')
        self._store('m1', '\\Deleted', 'T')
        self._step({self._key('m1'): None}, c.expunge)
        self._copy('MOVE', 'm2')
        self._append('m3', '')
        c.logout()

    def _step(self, change, call, *args):
        """One command; change may come from its answer."""
        kind, data = call(*args)
        if kind != 'OK':
            raise house.Trouble('%s: %s' % (args, data))
        state = dict(self.states[-1])
        state.update(change if isinstance(change, dict) else change())
        self.states.append({k: v for k, v in state.items() if v})
        self.keys.append('%s%d OK' % (self.client.tagpre.decode(),
                                      self.client.tagnum - 1))
        self.promised(self.keys[-1])

    def _key(self, token):
        return next(k for k, v in self.states[-1].items()
                    if k[0] == 'INBOX' and v[0] == token)

    def _append(self, token, flags):
        def change():
            uid = self.client.response('APPENDUID')[1][-1].split()[1]
            return {('INBOX', int(uid)): (
                token, frozenset('S' if flags else ''))}
        self._step(change, self.client.append, 'INBOX', flags, None,
                   text(token))

    def _store(self, token, flag, word):
        key = self._key(token)
        was = self.states[-1][key]
        self._step({key: (token, was[1] | {word})}, self.client.uid, 'STORE',
                   str(key[1]), '+FLAGS', '(%s)' % flag)

    def _copy(self, verb, token):
        key = self._key(token)

        def change():
            uid = self.client.response('COPYUID')[1][-1].split()[2]
            more = {key: None} if verb == 'MOVE' else {}
            return {('Box', int(uid)): self.states[-1][key], **more}
        self._step(change, self.client.uid, verb, str(key[1]), 'Box')

    # ------------------------------------------------------------ the check

    def look(self, tree, promised):
        """Only the store can read it."""
        return set()

    @staticmethod
    def laid_out(tree):
        """What was laid out is younger than all it was a moment ago, and the
        store takes a file that is younger than its tombstone for one that was
        put back: so the tombstones (x UID MODSEQ TIME NAME) get younger."""
        later = b'%d' % (time.time_ns() + 10 ** 15)

        def younger(line):
            m = TOMB.fullmatch(line)
            if not m or house.crc32c(m[2] + m[3] + m[4]) != int(m[1], 16):
                return line
            body = m[2] + later + m[4]
            return b'%08x ' % house.crc32c(body) + body

        return {p: d if d is None or not p.endswith('/correo-uids') else
                b'\n'.join(younger(s) for s in d.split(b'\n'))
                for p, d in tree.items()}

    def make_due(self):
        """Nothing waits here."""

    def recover(self, promised, told=frozenset()):
        """told: what another recovery had said before it was cut.  Meanwhile
        mail has come that would be the first to get a UID."""
        maildir = '%s/mail/example.test/%s/Maildir' % (self.house.state, USER)
        wrong = set()
        if promised and not self._noted(maildir):
            wrong.add('a UIDVALIDITY that may be given out again')
        if told:
            with open(maildir + '/new/1.other', 'w') as f:
                f.write('Subject: other\n\nend other\n')
            st = os.stat(maildir)
            os.chown(f.name, st.st_uid, st.st_gid)
        r = subprocess.run(
            self.house.trace + [self.house.tools + '/mailbox_look', maildir],
            capture_output=True, text=True)
        if r.returncode:
            return {'the store: ' + r.stderr.strip()}
        found = {}
        self.said = r.stdout.splitlines(True)
        if told - set(self.said):
            wrong.add('told, and no longer so')
        for line in self.said:
            folder, validity, uid, flags, token = line.split()
            if token == 'other':
                continue
            if promised and folder == 'Old' and validity != self.validity:
                wrong.add('another UIDVALIDITY')
            found.setdefault((folder, int(uid)), []).append(
                (token, frozenset(flags.split(',')[1:])))
        for key, (first, *more) in found.items():
            if more != [first]:
                wrong.add('two looks differ')
        return wrong | self._compare({k: v[0] for k, v in found.items()},
                                     len(promised))

    def _noted(self, maildir):
        with open(maildir + '/correo-folders', 'rb') as f:
            noted = map(int, NOTED.findall(f.read()))
        return max(noted, default=0) >= int(self.validity)

    def _compare(self, found, done):
        wrong = set()
        before = self.states[done]
        after = self.states[min(done + 1, len(self.states) - 1)]
        told = {k: v[0] for s in self.states[:done + 1] for k, v in s.items()}
        for key, (token, flags) in found.items():
            if token == 'torn':
                wrong.add('torn')
            elif told.get(key, token) != token:
                wrong.add('a UID of another message')
            elif key in before or key in after:
                if flags not in [s[key][1] for s in (before, after)
                                 if key in s]:
                    wrong.add('other flags')
            elif (key[0], token) not in {(k[0], v[0])
                                         for k, v in after.items()}:
                wrong.add('came back')
        for key in before:
            if key in after and key not in found:
                wrong.add('lost')
        tokens = [(k[0], v[0]) for k, v in found.items()]
        if len(set(tokens)) < len(tokens):
            wrong.add('twice in a folder')
        return wrong
