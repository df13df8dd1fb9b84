"""Thunderbird itself, without a screen: it sets up accounts, fetches by POP3,
synchronises by IMAP and sends, each over TLS with the certificate verified."""
import base64
import imaplib
import os
import shutil
import time

from correo import Skip, message, tell, the_instance, wait
from mailer import address, context
from marionette import Program

BINARY = os.environ.get('CORREO_THUNDERBIRD') or shutil.which('thunderbird')
HERE = os.path.dirname(os.path.abspath(__file__))

c = the_instance()
c.own_users()
USER, PASSWORD = c.ready['user1'], c.ready['password1']
state = {}


def program():
    """It runs from the first story to the last; with its accounts."""
    if not BINARY:
        raise Skip('no thunderbird (and CORREO_THUNDERBIRD names none)')
    if 'program' not in state:
        wait('a login of the new user', known)
        state['program'] = p = Program(BINARY, HERE + '/thunderbird.js')
        pem = open(c.ready['cafile']).read()
        p.act('trust', ''.join(pem.split('-----')[2].split()))
        for type, service in (('pop3', 'pop3s'), ('imap', 'imaps')):
            p.act('account', type, at(service, 'TLS'), at('smtps', 'TLS'),
                  USER, PASSWORD)
    return state['program']


def at(service, security):
    host, port = address(c, service)
    return {'host': host, 'port': port, 'security': security}


def known():
    try:
        login().logout()
        return True
    except imaplib.IMAP4.error:
        return False


def login():
    """Somebody else's eyes on the same mailbox."""
    m = imaplib.IMAP4_SSL(*address(c, 'imaps'), ssl_context=context(c),
                          timeout=60)
    m.login(USER, PASSWORD)
    return m


def ok(answer):
    assert answer[0] == 'OK', answer
    return answer[1]


def on_the_server(folder, keys='ALL'):
    """The subjects there, sorted."""
    m = login()
    ok(m.select(folder, readonly=True))
    numbers = ok(m.search(None, keys))[0].decode().split()
    found = [] if not numbers else [
        part[1].decode().split(':', 1)[1].strip() for part in
        ok(m.fetch(','.join(numbers), '(BODY.PEEK[HEADER.FIELDS (SUBJECT)])'))
        if isinstance(part, tuple)]
    m.logout()
    return sorted(found)


def here(type, folder='Inbox', **what):
    """The subjects that Thunderbird shows, of messages which are so."""
    return sorted(x['subject'] for x in program().act('list', type, folder)
                  if all(x[k] == v for k, v in what.items()))


def shows(type, folder, subjects, **what):
    wait('%s %s in %s of %s' % (subjects, what, folder, type),
         lambda: here(type, folder, **what) == subjects, 60)


def empty():
    m = login()
    for line in ok(m.list()):
        ok(m.select(line.decode().split(' "." ')[1]))
        if ok(m.search(None, 'ALL'))[0]:
            ok(m.store('1:*', '+FLAGS.SILENT', '\\Deleted'))
        ok(m.close())
    m.logout()


def deliver(*subjects):
    """By SMTP, as mail comes; until it is there."""
    before = len(c.alice.mail())
    for subject in subjects:
        c.send([USER], message(subject, 'Body of %s.\n.dot\n' % subject))
    c.alice.wait(before + len(subjects))


# ---------------------------------------------------------------- POP3

def POP3_fetches_and_leaves():
    p = program()
    deliver('pop 1', 'pop 2')
    p.act('fetch', 'pop3')
    assert here('pop3') == ['pop 1', 'pop 2'], here('pop3')
    text = p.act('source', 'pop3', 'Inbox', 'pop 1')
    assert 'Body of pop 1.\n.dot\n' in text.replace('\r\n', '\n'), text
    assert len(c.alice.mail()) == 2


def POP3_over_STLS_fetches_what_is_new():
    p = program()
    p.act('reach', 'pop3', at('pop3', 'STARTTLS'))
    deliver('pop 3')
    start = len(c.log())
    p.act('fetch', 'pop3')
    assert here('pop3') == ['pop 1', 'pop 2', 'pop 3'], here('pop3')
    line = c.wait_log('event=logout', 'user=' + USER, 'retr=', start=start)
    assert ' tls=TLSv1.3 retr=1 ' in line and ' left=3 ' in line, line


