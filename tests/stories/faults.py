"""Full disks, broken tables, broken configuration, wrong modes."""
import ctypes
import os
import re
import resource
import shutil
import signal
import smtplib
import socket
import subprocess
import threading

from correo import (Instance, Skip, another, files, message, name_and_parent,
                    run, session, tell, the_instance, wait)

c = the_instance()


def a_broken_table_is_refused_whole():
    """All errors at once with file and line, and the old tables stay."""
    path = c.dir + '/etc/tables/aliases'
    old = open(path).read() if os.path.exists(path) else ''
    try:
        with open(path, 'w') as f:
            f.write('good@example.test: bob@example.test\n'
                    'bad one: two three @\n'
                    'prog@example.test: |/bin/true\n')
        r = c.correo('tables', ok=False)
        text = r.stderr.decode()
        assert r.returncode == 1, (r.returncode, text)
        for line in (2, 3):
            assert 'aliases:%d: ' % line in text, text
        r = c.correo('user', 'add', 'other@example.test', '--generate',
                     ok=False)
        assert (r.returncode == 100 and b'aliases:2: ' in r.stderr and
                r.stderr.endswith(b'nothing was changed\n')), r
        s = c.smtp()
        s.mail('a@sender.test')
        assert s.rcpt('good@example.test')[0] == 550
        assert s.rcpt('alice@example.test')[0] == 250
    finally:
        with open(path, 'w') as f:
            f.write(old)
        c.correo('tables')


def a_table_that_cannot_be_opened_is_no_empty_one():
    no_empty_one(lambda path: os.symlink(path, path))


def a_table_that_is_gone_while_its_text_stands_is_no_empty_one():
    no_empty_one(lambda path: None)


def no_empty_one(leave):
    """A stranger's mail is put off, and what is accepted is not returned."""
    path = c.dir + '/etc/tables/users.cdb'
    start = len(c.log())
    c.quiet()
    os.rename(path, path + '.aside')
    try:
        leave(path)
        c.wait_log('queued: ', 'those of before stay', start=start)

        def put_off():
            s = c.smtp()
            s.mail('a@sender.test')
            return s.rcpt('alice@example.test')[0] == 451
        wait('451 for all', put_off)
        run(c.dir + '/sendmail', '-f', 'a@sender.test',
            'alice@example.test', input=message('in the queue'))
        c.wait_log('queued: ', ' rcpt=<alice@example.test> ', start=start)
    finally:
        os.rename(path + '.aside', path)
        c.takes_effect()

    def delivered():
        c.correo('queue', 'retry', '--all', ok=False)
        return c.alice.mail()
    wait('the mail in the queue', delivered)


def a_broken_configuration_is_refused_whole():
    path = c.dir + '/run/broken.conf'
    with open(path, 'w') as f:
        f.write(open(c.ready['config']).read() +
                'smtpd.max_sise 5M\nsmtpd.max_recipients many\n'
                'hostname twice.example.test\nwhatever 1\n')
    lines = open(path).read().count('\n')
    r = run(c.dir + '/sbin/smtpd', '-n', '-c', path, ok=False)
    text = r.stderr.decode()
    assert r.returncode == 100, (r.returncode, text)
    for line in range(lines - 3, lines + 1):
        assert 'broken.conf:%d: ' % line in text, (line, text)


def check_finds_a_wrong_key_and_another_server():
    """A certificate of another key; a port that another MTA has taken."""
    path = c.dir + '/run/check.conf'
    taken = socket.create_server(('127.0.0.1', 0))

    def greet():
        while True:
            try:
                client = taken.accept()[0]
            except OSError:         # closed: the story is over
                return
            client.sendall(b'220 mx.other.test ESMTP of another make\r\n')
            client.close()
    thread = threading.Thread(target=greet)
    thread.start()
    try:
        with open(path, 'w') as f:
            f.write(re.sub('(?m)^(tls.key|smtpd.listen) .*', lambda m: {
                'tls.key': 'tls.key %s/etc/secrets/ca.key' % c.dir,
                'smtpd.listen': 'smtpd.listen 127.0.0.1:%d' %
                taken.getsockname()[1]}[m.group(1)],
                open(c.ready['config']).read()))
        r = run(c.dir + '/sbin/correo', '-c', path, 'check', ok=False)
    finally:
        taken.shutdown(socket.SHUT_RDWR)
        taken.close()
        thread.join()
    assert r.returncode == 1, r
    assert b'server.pem: belongs to another key' in r.stderr, r
    assert b'another server answers: 220 mx.other.test' in r.stdout, r
    r = c.correo('check', ok=False)
    assert b'another' not in r.stdout + r.stderr, r


