"""From a client to a Maildir: every way an address can mean someone."""

import os
import re
import shutil

from correo import (Skip, below_trace, message, run, same, tell,
                    the_instance, wait)

c = the_instance()


def the_first_mail():
    c.alice.clear()
    sent = message('first', 'Line one\n.\n..two\n.three\n\n')
    c.send(['alice@example.test'], sent)
    stored, = c.alice.wait()
    same(sent, stored)
    trace, _ = below_trace(stored)
    assert trace.startswith(b'Return-Path: <a@sender.test>\n'), trace
    assert b'Delivered-To: alice@example.test\n' in trace, trace
    assert b'from client.test ([127.0.0.1])' in trace, trace


def the_id_is_the_same_everywhere():
    c.alice.clear()
    start = len(c.log())
    s = c.smtp()
    s.mail('a@sender.test')
    s.rcpt('alice@example.test')
    code, text = s.data(message('id'))
    s.quit()
    assert code == 250, (code, text)
    ident = text.decode().split()[-1]
    stored, = c.alice.wait()
    assert ('\tid ' + ident).encode() in stored, (ident, stored)
    name, = c.alice.mail()
    assert 'Q' + ident + 'R1.' in name, name
    c.wait_log('id=' + ident, 'event=accepted', start=start)
    c.wait_log('id=' + ident, 'event=delivered', start=start)


def sizes_in_the_name_are_true():
    c.alice.clear()
    c.send(['alice@example.test'], message('size', 'x\n' * 1000))
    stored, = c.alice.wait()
    name, = c.alice.mail()
    assert ',S=%d,W=%d' % (len(stored), len(stored) + stored.count(b'\n')) \
        in name, (name, len(stored))


def two_people_and_an_extension():
    c.alice.clear()
    c.bob.clear()
    c.send(['alice+lists@example.test', 'BOB@EXAMPLE.test'], message('two'))
    assert b'Delivered-To: alice+lists@example.test\n' in c.alice.wait()[0]
    c.bob.wait()


def an_alias_and_its_end():
    c.bob.clear()
    c.change('alias', 'add', 'info@example.test', 'bob@example.test')
    c.send(['info@example.test'], message('to an alias'))
    c.bob.with_text(b'to an alias')
    c.correo('alias', 'remove', 'info@example.test')
    wait('the end of the alias', lambda: refused('info@example.test'))


def an_alias_that_names_itself():
    """Keeps a copy; and so does the owner's forwarding file."""
    home = os.path.dirname(c.alice.path)
    with open(home + '/.forward', 'w') as f:
        f.write('\\alice, "|cat >copy"\n')
    os.chown(home + '/.forward', os.stat(home).st_uid, -1)
    c.change('alias', 'add', 'alice@example.test', 'alice, bob')
    try:
        c.send(['alice@example.test'], message('to me and bob'))
        stored = c.alice.with_text(b'to me and bob')
        assert stored.count(b'Delivered-To:') == 1, stored
        wait('the copy', lambda: os.path.exists(home + '/copy') and
             b'to me and bob' in open(home + '/copy', 'rb').read())
        c.bob.with_text(b'to me and bob')
        wait('an empty queue', lambda: not c.queue())
    finally:
        c.correo('alias', 'remove', 'alice@example.test')
        os.unlink(home + '/.forward')


def an_alias_to_nowhere():
    """Thrown away without a report, and no user is to be named."""
    c.alice.clear()
    start = len(c.log())
    c.change('alias', 'add', 'noreply@example.test', '/dev/null')
    c.send(['noreply@example.test'], message('to nowhere'),
           sender='alice@example.test')
    c.wait_log('rcpt=<noreply@example.test>', 'thrown away', start=start)
    wait('an empty queue', lambda: not c.queue())
    assert not c.alice.mail()
    c.correo('alias', 'remove', 'noreply@example.test')


def an_alias_of_nobody_is_named():
    def told(*words):
        return c.correo('alias', *words).stderr
    assert told('add', 'wrong@example.test', 'ghost', 'x@far.example',
                'bob@example.test') == \
        b'wrong@example.test -> ghost@example.test: no such recipient\n'
    try:
        assert not told('add', 'right', 'bob')
        assert not told('set', 'right', 'bob, alice@example.test')
        line = told('set', 'right', 'ghost')
        assert line.startswith(b'right -> ghost@'), line
        assert line in c.correo('check', ok=False).stdout, line
        assert not told('set', 'wrong@example.test', 'alice')
    finally:
        c.correo('alias', 'remove', 'wrong@example.test')
        c.correo('alias', 'remove', 'right', ok=False)


