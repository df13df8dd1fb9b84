"""A taken-over session of smtpd: a test build whose session does what the
client says.  It can neither open a file, nor reach a network, nor become
another, nor touch a message, nor relay as a stranger - and with a layer of the
confinement taken out, what that layer forbids succeeds: the test can fail."""
import errno
import os
import smtplib
import subprocess
import time

from correo import (TOP, Instance, Skip, another, files, tell, test_build,
                    wait)

place, base = another('taken')
state = {}


class Door:
    """The instance of the test build, started with or without layers."""

    def __init__(self, without):
        env = dict(os.environ, CORREO_TEST_OBEY='1',
                   CORREO_TEST_UNCONFINE=without)
        self.c = Instance(place, base, source=test_build())
        self.c.quickstart('restart' if os.path.exists(place) else 'start',
                          env=env)

    def obey(self, *words, tls=False):
        """'done', an errno's name, or 'killed': the connection, at least."""
        if tls:
            host, port = self.c.ready['smtps'].split(':')
            s = smtplib.SMTP_SSL(host, int(port), 'evil.test', timeout=20)
        else:
            s = smtplib.SMTP(self.c.host, self.c.port, 'evil.test',
                             timeout=20)
        s.ehlo()
        try:
            code, text = s.docmd('OBEY', ' '.join(words))
        except (smtplib.SMTPServerDisconnected, ConnectionResetError):
            return 'killed'
        finally:
            s.close()
        if code == 250:
            return 'done'
        assert code == 550 and text.startswith(b'errno '), (code, text)
        return errno.errorcode[int(text.split()[1])]


def door(without=''):
    """As it runs already, where that is with the same layers."""
    if os.geteuid() != 0:
        raise Skip('needs root')
    if state.get('without') != without:
        state['door'] = Door(without)
        state['without'] = without
    return state['door']


def readable(c):
    """A file that everybody may read, but the session must not reach."""
    path = place + '/everybody'
    open(path, 'w').write('x')
    os.chmod(path, 0o644)
    return path


def with_all_layers():
    d = door()
    for words in (('open', readable(d.c)), ('create', place + '/x'),
                  ('escape',), ('connect', d.c.ready['smtp']),
                  ('exec', '/bin/true'), ('trace',), ('kill',)):
        assert d.obey(*words) == 'killed', words
        d.c.wait_log('event=replaced', 'session starts afresh')
    assert d.obey('fork') == 'EAGAIN'
    assert d.obey('root') == 'EPERM'


def seccomp_taken_out():
    """The other layers stand by themselves."""
    d = door('seccomp')
    path = readable(d.c)
    assert d.obey('open', path) in ('EACCES', 'ENOENT')
    assert d.obey('escape') in ('EACCES', 'ENOENT', 'ENOTDIR')
    assert d.obey('exec', '/bin/true') in ('EACCES', 'ENOENT')
    assert d.obey('trace') == 'EPERM'
    assert d.obey('root') == 'EPERM'
    # what only this layer forbids
    assert d.obey('connect', d.c.ready['smtp']) == 'done'


def seccomp_and_chroot_taken_out():
    d = door('seccomp chroot')
    assert d.obey('open', readable(d.c)) == 'EACCES'


def seccomp_and_landlock_taken_out():
    d = door('seccomp landlock')
    assert d.obey('open', readable(d.c)) == 'ENOENT'


def all_path_layers_taken_out():
    d = door('seccomp chroot landlock')
    assert d.obey('open', readable(d.c)) == 'done'
    # another user's files are still another's
    assert d.obey('open', d.c.ready['maildir1']) == 'EACCES'
    assert d.obey('open', d.c.ready['queue'] + '/new') == 'EACCES'
    assert d.obey('create', d.c.ready['queue'] + '/new/x') == 'EACCES'


def no_login_without_a_password():
    d = door()
    assert d.obey('login', 'evil.test') == 'killed'
    d.c.wait_log('event=dropped', 'login without a password')


def no_relay():
    """The writer takes it, as from a stranger; queued will not send it."""
    d = door()
    new = d.c.ready['queue'] + '/new'
    assert d.obey('relay', 'victim@elsewhere.example') == 'done'
    line = d.c.wait_log('event=failed', 'victim@elsewhere.example')
    assert '5.7.1' in line, line
    wait('an empty new/', lambda: not files(new))


def no_class_of_its_own_choice():
    d = door()
    before = files(d.c.ready['queue'] + '/new')
    assert d.obey('claim', 'victim@elsewhere.example') in ('EPIPE', 'EACCES')
    time.sleep(0.2)
    assert files(d.c.ready['queue'] + '/new') <= before


def no_end_of_questions():
    """One that asks for logins or writers, again and again, and reads no
    answer: the listener ends it, and has time for others."""
    d = door()
    for what in ('logins', 'writers'):
        assert d.obey(what, tls=True) == 'killed', what
        d.c.wait_log('event=dropped', 'note out of order')
    with smtplib.SMTP(d.c.host, d.c.port, "evil.test", timeout=20) as s:
        assert s.noop()[0] == 250


def no_connection_that_is_not_counted():
    """Who gives up the channel by which it is counted has no client any more,
    though the process lives on."""
    d = door()
    start = len(d.c.log())
    for tls in (False, True):
        assert d.obey('hide', tls=tls) == 'killed', tls
    assert 'event=crashed' not in d.c.log()[start:]


try:
    tell([with_all_layers, seccomp_taken_out, seccomp_and_chroot_taken_out,
          seccomp_and_landlock_taken_out, all_path_layers_taken_out,
          no_login_without_a_password, no_relay, no_class_of_its_own_choice,
          no_end_of_questions, no_connection_that_is_not_counted])
finally:
    if os.path.exists(place):
        subprocess.run([TOP + '/quickstart', '-d', place, 'stop'],
                       stdout=subprocess.DEVNULL)
