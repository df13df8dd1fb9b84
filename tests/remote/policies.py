"""MTA-STS: policies of other domains, fetched, kept, obeyed, counted.  Which
host of a domain is next."""
import glob
import re
import socket

from world import *

# domain: (mode or None, mx of its policy, its MX, what becomes of mail)
CASES = {
    "good": ("enforce", "mx.good.sts.test", "mx.good", "delivered"),
    "wild": ("enforce", "*.good.sts.test", "mx.good", "delivered"),
    "list": ("enforce", "mx.other.sts.test", "mx.good", "4.7.5"),
    "cert": ("enforce", "mx.wrong.sts.test", "mx.wrong", "4.7.5"),
    "plain": ("enforce", "mx.plain.sts.test", "mx.plain", "4.7.4"),
    "tcert": ("testing", "mx.wrong.sts.test", "mx.wrong", "delivered"),
    "tlist": ("testing", "mx.other.sts.test", "mx.good", "delivered"),
    "tplain": ("testing", "mx.plain.sts.test", "mx.plain", "delivered"),
    "none": ("none", "", "mx.wrong", "delivered"),
    "lost": (None, "404 x", "mx.wrong", "delivered"),
    "moved": (None, "301 https://mta-sts.good.sts.test/", "mx.wrong",
              "delivered"),
    "html": (None, "200\n<html>", "mx.wrong", "delivered"),
    "page": (None, "200 text/html\nversion: STSv1\nmode: enforce\n"
             "mx: mx.good.sts.test\nmax_age: 86400\n", "mx.wrong",
             "delivered"),
    "giant": (None, "200\nversion: STSv1\nmode: enforce\n"
              "mx: mx.good.sts.test\nmax_age: 86400\n" + "x: y\n" * 14000,
              "mx.wrong", "delivered"),
    "stall": (None, "404 never read", "mx.wrong", "delivered"),
    "web": ("enforce", "mx.good.sts.test", "mx.wrong", "delivered"),
    "dane": ("enforce", "mx.other.sts.test", "mx.dane", "delivered"),
    "two": ("enforce", "mx.good.sts.test", "mx.wrong", "delivered"),
}
COUNTS = {
    "good": r"sts:enforce:a1 success mx\.good\.sts\.test " +
    re.escape(NET) + "66",
    "list": r"sts:enforce:a1 validation-failure mx\.good",
    "cert": r"sts:enforce:a1 certificate-host-mismatch mx\.wrong",
    "plain": r"sts:enforce:a1 starttls-not-supported mx\.plain",
    "tcert": r"sts:testing:a1 certificate-host-mismatch mx\.wrong",
    "tlist": r"sts:testing:a1 validation-failure mx\.good",
    "tplain": r"sts:testing:a1 starttls-not-supported mx\.plain",
    "none": r"no-policy-found success mx\.wrong",
    "lost": r"sts sts-policy-fetch-error mta-sts\.lost",
    "moved": r"sts sts-policy-fetch-error mta-sts\.moved",
    "html": r"sts sts-policy-invalid mta-sts\.html",
    "page": r"sts sts-policy-fetch-error mta-sts\.page",
    "giant": r"sts sts-policy-fetch-error mta-sts\.giant",
    "stall": r"sts sts-policy-fetch-error mta-sts\.stall",
    "web": r"sts sts-webpki-invalid mta-sts\.web",
    "dane": r"tlsa success mx\.dane",
}
ZONE = """
mx.good.sts.test A NET66
mx.wrong.sts.test A NET67
mx.plain.sts.test A NET68
+mx.dane.sts.test A NET67
+_25._tcp.mx.dane.sts.test TLSA 3 1 1 PIN
_mta-sts.two.sts.test TXT v=STSv1; id=second;
"""
for name, case in CASES.items():
    ZONE += "%s%s.sts.test MX 10 %s.sts.test\n" % (
        "+" if name == "dane" else "", name, case[2])
    ZONE += "_mta-sts.%s.sts.test TXT v=STSv1; id=a1;\n" % name
    for n in (87, 88, 89) if name == "stall" else (69,):
        ZONE += "mta-sts.%s.sts.test A NET%d\n" % (name, n)

mute = []


def publish(name, mode, mx, age=86400):
    text = mx if mode is None else \
        "200\nversion: STSv1\r\nmode: %s\r\n%smax_age: %d\r\n" % (
            mode, "mx: %s\r\n" % mx if mx else "", age)
    with open(PLACE + "/web/mta-sts.%s.sts.test" % name, "w") as f:
        f.write(text if "\n" in text else text + "\n")


def zone(change):
    path = PLACE + "/dns/zone"
    text = change(open(path).read())
    with open(path + ".new", "w") as f:
        f.write(text)
    os.replace(path + ".new", path)


