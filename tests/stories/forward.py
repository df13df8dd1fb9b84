"""Forwarding files of system users, obeyed under their own uid only."""
import os
import pwd
import shutil

from correo import Maildir, Skip, message, tell, the_instance, wait

c = the_instance()
UID = 71001
HOME = c.dir + '/home/carol'
carol = Maildir(HOME + '/Maildir')


def a_system_user():
    """carol is written into the users table as `correo user add --system`
    writes people from passwd; the host gets no user for this test."""
    if os.geteuid() != 0:
        raise Skip('needs root')
    os.makedirs(HOME, exist_ok=True)
    os.chmod(c.dir + '/home', 0o755)
    os.chmod(HOME, 0o700)
    os.chown(HOME, UID, UID)
    with open(c.dir + '/etc/tables/users', 'a') as f:
        f.write('carol:%d:%d:%s:system\n' % (UID, UID, HOME))
    c.change('tables')
    deliver('into the Maildir')
    carol.with_text(b'into the Maildir')
    for f in carol.mail():
        st = os.stat(f)
        assert (st.st_uid, st.st_gid) == (UID, UID), st


def as_passwd_has_them():
    """`correo user add --system`; daemon is on every system."""
    p = pwd.getpwnam('daemon')
    path = c.dir + '/etc/tables/users'
    c.correo('user', 'add', 'daemon', '--system')
    try:
        assert 'daemon:%d:%d:%s:system\n' % (p.pw_uid, p.pw_gid, p.pw_dir) \
            in open(path).readlines()
    finally:
        c.correo('user', 'remove', 'daemon')
    r = c.correo('user', 'add', 'no-such-user', '--system', ok=False)
    assert r.returncode == 100 and b'no such user' in r.stderr, r


def deliver(subject, rcpt='carol@example.test', sender='a@sender.test'):
    """Its id."""
    s = c.smtp()
    s.mail(sender)
    code, text = s.rcpt(rcpt)
    assert code == 250, (code, text)
    code, text = s.data(message(subject))
    assert code == 250, (code, text)
    return text.decode().split()[-1]


def forward(text, name='.forward', mode=0o600):
    if os.geteuid() != 0:
        raise Skip('needs root')
    path = HOME + '/' + name
    with open(path, 'w') as f:
        f.write(text)
    os.chmod(path, mode)
    os.chown(path, UID, UID)


def to_another_address_and_to_herself():
    forward('bob@example.test\n\\carol\n')
    carol.clear()
    c.bob.clear()
    deliver('forwarded')
    stored = c.bob.with_text(b'forwarded')
    assert b'Delivered-To: carol@example.test\n' in stored \
        or b'Delivered-To: bob@example.test\n' in stored, stored
    carol.with_text(b'forwarded')


def to_a_folder_of_hers():
    folder = Maildir(HOME + '/lists')
    forward(HOME + '/lists/\n')
    deliver('to a folder')
    folder.with_text(b'to a folder')


def not_to_a_folder_outside_her_home():
    forward('/var/tmp/not-hers/\n')
    start = len(c.log())
    ident = deliver('to a foreign folder')
    c.wait_log('id=' + ident, 'event=deferred', start=start)
    assert not os.path.exists('/var/tmp/not-hers')
    c.correo('queue', 'remove', ident)


def a_program_gets_the_message_and_the_facts():
    out = HOME + '/out'
    forward('"|id -u >out.new; env >>out.new; cat >>out.new; mv out.new out"\n')
    deliver('for a program')
    wait('the program', lambda: os.path.exists(out))
    text = open(out).read()
    assert text.startswith('%d\n' % UID), text
    assert 'Subject: for a program\n' in text, text
    for fact in ('HOME=' + HOME, 'SENDER=a@sender.test',
                 'RECIPIENT=carol@example.test'):
        assert fact in text.splitlines(), (fact, text)


def a_programs_exit_codes():
    for status, word in ((0, 'event=delivered'), (67, 'event=failed'),
                         (75, 'event=deferred'), (99, 'event=')):
        forward('|"exit %d"\n' % status)
        start = len(c.log())
        ident = deliver('status %d' % status, sender='bob@example.test')
        c.wait_log('id=' + ident, word, start=start)
        if status == 75:
            waiting = wait('her in the queue', lambda: c.queue(
                '--recipient', 'carol@example.test'))
            assert waiting[0]['recipients'] == ['carol@example.test'], waiting
        c.correo('queue', 'remove', ident, ok=False)


