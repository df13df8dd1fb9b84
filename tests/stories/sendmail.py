"""sendmail(1), mailq and newaliases, as cron and scripts use them."""
import os

from correo import Skip, run, tell, the_instance, wait

c = the_instance()
SENDMAIL = c.dir + '/sendmail'


def sendmail(*argv, text=b'Subject: s\n\nbody\n', ok=True, **kw):
    return run(SENDMAIL, *argv, input=text, ok=ok, **kw)


def a_message_with_what_it_lacks():
    c.alice.clear()
    sendmail('alice@example.test', text=b'Subject: lacking\n\nbody\n')
    stored = c.alice.with_text(b'lacking')
    for header in (b'\nDate: ', b'\nMessage-ID: <', b'\nFrom: '):
        assert header.lower() in stored.lower(), (header, stored)
    assert stored.endswith(b'\nbody\n'), stored


def recipients_from_the_headers():
    c.alice.clear()
    c.bob.clear()
    sendmail('-t', '-oi', text=b'From: alice@example.test\n'
             b'To: Bob <bob@example.test>\nBcc: alice@example.test\n'
             b'Subject: by headers\n\n.\nafter the dot\n')
    for person in (c.alice, c.bob):
        stored = person.with_text(b'by headers')
        assert b'Bcc' not in stored, stored
        assert stored.endswith(b'\n.\nafter the dot\n'), stored


def a_dot_ends_it_without_i():
    c.bob.clear()
    sendmail('bob@example.test', text=b'Subject: dotted\n\none\n.\ntwo\n')
    assert c.bob.with_text(b'dotted').endswith(b'\none\n')


def a_sender_of_its_own():
    c.bob.clear()
    sendmail('-f', 'alice@example.test', '-F', 'Alice', 'bob@example.test',
             text=b'Subject: from her\n\nx\n')
    assert c.bob.with_text(b'from her').startswith(
        b'Return-Path: <alice@example.test>\n')


def as_another_user_by_the_group():
    """An ordinary user, in no group of ours; its uid is told, not believed."""
    if os.geteuid() != 0:
        raise Skip('needs root')
    c.bob.clear()
    start = len(c.log())
    run('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups',
        SENDMAIL, 'bob@example.test', input=b'Subject: from nobody\n\nx\n')
    c.bob.with_text(b'from nobody')
    c.wait_log('event=accepted', 'class="local 65534"', start=start)


def every_usual_option_is_taken():
    c.bob.clear()
    for argv in (('-i',), ('-oi', '-oem', '-odb'), ('-B', '8BITMIME'),
                 ('-N', 'never'), ('-R', 'hdrs'), ('-V', 'ab12'), ('-v',),
                 ('-h', '3'), ('-O', 'DeliveryMode=b')):
        sendmail(*argv, 'bob@example.test')
    c.bob.wait(9)


def sysexits():
    assert sendmail(ok=False).returncode == 64
    assert sendmail('-f', 'not an@ address@', 'bob@example.test',
                    ok=False).returncode in (64, 65)
    assert sendmail('-bs', ok=False).returncode == 64


def newaliases():
    sendmail('-bi')


def the_queue_is_run_by_q():
    sendmail('x@elsewhere.test')
    waiting = wait('an attempt', lambda: [m for m in c.queue()
                                          if m['attempts'] == 1])
    sendmail('-q15m')
    wait('another', lambda: [m for m in c.queue() if m['attempts'] == 2
                             and m['id'] == waiting[0]['id']])
    c.correo('queue', 'remove', '--all')


tell([a_message_with_what_it_lacks, recipients_from_the_headers,
      a_dot_ends_it_without_i, a_sender_of_its_own,
      as_another_user_by_the_group, every_usual_option_is_taken, sysexits,
      newaliases, the_queue_is_run_by_q])
