#!/usr/bin/env python3
"""dns.py DIR ZONE - a DNS server that answers from ZONE, well or badly.

Prints its port to DIR/dnsport; every question goes to DIR/questions.  A line
of ZONE is NAME TYPE DATA, type A AAAA MX CNAME TXT TLSA (hex), or NAME MODE with
one of: silent servfail bogus garbage ring many nxdomain.  A name that begins
with `+` has its answers marked as secure (AD); for a name that is not there
the answer is NXDOMAIN.  ZONE is read again when it has changed.
"""
import ipaddress
import os
import socket
import struct
import sys
import threading

out, zone, mode, secure = sys.argv[1], {}, {}, set()
TYPES = {"A": 1, "CNAME": 5, "MX": 15, "TXT": 16, "AAAA": 28, "TLSA": 52}


def wire(name):
    return b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")
                    if l) + b"\0"


def load():
    zone.clear()
    mode.clear()
    secure.clear()
    for line in open(sys.argv[2]):
        w = line.split()
        if w and w[0] != "#":
            entry(w)


def entry(w):
    name = w[0].lstrip("+").lower()
    if w[0][0] == "+":
        secure.add(name)
    if len(w) == 2:
        mode[name] = w[1]
        return
    if w[1] == "A" or w[1] == "AAAA":
        data = ipaddress.ip_address(w[2]).packed
    elif w[1] == "MX":
        data = struct.pack(">H", int(w[2])) + wire("" if w[3] == "." else w[3])
    elif w[1] == "CNAME":
        data = wire(w[2])
    elif w[1] == "TXT":
        text = " ".join(w[2:]).encode()
        data = bytes([len(text)]) + text
    else:
        data = bytes(int(x) for x in w[2:5]) + bytes.fromhex(w[5])
    zone.setdefault(name, []).append((TYPES[w[1]], data))


def answer(q, tcp):
    ident, labels, at = q[:2], [], 12
    while q[at]:
        labels.append(q[at + 1:at + 1 + q[at]].decode("latin1").lower())
        at += 1 + q[at]
    name, cd = ".".join(labels), q[3] & 0x10
    qtype = struct.unpack(">H", q[at + 1:at + 3])[0]
    with open(out + "/questions", "a") as f:
        f.write("%s %d\n" % (name, qtype))
    m, rcode, rr, flags = mode.get(name), 0, [], 0
    if m == "silent":
        return None
    if m == "servfail" or (m == "bogus" and not cd):
        rcode = 2
    if m == "garbage":
        return ident + b"\x81\x80" + os.urandom(200)
    if m == "ring":
        rr = [(wire(name), 5, wire("b." + name)),
              (wire("b." + name), 5, wire(name))]
    if m == "many":
        rr = [(wire(name), 15, struct.pack(">H", i) + wire(
            "h%d.%s" % (i, name))) for i in range(1000)]
    hop = name
    for _ in range(8):
        c = [d for t, d in zone.get(hop, []) if t == 5]
        if not c or qtype == 5:
            break
        rr.append((wire(hop), 5, c[0]))
        labels, i = [], 0
        while c[0][i]:
            labels.append(c[0][i + 1:i + 1 + c[0][i]].decode())
            i += 1 + c[0][i]
        hop = ".".join(labels)
    rr += [(wire(hop), t, d) for t, d in zone.get(hop, []) if t == qtype]
    if name not in zone and m is None:
        rcode = 3
    if name in secure:
        flags |= 0x20
    n = len(rr)
    body = b"".join(o + struct.pack(">HHIH", t, 1, 60, len(d)) + d
                    for o, t, d in rr)
    tc = 0
    if not tcp and len(body) > 1100:
        body, n, tc = b"", 0, 2
    return ident + bytes([0x81 | tc, 0x80 | rcode | flags]) + struct.pack(
        ">HHHH", 1, n, 0, 0) + q[12:at + 5] + body


def tcp_one(c):
    try:
        n = struct.unpack(">H", c.recv(2))[0]
        a = answer(c.recv(n), True)
        if a:
            c.sendall(struct.pack(">H", len(a)) + a)
    except (OSError, struct.error):
        pass
    c.close()


def tcp(l):
    while True:
        c, _ = l.accept()
        threading.Thread(target=tcp_one, args=(c,), daemon=True).start()


load()
loaded = os.stat(sys.argv[2]).st_mtime_ns
t = socket.socket()
t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
t.bind(("127.0.0.1", int(sys.argv[3]) if len(sys.argv) > 3 else 0))
u = socket.socket(type=socket.SOCK_DGRAM)
u.bind(t.getsockname())
t.listen(16)
threading.Thread(target=tcp, args=(t,), daemon=True).start()
with open(out + "/dnsport", "w") as f:
    print(t.getsockname()[1], file=f)
while True:
    q, who = u.recvfrom(4096)
    if os.stat(sys.argv[2]).st_mtime_ns != loaded:
        loaded = os.stat(sys.argv[2]).st_mtime_ns
        load()
    a = answer(q, False)
    if a:
        u.sendto(a, who)