def POP3_deletes_what_was_deleted_here():
    p = program()
    p.act('remove', 'pop3', 'Inbox', 'pop 2')
    p.act('fetch', 'pop3')
    assert on_the_server('INBOX') == ['pop 1', 'pop 3']
    assert here('pop3') == ['pop 1', 'pop 3']


def POP3_fetches_though_another_has_deleted():
    """What IMAP, or rm, took away in between does not end the fetching."""
    p = program()
    deliver('pop 4', 'pop 5')
    for f in sorted(c.alice.mail())[:2]:
        os.unlink(f)
    p.act('fetch', 'pop3')
    assert len(c.alice.mail()) == 2
    assert set(on_the_server('INBOX')) <= set(here('pop3'))


def POP3_takes_all():
    p = program()
    deliver('pop 6')
    p.act('set', 'pop3', 'leave_on_server', False)
    p.act('fetch', 'pop3')
    assert 'pop 6' in here('pop3')
    wait('an empty mailbox', lambda: not c.alice.mail())


# ---------------------------------------------------------------- IMAP

def IMAP_first_synchronisation():
    p = program()
    empty()
    m = login()
    sent = [message('sync %03d' % i, 'Nummer %d: Grüße\n' % i * (i + 1),
                    'Content-Type: text/plain; charset=utf-8\n'
                    'Content-Transfer-Encoding: 8bit\n') for i in range(200)]
    for text in sent:
        ok(m.append('INBOX', None, None, text))
    m.logout()
    p.act('fetch', 'imap')
    shows('imap', 'Inbox', ['sync %03d' % i for i in range(200)])
    for i in range(0, 200, 20):
        text = p.act('source', 'imap', 'Inbox', 'sync %03d' % i)
        assert text.encode('latin-1').replace(b'\r\n', b'\n').endswith(
            sent[i].replace(b'\r\n', b'\n')), text
    want = {'Archive': ['Archive'], 'Drafts': ['Drafts'], 'Junk': ['Junk'],
            'Sent': ['SentMail'], 'Trash': ['Trash']}
    wait('the special folders', lambda: want.items() <= p.act(
        'folders', 'imap').items())


def IMAP_flags_both_ways():
    p = program()
    p.act('mark', 'imap', 'Inbox', 'sync 001', {'read': True})
    p.act('mark', 'imap', 'Inbox', 'sync 002', {'flagged': True})
    p.act('mark', 'imap', 'Inbox', 'sync 003', {'tag': '$label1'})
    for keys, subject in (('SEEN', 'sync 001'), ('FLAGGED', 'sync 002'),
                          ('KEYWORD $label1', 'sync 003')):
        wait('%s of %s' % (keys, subject),
             lambda: on_the_server('INBOX', keys) == [subject])
    m = login()
    ok(m.select())
    ok(m.store('5', '+FLAGS', '(\\Seen \\Flagged $label2)'))
    ok(m.store('3', '-FLAGS', '\\Flagged'))
    m.logout()
    p.act('fetch', 'imap')
    shows('imap', 'Inbox', ['sync 004'], flagged=True)
    shows('imap', 'Inbox', ['sync 001', 'sync 004'], read=True)
    assert '$label2' in [x for x in p.act('list', 'imap', 'Inbox')
                         if x['subject'] == 'sync 004'][0]['tags']


def IMAP_tells_of_new_mail_by_IDLE():
    """Nobody asks: neither the story nor Thunderbird's clock (600 minutes)."""
    program().act('fetch', 'imap')
    deliver('told')
    began = time.monotonic()
    wait('the new mail', lambda: 'told' in here('imap'), 60)
    print('IDLE: %.1f s until Thunderbird shows it' % (
        time.monotonic() - began))