def what_then_reaches_nobody_is_named():
    c.correo('user', 'add', 'brief@example.test', '--password-stdin',
             input=b'of-brief')
    c.correo('alias', 'add', 'chain@example.test', 'brief@example.test')
    c.correo('alias', 'add', 'link@example.test', 'chain@example.test')
    try:
        assert c.correo('user', 'remove', 'brief@example.test').stderr == \
            b'chain@example.test -> brief@example.test: no such recipient\n'
        assert c.correo('alias', 'remove', 'chain@example.test').stderr == \
            b'link@example.test -> chain@example.test: no such recipient\n'
    finally:
        c.correo('alias', 'remove', 'chain@example.test', ok=False)
        c.correo('alias', 'remove', 'link@example.test')


def aliases_without_an_end_are_named():
    def told(name, target):
        return c.correo('alias', 'set', name, target).stderr
    names = ['ring1', 'ring2', 'self@example.test', 'postmaster', 'root'] + \
        ['deep%d' % i for i in range(11)]
    ring = b': comes back to itself, or passes more than 10 aliases\n'
    try:
        told('ring1', 'ring2')
        assert told('ring2', 'ring1') == b'ring2' + ring
        assert b'no such' in told('self@example.test', 'self')
        assert not told('self@example.test', 'self+x@far.example')
        told('deep0', 'alice@example.test')
        for i in range(1, 10):
            assert not told('deep%d' % i, 'bob, deep%d' % (i - 1)), i
        assert told('deep10', 'deep9, bob') == b'deep10' + ring
        c.correo('alias', 'set', 'root', 'postmaster')
        c.correo('alias', 'set', 'postmaster', 'root')
        report = c.correo('check', ok=False).stdout
        for line in (b'warn aliases: ring1' + ring,
                     b'fail postmaster: nobody gets its mail'):
            assert line in report, report
        assert b'deep9' not in report, report
    finally:
        for name in names:
            c.correo('alias', 'remove', name, ok=False)


def what_is_quietly_in_vain_is_named():
    path = os.path.dirname(c.ready['config']) + '/secrets/passwords'
    more = c.dir + '/run/more.conf'
    with open(more, 'w') as f:
        f.write(open(c.ready['config']).read() +
                'queued.drop_size 1M\nimapd.mechanisms PLAIN\n'
                'always_bcc bob@example.test x.invalid=y@x.invalid '
                'example.test=gone@example.test\n')
    with open(path) as f:
        kept = f.read()
    told = (b'warn sendmail.max_size: is more than queued.drop_size',
            b'warn smtpd.mechanisms: offers SCRAM, and 1 users (alice@',
            b'warn imapd.mechanisms: offers SCRAM',
            b'warn relay: rcpt other.invalid x: other.invalid is no relay',
            b'warn aliases: always_bcc -> gone@example.test: no such')

    def said(config):
        out = run(c.dir + '/sbin/correo', '-c', config, 'check',
                  ok=False).stdout
        return [line in out for line in told]
    assert not any(said(c.ready['config']))
    try:
        with open(path, 'w') as f:
            f.writelines(x for x in kept.splitlines(True)
                         if not x.startswith('alice@example.test:SCRAM'))
        c.correo('relay', 'add', 'rcpt', 'other.invalid', 'x')
        assert said(c.ready['config']) == [False, True, True, True,
                                             False]
        assert said(more) == [True, True, False, True, True]
    finally:
        with open(path, 'w') as f:
            f.write(kept)
        c.correo('relay', 'remove', 'rcpt', 'other.invalid', 'x')


def a_home_that_is_gone_is_named():
    c.correo('user', 'add', 'gone@example.test', '--password-stdin',
             input=b'of-gone')
    home = os.path.dirname(os.path.dirname(c.alice.path)) + '/gone'
    line = ('fail users: gone@example.test: %s: No such file' % home).encode()
    try:
        assert line not in c.correo('check', ok=False).stdout
        shutil.rmtree(home)
        r = c.correo('check', ok=False).stdout
        assert line in r, r
        cure = re.search(rb'its mail waits: (install -d .*)', r).group(1)
        if os.geteuid() == 0:
            run('sh', '-c', cure.decode())
            assert line not in c.correo('check', ok=False).stdout
    finally:
        c.correo('user', 'remove', 'gone@example.test')


def who_may_not_look_is_told_no_cures():
    if os.geteuid() != 0:
        raise Skip('no root')
    r = run(c.dir + '/sbin/correo', '-c', c.ready['config'], 'check',
            ok=False, user=65534, group=65534, extra_groups=[])
    assert r.returncode == 1 and not r.stderr, r
    assert r.stdout.startswith(b'fail user: only root'), r
    assert r.stdout.count(b'\n') == 1, r


