"""What every part needs: connections, the load client, children that end."""
import os
import socket
import ssl
import subprocess

LESS = 5 if os.environ.get('QUICK') else 1      # divides every count
CHILDREN = []
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
CONTEXT.check_hostname = False
CONTEXT.verify_mode = ssl.CERT_NONE


def connect(port, tls=False):
    s = socket.create_connection(('127.0.0.1', port), 60)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return CONTEXT.wrap_socket(s) if tls else s


def child(argv, **how):
    p = subprocess.Popen(argv, **how)
    CHILDREN.append(p)
    return p


def end_children():
    for p in CHILDREN:
        if p.poll() is None:
            p.kill()
            p.wait()


def output(argv):
    p = child(argv, stdout=subprocess.PIPE, text=True)
    text = p.communicate()[0]
    if p.returncode:
        raise SystemExit('%s: status %d' % (argv[0], p.returncode))
    return text


def load(port, count, clients, lines, *flags):
    """Seconds; load.c says what it does."""
    return float(output([os.environ['LOAD'], *flags, str(port), str(count),
                         str(clients), *lines]))
