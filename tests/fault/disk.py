"""The queue's own file system, small: what is answered with 250 arrives once,
what is not says 4xx, and the service returns when the disk does.  Then a queue
file whose bytes change."""
import contextlib
import imaplib
import os
import smtplib
import subprocess
import threading
import time

from correo import (Skip, files, message, run, tell, the_instance, wait)

c = the_instance()
DISK = c.dir + '/disk'
counter = [0]


def disk(*options):
    """A fresh ext4 of 24 MiB with queue and drop in it."""
    c.quickstart('stop')
    run('umount', DISK, ok=False)
    image = c.dir + '/disk.img'
    with open(image, 'wb') as f:
        f.truncate(24 << 20)
    run('mkfs.ext4', '-q', '-F', '-m', '0', *options, image)
    os.makedirs(DISK, exist_ok=True)
    if run('mount', '-o', 'loop', image, DISK, ok=False).returncode != 0:
        raise Skip('cannot mount a file')
    run(c.source + '/etc/setup', 'dirs', DISK, c.dir + '/empty',
        c.dir + '/mail', c.dir + '/etc')
    text = ''.join(line for line in open(c.ready['config'])
                   if line.split()[0] not in (
                       'state_dir', 'smtpd.min_free', 'smtpd.min_free_files',
                       'queued.retry', 'queued.rescan'))
    with open(c.ready['config'], 'w') as f:
        f.write(text + 'state_dir %s\nsmtpd.min_free 0\n'
                'smtpd.min_free_files 0\nqueued.retry 1s\n'
                'queued.rescan 1s\n' % DISK)
    for service in ('smtpd', 'queued'):
        start(service)
    for m in (c.alice, c.bob):
        m.clear()


def start(service):
    p = subprocess.Popen([c.dir + '/sbin/' + service, '-c',
                          c.ready['config']], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, start_new_session=True,
                         stderr=open(c.ready['log'], 'ab'))
    running[service] = p
    if service == 'smtpd':
        wait('smtpd', lambda: answers(), 10)


def answers():
    try:
        c.smtp().close()
        return True
    except (OSError, smtplib.SMTPException):
        return False


def stop(service):
    running[service].terminate()
    running[service].wait(30)


def stop_both():
    for service in list(running):
        stop(service)
        del running[service]


running = {}


