"""The operator's commands, restarts, and killed programs."""
import contextlib
import os
import signal
import smtplib
import socket
import subprocess
import time

from correo import (files, for_one, message, name_and_parent, run, session,
                    tell, the_instance, wait)

c = the_instance()
NEEDED = {'id', 'sender', 'recipients', 'size', 'arrived', 'attempts', 'due',
          'state', 'reason'}


def waiting():
    """A message of ours for a system that nothing leads to yet: its entry."""
    before = {m['id'] for m in c.queue()}
    run(c.dir + '/sendmail', '-f', 'alice@example.test',
        'x@elsewhere.invalid', input=b'Subject: away\n\nhello\n')

    def look():
        for m in c.queue():
            if m['id'] not in before and m['state'] == 'deferred':
                return m
    return wait('a deferred message', look)


def state(ident):
    found = [m['state'] for m in c.queue() if m['id'] == ident]
    return found[0] if found else None


def list_and_why():
    # a next hop that was not found dead before: it is tried
    c.change('route', 'add', 'elsewhere.invalid', 'smtp://127.0.0.1:2')
    m = waiting()
    assert NEEDED <= m.keys(), m
    assert m['sender'] == 'alice@example.test', m
    assert 'x@elsewhere.invalid' in str(m['recipients']), m
    assert m['attempts'] >= 1 and m['due'] > m['arrived'] and m['reason'], m
    why = c.correo('queue', 'why', m['id']).stdout.decode()
    assert m['reason'][:20] in why, (m, why)
    assert '\twaits until ' in why and 'for its next attempt\n' in why, why
    c.correo('queue', 'hold', m['id'])
    why = c.correo('queue', 'why', m['id']).stdout.decode()
    assert '\twaits: for an operator\n' in why, why
    c.correo('queue', 'release', m['id'])
    shown = c.correo('queue', 'show', m['id']).stdout
    assert b'Subject: away' in shown, shown
    mailq = run(c.dir + '/sendmail', '-bp').stdout.decode()
    assert m['id'] in mailq, mailq
    c.correo('queue', 'remove', m['id'])
    wait('its end', lambda: state(m['id']) is None)
    assert not any(m['id'] in f for f in files(
        *(c.ready['queue'] + d for d in ('/new', '/cur', '/state'))))


def a_route_is_set_in_one_step():
    def routes():
        return [x.split(None, 1)[1] for x in
                c.correo('route', 'list').stdout.decode().splitlines()
                if x.startswith('set.invalid ')]
    c.correo('route', 'add', 'set.invalid', 'smtp://127.0.0.1:3')
    again = c.correo('route', 'add', 'set.invalid', 'mx', ok=False)
    assert again.returncode == 100, again
    assert b'correo route set' in again.stderr, again
    assert routes() == ['smtp://127.0.0.1:3'], routes()
    c.correo('route', 'set', 'set.invalid', 'smtp://127.0.0.1:4')
    assert routes() == ['smtp://127.0.0.1:4'], routes()
    c.correo('route', 'remove', 'set.invalid')


def a_login_without_a_secret_is_named():
    secrets = os.path.dirname(c.ready['config']) + '/secrets/relay-passwords'
    told = b'login.invalid: login=far has no line'

    def said(*words):
        r = c.correo(*words, ok=False)
        return told in r.stdout + r.stderr
    assert not os.path.exists(secrets)
    assert said('route', 'add', 'login.invalid', 'smtp://127.0.0.1:3',
                'login=far')
    try:
        assert said('tables') and said('tables', '-n') and said('check')
        with open(secrets, 'w') as f:
            f.write('near u:p\nfar u:p\n')
        assert not (said('tables') or said('check'))
    finally:
        c.correo('route', 'remove', 'login.invalid')
        if os.path.exists(secrets):
            os.unlink(secrets)


def a_route_of_our_own_domain_is_told():
    told = b'example.test: a domain of ours'
    try:
        r = c.correo('route', 'add', 'example.test', 'smtp://127.0.0.1:3')
        assert r.stderr.startswith(told), r
        assert b'warn routes: ' + told in c.correo('check', ok=False).stdout
    finally:
        c.correo('route', 'remove', 'example.test')
    r = c.correo('route', 'add', 'set.invalid', 'mx')
    assert not r.stderr, r
    c.correo('route', 'remove', 'set.invalid')


def hold_and_release():
    m = waiting()
    c.correo('queue', 'hold', m['id'])
    assert state(m['id']) == 'hold'
    c.correo('queue', 'release', m['id'])
    wait('deferred again', lambda: state(m['id']) == 'deferred')
    c.correo('queue', 'remove', m['id'])


