"""Ruby's own library of mail: IMAP, POP3 and submission."""
import glob
import json

from correo import TOP, Skip, need, run, tell, the_instance

c = the_instance()
c.own_users()
c.takes_effect()
MESSAGES = '/usr/lib/python3.11/test/test_email/data/msg_*.txt'


@c.nothing_refused()
def ruby():
    need('ruby')
    messages = sorted(glob.glob(MESSAGES))
    if not messages:
        raise Skip('no libpython3.11-testsuite')
    r = run('ruby', TOP + '/tests/stories/ruby.rb', json.dumps(c.ready),
            *messages)
    assert r.stdout == b'ok\n', r.stdout


tell([ruby])
