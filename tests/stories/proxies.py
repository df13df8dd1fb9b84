"""HAProxy and nginx in front of all seven ports: who the client is, is said by
the PROXY header, and believed from the configured proxies only."""
import http.server
import imaplib
import os
import poplib
import re
import shutil
import smtplib
import socket
import ssl
import subprocess
import threading

from correo import (TOP, Instance, Skip, another, message, run, tell,
                    the_instance, wait)

the_instance()
place, base = another('proxies')
state = {}
FETCHED = TOP + '/build/fetched'
STARTED = []
SERVICES = ('smtp', 'submission', 'smtps', 'pop3', 'pop3s', 'imap', 'imaps')
GREETING = {'smtp': b'220 ', 'submission': b'220 ', 'pop3': b'+OK ',
            'imap': b'* OK '}


def program(name):
    """Its path, and the environment it runs in: it may only be unpacked."""
    found = shutil.which(name, path=os.environ['PATH'] + ':/usr/sbin:' +
                         FETCHED + '/usr/sbin')
    if not found:
        raise Skip('no ' + name)
    libraries = FETCHED + '/usr/lib/%s-linux-gnu' % os.uname().machine
    return found, dict(os.environ, LD_LIBRARY_PATH=libraries)


def instance():
    """Its services believe this machine; quickstart sends no header."""
    if 'instance' in state:
        return state['instance']
    d = state['instance'] = Instance(place, base)
    d.quickstart('start')
    with open(d.ready['config'], 'a') as f:
        # HAProxy goes on in the clear where it has ended TLS
        f.write('smtpd.local_networks 127.0.0.0/8\n')
        for name in ('smtpd', 'pop3d', 'imapd'):
            f.write('%s.proxies 127.0.0.1\n%s.max_per_address 3\n' % (
                name, name))
    d.quickstart('restart')
    for service, greeting in GREETING.items():
        wait(service, lambda: greets(address(d, service), '127.0.0.9',
                                     greeting))
    return d


def start(argv, log, env=None):
    STARTED.append(subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=log, env=env,
                                    start_new_session=True))


def address(d, service):
    host, port = d.ready[service].rsplit(':', 1)
    return host, int(port)


def greets(where, source, want):
    try:
        s = socket.create_connection(where, 20, (source, 0))
        got = s.recv(100)
        s.close()
        return got.startswith(want)
    except OSError:
        return False


def context(d):
    return ssl.create_default_context(cafile=d.ready['cafile'])


def haproxy():
    """Where it listens: {(service, version): address}; with health checks."""
    if 'haproxy' in state:
        return state['haproxy']
    path, env = program('haproxy')
    d = instance()
    text = ('global\n  maxconn 500\n  stats socket %s/haproxy.sock\n'
            'defaults\n  mode tcp\n  retries 0\n  timeout connect 10s\n'
            '  timeout client 60s\n  timeout server 60s\n' % d.dir)
    where = {}
    for i, service in enumerate(SERVICES):
        for version in (1, 2):
            where[service, version] = '127.0.0.1', base + 100 * (
                version + 1) + i
            text += ('listen %s-v%d\n  bind %s:%d\n  option tcp-check\n'
                     '  tcp-check connect %s\n  tcp-check expect rstring '
                     '"^(220 |\\\\+OK |\\\\* OK )"\n  server s %s:%d %s check '
                     'inter 500ms\n' % (
                         service, version, *where[service, version],
                         'send-proxy' + (' ssl' if service.endswith('s')
                                         else ''),
                         *address(d, service),
                         ('send-proxy', 'send-proxy-v2')[version - 1] +
                         (' verify none' if service.endswith('s') else '')))
    with open(d.dir + '/haproxy.cfg', 'w') as f:
        f.write(text)
    run(path, '-c', '-f', d.dir + '/haproxy.cfg', env=env)
    start([path, '-db', '-f', d.dir + '/haproxy.cfg'],
          open(d.dir + '/haproxy.log', 'w'), env)
    for service, version in where:
        if service in GREETING:
            wait(service, lambda: greets(where[service, version], '127.0.5.1',
                                         GREETING[service]))
    state['haproxy'] = where
    return where


class Host:
    """A client of another address than this machine's usual one."""

    def __init__(self, source):
        self.source = source

    def smtp(self, where, tls=None):
        class Client(smtplib.SMTP_SSL if tls else smtplib.SMTP):
            pass
        kw = {'context': tls} if tls else {}
        return Client(*where, timeout=60, source_address=(self.source, 0),
                      **kw)

    def socket(self, where):
        return socket.create_connection(where, 60, (self.source, 0))

    def pop3(self, where, tls=None):
        host = self

        class Client(poplib.POP3):
            def _create_socket(self, timeout):
                s = host.socket(where)
                return tls.wrap_socket(s, server_hostname='localhost') \
                    if tls else s
        return Client(*where)

    def imap(self, where, tls=None):
        host = self

        class Client(imaplib.IMAP4):
            def _create_socket(self, timeout):
                s = host.socket(where)
                return tls.wrap_socket(s, server_hostname='localhost') \
                    if tls else s
        return Client(*where)