def requests(name):
    try:
        return open(PLACE + "/web/requests").read().count(
            "mta-sts.%s.sts.test /.well-known/mta-sts.txt" % name)
    except FileNotFoundError:
        return 0


def counts(name):
    return "".join(open(p).read() for p in glob.glob(
        DIR + "/sts/count/*/%s.sts.test" % name))


def servers():
    """Port 25 of NET66 proves its name, 67 another (and the TLSA record
    is its key's), 68 has no TLS; port 443 of 69 has the policies, and
    that of 87 to 89 never says anything."""
    d = PLACE + "/tls"
    caps = "caps=STARTTLS,8BITMIME"
    peers["stsgood"] = Peer("stsgood", "listen=" + NET + "66", "port=25", caps,
                            "cert=%s/mx.pem" % d)
    Peer("stswrong", "listen=" + NET + "67", "port=25", caps,
         "cert=%s/good.pem" % d)
    Peer("stsplain", "listen=" + NET + "68", "port=25", "caps=8BITMIME")
    start("web.py", PLACE + "/web", NET + "69", d + "/web.pem",
          ready="webport")
    mute.extend(socket.create_server(("%s%d" % (NET, n), 443))
                for n in (87, 88, 89))
    for name, (mode, mx, *_) in CASES.items():
        publish(name, mode, mx)


def idle():
    """No connection to 66 is kept any more."""
    p = peers["stsgood"]
    wait("its end", lambda: p.commands().count("QUIT") ==
         len(open(p.dir + "/connections").read().split()))


def mta_sts():
    certificate(PLACE + "/tls", "ca", "mx", "mx.good.sts.test")
    certificate(PLACE + "/tls", "ca", "web", ",DNS:".join(
        "mta-sts.%s.sts.test" % n for n in CASES if n != "web"))
    try:
        servers()
    except (AssertionError, OSError):
        return "ports 25 and 443 of %s66 to 89 cannot be had" % NET
    for name in CASES:
        send("x@%s.sts.test" % name)
    wrong = []
    for name, case in CASES.items():
        e = outcome("x@%s.sts.test" % name, 60)
        if case[3] not in e[1] or (case[3] != "delivered") != \
                (e[0] == "deferred"):
            wrong.append((name, e[1]))
        if name in COUNTS and not re.search(r"(?m)^0000000001 " +
                                            COUNTS[name], counts(name)):
            wrong.append((name, counts(name)))
    assert not wrong, wrong
    assert "no host of the MTA-STS policy" in events("x@list.sts.test")[-1][1]
    assert "MTA-STS policy" in events("x@plain.sts.test")[-1][1]
    assert requests("two") == 0     # two records are none


def mta_sts_is_kept():
    """A policy once fetched holds when DNS and web say nothing, or lie; what
    is new is fetched when the id is, and not in between."""
    if not os.path.exists(PLACE + "/web/webport"):
        return "ports 25 and 443 of %s66 to 69 cannot be had" % NET
    before = requests("good")
    send("y@good.sts.test")
    assert outcome("y@good.sts.test")[0] == "delivered"
    assert requests("good") == before
    idle()
    # the record is gone, and the MX another: the policy is still there
    publish("good", None, "404 x")
    zone(lambda z: z.replace("_mta-sts.good.sts.test TXT v=STSv1; id=a1;\n",
                             "").replace("good.sts.test MX 10 mx.good",
                                         "good.sts.test MX 10 mx.wrong"))
    send("z@good.sts.test")
    e = outcome("z@good.sts.test")
    assert e[0] == "deferred" and "4.7.5" in e[1], e
    # a new id, but nothing to be fetched: the old one holds
    zone(lambda z: z + "_mta-sts.good.sts.test TXT v=STSv1; id=b2;\n")
    send("v@good.sts.test")
    assert outcome("v@good.sts.test")[0] == "deferred"
    assert requests("good") == before + 1
    # not tried again before five minutes are over
    send("w@good.sts.test")
    assert outcome("w@good.sts.test")[0] == "deferred"
    assert requests("good") == before + 1
    publish("good", "none", "")
    os.utime(DIR + "/sts/failed/good.sts.test", (1, 1))
    send("u@good.sts.test")
    assert outcome("u@good.sts.test")[0] == "delivered"
    assert open(DIR + "/sts/policy/good.sts.test").read().startswith("b2 ")


