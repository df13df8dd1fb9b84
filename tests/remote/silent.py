"""Hundreds of servers that say nothing: who still gets mail at once."""
import socket

from world import *

SILENT = 500
PAIRS = 10
ZONE = """
pair.silent.test A NET81
pair.silent.test A NET82
"""


def full(address, port=0):
    """One that does not even answer a SYN: it, and what keeps it full."""
    l = socket.create_server((address, port), backlog=0)
    kept = [l]
    while True:
        s = socket.socket()
        s.settimeout(0.5)
        kept.append(s)
        try:
            s.connect(l.getsockname())
        except OSError:
            return kept


def listeners():
    """One whose connections nobody takes up, and one that is full."""
    deaf = socket.create_server(("127.0.0.1", 0), backlog=1024)
    kept = [deaf] + full("127.0.0.1")
    return kept, [s.getsockname()[1] for s in kept[:2]]


def heard(n):
    return len(events("x@s%d.silent.test" % n))


def passes(who, silent):
    """It is delivered while almost all of the silent ones are waited for."""
    before = sum(map(heard, range(SILENT)))
    send(who)
    assert outcome(who)[0] == "delivered"
    after = sum(map(heard, range(SILENT)))
    assert after - before < silent, (who, before, after)


def silent():
    """Nobody waits for 500 that are silent: not a mailbox, not a server that
    was reached before; and, once they have been found to be so, nor does one
    that is new."""
    kept, ports = listeners()
    good, new = Peer("beside"), Peer("unknown")
    second = Peer("second", "listen=" + NET + "82")
    kept += full(NET + "81", second.port)
    routes([("s%d.silent.test" % n, "smtp://127.0.0.1:%d helo=s%d.test" %
             (ports[n % 2], n)) for n in range(SILENT)] +
           [("p%d.silent.test" % n, "smtp://pair.silent.test:%d helo=p%d.test" %
             (second.port, n)) for n in range(PAIRS)] +
           [("beside.test", "smtp://127.0.0.1:%d" % good.port),
            ("unknown.test", "smtp://127.0.0.1:%d" % new.port)])
    configure("remoted.timeout 40s", "remoted.connect_timeout 40s")
    try:
        send("first@beside.test")
        assert outcome("first@beside.test")[0] == "delivered"
        for n in range(SILENT):
            send("x@s%d.silent.test" % n)
            if SILENT - n <= PAIRS:
                send("x@p%d.silent.test" % (SILENT - n - 1))
        passes("known@beside.test", SILENT // 2)
        passes("alice@example.test", SILENT // 2)
        # a first greeting is not waited for as long when others wait
        wait("all of them", lambda: all(map(heard, range(SILENT))), 200)
        # and what is left of that is for the next address
        for n in range(PAIRS):
            assert outcome("x@p%d.silent.test" % n)[0] == "delivered"
        retry_all()
        passes("x@unknown.test", SILENT // 2)
        passes("again@beside.test", SILENT // 2)
        passes("bob@example.test", SILENT // 2)
    finally:
        configure("remoted.timeout 3s", "remoted.connect_timeout 3s")
    for s in kept:
        s.close()


TESTS = [silent]