def a_list_with_one_person_twice():
    c.alice.clear()
    c.bob.clear()
    c.change('alias', 'add', 'all@example.test', 'alice@example.test',
             'bob@example.test', 'alice@example.test')
    c.send(['all@example.test'], message('to all'))
    c.bob.with_text(b'to all')
    c.idle()
    assert len(c.alice.wait()) == 1
    c.correo('alias', 'remove', 'all@example.test')


def a_catch_all():
    c.bob.clear()
    c.correo('domain', 'add', 'catch.test')
    c.change('alias', 'add', '@catch.test', 'bob@example.test')
    c.send(['whoever@catch.test'], message('caught'))
    c.bob.with_text(b'caught')
    c.correo('alias', 'remove', '@catch.test')
    c.correo('domain', 'remove', 'catch.test')
    wait('the end of the domain', lambda: refused('whoever@catch.test'))


def refused(rcpt):
    """The reply's code when it is refused, else 0."""
    s = c.smtp()
    s.mail('a@sender.test')
    code, text = s.rcpt(rcpt)
    s.close()
    return (code, text) if code >= 400 else 0


def unknown_people_are_refused_at_once():
    code, text = refused('nobody@example.test')
    assert code == 550 and text.startswith(b'5.1.1'), (code, text)


def strangers_may_not_relay():
    for rcpt in ('x@elsewhere.example', '"x@elsewhere.example"@other.example',
                 'x%elsewhere.example@other.example'):
        code, text = refused(rcpt)
        assert code == 550 and text.startswith(b'5.7.1'), (rcpt, code, text)


def postmaster_always():
    for rcpt in ('postmaster@example.test', 'Postmaster',
                 'abuse@example.test', 'root@example.test',
                 'postmaster@mx.example.test'):
        assert not refused(rcpt), (rcpt, refused(rcpt))
    start = len(c.log())
    c.send(['postmaster'], message('to the postmaster'))
    c.wait_log('event=delivered', start=start)


def eight_bits_and_utf8():
    c.alice.clear()
    body = 'Grüße — ¡hola! 你好\n'
    sent = message('8bit', body)
    c.send(['alice@example.test'], sent, options=['BODY=8BITMIME'])
    same(sent, c.alice.wait()[0])
    c.alice.clear()
    sent = message('Grüße', body)
    s = c.smtp()
    s.command_encoding = 'utf-8'
    code, text = s.docmd('MAIL', 'FROM:<jürgen@sender.test> SMTPUTF8')
    assert code == 250, (code, text)
    code, text = s.rcpt('alice@example.test')
    assert code == 250, (code, text)
    code, text = s.data(sent)
    assert code == 250, (code, text)
    same(sent, c.alice.wait()[0])


def utf8_by_curl_and_nodemailer():
    """Both ask for SMTPUTF8 by themselves where an address needs it."""
    sender = 'jürgen@sender.test'
    sent = message('Grüße', '你好\n').replace(b'a@sender.test',
                                              sender.encode())
    path = c.dir + '/run/upload'
    with open(path, 'wb') as f:
        f.write(sent)
    utf8 = dict(os.environ, LC_ALL='C.UTF-8')
    curl = ['curl', '-sS', 'smtp://%s:%d' % (c.host, c.port), '--mail-from',
            sender, '--mail-rcpt', 'alice@example.test', '-T', path]
    node = ['node', '-e', "const t=require(process.env.CORREO_NODE_MODULES+"
            "'/nodemailer').createTransport({host:process.argv[1],port:"
            "+process.argv[2],ignoreTLS:true});t.sendMail({envelope:{from:"
            "process.argv[3],to:'alice@example.test'},raw:require('fs')"
            ".readFileSync(process.argv[4])},e=>process.exit(e?1:0))", c.host,
            c.port, sender, path]
    for argv in [curl] + [node] * ('CORREO_NODE_MODULES' in os.environ):
        c.alice.clear()
        run(*argv, env=utf8)
        stored = c.alice.wait()[0]
        same(sent, stored)
        assert b'with UTF8SMTP' in stored, stored
        assert stored.startswith(b'Return-Path: <%s>' % sender.encode())


