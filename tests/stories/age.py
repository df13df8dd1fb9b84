"""Days pass: a warning, the end of a lifetime, and what is tried meanwhile.
The test build's clock is shifted; no other build has one."""
import email
import email.policy
import os

from correo import Instance, another, run, tell, test_build, the_instance, wait

c = the_instance()


def a_message_grows_old():
    d, base = another('age')
    os.mkdir(d, 0o755)
    i = Instance(d, base, test_build())
    try:
        i.quickstart('start')
        i.change('route', 'add', '*', 'smtp://127.0.0.1:1')
        run(i.dir + '/sendmail', '-f', 'alice@example.test',
            'x@elsewhere.invalid', input=b'Subject: old\n\nhello\n')
        i.wait_log('event=deferred', 'x@elsewhere.invalid')
        later(i, '+5h')
        warning = i.alice.with_text(b'delayed')
        assert b'x@elsewhere.invalid' in warning, warning
        waiting, = i.queue()
        assert waiting['attempts'] >= 2, waiting
        later(i, '+2d')
        wait('a third attempt', lambda: i.queue()[0]['attempts'] >= 3)
        assert len([f for f in i.alice.mail()
                    if b'delayed' in open(f, 'rb').read()]) == 1
        i.alice.clear()
        later(i, '+6d')
        human, status, _ = email.message_from_bytes(
            i.alice.with_text(b'multipart/report'),
            policy=email.policy.default).get_payload()
        one = status.get_payload()[1]
        assert one['Action'] == 'failed' and one['Status'] == '5.4.7', one
        assert 'last answer was: 451 4.4.1' in ' '.join(
            one['Diagnostic-Code'].split()), one
        assert 'tried for a long time' in human.get_content(), human
        wait('an empty queue', lambda: not i.queue())
    finally:
        i.quickstart('stop')


def later(i, shift):
    i.quickstart('restart', env=dict(os.environ, CORREO_TEST_CLOCK=shift))


tell([a_message_grows_old])
