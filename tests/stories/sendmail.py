"""sendmail(1), mailq and newaliases, as cron and scripts use them."""
import os
import smtplib
import socket
import subprocess
import threading

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
    for i, (word, sender) in enumerate((
            ('<alice@example.test>', 'alice@example.test'),
            ('"A, B" <alice@example.test>', 'alice@example.test'),
            ('alice@example.test (A B)', 'alice@example.test'),
            ('<>', ''), ('', ''))):
        c.bob.clear()
        sendmail('-f', word, 'bob@example.test',
                 text=b'Subject: as %d\n\nx\n' % i)
        assert c.bob.with_text(b'as %d' % i).startswith(
            b'Return-Path: <%s>\n' % sender.encode()), word


def root_at_this_machine():
    """As programs that know no better name it: others could not answer."""
    host = c.ready['hostname'].encode()
    for i, name in enumerate(('localhost', os.uname().nodename)):
        if '.' in name:
            continue
        c.bob.clear()
        sendmail('-f', 'root@' + name, 'bob@example.test', text=b'From: '
                 b'root@%s (Cron)\nSubject: host %d\n\nx\n'
                 % (name.encode(), i))
        stored = c.bob.with_text(b'Subject: host %d' % i)
        assert stored.startswith(b'Return-Path: <root@%s>\n' % host), stored
        assert b'\nFrom: root@%s (Cron)\n' % host in stored, stored


def recipients_in_one_word():
    """As a field has them; and what is none is refused."""
    for person in (c.alice, c.bob):
        person.clear()
    sendmail('"B, A" <alice@example.test>, (here) bob@example.test',
             text=b'Subject: in a word\n\nx\n')
    for person in (c.alice, c.bob):
        person.with_text(b'in a word')
    for word in ('', '()', 'a b@example.test', 'bob@example.test, <a b>'):
        assert sendmail(word, ok=False).returncode == 64, word


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
    c.bob.clear()
    run('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups',
        SENDMAIL, '-bs', input=2 * (
            b'MAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n'
            b'Subject: of two\r\n\r\nx\r\n.\r\n'))
    c.bob.wait(2)


def every_usual_option_is_taken():
    c.bob.clear()
    for argv in (('-i',), ('-oi', '-oem', '-odb'), ('-B', '8BITMIME'),
                 ('-N', 'never'), ('-R', 'hdrs'), ('-V', 'ab12'), ('-v',),
                 ('-h', '3'), ('-O', 'DeliveryMode=b')):
        sendmail(*argv, 'bob@example.test')
    c.bob.wait(9)


def what_they_ask_for():
    """By the drop: a report as -N, -R and -V want it, the name of -F, a word
    of -v."""
    c.alice.clear()
    c.bob.clear()
    r = sendmail('-v', '-f', 'alice@example.test', '-F', 'Alice A', '-N',
                 'success', '-R', 'hdrs', '-V', 'env1', 'bob@example.test',
                 text=b'Subject: asked\n\nthe body\n')
    assert b'left as ' in r.stdout + r.stderr, r
    stored = c.bob.with_text(b'Subject: asked')
    assert b'\nFrom: "Alice A" <alice@example.test>\n' in stored, stored
    report = c.alice.with_text(b'multipart/report')
    for line in (b'Original-Envelope-Id: env1', b'Action: delivered',
                 b'Content-Type: text/rfc822-headers'):
        assert b'\n%s\n' % line in report, (line, report)
    assert b'the body' not in report, report


def sysexits():
    assert sendmail(ok=False).returncode == 64
    assert sendmail('-f', 'not an@ address@', 'bob@example.test',
                    ok=False).returncode == 64
    assert sendmail('-f', 'alice@example.test, bob@example.test',
                    'bob@example.test', ok=False).returncode == 64
    assert sendmail('-bd', ok=False).returncode == 64
    r = sendmail('-t', text=b'To: bob@example.test, no one\n\nx\n', ok=False)
    assert r.returncode == 65 and b'recipient no one: ' in r.stderr, r


def a_header_that_does_not_end_in_a_megabyte():
    """Nothing of it is taken for the whole of it; a text without one may be
    as long as it likes."""
    names = b',\n '.join(b'%050d@elsewhere.test' % i for i in range(20000))
    r = sendmail('-t', text=b'Subject: x\nTo: ' + names + b'\n\nx\n', ok=False)
    assert r.returncode == 65 and b'megabyte' in r.stderr, r
    assert not c.queue(), c.queue()
    c.bob.clear()
    text = b'no field of a header\n' * 60000
    sendmail('bob@example.test', text=text)
    assert c.bob.wait()[0].endswith(b'\n\n' + text)


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


