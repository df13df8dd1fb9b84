"""What RFC 6409 asks of a server for its own users: whose name they may send
in, what is made right, how much."""
import os
import re

from correo import Instance, another, tell, the_instance
from mailer import Mailer, hello

c = the_instance()
USER, PASSWORD = c.ready['user1'], c.ready['password1']
place, base = another('submission')
state = {}


def logged_in(user=USER, password=PASSWORD, instance=None):
    s = Mailer(instance or c)
    s.plain(user, password)
    return s


def senders_of_a_login():
    c.change('alias', 'add', 'sales@example.test', 'team@example.test')
    c.change('alias', 'add', 'team@example.test', 'bob@example.test', USER)
    c.change('alias', 'add', 'loop1@example.test', 'loop2@example.test')
    c.change('alias', 'add', 'loop2@example.test', 'loop1@example.test')
    # a bare name: of the alias's domain, or of the first that has it
    c.correo('domain', 'add', 'second.test')
    c.change('alias', 'add', 'shop@second.test', 'alice')
    s = logged_in()
    for sender in (USER, 'alice+shop@example.test', 'ALICE@Example.Test',
                   'sales@example.test', 'shop@second.test', ''):
        s.cmd('MAIL FROM:<%s>' % sender, 250)
        s.cmd('RSET', 250)
    for sender in ('bob@example.test', 'alice@elsewhere.example',
                   'loop1@example.test', 'nosuch@example.test',
                   'alice@example.test.evil.example'):
        code, lines = s.cmd('MAIL FROM:<%s>' % sender, 553)
        assert '5.7.1' in lines[0] and 'RFC 6409' in lines[0], lines
    for alias in ('sales', 'team', 'loop1', 'loop2'):
        c.correo('alias', 'remove', alias + '@example.test')
    c.correo('alias', 'remove', 'shop@second.test')
    c.correo('domain', 'remove', 'second.test')
    s.close()


def from_of_a_login():
    s = logged_in()
    to = ['bob@example.test']
    for field, code in (
            ('From: alice@example.test', 250),
            ('From: "B. Ob" <alice+x@example.test> (me)', 250),
            ('From: =?utf-8?q?J=C3=BCrgen?=\n <alice@example.test>', 250),
            ('fRoM : alice@example.test', 250),
            ('From: bob@example.test', 550),
            ('From: "alice@example.test" <bob@example.test>', 550),
            ('From: alice@example.test, bob@example.test', 550),
            ('From: alice@example.test\nFrom: bob@example.test', 550),
            ('From: bob@example.test\nResent-From: alice@example.test', 550),
            ('From: undisclosed', 550), ('From:', 550), ('X-No: From', 550),
            ('From: alice@example.test (<bob@example.test>)', 250),
            ('From: alice@example.test\nnot a field', 550)):
        code, lines = s.message(USER, to, field + '\nSubject: x\n\nx', code)
        assert code == 250 or 'RFC' in lines[0], lines
    s.close()


def what_is_added_and_taken_out():
    c.bob.clear()
    s = logged_in()
    s.message(USER, ['bob@example.test'],
              'Bcc: secret@example.test,\n other@example.test\n'
              'Subject: bare\nFrom: alice@example.test\n'
              'Sender: bob@example.test\nresent-bcc: x@example.test\n\n'
              'Bcc: stays\n..dots\n')
    text = c.bob.with_text(b'Subject: bare').decode()
    head, body = text.split('\n\n', 1)
    assert 'secret' not in text and 'other@' not in text, text
    assert 'Sender:' not in head and 'esent-bcc' not in head, head
    assert re.search(r'^Date: \w{3}, \d+ \w{3} \d{4} ', head, re.M), head
    assert re.search(r'^Message-ID: <\S+@mx.example.test>$', head, re.M), head
    assert body == 'Bcc: stays\n.dots\n\n', body
    # what is there stays as it is
    s.message(USER, ['bob@example.test'],
              'From: alice@example.test\nSubject: whole\nDate: then\n'
              'Message-Id: <mine@x>\nSender: alice+a@example.test\n\nx')
    text = c.bob.with_text(b'Subject: whole').decode()
    assert text.count('Date:') == 1 and 'Date: then' in text, text
    assert text.lower().count('message-id:') == 1, text
    assert 'Sender: alice+a@example.test' in text, text
    s.close()


