"""What hangs holds up only itself: mailboxes on a frozen file system, whose
deliverers no signal reaches, and programs that do not end."""
import fcntl
import os
import socketserver
import threading

from correo import (Maildir, Skip, message, name_and_parent, run, tell,
                    the_instance, wait)

c = the_instance()
DISK = c.dir + '/disk'
UID = 72000
FREEZE, THAW = 0xc0045877, 0xc0045878       # FIFREEZE, FITHAW of linux/fs.h
CHILDREN = 10
elsewhere = []                              # subjects that another server has


class Server(socketserver.StreamRequestHandler):
    def handle(self):
        def say(text):
            self.wfile.write(text + b'\r\n')
        say(b'220 there')
        for line in self.rfile:
            if line.upper().startswith(b'QUIT'):
                return say(b'221 bye')
            if not line.upper().startswith(b'DATA'):
                say(b'250 ok')
                continue
            say(b'354 go on')
            for line in self.rfile:
                if line.startswith(b'Subject: '):
                    elsewhere.append(line.split()[1].decode())
                if line == b'.\r\n':
                    break
            say(b'250 taken')


def restart():
    """With few processes that may deliver at once."""
    with open(c.ready['config']) as f:
        text = ''.join(line for line in f if line.split()[0] not in (
            'queued.children', 'queued.retry'))
    with open(c.ready['config'], 'w') as f:
        f.write(text + 'queued.children %d\nqueued.retry 1s\n' % CHILDREN)
    c.quickstart('stop')
    c.quickstart('start')


def users(place, count, forward=None):
    """Their addresses; each has a home of his own there."""
    with open(c.dir + '/etc/tables/users', 'a') as f:
        for n in range(count):
            name = '%s%d' % (os.path.basename(place), n)
            home = '%s/%s' % (place, name)
            os.makedirs(home)
            if forward:
                with open(home + '/.forward', 'w') as file:
                    file.write(forward)
                os.chown(home + '/.forward', UID + n, UID + n)
            os.chmod(home, 0o700)
            os.chown(home, UID + n, UID + n)
            f.write('%s:%d:%d:%s:system\n' % (name, UID + n, UID + n, home))
    os.chmod(place, 0o755)
    c.change('tables')
    return ['%s%d@example.test' % (os.path.basename(place), n)
            for n in range(count)]


def freeze(how):
    fd = os.open(DISK, os.O_RDONLY)
    try:
        fcntl.ioctl(fd, how, 0)
    finally:
        os.close(fd)


def children():
    """Of the parent of local deliverers."""
    of = [name_and_parent(p)[1] for p in c.pids()]
    parent, = [p for p in c.pids() if name_and_parent(p)[0] == 'localdeliver'
               and name_and_parent(name_and_parent(p)[1])[0] == 'queued']
    return of.count(parent)


def goes_elsewhere(token):
    s = c.smtp()
    s.sendmail('a@sender.test', ['far@example.test'], message(token))
    s.close()
    wait('%s elsewhere' % token, lambda: token in elsewhere)


def mailboxes_that_hang():
    image = c.dir + '/disk.img'
    with open(image, 'wb') as f:
        f.truncate(24 << 20)
    run('mkfs.ext4', '-q', '-F', '-m', '0', image)
    os.makedirs(DISK, exist_ok=True)
    if run('mount', '-o', 'loop', image, DISK, ok=False).returncode != 0:
        raise Skip('cannot mount a file')
    os.chmod(DISK, 0o755)
    hung = users(DISK + '/hung', CHILDREN + 2)
    freeze(FREEZE)
    try:
        for rcpt in hung:
            c.send([rcpt], message('to-' + rcpt))
        wait('deliverers that hang', lambda: children() >= CHILDREN - 1)
        goes_elsewhere('beside-mailboxes')
    finally:
        freeze(THAW)
    for rcpt in hung:
        Maildir('%s/hung/%s/Maildir' % (DISK, rcpt.split('@')[0])).with_text(
            b'Subject: to-' + rcpt.encode())
    c.idle()
    run('umount', DISK, ok=False)


def programs_that_do_not_end():
    os.makedirs(c.dir + '/home', exist_ok=True)
    for rcpt in users(c.dir + '/home/busy', CHILDREN + 2, '|sleep 1000\n'):
        c.send([rcpt], message('to-' + rcpt))
    wait('programs', lambda: children() >= CHILDREN // 2)
    c.send(['bob@example.test'], message('beside-programs'))
    c.bob.with_text(b'Subject: beside-programs')
    goes_elsewhere('beside-programs')


server = socketserver.ThreadingTCPServer((c.host, 0), Server)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
restart()
c.correo('alias', 'add', 'far@example.test', 'far@elsewhere.invalid')
c.change('route', 'add', 'elsewhere.invalid',
         'smtp://%s:%d' % server.server_address)
tell([mailboxes_that_hang, programs_that_do_not_end])