def check_asks_dns():
    """A resolver that knows our host, the MX records of one domain, and has
    no word for another; then none."""
    known = {('mx.example.test', 1): [b'\xc0\0\2\1'],
             ('example.test', 15): [b'\0\x14\1b\xc0\x0c',
                                    b'\0\x0a\2mx\xc0\x0c']}
    path = c.dir + '/run/dns.conf'
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dns:
        dns.bind(('127.0.0.1', 0))
        with open(path, 'w') as f:
            f.write(re.sub('(?m)^(resolver|domains) .*', '',
                           open(c.ready['config']).read()) +
                    '\nresolver 127.0.0.1:%d\ndomains example.test '
                    'nowhere.test\n' % dns.getsockname()[1])
        for domain in ('[127.0.0.1]', 'nowhere.test'):
            c.correo('domain', 'add', domain)

        def answer():
            while True:
                question, client = dns.recvfrom(512)
                if question == b'end':
                    return
                dns.sendto(dns_answer(question, known), client)
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            r = run(c.dir + '/sbin/correo', '-c', path, 'check', ok=False)
        finally:
            dns.sendto(b'end', dns.getsockname())
            thread.join()
            for domain in ('[127.0.0.1]', 'nowhere.test'):
                c.correo('domain', 'remove', domain)
    # each once, and of an address literal there is nothing to ask
    assert r.stdout.count(b'has no MX') == 1, r
    for line in (b'ok mx.example.test: has an address',
                 b'ok example.test: other servers send its mail to '
                 b'mx.example.test\n', b'warn nowhere.test: has no MX'):
        assert line in r.stdout, (line, r)
    r = run(c.dir + '/sbin/correo', '-c', path, 'check', ok=False)
    assert b'warn resolver: 127.0.0.1:' in r.stdout, r


def dns_answer(question, known):
    """Those records of that name and type, or that the name does not exist."""
    name, at = [], 12
    while question[at]:
        name.append(question[at + 1:at + 1 + question[at]].decode())
        at += 1 + question[at]
    kind = question[at + 1:at + 5]
    found = known.get(('.'.join(name).lower(), kind[1]), [])
    return (question[:2] + (b'\x81\x80' if found else b'\x81\x83') +
            b'\0\1' + bytes([0, len(found)]) + bytes(4) +
            question[12:at + 5] + b''.join(
                b'\xc0\x0c' + kind + b'\0\0\1\0' + bytes([0, len(x)]) + x
                for x in found))


def a_queue_in_the_place_of_another():
    """smtpd accepts into the new one at once, and queued, begun anew by its
    supervisor, delivers from there."""
    i = another_instance('moved', lambda d: None)
    try:
        i.quickstart('start')
        i.alice.clear()
        queue = i.ready['queue']
        for taken_away in (lambda: os.rename(queue, queue + '.old'),
                           lambda: shutil.rmtree(queue)):
            i.send(['alice@example.test'], message('before'))
            i.alice.with_text(b'before')
            start = len(i.log())
            open_before = i.smtp()
            assert send_in(open_before, 'before') == 250
            i.alice.wait(2)
            made = [(d, os.stat(d)) for d in [queue] + sorted(
                os.path.join(queue, n) for n in os.listdir(queue))]
            taken_away()
            assert send_in(open_before, 'between') == 451
            for d, was in made:
                os.mkdir(d)
                os.chown(d, was.st_uid, was.st_gid)
                os.chmod(d, was.st_mode & 0o7777)

            def accepted():
                try:
                    return i.send(['alice@example.test'],
                                  message('after')) == {}
                except smtplib.SMTPResponseException:
                    return False
            wait('mail accepted again', accepted)
            wait('and there', lambda: send_in(open_before, 'after') == 250)
            open_before.close()
            assert len(files(queue + '/new')) == 2
            i.wait_log('queued: ', 'another directory now', start=start)
            i.quickstart('restart')
            i.alice.with_text(b'after')
            i.alice.clear()
    finally:
        i.quickstart('stop')


