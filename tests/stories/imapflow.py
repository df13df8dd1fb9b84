"""imapflow, the IMAP client of Node's mail programs."""
import os
import shutil

from correo import TOP, Skip, run, tell, the_instance, wait
from mailer import address

c = the_instance()
c.own_users()


def imapflow(n, service):
    modules = os.environ.get('CORREO_NODE_MODULES', '')
    if not shutil.which('node') or not os.path.isdir(modules + '/imapflow'):
        raise Skip('CORREO_NODE_MODULES names no imapflow')
    user, password = c.ready['user%d' % n], c.ready['password%d' % n]
    wait('a login of ' + user, lambda: run(
        'curl', '-sS', '-u', user + ':' + password, '--cacert',
        c.ready['cafile'], 'imaps://localhost:%d' % address(c, 'imaps')[1],
        ok=False).returncode == 0)
    host, port = address(c, service)
    r = run('node', TOP + '/tests/stories/imapflow.js', host, port,
            int(service == 'imaps'), user, password, c.ready['cafile'])
    assert r.stdout == b'ok\n', r.stdout
    assert not r.stderr, r.stderr


@c.nothing_refused()
def imapflow_over_TLS():
    imapflow(1, 'imaps')


@c.nothing_refused()
def imapflow_over_STARTTLS():
    imapflow(2, 'imap')


tell([imapflow_over_TLS, imapflow_over_STARTTLS])