def retry_now():
    m = waiting()
    start = len(c.log())
    c.correo('queue', 'retry', m['id'])
    c.wait_log('id=' + m['id'], 'event=deferred', start=start)
    c.correo('queue', 'remove', m['id'])


def an_attempt_under_way_is_active():
    """The first one too, while the other side keeps silent."""
    with socket.create_server(('127.0.0.1', 0)) as slow:
        c.change('route', 'set', 'slow.invalid',
                 'smtp://127.0.0.1:%d' % slow.getsockname()[1])
        run(c.dir + '/sendmail', '-f', 'alice@example.test',
            'x@slow.invalid', input=b'Subject: slow\n\nhello\n')
        peer, _ = slow.accept()
        m, = c.queue('--domain', 'slow.invalid')
        assert (m['state'], m['attempts']) == ('active', 0), m
    peer.sendall(b'451 not now\r\n')
    peer.close()
    wait('deferred', lambda: state(m['id']) == 'deferred')
    c.correo('queue', 'remove', m['id'])
    c.correo('route', 'remove', 'slow.invalid')


def by_sender_domain_recipient():
    m = waiting()
    for words in (('--sender', 'alice@example.test'),
                  ('--sender', '<alice@example.test>'),
                  ('--domain', 'elsewhere.invalid'),
                  ('--recipient', '<x@elsewhere.invalid>'),
                  ('--recipient', 'x@elsewhere.invalid')):
        assert m['id'] in [x['id'] for x in c.queue(*words)], words
    assert not c.queue('--domain', 'other.invalid')
    c.correo('queue', 'remove', '--all')
    wait('an empty queue', lambda: not c.queue())


def remove_while_queued_gives_new_names():
    """As it does at each attempt: none is passed over, and none of them that
    stays loses what is known of it."""
    m = waiting()
    place = c.ready['queue'] + '/cur/'
    name, = [f for f in os.listdir(place) if m['id'] in f]
    mail = open(place + name, 'rb').read()
    owner = os.stat(place + name)
    names = [m['id'][:-4] + '%04d:a1,d%d' % (n, time.time() + 20000)
             for n in range(2000)]
    ready = c.dir + '/run/ready-made'
    for n in names:
        with open(ready, 'xb') as f:
            f.write(mail)
        os.chown(ready, owner.st_uid, owner.st_gid)
        os.rename(ready, place + n)
    p = subprocess.Popen([c.ready['correo'], 'queue', 'remove', '--all'])
    for attempt in range(2, 6):
        for i, n in enumerate(names):
            to = n.replace(':a%d,' % (attempt - 1), ':a%d,' % attempt)
            try:
                os.rename(place + n, place + to)
                names[i] = to
            except FileNotFoundError:
                pass
    assert p.wait() == 0 and not c.queue(), len(c.queue())


def an_operator_moves_a_file_away_and_back():
    m = waiting()
    place = c.ready['queue'] + '/cur'
    name, = [f for f in files(place) if m['id'] in f]
    os.rename(name, c.dir + '/run/away')
    os.rename(c.dir + '/run/away', name)
    c.correo('queue', 'retry', m['id'])
    c.correo('queue', 'remove', m['id'])


def a_name_that_says_nothing_is_found():
    """The bare id of a held file belongs into new, not into cur."""
    m = waiting()
    place = c.ready['queue'] + '/cur/'
    name, = [f for f in os.listdir(place) if m['id'] in f]
    told = ('warn queue: cur/%s: ' % m['id']).encode()
    assert b' queue: ' not in c.correo('check', ok=False).stdout
    os.rename(place + name, place + m['id'])
    try:
        assert told in c.correo('check', ok=False).stdout, told
    finally:
        os.rename(place + m['id'], place + name)
    c.correo('queue', 'remove', m['id'])


def a_damaged_file_goes_to_bad():
    m = waiting()
    name, = [f for f in files(c.ready['queue'] + '/cur') if m['id'] in f]
    start = len(c.log())
    with open(name, 'r+b') as f:
        f.seek(-6, 2)
        f.write(b'XX')
    c.correo('queue', 'retry', m['id'])
    c.wait_log(m['id'], 'bad', start=start)
    wait('a file in bad/', lambda: any(
        m['id'] in f for f in files(c.ready['queue'] + '/bad')))
    c.correo('queue', 'remove', m['id'])


def mail_waits_while_queued_is_down():
    c.alice.clear()
    m = waiting()
    os.kill(c.service('queued'), signal.SIGTERM)
    wait('the end of queued', lambda: not family(c.service('queued')))
    c.correo('queue', 'retry', m['id'])
    assert state(m['id']) == 'active'
    c.correo('queue', 'remove', m['id'])
    c.send(['alice@example.test'], message('while down'))
    assert len(files(c.ready['queue'] + '/new')) == 1
    assert not c.alice.mail()
    c.quickstart('restart')
    c.alice.with_text(b'while down')