def send_in(session, subject):
    """The code that it was answered, or 0."""
    try:
        session.sendmail('a@sender.test', ['alice@example.test'],
                         message(subject))
        return 250
    except smtplib.SMTPResponseException as e:
        return e.smtp_code
    except smtplib.SMTPException:
        return 0


def another_instance(name, prepare):
    if os.geteuid() != 0:
        raise Skip('needs root')
    d, base = another(name)
    os.mkdir(d, 0o755)
    prepare(d)
    return Instance(d, base)


def wrong_modes_stop_the_start():
    i = another_instance('modes', lambda d: None)
    try:
        i.quickstart('start')
        i.quickstart('stop')
        for path in ('queue', 'queue/new', 'drop'):
            path = i.dir + '/' + path
            old = os.stat(path)
            os.chmod(path, 0o777)
            refused(i, path, 'chmod')
            os.chmod(path, old.st_mode & 0o7777)
            os.chown(path, 65534, old.st_gid)
            refused(i, path, 'chown')
            os.chown(path, old.st_uid, old.st_gid)
            os.chmod(path, 0o500)
            refused(i, path, 'chmod u+rwx')
            os.chmod(path, old.st_mode & 0o7777)
        os.chmod(i.dir, 0o700)
        refused(i, i.dir, 'chmod o+x', ('smtpd',))
        os.chmod(i.dir, 0o755)
        for path in ('etc/server.pem', 'etc/secrets/server.key'):
            path = i.dir + '/' + path
            os.rename(path, path + '.old')
            refused(i, path, 'No such file', ('smtpd', 'pop3d', 'imapd'))
            os.rename(path + '.old', path)
        for path in path, i.dir + '/etc/secrets/passwords':
            os.chmod(path, 0o640)
            check = i.correo('check', ok=False)
            assert check.returncode == 1, check
            assert re.search(b'chmod 0+600 ' + path.encode(),
                             check.stdout), check
            os.chmod(path, 0o600)
        i.quickstart('start')
    finally:
        i.quickstart('stop')


def values_that_make_no_sense():
    """Each is named before anything starts."""
    path = c.dir + '/run/nonsense.conf'
    with open(path, 'w') as f:
        f.write(open(c.ready['config']).read()
                + 'delimiter ++\nuser_prefix Correo\nalways_bcc archive\n'
                'uid_first 80000\nuid_last 79999\n'
                'auth.checkpassword /no/such/program -x\n')
    for program, words in (
            ('sbin/smtpd', (b'delimiter:', b'user_prefix:',
                            b'always_bcc: archive:', b'uid_last:')),
            ('libexec/auth', (b'auth.checkpassword:',))):
        r = run(c.dir + '/' + program, '-n', '-c', path, ok=False)
        assert r.returncode == 100, r
        assert all(w in r.stderr for w in words), r


def a_user_that_is_not_there():
    """As after an upgrade to a version that needs one more."""
    if os.geteuid() != 0:
        raise Skip('needs root')
    i = another_instance('users', lambda d: None)
    try:
        i.quickstart('start')
        i.quickstart('stop')
        with open(i.ready['config'], 'a') as f:
            f.write('user_prefix nosuch\n')
        for service in 'smtpd', 'queued', 'pop3d', 'imapd':
            r = run('timeout', '20', i.dir + '/sbin/' + service, '-c',
                    i.ready['config'], ok=False)
            assert r.returncode == 100, (service, r)
            assert b'etc/setup users' in r.stderr, r
        check = i.correo('check', ok=False)
        assert check.returncode == 1, check
        assert b'nosuch-queue' in check.stdout, check
        assert b'etc/setup users' in check.stdout, check
    finally:
        i.quickstart('stop')