def mta_sts_is_refreshed():
    """Ahead of its end, without mail and without a new id; what has expired
    goes, and days of counts that are too old."""
    if not os.path.exists(PLACE + "/web/webport"):
        return "ports 25 and 443 of %s66 to 69 cannot be had" % NET
    place = DIR + "/sts/policy/%s.sts.test"
    before = requests("wild"), requests("cert")
    for name, age in ("wild", 90000), ("cert", 900000):
        with open(place % name, "w") as f:
            f.write("a1 %d\nversion: STSv1\nmode: enforce\nmx: x\n"
                    "max_age: 800000\n" % (time.time() - age))
    os.makedirs(DIR + "/sts/count/2020-01-02")
    open(DIR + "/sts/count/2020-01-02/old.test", "w").close()
    sh("chown", "-R", "--reference=" + DIR + "/sts", DIR + "/sts/count")
    sh(TOP + "/quickstart", "-d", DIR, "restart")
    wait("refreshed", lambda: "mx: *.good" in open(place % "wild").read())
    wait("removed", lambda: not os.path.exists(place % "cert"))
    wait("no old day", lambda: not os.path.exists(
        DIR + "/sts/count/2020-01-02"))
    assert (requests("wild"), requests("cert")) == (before[0] + 1, before[1])


# ------------------------------------------------ which host is next

HOSTS = {       # NETN: what it says
    71: ["rcptslow=451 4.2.0 later", "rcptnever=550 5.1.1 nobody"],
    72: [],
    73: ["mail=452 4.3.1 full"],
    74: ["greet=450 4.3.2 busy"],
    75: ["data=451 4.3.0 not now"],
    76: ["end=451 4.3.0 not that"],
    77: ["greet=554 5.7.1 not from you"],
}
NEXT = {        # domain: its hosts, in the order of their preference
    "rcpt": (71, 72), "mail": (73, 72), "greet": (74, 72), "data": (75, 72),
    "end": (76, 72), "third": (71, 73, 72), "down": (70, 72), "five": (77, 72),
}
EQUAL = 40
for n in HOSTS:
    ZONE += "h%d.next.test A NET%d\n" % (n, n)
ZONE += "h70.next.test A NET70\n"
for name in "rcpt6", "greet6":
    ZONE += "%s.next.test A NET72\n%s.next.test AAAA ::1\n" % (name, name)
for name, hosts in NEXT.items():
    for i, n in enumerate(hosts):
        ZONE += "%s.next.test MX %d h%d.next.test\n" % (name, i, n)
for i in range(EQUAL):
    ZONE += "eq%d.next.test MX 5 h71.next.test\n" \
        "eq%d.next.test MX 5 h72.next.test\n" % (i, i)


def next_host():
    """4xx at connect, MAIL, RCPT and DATA: the next host, but no third one; not
    once it has read the text; those of one preference in any order; by IPv4
    what IPv6 refuses."""
    peer = {}
    try:
        for n, how in HOSTS.items():
            peer[n] = Peer("next%d" % n, "listen=%s%d" % (NET, n), "port=25",
                           *how)
    except AssertionError:
        return "port 25 of %s71 to 77 cannot be had" % NET
    send(["slow@rcpt.next.test", "never@rcpt.next.test", "good@rcpt.next.test"],
         sender="alice@example.test")
    want = {"slow@rcpt": ("delivered", 72), "never@rcpt": ("failed", 71),
            "good@rcpt": ("delivered", 71), "x@mail": ("delivered", 72),
            "x@greet": ("delivered", 72), "x@data": ("delivered", 72),
            "x@end": ("deferred", 76), "slow@third": ("deferred", 73),
            "x@down": ("delivered", 72), "x@five": ("delivered", 72)}
    for who in want:
        if not who.endswith("@rcpt"):
            send(who + ".next.test")
    for who, (what, host) in want.items():
        e = outcome(who + ".next.test")
        assert e[0] == what and "[%s%d]:25" % (NET, host) in e[1], e
    assert "full" in events("slow@third.next.test")[-1][1]
    for i in range(EQUAL):
        send("x@eq%d.next.test" % i)
    hosts = "".join(outcome("x@eq%d.next.test" % i)[1] for i in range(EQUAL))
    assert "[%s71]" % NET in hosts and "[%s72]" % NET in hosts
    for step, how in ("rcpt", "550 5.7.1 no PTR"), ("greet", "554 5.7.1 no"):
        try:
            six = Peer("six" + step, "listen=::1", "port=25", step + "=" + how)
        except AssertionError:
            return "port 25 of ::1 cannot be had; the rest is well"
        send("x@%s6.next.test" % step, sender="alice@example.test")
        e = outcome("x@%s6.next.test" % step)
        assert e[0] == "delivered" and "[%s72]" % NET in e[1], e
        assert len(open(six.dir + "/connections").read().split()) == 1
        procs[-1].kill()
        procs.pop().wait()


TESTS = [mta_sts, mta_sts_is_kept, mta_sts_is_refreshed, next_host]
