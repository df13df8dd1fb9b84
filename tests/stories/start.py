#!/usr/bin/env python3
"""quickstart as a door for scripts: paths as people type them, ports that are
taken, a start that is killed, and what `ready` says when it is there."""
import os
import shutil
import signal
import socket
import stat
import subprocess

from correo import Instance, TOP, another, run, tell, the_instance, wait

c = the_instance()


def quickstart(d, *words, cwd=None):
    return run(TOP + '/quickstart', '-d', d, *words, ok=False, cwd=cwd)


def of(d):
    """The names of programs that run with a configuration below d."""
    found = []
    for p in filter(str.isdigit, os.listdir('/proc')):
        try:
            words = open('/proc/%s/cmdline' % p).read().split('\0')
        except OSError:
            continue
        if any(w.startswith(d + '/etc/') for w in words[1:]):
            found.append(words[0])
    return found


def what_ready_says():
    names = [line.split()[0] for line in open(c.dir + '/ready')]
    assert names == ['domain', 'hostname', 'smtp', 'submission', 'smtps',
                     'pop3', 'pop3s', 'imap', 'imaps', 'user1', 'password1',
                     'maildir1', 'user2', 'password2', 'maildir2', 'queue',
                     'config', 'log', 'correo', 'cafile'], names
    mode = os.stat(c.dir + '/ready').st_mode
    assert stat.S_IMODE(mode) == 0o600, oct(mode)
    for service in names[2:9]:
        host, port = c.ready[service].split(':')
        socket.create_connection((host, int(port)), 10).close()


def a_path_as_people_type_it():
    """Relative, with dots and a slash behind; and no line in ready for a
    service that was taken out of the configuration."""
    d, base = another('typed')
    os.mkdir(d)
    try:
        r = quickstart('./x/..//here/', '-p', base, cwd=d)
        assert r.returncode == 0, r
        conf = d + '/here/etc/correo.conf'
        i = Instance(d + '/here')
        assert i.ready['config'] == conf, i.ready
        text = open(conf).read()
        open(conf, 'w').write(text.replace('\nimapd.listen',
                                           '\n#imapd.listen')
                              + 'imapd.listen\n')
        assert quickstart('here', 'restart', cwd=d).returncode == 0
        i.read()
        assert 'imap' not in i.ready and 'imaps' in i.ready, i.ready
    finally:
        r = quickstart(d + '/here', 'stop')
    assert r.returncode == 0 and not of(d + '/here'), of(d + '/here')
    shutil.rmtree(d)


def refused_with_the_reason():
    d, base = another('refused')
    listener = socket.create_server(('127.0.0.1', base + 993))
    for words, reason in ((('-d', ''), b'no name'),
                          (('-d', '/'), b'another'),
                          (('-d', d, '-p', '70000'), b'64000'),
                          (('-d', d, '-p', base, '-r', 'resolver'),
                           b'resolver: ADDRESS:PORT'),
                          (('-d', d, '-p', base, '-r', '127.0.0.1:53'),
                           b'cannot listen on 127.0.0.1:%d' % (base + 993))):
        r = run(TOP + '/quickstart', *words, ok=False)
        assert r.returncode == 1 and reason in r.stderr, r
        assert not os.path.exists(d + '/ready') and not of(d), words
    listener.close()
    assert quickstart(d).returncode == 0
    assert Instance(d).ready['resolver'] == '127.0.0.1:53'
    assert quickstart(d, 'stop').returncode == 0 and not of(d)
    if os.geteuid() == 0:
        os.chmod(d, 0o700)
        r = quickstart(d)
        assert r.returncode == 1 and b'chmod o+x ' + d.encode() in r.stderr, r
        os.chmod(d, 0o755)
        os.chown(d + '/run', 65534, 65534)
        r = quickstart(d)
        assert r.returncode == 1 and b"another user's" in r.stderr, r
    shutil.rmtree(d)


def a_start_that_is_killed():
    """With the last of its services just started; stop finds all of them."""
    d, base = another('killed')
    p = subprocess.Popen([TOP + '/quickstart', '-d', d, '-p', str(base)],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         start_new_session=True)
    wait('imapd', lambda: d + '/sbin/imapd' in of(d), 120)
    os.killpg(p.pid, signal.SIGKILL)
    p.wait()
    assert of(d)
    assert quickstart(d, 'stop').returncode == 0
    assert not of(d), of(d)
    shutil.rmtree(d)


def two_starts_at_once():
    d, base = another('twice')
    argv = [TOP + '/quickstart', '-d', d, '-p', str(base)]
    both = [subprocess.Popen(argv, stdout=subprocess.PIPE) for _ in range(2)]
    said = sorted(p.communicate(timeout=300)[0] for p in both)
    assert [p.returncode for p in both] == [0, 0], said
    assert [b'runs already' in text for text in said] in (
        [True, False], [False, True]), said
    assert [b' -p %d restart\n' % base in text for text in said] == [
        b'runs already' in text for text in said], said
    assert quickstart(d, 'stop').returncode == 0
    assert not of(d), of(d)
    shutil.rmtree(d)


tell([what_ready_says, a_path_as_people_type_it, refused_with_the_reason,
      a_start_that_is_killed, two_starts_at_once])