def headers_in_any_pieces():
    """In one write, in bytes, by BDAT, without a body, of 200 KB."""
    c.bob.clear()
    long = 'X-Long: ' + 'x' * 900 + '\n'
    for i, (header, body) in enumerate((
            ('', 'x\n'), ('', None), (long * 200, 'x\n'),
            (long * 220, 'y' * 70 + '\n' * 2000))):
        for way in ('whole', 'bytes', 'bdat'):
            subject = 'piece-%d-%s-' % (i, way)
            text = ('Bcc: gone@example.test\nSubject: %s\nFrom: %s\n%s' % (
                subject, USER, header)) + ('' if body is None else
                                           '\n' + body)
            data = text.replace('\n', '\r\n').encode()
            s = logged_in()
            s.cmd('MAIL FROM:<%s>' % USER, 250)
            s.cmd('RCPT TO:<bob@example.test>', 250)
            if way == 'bdat':
                half = len(data) // 3
                s.send(b'BDAT %d\r\n' % half + data[:half])
                s.reply(250)
                s.send(b'BDAT %d LAST\r\n' % (len(data) - half) +
                       data[half:])
            else:
                s.cmd('DATA', 354)
                if way == 'bytes':
                    for k in range(120):
                        s.send(data[k:k + 1])
                    data = data[120:]
                s.send(data + b'.\r\n')
            s.reply(250)
            s.close()
            got = c.bob.with_text(b'Subject: ' + subject.encode()).decode()
            assert 'gone@' not in got and 'Message-ID: ' in got, got[:500]
            assert got.count('X-Long:') == header.count('X-Long:')
            if body:
                assert got.endswith('\n\n' + body), got[-200:]


def relay_for_users():
    """Anywhere: queued takes it on; a stranger is refused."""
    s = logged_in()
    s.message(USER, ['someone@elsewhere.invalid'], hello(USER, 'away'))
    s.close()
    s = Mailer(c, 'smtp')
    s.cmd('MAIL FROM:<%s>' % USER, 250)
    s.cmd('RCPT TO:<someone@elsewhere.invalid>', 550)
    s.close()
    c.wait_log('class="user %s"' % USER, 'tls=TLSv1.')
    c.correo('queue', 'remove', '--all')


def strict():
    """An instance with other rules than quickstart's."""
    if 'strict' not in state:
        d = state['strict'] = Instance(place, base)
        d.quickstart('start')
        with open(d.ready['config'], 'a') as f:
            f.write('smtpd.submission.max_messages 5\n'
                    'smtpd.submission.max_recipients 8\n'
                    'smtpd.submission.senders alice@example.test='
                    'news@partner.example alice@example.test=@own.example\n')
        d.quickstart('restart')
    return state['strict']


def rates():
    d = strict()
    user, password = d.ready['user1'], d.ready['password1']
    text = 'From: %s\nSubject: rate\n\nx' % user
    bob = 'bob@example.test'
    s = logged_in(user, password, d)
    s.message(user, [bob, 'bob+1@example.test', 'bob+2@example.test',
                     'bob+3@example.test', 'bob+4@example.test'], text)
    code, lines = s.message(user, [bob + '', 'bob+1@example.test',
                                   'bob+2@example.test', 'bob+5@example.test'],
                            text, 450)
    assert '4.7.1' in lines[0] and 'max_recipients' in lines[0], lines
    s.message(user, [bob], text)
    # not by another connection either
    s2 = logged_in(user, password, d)
    s2.message(user, [bob], text)
    s.message(user, [bob], text)
    code, lines = s2.message(user, [bob], text, 450)
    s.close()
    s2.close()
    # another user's are another's
    s = logged_in(d.ready['user2'], d.ready['password2'], d)
    s.message(d.ready['user2'], [bob], 'From: bob@example.test\n\nx')
    s.close()


def configured_senders():
    d = strict()
    s = logged_in(d.ready['user1'], d.ready['password1'], d)
    for sender, code in (('news@partner.example', 250),
                         ('Any.One@own.example', 250),
                         ('other@partner.example', 553),
                         ('x@sub.own.example', 553)):
        s.cmd('MAIL FROM:<%s>' % sender, code)
        s.cmd('RSET', 250)
    s.close()
    s = logged_in(d.ready['user2'], d.ready['password2'], d)
    s.cmd('MAIL FROM:<news@partner.example>', 553)
    s.close()


try:
    tell([senders_of_a_login, from_of_a_login, what_is_added_and_taken_out,
          headers_in_any_pieces, relay_for_users, rates, configured_senders])
finally:
    if os.path.exists(place):
        Instance(place, base).quickstart('stop', ok=False)