def international_domains():
    """Configured in one form or the other, in capitals too: all are the same
    domain, and so is whatever a client writes."""
    ascii = ['alice@xn--bcher-kva.example', 'alice@xn--strae-oqa.example']
    others = ['alice@bücher.example', 'alice@BÜCHER.Example',
              'alice@straße.example']
    c.correo('domain', 'add', 'Bücher.example', 'alias', 'example.test')
    c.correo('domain', 'add', 'xn--strae-oqa.example', 'alias',
             'example.test')
    c.takes_effect()
    for rcpt in ascii + others:
        c.alice.clear()
        s = c.smtp()
        s.command_encoding = 'utf-8'
        option = '' if rcpt in ascii else ' SMTPUTF8'
        code, text = s.docmd('MAIL', 'FROM:<a@sender.test>' + option)
        assert code == 250, (code, text)
        code, text = s.docmd('RCPT', 'TO:<%s>' % rcpt)
        assert code == 250, (rcpt, code, text)
        code, text = s.data(message(rcpt))
        assert code == 250, (code, text)
        c.alice.wait()
    for domain in 'BÜCHER.example', 'straße.example':
        c.correo('domain', 'remove', domain)
    c.takes_effect()
    assert refused(ascii[0])


def chunks():
    c.alice.clear()
    sent = message('in chunks', 'one\n.\ntwo\n')
    s = c.smtp()
    s.mail('a@sender.test')
    s.rcpt('alice@example.test')
    for part, last in ((sent[:10], ''), (sent[10:50], ''), (sent[50:], ' LAST')):
        s.send(b'BDAT %d%s\r\n' % (len(part), last.encode()) + part)
        code, text = s.getreply()
        assert code == 250, (code, text)
    same(sent, c.alice.wait()[0])


def one_burst_of_everything():
    """A pipelined transaction in one write gets all its answers."""
    c.alice.clear()
    s = c.smtp()
    s.send(b'MAIL FROM:<a@sender.test>\r\nRCPT TO:<nobody@example.test>\r\n'
           b'RCPT TO:<alice@example.test>\r\nDATA\r\n')
    assert [s.getreply()[0] for _ in range(4)] == [250, 550, 250, 354]
    s.send(message('burst') + b'.\r\nQUIT\r\n')
    assert [s.getreply()[0] for _ in range(2)] == [250, 221]
    c.alice.with_text(b'burst')


def smuggling_is_refused():
    """Only CR LF . CR LF ends a message; what looks like it spoils it."""
    for end in (b'\n.\n', b'\n.\r\n', b'\r\n.\n', b'\r.\r', b'\r\n.\r',
                b'\r\n\0.\r\n', b'\r.\r\n'):
        s = c.smtp()
        s.mail('a@sender.test')
        s.rcpt('alice@example.test')
        s.putcmd('DATA')
        assert s.getreply()[0] == 354
        s.send(b'Subject: smuggled\r\n\r\nx' + end + b'MAIL FROM:<evil@x>\r\n'
               b'\r\n.\r\n')
        code, text = s.getreply()
        assert code == 550, (end, code, text)
        assert s.noop()[0] == 250, end
        s.close()


def swaks_and_curl_and_msmtp():
    c.bob.clear()
    where = '%s:%d' % (c.host, c.port)
    run('swaks', '--server', where, '--to', 'bob@example.test', '--from',
        'a@sender.test', '--body', 'by swaks', '--silent', '2')
    with open(c.dir + '/run/upload', 'wb') as f:
        f.write(message('curl', 'by curl\n'))
    run('curl', '-s', 'smtp://' + where, '--mail-from', 'a@sender.test',
        '--mail-rcpt', 'bob@example.test', '-T', c.dir + '/run/upload')
    run('msmtp', '-C', '/dev/null', '--host=' + c.host, '--port=%d' % c.port,
        '--from=a@sender.test', 'bob@example.test',
        input=b'Subject: msmtp\n\nby msmtp\n')
    for who in (b'by swaks', b'by curl', b'by msmtp'):
        c.bob.with_text(who)


tell([the_first_mail, the_id_is_the_same_everywhere,
      sizes_in_the_name_are_true, two_people_and_an_extension,
      an_alias_and_its_end, an_alias_that_names_itself,
      an_alias_to_nowhere, an_alias_of_nobody_is_named,
      what_then_reaches_nobody_is_named,
      aliases_without_an_end_are_named, what_is_quietly_in_vain_is_named,
      a_home_that_is_gone_is_named,
      who_may_not_look_is_told_no_cures,
      a_list_with_one_person_twice, a_catch_all,
      unknown_people_are_refused_at_once, strangers_may_not_relay,
      postmaster_always, eight_bits_and_utf8,
      utf8_by_curl_and_nodemailer, international_domains, chunks,
      one_burst_of_everything, smuggling_is_refused,
      swaks_and_curl_and_msmtp])
