#!/usr/bin/env python3
"""hostile.py ADDRESS LOG - the name server of NAME.hostile.test, which
means no good; how, says NAME.  LOG gets a line for each question."""
import os
import socket
import struct
import sys
import threading

A, CNAME, MX, TXT = 1, 5, 15, 16


def wire(*labels):
    return b''.join(bytes([len(l)]) + l for l in labels) + b'\0'


def asked(q):
    labels, at = [], 12
    while q[at]:
        labels.append(q[at + 1:at + 1 + q[at]].lower())
        at += 1 + q[at]
    return labels, struct.unpack('>H', q[at + 1:at + 3])[0], q[12:at + 5]


def records(labels, kind):
    """[(type, data)] of the name, None: silence."""
    way, zone = labels[-3] if len(labels) > 2 else b'', labels[-3:]
    mx = struct.pack('>H', 10)
    if kind == TXT and way == b'giant':
        return [(TXT, b''.join(b'\xff' + b'x' * 255 for _ in range(200)))]
    if way == b'giant' and kind == MX:
        return [(MX, mx + wire(b'mx', b'sink', b's', b'test'))]
    if way == b'ring':
        to = b'b' if labels[0] != b'b' else b'a'
        return [(CNAME, wire(to, *zone))]
    if way == b'chain':                 # ever longer
        n = int(labels[0][1:]) if labels[0][:1] == b'n' else 0
        return [(CNAME, wire(b'n%d' % (n + 1), *zone))]
    if way == b'silent' or (way == b'mute' and kind != MX):
        return None
    if way in (b'many', b'mute') and kind == MX:
        return [(MX, struct.pack('>H', n) + wire(b'h%d' % n, *zone))
                for n in range(1000)]
    if way == b'own' and kind == MX:
        return [(MX, mx + wire(b'mx', *zone))]
    if way == b'own' and kind == A:
        return [(A, socket.inet_aton('10.77.0.1'))]
    if way == b'short' and kind == MX:
        return [(MX, mx + b'\x3fabc')]
    return []


def answer(q, tcp):
    labels, kind, question = asked(q)
    with open(sys.argv[2], 'a') as f:
        f.write('%s %d\n' % (b'.'.join(labels).decode('latin1'), kind))
    if labels[-3:-2] == [b'cut']:       # never whole, and no TCP either
        return None if tcp else q[:2] + b'\x86\0' + struct.pack(
            '>HHHH', 1, 0, 0, 0) + question
    if labels[-3:-2] == [b'noise']:
        return q[:2] + b'\x84\0' + os.urandom(300)
    if len(labels) == 3 and kind in (2, 6):
        ns = wire(b'ns', *labels)
        found = [(kind, ns if kind == 2 else ns + ns + struct.pack(
            '>5I', 1, 60, 60, 60, 60))]
    elif labels[:1] == [b'ns'] and kind == A:
        found = [(A, socket.inet_aton('10.77.0.54'))]
    else:
        found = records(labels, kind)
    if found is None:
        return None
    body = b''.join(b'\xc0\x0c' + struct.pack('>HHIH', t, 1, 60, len(d)) + d
                    for t, d in found)
    cut = len(body) > 1100 and not tcp
    return q[:2] + (b'\x86\0' if cut else b'\x84\0') + struct.pack(
        '>HHHH', 1, 0 if cut else len(found), 0, 0) + question + \
        (b'' if cut else body)


def one(c):
    try:
        c.settimeout(10)
        n = struct.unpack('>H', c.recv(2))[0]
        a = answer(c.recv(n), True)
        if a:
            c.sendall(struct.pack('>H', len(a)) + a)
    except (OSError, struct.error, IndexError):
        pass
    c.close()


def tcp():
    while True:
        threading.Thread(target=one, args=(t.accept()[0],),
                         daemon=True).start()


t, u = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
t.bind((sys.argv[1], 53))
u.bind((sys.argv[1], 53))
t.listen(64)
threading.Thread(target=tcp, daemon=True).start()
while True:
    q, who = u.recvfrom(4096)
    try:
        a = answer(q, False)
    except IndexError:
        continue
    if a:
        u.sendto(a, who)