class Dialogue(smtplib.SMTP):
    """smtplib with sendmail -bs on the other end of a socket."""
    def __init__(self, *argv):
        self.argv = argv
        super().__init__('sendmail', local_hostname='[127.0.0.1]')

    def _get_socket(self, *_):
        ours, its = socket.socketpair()
        with its:
            self.child = subprocess.Popen([SENDMAIL, '-bs', *self.argv],
                                          stdin=its, stdout=its)
        ours.settimeout(60)
        return ours

    def end(self):
        self.quit()
        return self.child.wait(60)


def a_dialogue():
    """smtplib over a socket: two messages, one of them with what it lacks;
    refusals between them; a third whose end never comes."""
    for person in (c.alice, c.bob):
        person.clear()
    s = Dialogue('-i', '-F', 'Alice A')
    body = b'.\r\n..a\r\n' + b'\xc3\xa4.\r\n' * 30000
    assert s.sendmail('alice@example.test', ['bob@example.test',
                      'alice@example.test'], b'Subject: by words\r\n\r\n'
                      + body, ['body=8bitmime']) == {}
    assert s.has_extn('size') and s.has_extn('smtputf8'), s.esmtp_features
    for person in (c.alice, c.bob):
        stored = person.with_text(b'Subject: by words')
        assert stored.startswith(b'Return-Path: <alice@example.test>\n')
        assert b'\nFrom: "Alice A" <alice@example.test>\n' in stored, stored
        assert stored.endswith(b'\n\n' + body.replace(b'\r\n', b'\n'))
    assert s.docmd('DATA')[0] == 503
    assert s.docmd('MAIL FROM:<> RET=FULL')[0] == 555
    assert s.mail('')[0] == s.rcpt('bob@example.test')[0] == 250
    assert s.docmd('DATA')[0] == 354
    s.send(b'Subject: bare\n\nx\r\n.\r\n')
    assert s.getreply()[0] == 550
    c.bob.clear()
    s.sendmail('root@localhost', 'bob@example.test',
               b'From: root@localhost\r\nSubject: second\r\n\r\nx\r\n')
    assert c.bob.with_text(b'Subject: second').startswith(
        b'Return-Path: <root@%s>\n' % c.ready['hostname'].encode())
    assert s.end() == 0
    c.alice.clear()
    start = len(c.log())
    s = Dialogue()
    s.ehlo()
    s.mail('nosuch@example.test')
    s.rcpt('alice@example.test')
    assert s.docmd('DATA')[0] == 354
    s.send(b'Subject: no end\r\n\r\nx\r\n')
    s.close()
    assert s.child.wait(60) == 0
    sendmail('alice@example.test', text=b'Subject: behind it\n\nx\n')
    c.alice.with_text(b'behind it')
    assert len(c.alice.mail()) == 1
    assert 'nosuch' not in c.log()[start:]


def a_dialogue_by_pipes():
    """All at once, as a script does; to nobody there, of whom a report
    tells."""
    c.alice.clear()
    r = sendmail('-bs', text=b'HELO x\r\nMAIL FROM:<alice@example.test>\r\n'
                 b'RCPT TO:<nosuch@example.test>\r\nDATA\r\n'
                 b'Subject: piped\r\n\r\nx\r\n.\r\nQUIT\r\n')
    assert [line[:4] for line in r.stdout.splitlines()] == [
        b'220 ', b'250 ', b'250 ', b'250 ', b'354 ', b'250 ', b'221 '], r
    assert b'Subject: piped' in c.alice.with_text(b'multipart/report')
    r = sendmail('-bs', text=b'HELO x\nQUIT\n', ok=False)
    assert r.returncode == 76 and b'\n500 5.5.2 ' in r.stdout, r


def via(address, *argv, text=b'Subject: via\n\nx\n'):
    """sendmail where there is no drop, and a server at that address."""
    conf = c.dir + '/via.conf'
    with open(c.ready['config']) as f:
        keys = [line for line in f if not line.startswith('state_dir')]
    with open(conf, 'w') as f:
        f.write('%s\nstate_dir /nonexistent\nsendmail.via %s\n'
                % (''.join(keys), address))
    return sendmail('-C', conf, *argv, text=text, ok=False)


