"""A conversation that breaks: each reply at each step, a cut at each byte, a
sender that is killed."""
import signal
import threading

from world import *

STEPS = ["greet", "ehlo", "mail", "rcpt", "data", "end"]
HOW = ["421 4.3.2 closing", "450 4.2.0 later", "550 5.5.0 never", "DROP",
       "REST", "SILENT", "SLOW", "ENDLESS", "BINARY", "LINES", "250 odd"]


def every_step():
    case, rows = {}, []
    for s in STEPS + ["bdat rcpt", "bdat end"]:
        for i, how in enumerate(HOW):
            name = "%s%d" % (s.replace(" ", ""), i)
            caps = ["caps=PIPELINING,CHUNKING"] if " " in s else []
            step = s.split(" ")[-1]
            case[name] = (step, how, Peer(name, "%s=%s" % (step, how),
                                          "first=1", *caps))
            rows.append((name + ".step.test", "smtp://127.0.0.1:%d" %
                         case[name][2].port))
    routes(rows)
    for n in case:
        send("x@%s.step.test" % n, sender="alice@example.test")
    wrong = []
    for n, (s, how, p) in case.items():
        e = outcome("x@%s.step.test" % n, 60)
        want = "failed" if how[0] == "5" else "delivered" if how[:3] == \
            "250" and s in ("ehlo", "mail", "rcpt", "end") else "deferred"
        if s == "ehlo" and how[0] == "5":
            want = "delivered"              # HELO
        if e[0] != want:
            wrong.append((n, how, want, e[1]))
    assert not wrong, wrong
    left = [n for n in case if events("x@%s.step.test" % n)[-1][0] ==
            "deferred"]
    time.sleep(1)           # the log says so before the file is renamed
    retry_all()
    for n in left:
        s, how, p = case[n]
        wait("second attempt for " + n, lambda: events(
            "x@%s.step.test" % n)[-1][0] == "delivered", 60)
        copies = len(p.mails())
        # the text was there, and no reply that says so: nobody can know
        twice = s == "end" and how != "450 4.2.0 later"
        assert copies == 1 + (s == "end"), (n, copies, twice)


def cut_everywhere(name="cut", *caps):
    p = Peer(name, *caps)
    total, lock, count = int(os.environ.get("CUTS", "700")), threading.Lock(), [0]
    l = socket.create_server(("127.0.0.1", 0), backlog=512)

    def pump(a, b, left):
        try:
            while True:
                d = a.recv(1 if left[0] is not None and left[0] < 2000
                           else 4096)
                if not d:
                    break
                if left[0] is not None:
                    if left[0] < len(d):
                        break
                    left[0] -= len(d)
                b.sendall(d)
        except OSError:
            pass
        for s in a, b:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def serve():
        while True:
            a, _ = l.accept()
            with lock:
                count[0] += 1
                left = [count[0]] if count[0] <= total else [None]
            b = socket.create_connection(("127.0.0.1", p.port))
            for x, y in (a, b), (b, a):
                threading.Thread(target=pump, args=(x, y, left),
                                 daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    port = l.getsockname()[1]
    routes([("n%d.%s.test" % (i, name), "smtp://127.0.0.1:%d helo=n%d.test" %
             (port, i)) for i in range(total)])
    for i in range(total):
        send("x@n%d.%s.test" % (i, name), b"Subject: cut\r\n\r\nbody\r\n")
    for i in range(total):
        outcome("x@n%d.%s.test" % (i, name), 60)
    wait("all cuts", lambda: count[0] >= total, 60)

    def all_there():
        retry_all()
        return all(events("x@n%d.%s.test" % (i, name))[-1][0] == "delivered"
                   for i in range(total))
    wait("all delivered after the cuts", all_there, 60)
    copies = {}
    for _, env in p.mails():
        who = re.search(r"n(\d+)\.cut", env).group(1)
        copies[who] = copies.get(who, 0) + 1
    assert len(copies) == total, "lost: %d of %d" % (total - len(copies), total)
    twice = sum(1 for n in copies.values() if n > 1)
    assert all(n <= 2 for n in copies.values())
    # only where the reply to the last dot was cut: "250 2.0.0 taken as NNN"
    assert twice <= 30, twice
    print("# %s: %d sessions, all arrived, %d twice" % (name, total, twice))


def cut_everywhere_in_chunks():
    cut_everywhere("cutchunk", "caps=PIPELINING,CHUNKING,8BITMIME")


def killed_in_the_middle():
    p = Peer("killed", "end=SILENT", "first=1")
    routes([("killed.relay.test", "smtp://127.0.0.1:%d" % p.port)])
    send("a@killed.relay.test")
    wait("text", lambda: p.mails())
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            args = open("/proc/%s/cmdline" % pid).read()
            parent = open("/proc/%s/stat" % pid).read().split()[3]
            if args.startswith("remoted") and DIR in args and "remoted" in \
                    open("/proc/%s/comm" % parent).read():
                os.kill(int(pid), signal.SIGKILL)
        except OSError:
            pass
    assert outcome("a@killed.relay.test")[0] == "deferred"
    retry_all()
    wait("the second", lambda: events("a@killed.relay.test")[-1][0] ==
         "delivered")
    assert len(p.mails()) == 2


TESTS = [killed_in_the_middle, every_step, cut_everywhere,
         cut_everywhere_in_chunks]