def refused(i, path, cure, services=('smtpd', 'queued')):
    """Each service ends at once, correo check finds it; all name path and
    cure."""
    for service in services:
        r = run('timeout', '20', i.dir + '/sbin/' + service, '-c',
                i.ready['config'], ok=False)
        text = r.stderr.decode()
        assert path in text and cure in text, text
        assert r.returncode == 100, (path, r.returncode, text)
    check = i.correo('check', ok=False)
    assert check.returncode == 1, check
    assert path.encode() in check.stdout + check.stderr, check


def a_full_disk_answers_452_and_loses_nothing():
    """The queue's file system: a small tmpfs, filled to the last block."""
    def mount(d):
        if run('mount', '-t', 'tmpfs', '-o', 'size=192m,mode=755', 'correo', d,
               ok=False).returncode != 0:
            raise Skip('cannot mount a tmpfs')
    i = another_instance('full', mount)
    try:
        i.quickstart('start')
        with open(i.ready['config'], 'a') as f:
            f.write('smtpd.min_free 0\nsmtpd.min_free_files 0\n')
        i.quickstart('restart')
        i.alice.clear()
        i.send(['alice@example.test'], message('before'))
        i.alice.with_text(b'before')
        fill(i)
        answered = refused = 0
        for n in range(20):
            try:
                i.send(['alice@example.test'],
                       message('full %d' % n, 'x' * 70 + '\n' + 'y\n' * 20000))
                answered += 1
            except smtplib.SMTPResponseException as e:
                assert e.smtp_code in (451, 452), e
                refused += 1
        assert refused, 'the disk was not full'
        os.unlink(i.dir + '/run/filler')
        i.send(['alice@example.test'], message('after'))
        i.alice.with_text(b'after')
        i.alice.wait(2 + answered, 60)
        assert len(i.alice.mail()) == 2 + answered, (answered, i.alice.mail())
        os.unlink(sorted(i.alice.mail())[0])
        largest(i)
        floor(i)
    finally:
        i.quickstart('stop')
        run('umount', i.dir)


def fill(i):
    with open(i.dir + '/run/filler', 'wb', buffering=0) as f:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    f.write(b'\0' * size)
            except OSError:
                pass