def a_program_that_fails_delays_its_own_line_only():
    """However often: the other program and the copy are done at once, and are
    not done again when it is tried again."""
    if os.path.exists(HOME + '/ran'):
        os.unlink(HOME + '/ran')
    forward('\\carol\n"|echo no >>failed; exit 75"\n'
            '"|sed -n \'s/^Subject: //p\' >>ran"\n')
    carol.clear()
    sent = ['line by line %d' % n for n in range(6)]
    for subject in sent:
        ident = deliver(subject)
        wait('its other program', lambda: subject in ran())
    start = len(c.log())
    c.correo('queue', 'retry', '--all')
    c.wait_log('id=' + ident, 'event=deferred', 'attempts=2', start=start)
    wait('her other mail', lambda: len(open(HOME + '/failed').readlines()) >=
         2 * len(sent))
    assert sorted(ran()) == sent, ran()
    assert len(carol.mail()) == len(sent), carol.mail()
    c.correo('queue', 'remove', '--all')


def ran():
    try:
        return open(HOME + '/ran').read().splitlines()
    except FileNotFoundError:
        return []


def a_file_that_others_can_write_is_not_obeyed():
    forward('|"touch obeyed"\n', mode=0o666)
    start = len(c.log())
    ident = deliver('unsafe forward')
    c.wait_log('id=' + ident, 'event=deferred', start=start)
    assert not os.path.exists(HOME + '/obeyed')
    c.correo('queue', 'remove', ident)


def an_extension_has_a_file_of_its_own():
    forward('bob@example.test\n')
    forward('\\carol\n', name='.forward+lists')
    carol.clear()
    deliver('to the extension', 'carol+lists@example.test')
    carol.with_text(b'to the extension')


def a_loop_ends():
    """carol to dave, dave to carol: a report, not a carousel."""
    forward('loop@example.test\n')
    c.change('alias', 'add', 'loop@example.test', 'carol@example.test')
    c.bob.clear()
    start = len(c.log())
    ident = deliver('round and round', sender='bob@example.test')
    c.wait_log('id=' + ident, 'loop', start=start)
    assert b'round and round' in c.bob.with_text(b'multipart/report')
    c.correo('alias', 'remove', 'loop@example.test')


def two_who_forward_to_each_other():
    """A message for both: where neither keeps a copy the sender is told of
    both, and else of none."""
    if os.geteuid() != 0:
        raise Skip('needs root')
    theirs = os.path.dirname(c.alice.path)
    path, owner = theirs + '/.forward', os.stat(theirs)
    both = ['carol@example.test', 'alice@example.test']
    try:
        for text, copies in (('%s@example.test\n', 0),
                             ('\\%s, %s@example.test\n', 1)):
            def to(*names):
                return text % names[-text.count('%s'):]
            forward(to('carol', 'alice'))
            with open(path, 'w') as f:
                f.write(to('alice', 'carol'))
            os.chown(path, owner.st_uid, owner.st_gid)
            for box in (carol, c.alice, c.bob):
                box.clear()
            start = len(c.log())
            c.send(both, message('to and fro'), 'bob@example.test')
            accepted = c.wait_log('event=accepted', start=start)
            ident = accepted.split('id=')[1].split()[0]
            wait('its end', lambda: not [
                m for m in c.queue() if m['id'] == ident])
            assert len(carol.mail()) == len(c.alice.mail()) == copies
            if copies:
                assert 'event=report' not in c.log()[start:]
                continue
            report = c.bob.with_text(b'multipart/report')
            for rcpt in both:
                assert b'Final-Recipient: rfc822; %s\n' % rcpt.encode() \
                    in report, report
            assert report.count(b'Status: 5.4.6\n') == 2, report
    finally:
        os.unlink(path)


def clean_up():
    if os.geteuid() != 0:
        raise Skip('needs root')
    path = c.dir + '/etc/tables/users'
    lines = [x for x in open(path) if not x.startswith('carol:')]
    with open(path, 'w') as f:
        f.writelines(lines)
    c.correo('tables')
    shutil.rmtree(HOME)


tell([as_passwd_has_them, a_system_user, to_another_address_and_to_herself,
      to_a_folder_of_hers, not_to_a_folder_outside_her_home,
      a_program_gets_the_message_and_the_facts, a_programs_exit_codes,
      a_program_that_fails_delays_its_own_line_only,
      a_file_that_others_can_write_is_not_obeyed,
      an_extension_has_a_file_of_its_own, a_loop_ends,
      two_who_forward_to_each_other, clean_up])
