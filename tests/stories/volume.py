"""Many recipients, large messages, many connections."""
import os
import re
import socket
import threading
import time

from correo import message, name_and_parent, same, tell, the_instance, wait

c = the_instance()


def a_thousand_recipients():
    """499 aliases of each, and an extension, in one message: however many ways
    lead to an address, it gets one copy."""
    path = c.dir + '/etc/tables/aliases'
    old = open(path).read() if os.path.exists(path) else ''
    with open(path, 'w') as f:
        f.write(old)
        for n in range(998):
            f.write('many%d@example.test: %s@example.test\n'
                    % (n, ('alice', 'bob')[n % 2]))
    c.change('tables')
    c.alice.clear()
    c.bob.clear()
    rcpts = ['many%d@example.test' % n for n in range(998)]
    rcpts += ['alice+x@example.test', 'bob+x@example.test']
    assert c.send(rcpts, message('to a thousand')) == {}
    c.alice.with_text(b'to a thousand', 60)
    c.bob.with_text(b'to a thousand', 60)
    c.idle(60)
    assert len(c.alice.wait(2)) == 2 and len(c.bob.wait(2)) == 2
    s = c.smtp()
    s.mail('a@sender.test')
    for r in rcpts:
        assert s.rcpt(r)[0] == 250
    code, text = s.rcpt('bob@example.test')
    assert code == 452 and text.startswith(b'4.5.3'), (code, text)
    with open(path, 'w') as f:
        f.write(old)
    c.correo('tables')


def an_alias_of_ten_thousand():
    """By a list in a file: each has one copy, and its owner one report in
    parts, which name all that failed."""
    many, gone = 10000, 600
    listed = c.dir + '/list'
    with open(listed, 'w') as f:
        f.write('# members\n')
        f.writelines('%s%d@example.test\n' % ('gone' if n < gone else 'bob+', n)
                     for n in range(many))
    c.correo('alias', 'add', 'list@example.test', ':include:' + listed)
    c.change('alias', 'add', 'owner-list@example.test', 'alice@example.test')
    c.alice.clear()
    c.bob.clear()
    loop, = [p for p in c.pids() if name_and_parent(p)[0] == 'loop']
    began, before = time.monotonic(), anonymous(loop)
    c.send(['list@example.test'], message('to ten thousand'))
    wait('all copies', lambda: len(c.bob.mail()) >= many - gone, 120)
    most = anonymous(loop)
    c.idle()
    print('10000 of an alias: %.1f s, %d KiB more'
          % (time.monotonic() - began, most - before))
    assert most - before < 32768
    copies = [open(f, 'rb').read() for f in c.bob.mail()]
    assert len({re.search(rb'^Delivered-To: (.*)', m, re.M)[1]
                for m in copies}) == len(copies) == many - gone
    told = b''.join(open(f, 'rb').read() for f in c.alice.mail())
    failed = re.findall(rb'^Final-Recipient: rfc822;\s*gone(\d+)@', told, re.M)
    assert sorted(map(int, failed)) == list(range(gone)), len(failed)
    for name in 'list', 'owner-list':
        c.correo('alias', 'remove', name + '@example.test')
    os.unlink(listed)
    c.alice.clear()
    c.bob.clear()


def a_hundred_thousand_recipients_asked_for():
    """In one session, without waiting: each over the limit is told so, and the
    message still goes to those within it."""
    many, limit = 100000, 1000
    c.alice.clear()
    with socket.create_connection((c.host, c.port), timeout=120) as s:
        f = s.makefile('rb')
        assert f.readline().startswith(b'220 ')
        before = {p: anonymous(p) for p in c.pids()}
        text = b'HELO client.test\r\nMAIL FROM:<a@sender.test>\r\n' + \
            b'RCPT TO:<alice@example.test>\r\n' * many + b'DATA\r\n'
        sender = threading.Thread(target=s.sendall, args=(text,))
        sender.start()
        replies = [f.readline() for _ in range(many + 3)]
        sender.join()
        assert all(r.startswith(b'250 ') for r in replies[:limit + 2])
        assert all(r.startswith(b'452 4.5.3 ') for r in replies[limit + 2:-1])
        assert replies[-1].startswith(b'354 '), replies[-1]
        grown = max(anonymous(p) - kb for p, kb in before.items())
        print('%d recipients asked for: %d KiB more' % (many, grown))
        assert grown < 2048, '%d KiB more' % grown
        s.sendall(message('asked for') + b'.\r\n')
        assert f.readline().startswith(b'250 ')
    c.idle(60)
    assert len(c.alice.wait(1)) == 1