def largest(i):
    """A limit of file sizes kills nobody: 451, a line, nothing in tmp/."""
    most = 16 << 20
    start = len(i.log())
    i.quickstart('restart', preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY)))
    s = i.smtp()
    s.mail('a@sender.test')
    s.rcpt('alice@example.test')
    code, _ = s.data(message('largest', ('x' * 1023 + '\n') * (most // 1024)))
    assert code == 451, code
    i.wait_log('smtpd: ', 'message not accepted: File too large', start=start)
    assert not files(i.ready['queue'] + '/tmp')
    assert 'event=crashed' not in i.log()[start:]


def floor(i):
    """A floor above what is free, in bytes or in files: 452 before the message
    is even begun."""
    with open(i.ready['config']) as f:
        text = f.read()
    for key, much in (('min_free', '1G'), ('min_free_files', '1000000000')):
        with open(i.ready['config'], 'w') as f:
            f.write(text.replace('smtpd.%s 0' % key, 'smtpd.%s %s'
                                 % (key, much)))
        i.quickstart('restart')
        s = i.smtp()
        code, answer = s.mail('a@sender.test', ['SIZE=1000'])
        if code == 250:
            s.rcpt('alice@example.test')
            code, answer = s.data(message('floor'))
        assert code == 452 and answer.startswith(b'4.3.1'), (key, code, answer)


def a_limit_of_descriptors_is_named():
    few = c.ready['config'] + '.few'
    with open(c.ready['config']) as f, open(few, 'w') as to:
        to.write(re.sub(r'(?m)^(\S+\.listen .*)\d$', r'\g<1>9', f.read()))
    r = run('sh', '-c', 'ulimit -n 20; exec timeout 20 "$0" -c "$1"',
            c.dir + '/sbin/smtpd', few, ok=False)
    os.unlink(few)
    assert r.returncode and b'ulimit -n' in r.stderr, r


def a_client_without_a_process_is_told():
    """The system lets nobody fork a session: each client hears it, the log
    once why."""
    if os.geteuid() != 0:
        raise Skip('needs root')
    alone = c.ready['config'] + '.alone'
    with open(c.ready['config']) as f, open(alone, 'w') as to:
        to.write(re.sub(r'(?m)^(\S+\.listen .*:)(\d+)$', lambda m: '%s%d' % (
            m[1], int(m[2]) + 500), f.read()))
    for program, service, busy in (
            ('smtpd', 'smtp', b'421 4.7.0 too many connections\r\n'),
            ('pop3d', 'pop3', b'-ERR [SYS/TEMP] too many connections\r\n'),
            ('imapd', 'imap', b'* BYE [UNAVAILABLE] too many connections\r\n')):
        host, port = c.ready[service].rsplit(':', 1)
        with open(alone + '.log', 'w+') as log:
            p = subprocess.Popen(
                [c.dir + '/sbin/' + program, '-c', alone], stderr=log,
                preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_NPROC, (1, 1)))
            try:
                for _ in range(3):
                    with wait(program, lambda: connected(
                            host, int(port) + 500)) as s:
                        said = s.makefile('rb').read()
                    assert said == busy, said
            finally:
                p.terminate()
                p.wait()
            log.seek(0)
            text = log.read()
        assert text.count('event=fork') == 1, text
        assert text.count('rule=processes') == 3, text
        os.unlink(log.name)
    os.unlink(alone)


def connected(host, port):
    try:
        return socket.create_connection((host, port), 60)
    except ConnectionRefusedError:
        return None


def a_directory_out_of_reach_is_refused_with_the_cure():
    if os.geteuid() != 0:
        raise Skip('needs root')
    d, base = another('closed')
    os.mkdir(d, 0o700)
    r = run(c.source + '/quickstart', '-d', d + '/instance', '-p', base,
            'start', ok=False)
    assert r.returncode == 1 and b'chmod o+x' in r.stderr, r


def who_outlives_his_parent_is_waited_for():
    """Where pid 1 waits for nobody (here: this test, which is in its place),
    the end of a service would."""
    i = another_instance('orphans', lambda d: None)
    ctypes.CDLL(None).prctl(36, 1)      # PR_SET_CHILD_SUBREAPER
    try:
        i.quickstart('start')
        i.quickstart('stop')
        reap()
        p = subprocess.Popen([i.dir + '/sbin/smtpd', '-c', i.ready['config']],
                             stderr=open(i.ready['log'], 'ab'),
                             start_new_session=True)
        wait('smtpd', lambda: 'worker' in of_session(p.pid))
        os.kill(of_session(p.pid)['auth'], signal.SIGKILL)
        p.wait(60)
        assert reap() == 0
    finally:
        ctypes.CDLL(None).prctl(36, 0)
        i.quickstart('stop')


def of_session(leader):
    """A process of each name."""
    return {name_and_parent(n)[0]: int(n) for n in os.listdir('/proc')
            if n.isdigit() and session(n) == str(leader)}


def reap():
    """How many children of ours had ended."""
    n = 0
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            n += 1
    except ChildProcessError:
        pass
    return n


tell([a_broken_table_is_refused_whole,
      a_table_that_cannot_be_opened_is_no_empty_one,
      a_table_that_is_gone_while_its_text_stands_is_no_empty_one,
      a_broken_configuration_is_refused_whole,
      values_that_make_no_sense, check_finds_a_wrong_key_and_another_server,
      check_asks_dns, a_queue_in_the_place_of_another, wrong_modes_stop_the_start, a_user_that_is_not_there,
      a_full_disk_answers_452_and_loses_nothing,
      who_outlives_his_parent_is_waited_for,
      a_limit_of_descriptors_is_named, a_client_without_a_process_is_told,
      a_directory_out_of_reach_is_refused_with_the_cure])