def family(pid):
    return [p for p in os.listdir('/proc') if p.isdigit()
            and session(p) == str(pid)]


def a_killed_monitor_takes_its_family_along():
    for name in ('queued', 'smtpd'):
        pid = c.service(name)
        os.kill(pid, signal.SIGKILL)
        wait('the end of the family of ' + name, lambda: not family(pid))
    c.quickstart('restart')


def what_sends_ends_when_there_is_nothing_to_send():
    """And is there again, in the same family, for the next message."""
    pid = c.service('queued')
    for _ in range(2):
        c.correo('queue', 'remove', '--all')
        wait('the end of remoted and sts', lambda: not {'remoted', 'sts'} & {
            name_and_parent(p)[0] for p in family(pid)})
        m = waiting()
        assert m['reason'].startswith('4'), m
    c.correo('queue', 'remove', '--all')


def connected():
    """A connection to smtpd, and the process that serves it."""
    before = set(c.pids())
    s = smtplib.SMTP(c.host, c.port, 'client.test', timeout=60)
    return s, wait('its session', lambda: [
        p for p in set(c.pids()) - before
        if name_and_parent(p)[0] == 'session' and for_one(p)])[0]


def a_crashed_session_takes_no_other_along():
    start = len(c.log())
    one, kept = connected()
    two, pid = connected()
    old = name_and_parent(kept)[1]
    os.kill(int(pid), signal.SIGSEGV)
    c.wait_log('event=replaced', 'session starts afresh', start=start)

    def afresh():
        three, new = connected()
        with three:
            return name_and_parent(new)[1] != old and three.noop()[0] == 250

    wait('a session of another zygote', afresh)
    assert one.noop()[0] == 250
    c.quickstart('restart')
    assert not session(old), 'the zygote of before has not ended'
    two.close()


def a_hangup_of_all_ends_nothing():
    """SIGHUP to each process, as to a whole unit of systemd."""
    c.alice.clear()
    s = c.smtp()
    pids = c.pids()
    for p in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(p), signal.SIGHUP)
    assert s.noop()[0] == 250
    s.sendmail('a@sender.test', ['alice@example.test'], message('hung up'))
    c.alice.with_text(b'Subject: hung up')
    s.quit()
    for name in 'smtpd', 'queued', 'pop3d', 'imapd':
        assert str(c.service(name)) in pids and session(c.service(name))


def killed_in_the_middle_of_a_message():
    """kill -9 of all of smtpd during DATA: nothing was promised, nothing of
    it is delivered; what was answered with 250 before, is."""
    c.alice.clear()
    c.send(['alice@example.test'], message('promised'))
    s = c.smtp()
    s.mail('a@sender.test')
    s.rcpt('alice@example.test')
    s.putcmd('DATA')
    assert s.getreply()[0] == 354
    s.send(message('not promised', 'x\n' * 100000))
    for p in family(c.service('smtpd')):
        with contextlib.suppress(ProcessLookupError):   # it went along
            os.kill(int(p), signal.SIGKILL)
    try:
        s.send(b'.\r\n')
        answer = s.getreply()
    except (OSError, smtplib.SMTPServerDisconnected):
        answer = (0, b'')
    assert answer[0] // 100 != 2, answer
    c.quickstart('restart')
    c.alice.with_text(b'Subject: promised')
    c.send(['alice@example.test'], message('after'))
    c.alice.with_text(b'after')
    assert not [f for f in c.alice.mail()
                if b'not promised' in open(f, 'rb').read()]


def quickstart_is_repeatable():
    assert b'runs already' in c.quickstart('start').stdout
    assert c.quickstart('status').returncode == 0
    password = c.ready['password1']
    pids = c.pids()
    assert pids
    c.quickstart('stop')
    assert not [p for p in pids if session(p)]
    assert not os.path.exists(c.dir + '/ready')
    assert c.quickstart('status', ok=False).returncode == 1
    c.quickstart('start')
    assert c.ready['password1'] == password


tell([list_and_why, a_route_is_set_in_one_step,
      a_login_without_a_secret_is_named, a_route_of_our_own_domain_is_told,
      hold_and_release, retry_now, an_attempt_under_way_is_active,
      by_sender_domain_recipient,
      remove_while_queued_gives_new_names, an_operator_moves_a_file_away_and_back,
      a_name_that_says_nothing_is_found, a_damaged_file_goes_to_bad,
      mail_waits_while_queued_is_down, a_killed_monitor_takes_its_family_along,
      what_sends_ends_when_there_is_nothing_to_send,
      a_crashed_session_takes_no_other_along, a_hangup_of_all_ends_nothing,
      killed_in_the_middle_of_a_message, quickstart_is_repeatable])
