"""Delivery reports, read by Python's email package as a stranger would."""
import email
import email.policy

from correo import message, run, tell, the_instance

c = the_instance()


def sendmail(*argv, text, ok=True):
    return run(c.dir + '/sendmail', *argv, input=text, ok=ok)


def transaction(sender, rcpt, text, mail='', rcpt_options=''):
    s = c.smtp()
    code, answer = s.docmd('MAIL', 'FROM:<%s>%s' % (sender, mail))
    assert code == 250, (code, answer)
    code, answer = s.docmd('RCPT', 'TO:<%s>%s' % (rcpt, rcpt_options))
    assert code == 250, (code, answer)
    code, answer = s.data(text)
    assert code == 250, (code, answer)
    return answer.decode().split()[-1]


def report(stored):
    """Its status fields per recipient, and the parts."""
    m = email.message_from_bytes(stored, policy=email.policy.default)
    assert m['Return-Path'] == '<>', m['Return-Path']
    assert m.get_content_type() == 'multipart/report', m.get_content_type()
    assert m.get_param('report-type') == 'delivery-status'
    assert m['Auto-Submitted'].startswith('auto-'), m['Auto-Submitted']
    human, status, original = m.get_payload()
    assert human.get_content_type() == 'text/plain'
    assert status.get_content_type() == 'message/delivery-status'
    message_fields, *people = status.get_payload()
    assert 'Reporting-MTA' in message_fields, message_fields
    return human.get_content(), message_fields, people, original


def an_unknown_person_behind_an_alias():
    """Accepted at the alias, failed behind it: the sender hears of it."""
    c.change('alias', 'add', 'team@example.test', 'bob@example.test',
             'gone@example.test')
    c.alice.clear()
    c.bob.clear()
    transaction('alice@example.test', 'team@example.test',
                message('to the team', 'secret body\n'))
    c.bob.with_text(b'to the team')
    human, fields, people, original = report(
        c.alice.with_text(b'multipart/report'))
    assert 'gone@example.test' in human, human
    one, = people
    assert one['Action'] == 'failed', one
    assert one['Status'].startswith('5.1.1'), one
    assert one['Final-Recipient'].endswith('gone@example.test'), one
    assert 'to the team' in str(original), original
    c.correo('alias', 'remove', 'team@example.test')


def a_dropped_message_comes_back():
    c.alice.clear()
    sendmail('-f', 'alice@example.test', 'nosuch@example.test',
             text=b'Subject: dropped\n\nhello\n')
    human, fields, people, original = report(
        c.alice.with_text(b'multipart/report'))
    assert people[0]['Action'] == 'failed', people[0]


def what_was_asked_for():
    """NOTIFY, RET, ENVID and ORCPT, RFC 3461."""
    c.alice.clear()
    c.bob.clear()
    transaction('alice@example.test', 'bob@example.test',
                message('asked', 'the body\n'), ' RET=HDRS ENVID=ab+2Bc',
                ' NOTIFY=SUCCESS ORCPT=rfc822;robert@example.test')
    c.bob.with_text(b'asked')
    human, fields, people, original = report(
        c.alice.with_text(b'multipart/report'))
    assert fields['Original-Envelope-Id'] == 'ab+c', fields
    one, = people
    assert one['Action'] == 'delivered', one
    assert one['Original-Recipient'] == 'rfc822;robert@example.test', one
    assert original.get_content_type() == 'text/rfc822-headers'
    assert 'the body' not in str(original), original


def never_means_never():
    c.alice.clear()
    c.change('alias', 'add', 'void@example.test', 'gone@example.test')
    start = len(c.log())
    ident = transaction('alice@example.test', 'void@example.test',
                        message('silence'), '', ' NOTIFY=NEVER')
    c.wait_log('id=' + ident, 'event=failed', start=start)
    c.idle()
    assert not c.alice.mail()
    c.correo('alias', 'remove', 'void@example.test')


def a_list_has_an_owner():
    """owner-LIST is the sender of what LIST sends on, and hears of what fails;
    the sender of the rest hears only that it was expanded."""
    c.correo('alias', 'add', 'list@example.test', 'bob@example.test',
             'gone@example.test')
    c.change('alias', 'add', 'owner-list@example.test', 'bob@example.test')
    c.alice.clear()
    c.bob.clear()
    transaction('alice@example.test', 'list@example.test',
                message('to the list'), ' ENVID=mine',
                ' NOTIFY=SUCCESS ORCPT=rfc822;list@example.test')
    copy = c.bob.with_text(b'to the list\n\nHello')
    assert copy.startswith(b'Return-Path: <owner-list@example.test>\n'), copy
    human, fields, people, original = report(
        c.bob.with_text(b'multipart/report'))
    one, = people
    assert one['Action'] == 'failed', one
    assert one['Final-Recipient'].endswith('gone@example.test'), one
    assert 'Original-Envelope-Id' not in fields, fields
    assert 'Original-Recipient' not in one, one
    human, fields, people, original = report(c.alice.wait()[0])
    one, = people
    assert one['Action'] == 'expanded', one
    assert fields['Original-Envelope-Id'] == 'mine', fields
    c.idle()
    assert len(c.alice.mail()) == 1
    for name in 'list', 'owner-list':
        c.correo('alias', 'remove', name + '@example.test')


def a_report_that_fails_goes_to_postmaster():
    """Its sender is unknown: the report about the report's end."""
    start = len(c.log())
    c.correo('alias', 'add', 'void@example.test', 'gone@example.test')
    c.bob.clear()
    c.change('alias', 'add', 'postmaster', 'bob@example.test')
    transaction('nosuch@example.test', 'void@example.test',
                message('double'))
    c.bob.with_text(b'multipart/report')
    c.wait_log('event=report', start=start)
    c.correo('alias', 'remove', 'void@example.test')
    c.correo('alias', 'remove', 'postmaster')


tell([an_unknown_person_behind_an_alias,
      a_dropped_message_comes_back, what_was_asked_for,
      never_means_never, a_list_has_an_owner, a_report_that_fails_goes_to_postmaster])