def send(size, answered, refused):
    """One message; where its token goes is told by the answer."""
    counter[0] += 1
    token = 'token-%d.' % counter[0]
    try:
        c.send(['alice@example.test'], message(token, 'x' * 70 + '\n' +
                                               'filler\n' * (size // 7)))
        answered.append(token)
    except smtplib.SMTPResponseException as e:
        assert e.smtp_code in (421, 451, 452), e
        refused.append(e.smtp_code)
    except (OSError, smtplib.SMTPException) as e:
        refused.append(str(e))


def load(threads, each, size):
    answered, refused = [], []

    def work():
        for _ in range(each):
            send(size, answered, refused)
    t = [threading.Thread(target=work) for _ in range(threads)]
    for x in t:
        x.start()
    return t, answered, refused


def arrived_once(answered, seconds=90):
    """All of them, and nothing twice; then the queue is empty."""
    def queue_empty():
        return not files(DISK + '/queue/new', DISK + '/queue/cur',
                         DISK + '/drop/new')
    wait('an empty queue', queue_empty, seconds)
    found = [line for f in c.alice.mail()
             for line in open(f, errors='replace') if 'token-' in line]
    found = [line.split()[1] for line in found if line.startswith('Subject')]
    assert len(set(found)) == len(found), 'twice'
    missing = set(answered) - set(found)
    assert not missing, 'lost: %s' % sorted(missing)
    assert not files(DISK + '/queue/tmp'), files(DISK + '/queue/tmp')
    assert not files(DISK + '/queue/state'), files(DISK + '/queue/state')


def fills_up(threads, each, size):
    stop('queued')
    t, answered, refused = load(threads, each, size)
    for x in t:
        x.join()
    assert answered and refused, (len(answered), len(refused))
    assert set(refused) == {452}, set(refused)
    start('queued')
    before = len(answered)
    wait('room', lambda: (send(size, answered, refused),
                          len(answered) > before)[1], 60)
    send(size, answered, [])
    arrived_once(answered)
    return answered, refused


def no_space_left():
    disk()
    try:
        fills_up(4, 40, 250000)
    finally:
        stop_both()


def no_inode_left():
    disk('-N', '128')
    try:
        fills_up(4, 60, 500)
    finally:
        stop_both()


def fill(place):
    """Not a byte is left of it."""
    name = place + '/filler'
    with open(name, 'wb', buffering=0) as f:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    f.write(b'\0' * size)
            except OSError:
                pass
    return name


@contextlib.contextmanager
def small_mailbox(size, *options):
    """An ext4 of so many MiB that is bob's mailbox."""
    place = c.ready['maildir2']
    owner = os.stat(os.path.dirname(place))
    image = c.dir + '/mailbox.img'
    with open(image, 'wb') as f:
        f.truncate(size << 20)
    run('mkfs.ext4', '-q', '-F', '-b', '1024', '-m', '0', *options, image)
    os.makedirs(place, exist_ok=True)
    if run('mount', '-o', 'loop', image, place, ok=False).returncode != 0:
        raise Skip('cannot mount a file')
    try:
        for d in ('', '/cur', '/new', '/tmp'):
            os.makedirs(place + d, 0o700, exist_ok=True)
            os.chown(place + d, owner.st_uid, owner.st_gid)
        yield place
    finally:
        run('umount', '-l', place)


def a_mailbox_without_space():
    """A first login, whose folders cannot be made, and known mail."""
    with small_mailbox(2, '-O', '^has_journal') as place:
        put_mail(place, 1)
        filler = fill(place)
        m = login()
        assert len(m.list()[1]) == 1
        assert b'No space' in m.select()[1][0]
        m.logout()
        os.unlink(filler)
        m = login()
        assert len(m.list()[1]) == 6
        assert m.select() == ('OK', [b'1'])
        # the log's last block is full as well
        for n in range(2, 60):
            put_mail(place, n)
        fill(place)
        assert m.noop()[0] == 'OK'
        kind, data = m.fetch('1', '(BODY[TEXT])')
        assert kind == 'OK' and data[0][1] == b'text\r\n', data
        m.logout()
        m = login()
        assert m.select() == ('OK', [b'1'])
        m.logout()


def a_full_mailbox_is_emptied():
    """Whoever deletes on a disk that is full to the last byte gets room."""
    with small_mailbox(4) as place:
        for n in range(200):
            put_mail(place, n)
        m = login()
        assert m.create('Old')[0] == 'OK'
        assert m.select() == ('OK', [b'200'])
        kind, data = m.fetch('1:*', '(UID ENVELOPE)')
        assert kind == 'OK' and len(data) == 200
        m.logout()
        m = login()
        m.select()
        before = m.uid('SEARCH', '51:*')[1]
        fill(place)
        assert m.store('1:50', '+FLAGS.SILENT', '\\Deleted')[0] == 'OK'
        fill(place)
        kind, data = m.expunge()
        assert kind == 'OK' and len(data) == 50, (kind, data)
        fill(place)
        assert m.delete('Old')[0] == 'OK'
        assert m.uid('SEARCH', 'ALL')[1] == before
        m.logout()
        m = login()
        assert m.select() == ('OK', [b'150'])
        assert m.uid('SEARCH', 'ALL')[1] == before
        assert not any(b'Old' in line for line in m.list()[1])
        m.logout()


def put_mail(place, n):
    path = '%s/new/%d.a' % (place, n)
    with open(path, 'w') as f:
        f.write('Subject: x\n\ntext\n')
    owner = os.stat(place)
    os.chown(path, owner.st_uid, owner.st_gid)


def login():
    host, port = c.ready['imap'].rsplit(':', 1)
    m = imaplib.IMAP4(host, int(port), timeout=60)
    m.login(c.ready['user2'], c.ready['password2'])
    return m


def a_drop_waits_for_space():
    """What sendmail was told 0 for, when there is no room to take it over."""
    disk()
    try:
        stop('queued')
        run(c.dir + '/sendmail', '-f', 'bob@example.test',
            'alice@example.test',
            input=b'Subject: token-drop.\n\n' + b'line\n' * 20000)
        filler = fill(DISK)
        begin = len(c.log())
        start('queued')
        c.wait_log('drop/new', 'No space left', start=begin)
        assert len(files(DISK + '/drop/new')) == 1
        os.unlink(filler)
        arrived_once(['token-drop.'])
    finally:
        stop_both()


def read_only_for_a_while():
    disk()
    try:
        t, answered, refused = load(2, 150, 2000)
        time.sleep(0.3)
        wait('a read-only remount', lambda: run(
            'mount', '-o', 'remount,ro', DISK, ok=False).returncode == 0)
        time.sleep(1.5)
        run('mount', '-o', 'remount,rw', DISK)
        for x in t:
            x.join()
        assert answered and refused, (len(answered), len(refused))
        for service in running:
            if running[service].poll() is not None:
                start(service)
        send(2000, answered, refused)
        arrived_once(answered)
    finally:
        stop_both()


def a_file_that_rots():
    """A byte of the body of a waiting message changes: bad/, and a loud line;
    nobody gets it."""
    disk()
    try:
        stop('queued')
        answered = []
        send(5000, answered, [])
        path, = files(DISK + '/queue/new')
        with open(path, 'r+b') as f:
            f.seek(1500)
            byte = f.read(1)
            f.seek(1500)
            f.write(bytes([byte[0] ^ 1]))
        begin = len(c.log())
        start('queued')
        c.wait_log('event=damaged', os.path.basename(path), start=begin)
        wait('it in bad/', lambda: files(DISK + '/queue/bad'))
        assert not c.alice.mail()
        assert not files(DISK + '/queue/new', DISK + '/queue/cur')
    finally:
        stop_both()


tell([a_mailbox_without_space, a_full_mailbox_is_emptied,
      no_space_left, no_inode_left,
      a_drop_waits_for_space, read_only_for_a_while, a_file_that_rots])