def anonymous(pid):
    """KiB of a process that are its own; 0 when it has gone."""
    try:
        status = open('/proc/%s/status' % pid).read()
    except OSError:
        return 0
    found = re.search(r'^RssAnon:\s*(\d+)', status, re.M)
    return int(found[1]) if found else 0


def just_under_the_limit_and_just_over():
    c.alice.clear()
    s = c.smtp()
    limit = int(s.esmtp_features['size'])
    assert limit == 50 << 20, limit
    line = b'A' * 76 + b'\r\n'
    head = message('large', '', 'MIME-Version: 1.0\nContent-Type: '
                   'multipart/mixed; boundary=b\n')
    part = b'--b\r\nContent-Type: application/octet-stream\r\n' \
        b'Content-Disposition: attachment; filename=%d\r\n' \
        b'Content-Transfer-Encoding: base64\r\n\r\n'
    sent = head + b''.join(part % i + line * (
        (limit - len(head) - 4096) // 5 // len(line)) for i in range(5)) + \
        b'--b--\r\n'
    c.send(['alice@example.test'], sent)
    same(sent, c.alice.with_text(b'Subject: large', 60))
    s = c.smtp()
    code, text = s.mail('a@sender.test', ['SIZE=%d' % (limit + 1)])
    assert code == 552 and text.startswith(b'5.3.4'), (code, text)
    s.rset()
    s.mail('a@sender.test')
    s.rcpt('alice@example.test')
    code, text = s.data(sent + line * 100)
    assert code == 552 and text.startswith(b'5.3.4'), (code, text)
    assert s.noop()[0] == 250
    c.alice.clear()


def ten_thousand_over_fifty_connections():
    """Every one answered with 250 arrives, once and whole."""
    c.alice.clear()
    c.bob.clear()
    want = int(os.environ.get('CORREO_MANY', '10000'))
    began = time.monotonic()
    bad = []
    threads = [threading.Thread(target=many, args=(n, want // 50, bad))
               for n in range(50)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not bad, bad[:3]
    accepted = time.monotonic() - began
    wait('all of them', lambda: len(c.alice.mail()) + len(c.bob.mail())
         >= want, 600)
    print('%d messages: accepted in %.1f s, delivered in %.1f s'
          % (want, accepted, time.monotonic() - began))
    seen = {}
    for f in c.alice.mail() | c.bob.mail():
        data = open(f, 'rb').read()
        number = data.split(b'Subject: number ', 1)[1].split(b'\n', 1)[0]
        assert number not in seen, (f, seen[number])
        seen[number] = f
        same(numbered(number.decode()), data)
    assert len(seen) == want, len(seen)
    c.alice.clear()
    c.bob.clear()


def numbered(number):
    return message('number ' + number, ('%s\n' % number) * 20)


def many(n, count, bad):
    try:
        s = c.smtp()
        for k in range(count):
            refused = s.sendmail('a@sender.test',
                                 [('alice', 'bob')[k % 2] + '@example.test'],
                                 numbered('%d.%d' % (n, k)))
            if refused:
                bad.append(refused)
        s.quit()
    except Exception as e:
        bad.append(e)


tell([a_thousand_recipients, an_alias_of_ten_thousand,
      a_hundred_thousand_recipients_asked_for,
      just_under_the_limit_and_just_over,
      ten_thousand_over_fifty_connections])