def IMAP_moves_copies_and_deletes():
    p = program()
    p.act('move', 'imap', 'Inbox', 'sync 010', 'Archive')
    p.act('move', 'imap', 'Inbox', 'sync 011', 'Archive', False)
    p.act('remove', 'imap', 'Inbox', 'sync 012')
    wait('two in Archive', lambda: on_the_server('Archive') ==
         ['sync 010', 'sync 011'])
    wait('one in Trash', lambda: on_the_server('Trash') == ['sync 012'])
    left = on_the_server('INBOX')
    assert 'sync 011' in left and 'sync 010' not in left and \
        'sync 012' not in left, left
    p.act('fetch', 'imap', 'Archive')
    shows('imap', 'Archive', ['sync 010', 'sync 011'])
    # what another client takes away goes here too
    m = login()
    ok(m.select('Archive'))
    ok(m.store('1', '+FLAGS', '\\Deleted'))
    ok(m.expunge())
    m.logout()
    p.act('fetch', 'imap', 'Archive')
    shows('imap', 'Archive', ['sync 011'])


def IMAP_makes_and_renames_a_folder():
    p = program()

    def listed():
        m = login()
        found = [x.decode().split(' "." ')[1] for x in ok(m.list())]
        subscribed = [x.decode().split(' "." ')[1] for x in ok(m.lsub())]
        m.logout()
        return found, subscribed
    p.act('createFolder', 'imap', 'Büro')
    wait('the folder there', lambda: any('B&APw-ro' in x
                                         for x in listed()[0]))
    wait('the folder here', lambda: 'Büro' in p.act('folders', 'imap'))
    p.act('move', 'imap', 'Inbox', 'sync 020', 'Büro')
    p.act('renameFolder', 'imap', 'Büro', 'Amt')
    wait('the other name', lambda: 'Amt' in listed()[0])
    assert on_the_server('Amt') == ['sync 020']
    wait('the other name subscribed', lambda: 'Amt' in listed()[1])


def IMAP_searches_on_the_server():
    p = program()
    want = ['sync 030', 'sync 130']
    assert p.act('search', 'Inbox', 'Subject', '30') == want
    assert p.act('search', 'Inbox', 'Body', 'nummer 30: GRÜ') == ['sync 030']
    assert p.act('search', 'Inbox', 'Sender', 'nobody') == []


def IMAP_over_STARTTLS():
    p = program()
    p.act('reach', 'imap', at('imap', 'STARTTLS'))
    start = len(c.log())
    deliver('starttls')
    p.act('fetch', 'imap')
    wait('the mail', lambda: 'starttls' in here('imap'), 60)
    assert 'result=fail' not in c.log()[start:]


# ---------------------------------------------------------------- sending

def sends_by_465_and_587():
    p = program()
    data = bytes(range(256)) * 300
    for service, security in (('smtps', 'TLS'), ('submission', 'STARTTLS')):
        subject = 'Grüße über ' + service
        p.act('send', 'imap', at(service, security), c.ready['user2'], subject,
              'Hällo,\n.\n..dots\nFrom here\n', {
                  'name': 'blob.bin',
                  'base64': base64.b64encode(data).decode()})
        text = c.bob.with_text(base64.b64encode(subject.encode())[:20])
        head, body = text.split(b'\n\n', 1)
        assert b' with ESMTPSA' in head, head
        assert b'127.0.0.1' not in head and b'\nBcc:' not in head, head
        assert 'Hällo,\n.\n..dots\nFrom here\n'.encode() in body, body[:500]
        sent = body.replace(b'\n', b'')
        assert base64.b64encode(data) in sent, body[:2000]
        # its own copies: by Bcc, and in Sent by APPEND
        c.alice.with_text(base64.b64encode(subject.encode())[:20])
    wait('two in Sent', lambda: len(on_the_server('Sent')) == 2)


try:
    tell([POP3_fetches_and_leaves, POP3_over_STLS_fetches_what_is_new,
          POP3_deletes_what_was_deleted_here,
          POP3_fetches_though_another_has_deleted, POP3_takes_all,
          IMAP_first_synchronisation, IMAP_flags_both_ways,
          IMAP_tells_of_new_mail_by_IDLE, IMAP_moves_copies_and_deletes,
          IMAP_makes_and_renames_a_folder, IMAP_searches_on_the_server,
          IMAP_over_STARTTLS, sends_by_465_and_587])
finally:
    if 'program' in state:
        state['program'].end()