def over_smtp():
    c.alice.clear()
    c.bob.clear()
    text = b'Subject: via\n\n.\n..a\nb\n' + b'.\xc3\xa4\n' * 20000 + b'.end'
    got = via(c.ready['smtp'], '-i', 'alice@example.test', 'bob@example.test',
              text=text)
    assert got.returncode == 0, got
    for person in (c.alice, c.bob):
        stored = person.with_text(b'Subject: via')
        assert stored.endswith(text.split(b'\n\n')[1] + b'\n'), stored
    got = via(c.ready['smtp'], 'nosuch@example.test', 'bob@example.test')
    assert got.returncode == 69 and b'1 of the recipients' in got.stderr, got
    c.bob.wait(2)
    got = via(c.ready['smtp'], 'nosuch@example.test')
    assert got.returncode == 69 and b'550 5.1.1 no such' in got.stderr, got
    got = via('127.0.0.1:1', 'bob@example.test')
    assert got.returncode == 75, got


def a_dialogue_over_smtp():
    """Each message goes by itself; what the server said is in our reply."""
    c.bob.clear()

    def to(*names):
        return b'MAIL FROM:<>\r\n%sDATA\r\n\r\nx\r\n.\r\n' % b''.join(
            b'RCPT TO:<%s@example.test>\r\n' % name for name in names)

    got = via(c.ready['smtp'], '-bs', text=to(b'bob') + to(b'nosuch') +
              to(b'bob', b'nosuch') + to(b'bob'))
    last = [line for line in got.stdout.splitlines()
            if line[:8] not in (b'250 2.1.', b'354 end ')]
    assert got.returncode == 0 and len(last) == 5, got
    for line, code, words in zip(
            last[1:], (b'250 ', b'554 ', b'554 ', b'250 '),
            (b': 250 2.0.0 accepted as ', b': 550 5.1.1 no such recipient',
             b'not for 1 of the recipients', b': 250 2.0.0 accepted as ')):
        assert line.startswith(code) and words in line, last
    c.bob.wait(3)


def over_smtp_to_servers_of_all_kinds():
    ok = [b'220 x\r\n', b'250-x\r\n250 DSN\r\n', b'250 ok\r\n',
          b'250 ok\r\n', b'354 go\r\n', b'250 ok\r\n', b'221 bye\r\n']

    def serve(server, replies, heard):
        s = server.accept()[0]
        with s, s.makefile('rb') as lines:
            for reply in replies:
                s.sendall(reply)
                line = lines.readline()
                heard.append(line)
                while reply.startswith(b'354') and line not in (b'.\r\n',
                                                                b''):
                    line = lines.readline()
                    heard.append(line)

    def told(replies, *argv):
        heard = []
        with socket.create_server(('127.0.0.1', 0)) as server:
            t = threading.Thread(target=serve, args=(server, replies, heard))
            t.start()
            got = via('127.0.0.1:%d' % server.getsockname()[1], *argv,
                      'bob@example.test')
            t.join()
        return got.returncode, got.stderr, heard

    status, _, heard = told(ok, '-N', 'never', '-V', 'a+b', '-f',
                            'alice@example.test')
    assert status == 0 and heard[1:3] == [
        b'MAIL FROM:<alice@example.test> ENVID=a+2Bb\r\n',
        b'RCPT TO:<bob@example.test> NOTIFY=NEVER\r\n'], heard
    for at, reply, want in (
            (0, b'554 5.3.2 go away\r\n', 69), (0, b'nonsense\r\n', 75),
            (1, b'', 75), (2, b'451 4.3.0 later\r\n', 75),
            (4, b'250 sure\r\n', 75), (5, b'552 5.3.4 too much\r\n', 69),
            (5, b'354 more\r\n', 75)):
        status, said, _ = told(ok[:at] + [reply] * (reply != b''))
        assert status == want, (at, reply, status, said)


tell([a_message_with_what_it_lacks, recipients_from_the_headers,
      a_dot_ends_it_without_i, a_sender_of_its_own, root_at_this_machine,
      recipients_in_one_word, as_another_user_by_the_group,
      every_usual_option_is_taken,
      what_they_ask_for, sysexits,
      a_header_that_does_not_end_in_a_megabyte, newaliases,
      the_queue_is_run_by_q, a_dialogue, a_dialogue_by_pipes,
      over_smtp, a_dialogue_over_smtp, over_smtp_to_servers_of_all_kinds])