def send(d, s, subject):
    user, password = d.ready['user1'], d.ready['password1']
    s.login(user, password)
    s.sendmail(user, [d.ready['user2']], message(subject).replace(
        b'a@sender.test', user.encode()))
    s.quit()


def read_by_pop3(d, p, password=None):
    p.user(d.ready['user2'])
    p.pass_(password or d.ready['password2'])
    count = p.stat()[0]
    p.quit()
    return count


def read_by_imap(d, m, password=None):
    m.login(d.ready['user2'], password or d.ready['password2'])
    count = int(m.select()[1][0])
    m.logout()
    return count


def the_lines(d, start, source, *wanted):
    """Each wanted event is there with the client's address, and no line since
    then says that the proxy was the client of a login or a message."""
    for words in wanted:
        d.wait_log('client=' + source, *words, start=start)
    for line in d.log()[start:].splitlines():
        assert not re.search(r'event=(login|accepted|logout).* '
                             r'client=127\.0\.0\.1 ', line), line


def all_seven(d, where, name, first):
    """Through a proxy's ports, each from an address of its own."""
    tls = context(d)
    begin = len(d.log())
    stranger = Host('127.0.5.%d' % first)
    s = stranger.smtp(where['smtp'])
    s.sendmail('a@sender.test', [d.ready['user2']], message(name + ' smtp'))
    s.quit()
    text = d.bob.with_text(name.encode() + b' smtp')
    assert stranger.source.encode() in text.split(b'From:')[0], text
    the_lines(d, begin, stranger.source, ('event=accepted', 'class=stranger'))
    for service in ('submission', 'smtps'):
        h = Host('127.0.5.%d' % (first + 1))
        start = len(d.log())
        s = h.smtp(where[service], tls if service == 'smtps' else None)
        if service == 'submission' and s.has_extn('starttls'):
            s.starttls(context=tls)
        send(d, s, name + ' ' + service)
        d.bob.with_text(('%s %s' % (name, service)).encode())
        the_lines(d, start, h.source, ('event=login', 'proto=smtp'),
                  ('event=accepted', 'class="user '))
    for i, service in enumerate(('pop3', 'pop3s', 'imap', 'imaps')):
        h = Host('127.0.5.%d' % (first + 2 + i))
        kind = service.rstrip('s')
        start = len(d.log())
        read, open_ = {'pop3': (read_by_pop3, h.pop3),
                       'imap': (read_by_imap, h.imap)}[kind]
        inside = tls if service.endswith('s') else None
        assert read(d, open_(where[service], inside)) == len(d.bob.mail())
        try:
            read(d, open_(where[service], inside), 'wrong')
            raise AssertionError('a wrong password')
        except (poplib.error_proto, imaplib.IMAP4.error):
            pass
        the_lines(d, start, h.source,
                  ('auth: ', 'event=login', 'proto=' + kind, 'result=ok'),
                  ('auth: ', 'event=login', 'proto=' + kind, 'result=fail'),
                  (kind + 'd: ', 'event=login', 'result=ok'),
                  (kind + 'd: ', 'event=logout'))


def HAProxy_with_version_1():
    by_version(1)


def HAProxy_with_version_2():
    by_version(2)


def by_version(version):
    where = haproxy()
    all_seven(instance(), {s: where[s, version] for s in SERVICES},
              'v%d' % version, 10 * version)


def its_health_checks_pass():
    """With a header of their own: LOCAL in version 2, TCP4 in version 1."""
    haproxy()
    wait('14 servers that are up', lambda: servers().count(
        ('UP', 'L7OK')) == 14)


def servers():
    """HAProxy's own view: [(status, result of the last check)]."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(instance().dir + '/haproxy.sock')
    s.sendall(b'show stat\n')
    lines = [x.split(',') for x in s.makefile().read().splitlines() if x]
    s.close()
    status, check = (lines[0].index(x) for x in ('status', 'check_status'))
    return [(x[status], x[check].lstrip('* ')) for x in lines if x[1] == 's']


def limits_are_the_clients():
    """Three at a time from one address; the proxy's own is no limit."""
    d = instance()
    where = haproxy()
    silent = [socket.create_connection(address(d, service), 20)
              for service in SERVICES for _ in range(4)]
    for service in GREETING:
        begin = len(d.log())
        host = Host('127.0.6.%d' % (1 + list(GREETING).index(service)))
        first = []
        for i in range(3):
            s = host.socket(where[service, 1 + i % 2])
            assert s.recv(100).startswith(GREETING[service])
            first.append(s)
        s = host.socket(where[service, 2])
        said = s.recv(100)
        assert not said.startswith(GREETING[service]), said
        assert said, 'closed without a word'
        s.close()
        d.wait_log('event=refused', 'client=' + host.source,
                   'rule=max_per_address', start=begin)
        for i in range(5):
            s = Host('127.0.7.%d' % (1 + i)).socket(where[service, 1])
            assert s.recv(100).startswith(GREETING[service])
            first.append(s)
        for s in first:
            s.close()
    for s in silent:
        s.close()


