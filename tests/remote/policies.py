"""MTA-STS: policies of other domains, fetched, kept, obeyed, counted."""
import glob
import re

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
    "web": ("enforce", "mx.good.sts.test", "mx.wrong", "delivered"),
    "dane": ("enforce", "mx.other.sts.test", "mx.dane", "delivered"),
    "two": ("enforce", "mx.good.sts.test", "mx.wrong", "delivered"),
}
COUNTS = {
    "good": r"sts:enforce:a1 success mx\.good\.sts\.test 127\.0\.0\.66",
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
    "web": r"sts sts-webpki-invalid mta-sts\.web",
    "dane": r"tlsa success mx\.dane",
}
ZONE = """
mx.good.sts.test A 127.0.0.66
mx.wrong.sts.test A 127.0.0.67
mx.plain.sts.test A 127.0.0.68
+mx.dane.sts.test A 127.0.0.67
+_25._tcp.mx.dane.sts.test TLSA 3 1 1 PIN
_mta-sts.two.sts.test TXT v=STSv1; id=second;
"""
for name, case in CASES.items():
    ZONE += "%s%s.sts.test MX 10 %s.sts.test\n" % (
        "+" if name == "dane" else "", name, case[2])
    ZONE += "_mta-sts.%s.sts.test TXT v=STSv1; id=a1;\n" % name
    ZONE += "mta-sts.%s.sts.test A 127.0.0.69\n" % name


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
    """Port 25 of 127.0.0.66 proves its name, .67 another (and the TLSA record
    is its key's), .68 has no TLS; port 443 of .69 has the policies."""
    d = PLACE + "/tls"
    certificate(d, "ca", "mx", "mx.good.sts.test")
    certificate(d, "ca", "web", ",DNS:".join(
        "mta-sts.%s.sts.test" % n for n in CASES if n != "web"))
    caps = "caps=STARTTLS,8BITMIME"
    peers["stsgood"] = Peer("stsgood", "listen=127.0.0.66", "port=25", caps,
                            "cert=%s/mx.pem" % d)
    Peer("stswrong", "listen=127.0.0.67", "port=25", caps,
         "cert=%s/good.pem" % d)
    Peer("stsplain", "listen=127.0.0.68", "port=25", "caps=8BITMIME")
    start("web.py", PLACE + "/web", "127.0.0.69", d + "/web.pem",
          ready="webport")
    for name, (mode, mx, *_) in CASES.items():
        publish(name, mode, mx)


def idle():
    """No connection to .66 is kept any more."""
    p = peers["stsgood"]
    wait("its end", lambda: p.commands().count("QUIT") ==
         len(open(p.dir + "/connections").read().split()))


def mta_sts():
    try:
        servers()
    except AssertionError:
        return "ports 25 and 443 of 127.0.0.66 to .69 cannot be had"
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
        return "ports 25 and 443 of 127.0.0.66 to .69 cannot be had"
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
        return "ports 25 and 443 of 127.0.0.66 to .69 cannot be had"
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


TESTS = [mta_sts, mta_sts_is_kept, mta_sts_is_refreshed]