def who_is_no_proxy_is_not_believed():
    d = instance()
    bad = {'smtp': b'500', 'submission': b'500', 'pop3': b'-ERR',
           'imap': b'PROXY BAD'}
    for service, answer in bad.items():
        s = Host('127.0.0.9').socket(address(d, service))
        f = s.makefile('rb')
        assert f.readline().startswith(GREETING[service])
        start = len(d.log())
        s.sendall(b'PROXY TCP4 192.0.2.77 127.0.0.1 5000 25\r\n')
        assert f.readline().startswith(answer), service
        s.close()
        assert '192.0.2.77' not in d.log()[start:]
    for service in ('smtps', 'pop3s', 'imaps'):
        s = Host('127.0.0.9').socket(address(d, service))
        s.sendall(b'PROXY TCP4 192.0.2.77 127.0.0.1 5000 25\r\n')
        try:
            got = s.recv(100)
        except ConnectionResetError:
            got = b''
        assert not got or got[0] == 21, got        # a TLS alert, or the end
        s.close()


# ---------------------------------------------------------------- nginx

class Where(http.server.BaseHTTPRequestHandler):
    """nginx asks it where a user's mailbox is: always here."""

    def do_GET(self):
        d = instance()
        service = {'smtp': 'submission'}.get(self.headers['Auth-Protocol'],
                                             self.headers['Auth-Protocol'])
        if self.headers['Auth-Method'] == 'none':
            service = 'smtp'
        host, port = address(d, service)
        self.send_response(200)
        self.send_header('Auth-Status', 'OK')
        self.send_header('Auth-Server', host)
        self.send_header('Auth-Port', str(port))
        self.end_headers()

    def log_message(self, *_):
        pass


def nginx():
    if 'nginx' in state:
        return state['nginx']
    path, env = program('nginx')
    modules = [m for m in ('/usr/lib/nginx/modules/ngx_mail_module.so',
                           FETCHED + '/usr/lib/nginx/modules/'
                           'ngx_mail_module.so') if os.path.exists(m)]
    if not modules:
        raise Skip('nginx without its mail module')
    d = instance()
    asked = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Where)
    threading.Thread(target=asked.serve_forever, daemon=True).start()
    where = {s: ('127.0.0.1', base + 400 + i) for i, s in enumerate(SERVICES)}
    text = ('load_module %s;\ndaemon off;\nmaster_process off;\npid %s/pid;\n'
            'error_log stderr;\nevents {}\nmail {\n server_name '
            'mx.example.test;\n auth_http 127.0.0.1:%d/;\n proxy_protocol on;'
            '\n xclient off;\n proxy_smtp_auth on;\n'
            ' ssl_certificate %s;\n ssl_certificate_key %s;\n' % (
                modules[0], d.dir, asked.server_port,
                d.dir + '/etc/server.pem',
                d.dir + '/etc/secrets/server.key'))
    for service, (host, port) in where.items():
        kind = 'smtp' if service == 'submission' else service.rstrip('s')
        text += ' server {\n listen %s:%d%s;\n protocol %s;\n' % (
            host, port, ' ssl' if service.endswith('s') else '', kind)
        if kind == 'smtp':
            text += ' smtp_auth %s;\n' % (
                'none' if service == 'smtp' else 'plain login')
        if service == 'submission':
            text += ' starttls on;\n'
        text += ' }\n'
    os.makedirs(d.dir + '/nginx/logs', exist_ok=True)
    with open(d.dir + '/nginx.conf', 'w') as f:
        f.write(text + '}\n')
    start([path, '-p', d.dir + '/nginx', '-c', d.dir + '/nginx.conf'],
          open(d.dir + '/nginx.log', 'w'), env)
    wait('nginx', lambda: greets(where['pop3'], '127.0.5.1', b'+OK'))
    state['nginx'] = where
    return where


def nginx_as_a_mail_proxy():
    """It speaks the protocols itself up to the login, ends TLS, and logs in
    to us in the clear; the header says for whom."""
    where = nginx()
    all_seven(instance(), where, 'nginx', 60)


try:
    tell([HAProxy_with_version_1, HAProxy_with_version_2,
          its_health_checks_pass, limits_are_the_clients,
          who_is_no_proxy_is_not_believed, nginx_as_a_mail_proxy])
finally:
    for p in reversed(STARTED):
        p.terminate()
    for p in STARTED:
        p.wait(20)
    if os.path.exists(place):
        Instance(place, base).quickstart('stop', ok=False)
        shutil.rmtree(place, ignore_errors=True)
