#!/usr/bin/env python3
"""relay.py DIR [TEST|FILE.py...] - mail leaves: scripted peers, TLS, logins,
DNS, reports."""
import email
import os
import re
import subprocess
import time

from world import *
import broken
import codes
import policies
import odd
import silent
import words

def certificates():
    d = PLACE + "/tls"
    os.makedirs(d)
    authority(d, "ca")
    for name in "good", "other":
        certificate(d, "ca", name, name + ".test")
    der = subprocess.run(["sh", "-c", "openssl x509 -in %s/good.pem -pubkey "
                          "-noout | openssl pkey -pubin -outform DER | "
                          "sha256sum" % d], stdout=subprocess.PIPE).stdout
    return d, der.decode().split()[0]


def set_up():
    global TLS, PIN
    TLS, PIN = certificates()
    os.makedirs(PLACE + "/dns")
    with open(PLACE + "/dns/zone", "w") as f:
        f.write((ZONE + policies.ZONE + words.ZONE +
                 silent.ZONE + odd.zone(TLS)).replace("PIN", PIN)
                .replace("NET", NET))
    port = start("dns.py", PLACE + "/dns", PLACE + "/dns/zone",
                 str(BASE + 53), ready="dnsport")
    sh(TOP + "/quickstart", "-d", DIR, "-p", str(BASE), "-r",
       "127.0.0.1:%d" % port)
    with open(DIR + "/etc/correo.conf", "a") as f:
        f.write("remoted.timeout 3s\nremoted.end_timeout 4s\n"
                "remoted.connect_timeout 3s\nremoted.ca_file %s/ca.pem\n"
                "remoted.lmtp_dir %s/lmtp\nqueued.children 300\n"
                "remoted.own 127.0.0.1\n"
                "remoted.source 127.0.0.9=nine.test 127.0.0.10=ten.test\n"
                % (TLS, PLACE))
    os.makedirs(PLACE + "/lmtp")
    os.chmod(PLACE + "/lmtp", 0o755)
    with open(DIR + "/etc/tables/relay", "a") as f:
        f.write("net 127.0.0.0/8\n")
    with open(DIR + "/etc/secrets/relay-passwords", "w") as f:
        f.write("far user@far.test:pass word\nwrong user@far.test:nonsense\n")
    with open(DIR + "/etc/secrets/relay-tokens", "w") as f:
        f.write("cloud user@far.test:ya29.token\n")
    correo("tables")
    sh(TOP + "/quickstart", "-d", DIR, "restart")


ZONE = """
+mx.test MX 20 b.mx.test
+mx.test MX 10 a.mx.test
a.mx.test A NET66
+b.mx.test A NET2
some8.test MX 10 only7.test
some8.test MX 20 has8.test
maybe8.test MX 10 only7.test
maybe8.test MX 20 down8.test
only7.test A NET5
has8.test A NET6
down8.test A NET7
null.test MX 0 .
nodata.test A NET2
empty.test TXT-less nxdomain
us.test MX 10 mx.example.test
us.test MX 20 b.mx.test
lo.test MX 10 lo.lo.test
lo.lo.test A 127.0.0.1
silent.test silent
servfail.test servfail
bogus.test bogus
garbage.test garbage
ring.test ring
many.test many
alias.test CNAME real.test
real.test MX 10 b.mx.test
nohost.test MX 10 nowhere.test
xn--bcher-kva.test MX 10 b.mx.test
good.test A 127.0.0.1
other.test A 127.0.0.1
+dane.test MX 10 good.dane.test
+good.dane.test A NET3
+_25._tcp.good.dane.test TLSA 3 1 1 PIN
+badane.test MX 10 bad.dane.test
+bad.dane.test A NET3
+_25._tcp.bad.dane.test TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
+aliased.test MX 10 al.dane.test
+al.dane.test CNAME bad.dane.test
insecure.test MX 10 loose.dane.test
loose.dane.test A NET3
_25._tcp.loose.dane.test TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
""".replace("empty.test TXT-less nxdomain\n", "")


# ------------------------------------------------ the message

def byte_for_byte():
    ugly = b"Subject: =?utf-8?q?x?=\r\nX-Long: " + b"y" * 900 + b"\r\n\r\n" + \
        b".\r\n..\r\n.x\r\n" + b"caf\xc3\xa9\r\n" * 3000 + b"\ttail  \r\n"
    for name, caps in ("all", None), ("single", "8BITMIME"), \
            ("chunk", "8BITMIME,CHUNKING"):
        p = Peer(name, *(["caps=" + caps] if caps else []))
        routes([(name + ".relay.test", "smtp://127.0.0.1:%d" % p.port)])
        send([n + "@%s.relay.test" % name for n in "abc"], ugly)
        assert outcome("c@%s.relay.test" % name)[0] == "delivered"
        (mail, env), = p.mails()
        assert trace_cut(mail) == ugly, name
        assert env.count("RCPT TO") == 3
        assert ("DATA" in p.commands()) == (name != "chunk")


def chunking():
    """What is longer than 64 KiB, or has to be converted, goes by DATA; a
    connection whose chunk was refused is closed."""
    p, q = Peer("bdat", "caps=8BITMIME,CHUNKING"), Peer("bdat7",
                                                       "caps=CHUNKING")
    r = Peer("bdatno", "caps=CHUNKING,8BITMIME", "end=554 5.6.0 no", "first=1")
    routes([("bdat.relay.test", "smtp://127.0.0.1:%d" % p.port),
            ("bdat7.relay.test", "smtp://127.0.0.1:%d" % q.port),
            ("bdatno.relay.test", "smtp://127.0.0.1:%d connections=1" %
             r.port)])
    text = b"Subject: x\r\n\r\n.one\r\n"
    for body in text, text + b"y" * 70 + b"\r\n" * 40000:
        send("x@bdat.relay.test", body)
    wait("both", lambda: len(p.mails()) == 2)
    got = sorted((trace_cut(m) for m, _ in p.mails()), key=len)
    assert got == [text, text + b"y" * 70 + b"\r\n" * 40000]
    assert [c.split(" ")[0] for c in p.commands()].count("BDAT") == 1
    send("x@bdat7.relay.test", b"Subject: x\r\n\r\ncaf\xc3\xa9\r\n")
    assert outcome("x@bdat7.relay.test")[0] == "delivered"
    assert "DATA" in q.commands()
    send("x@bdatno.relay.test", text)
    assert outcome("x@bdatno.relay.test")[0] == "failed"
    send("y@bdatno.relay.test", text)
    assert outcome("y@bdatno.relay.test")[0] == "delivered"
    assert len(open(r.dir + "/connections").read().split()) == 2


def helo_and_7bit():
    p = Peer("old", "ehlo=502 5.5.1 no", "caps=")
    routes([("old.relay.test", "smtp://127.0.0.1:%d" % p.port)])
    body = b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; " \
        b"charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" \
        b".caf\xc3\xa9\r\n"
    send("a@old.relay.test", body)
    assert outcome("a@old.relay.test")[0] == "delivered"
    mail = email.message_from_bytes(p.mails()[0][0])
    assert mail["Content-Transfer-Encoding"] == "quoted-printable"
    assert mail.get_payload(decode=True) == b".caf\xc3\xa9\r\n"
    send("b@old.relay.test", b"Subject: caf\xc3\xa9\r\n\r\nx\r\n")
    e = outcome("b@old.relay.test")
    assert e[0] == "failed" and "5.6.3" in e[1], e
    signed = b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/" \
        b"signed; boundary=b\r\n\r\n--b\r\n\r\ncaf\xc3\xa9\r\n--b\r\n" \
        b"Content-Type: application/pgp-signature\r\n\r\nS\r\n--b--\r\n"
    send("c@old.relay.test", signed)
    e = outcome("c@old.relay.test")
    assert e[0] == "failed" and "5.6.3" in e[1] and "a signed" in e[1], e
    assert len(p.mails()) == 1
    try:
        Peer("only7", "listen=" + NET + "5", "port=25", "caps=PIPELINING")
        q = Peer("has8", "listen=" + NET + "6", "port=25", "caps=8BITMIME")
    except AssertionError:
        return "port 25 of %s5 and 6 cannot be had" % NET
    # one of its servers can; then none that answers
    send("x@some8.test", signed)
    assert outcome("x@some8.test")[0] == "delivered"
    assert trace_cut(q.mails()[0][0]) == signed
    send("x@maybe8.test", signed)
    e = outcome("x@maybe8.test")
    assert e[0] == "deferred" and NET + "7" in e[1], e


def reuse():
    p = Peer("reuse")
    routes([("reuse.relay.test", "smtp://127.0.0.1:%d connections=1" %
             p.port)])
    for i in range(20):
        send("n%d@reuse.relay.test" % i)
    for i in range(20):
        assert outcome("n%d@reuse.relay.test" % i)[0] == "delivered"
    assert len(open(p.dir + "/connections").read().split()) <= 2


def not_for_ever():
    """However much there is to send, a connection grows no older than that."""
    p = Peer("young")
    routes([("young.relay.test", "smtp://127.0.0.1:%d connections=1" %
             p.port)])
    configure("remoted.keep 1s")
    sent = [0]

    def third():
        send("n%d@young.relay.test" % sent[0])
        assert outcome("n%d@young.relay.test" % sent[0])[0] == "delivered"
        sent[0] += 1
        return len(open(p.dir + "/connections").read().split()) == 3
    wait("a third connection", third)
    assert len(p.mails()) == sent[0] and sent[0] > 3, sent
    configure("remoted.keep 5m")


def dsn_size_utf8():
    p, q = Peer("dsn", "caps=DSN,SIZE 2000"), Peer("nodsn", "caps=8BITMIME")
    routes([("dsn.relay.test", "smtp://127.0.0.1:%d" % p.port),
            ("nodsn.relay.test", "smtp://127.0.0.1:%d" % q.port)])
    before = len(bodies())
    send("a@dsn.relay.test", mail=["RET=HDRS", "ENVID=Q+2Bx"],
         rcpt=["NOTIFY=SUCCESS", "ORCPT=rfc822;o@dsn.test"],
         sender="alice@example.test")
    assert outcome("a@dsn.relay.test")[0] == "delivered"
    env = p.mails()[0][1]
    assert "RET=HDRS ENVID=Q+2Bx" in env, env
    assert "NOTIFY=SUCCESS ORCPT=rfc822;o@dsn.test" in env, env
    send("a@nodsn.relay.test", rcpt=["NOTIFY=SUCCESS"],
         sender="alice@example.test")
    report = wait("relayed report", lambda: bodies()[before:])
    time.sleep(0.5)
    assert len(bodies()) == before + 1      # the other one is their business
    assert b"Action: relayed" in report[0]
    send("b@dsn.relay.test", b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n" +
         b"z" * 3000 + b"\r\n")
    e = outcome("b@dsn.relay.test")
    assert e[0] == "failed" and "5.3.4" in e[1], e
    send("c@nodsn.relay.test", "Subject: é\r\n\r\nx\r\n".encode(),
         mail=["SMTPUTF8"])
    e = outcome("c@nodsn.relay.test")
    assert e[0] == "failed" and "5.6.7" in e[1], e


def sources_and_senders():
    """Where mail goes and comes from by its sender's domain, unless the
    recipient's says it; each address greets with its name; what waits follows
    a change."""
    p, q, r = Peer("bysender"), Peer("byrcpt"), Peer("changed")
    routes([("from:news.test", "smtp://127.0.0.1:%d source=127.0.0.10" %
             p.port), ("from:.news.test", "smtp://127.0.0.1:%d helo=sub.test" %
                       p.port),
            ("from:gone.test", "smtp://127.0.0.1:1"),
            ("rcpt.relay.test", "smtp://127.0.0.1:%d" % q.port)])
    send("a@anywhere.test", sender="x@news.test")
    assert outcome("a@anywhere.test")[0] == "delivered"
    assert p.commands()[0] == "EHLO ten.test"
    send("b@anywhere.test", sender="x@a.news.test")
    assert outcome("b@anywhere.test")[0] == "delivered"
    assert "EHLO sub.test" in p.commands()
    assert set(open(p.dir + "/connections").read().split()) == \
        {"127.0.0.9", "127.0.0.10"}
    send("c@rcpt.relay.test", sender="x@news.test")
    assert outcome("c@rcpt.relay.test")[0] == "delivered"
    assert q.commands()[0] == "EHLO nine.test"
    send("d@anywhere.test", sender="x@gone.test")
    e = outcome("d@anywhere.test")
    assert e[0] == "deferred" and "from 127.0.0.9" in e[1], e
    wrong = correo("route", "add", "from:gone.test", "smtp://x:0", ok=False)
    assert "HOST:PORT" in wrong, wrong
    # in one step: with no route at all it would fail for good
    path = DIR + "/etc/tables/routes"
    text = open(path).read()
    with open(path, "w") as f:
        f.write(text.replace("smtp://127.0.0.1:1\n",
                             "smtp://127.0.0.1:%d\n" % r.port))
    correo("tables")
    assert "from:gone.test smtp" in correo("route", "list")

    def follows():
        retry_all()
        return events("d@anywhere.test")[-1][0] == "delivered"
    wait("the new route", follows)
    assert len(r.mails()) == 1


def held_and_retried():
    """What an operator holds stays, whatever is retried; the rest, by id, by
    domain or all, takes the route of now."""
    p = Peer("live")
    names = ["one", "dom", "all", "held"]
    # a port each: none is dead, so that nothing comes back by itself
    routes([(n + ".op.test", "smtp://127.0.0.1:%d" % port)
            for port, n in enumerate(names, 2)])
    for n in names:
        send("x@%s.op.test" % n)
    for n in names:
        assert outcome("x@%s.op.test" % n)[0] == "deferred"
    time.sleep(1)           # the log says so before the file is renamed
    correo("queue", "hold", "--domain", "held.op.test")
    path = DIR + "/etc/tables/routes"
    text = open(path).read()
    with open(path, "w") as f:
        f.write(re.sub(r"(\.op\.test smtp://127\.0\.0\.1:)\d\n",
                       r"\g<1>%d\n" % p.port, text))
    correo("tables")

    def until(n, *words):
        def there():
            # exits with 1 once it has gone
            correo("queue", "retry", *words, ok=False)
            return events("x@%s.op.test" % n)[-1][0] == "delivered"
        wait(n + " delivered", there)
    ident = re.search(r"id=(\w+)", events("x@one.op.test")[-1][1]).group(1)
    until("one", ident)
    assert events("x@all.op.test")[-1][0] == "deferred"
    until("dom", "--domain", "dom.op.test")
    assert events("x@all.op.test")[-1][0] == "deferred"
    until("all", "--all")
    assert len(events("x@held.op.test")) == 1
    correo("queue", "release", "--domain", "held.op.test")
    until("held", "--domain", "held.op.test")
    assert len(p.mails()) == 4


def many_recipients():
    """552 is RFC 821's word for too many; one that is full stays full."""
    names = ["u%02d" % i for i in range(20)] + ["bad", "slow", "full"]
    over = {"limit": "452 4.5.3 too many", "limit821": "552 too many",
            "limit553": "552 5.5.3 too many"}
    peer = {n: Peer(n, "limit=7", "over=" + how, "rcptbad=550 5.1.1 nobody",
                    "rcptslow=450 4.2.1 later", "rcptfull=552 5.2.2 full")
            for n, how in over.items()}
    routes([(n + ".relay.test", "smtp://127.0.0.1:%d" % p.port)
            for n, p in peer.items()])
    for domain in over:
        send(["%s@%s.relay.test" % (n, domain) for n in names],
             sender="alice@example.test")
    for domain, p in peer.items():
        got = [outcome("%s@%s.relay.test" % (n, domain))[0] for n in names]
        assert got == ["delivered"] * 20 + ["failed", "deferred", "failed"], \
            (domain, got)
        assert len(p.mails()) == 3


# ------------------------------------------------ LMTP, TLS, logins

def lmtp():
    p = Peer("lmtp", "lmtp=1", "end2=550 5.2.2 over quota",
             "unix=%s/lmtp/sock" % PLACE)
    q = Peer("lmtptcp", "lmtp=1")
    routes([("lmtp.relay.test", "lmtp+unix://%s/lmtp/sock" % PLACE),
            ("lmtptcp.relay.test", "lmtp://127.0.0.1:%d" % q.port)])
    send([n + "@lmtp.relay.test" for n in "abc"], sender="alice@example.test")
    got = [outcome(n + "@lmtp.relay.test")[0] for n in "abc"]
    assert got == ["delivered", "failed", "delivered"], got
    send("a@lmtptcp.relay.test")
    assert outcome("a@lmtptcp.relay.test")[0] == "delivered"
    assert q.commands()[0].startswith("LHLO")


def tls():
    caps, good, other = "caps=STARTTLS,8BITMIME,PIPELINING", \
        "cert=%s/good.pem" % TLS, "cert=%s/other.pem" % TLS
    g, o = Peer("tlsgood", caps, good), Peer("tlsother", caps, other)
    n, b = Peer("tlsnone"), Peer("tlsbroken", caps, good,
                                 "inject=1")
    s = Peer("smtps", "smtps=1", good)
    certificate(TLS, "ca", "expired", "good.test", "-1")
    x = Peer("tlsexpired", caps, "cert=%s/expired.pem" % TLS)
    half = Peer("tlshalf", caps, "cert=/dev/null")
    a = Peer("tlsasks", caps, good, "ask=%s/ca.pem" % TLS)
    rows = [("may", o, "may", "delivered"), ("ver", g, "verify", "delivered"),
            ("oth", o, "verify", "deferred"),
            ("exp", x, "verify", "deferred"), ("exm", x, "may", "delivered"),
            ("req", o, "require", "delivered"),
            ("non", n, "require", "deferred"), ("pla", n, "may", "delivered"),
            ("bro", b, "may", "delivered"), ("brr", b, "require", "deferred"),
            ("hal", half, "may", "delivered"),
            ("har", half, "require", "deferred"),
            ("ask", a, "may", "delivered"), ("asr", a, "require", "deferred"),
            ("off", g, "none", "delivered")]
    routes([(r[0] + ".tls.test", "smtp://good.test:%d tls=%s" %
             (r[1].port, r[2])) for r in rows] +
           [("smt.tls.test", "smtps://good.test:%d tls=verify" % s.port)])
    for r in rows:
        send("x@%s.tls.test" % r[0])
    send("x@smt.tls.test")
    for r in rows:
        e = outcome("x@%s.tls.test" % r[0])
        assert e[0] == r[3], e
    assert outcome("x@smt.tls.test")[0] == "delivered"
    assert "STARTTLS" in g.commands()
    log = open(DIR + "/log").read()
    assert "proof=name" in log and "reason=\"TLS with" in log


def authorities_change():
    """Without a restart: the connection that sees it first is the last one of
    the old remoted."""
    authority(TLS, "new")
    certificate(TLS, "new", "later", "good.test")
    p = Peer("later", "caps=STARTTLS", "cert=%s/later.pem" % TLS)
    routes([("later%d.tls.test" % i, "smtp://good.test:%d tls=verify helo=n%d"
             % (p.port, i)) for i in range(2)])
    send("x@later0.tls.test")
    assert outcome("x@later0.tls.test")[0] == "deferred"
    with open(TLS + "/both.pem", "w") as f:
        f.write(open(TLS + "/ca.pem").read() + open(TLS + "/new.pem").read())
    os.rename(TLS + "/both.pem", TLS + "/ca.pem")
    send("x@later1.tls.test")
    outcome("x@later1.tls.test")

    def both():
        retry_all()
        return all(events("x@later%d.tls.test" % i)[-1][0] == "delivered"
                   for i in range(2))
    wait("both with the new authority", both)


def logins():
    rows = []
    for mech, name, want in (
            ("PLAIN", "far", "delivered"), ("LOGIN", "far", "delivered"),
            ("SCRAM-SHA-256", "far", "delivered"),
            ("PLAIN", "wrong", "deferred"),
            ("SCRAM-SHA-256", "wrong", "deferred"),
            ("XOAUTH2", "cloud", "delivered"),
            ("OAUTHBEARER", "cloud", "delivered"),
            ("OAUTHBEARER", "far", "deferred"),
            ("PLAIN", "missing", "deferred"),
            ("GSSAPI", "far", "deferred")):
        n = "l%d" % len(rows)
        secret = "ya29.token" if name == "cloud" else "pass word"
        p = Peer(n, "mechs=" + mech, "user=user@far.test", "pass=" + secret)
        rows.append((n, p, name, want))
    liar = Peer("liar", "mechs=SCRAM-SHA-256", "user=user@far.test",
                "pass=pass word", "liar=1")
    rows.append(("liar", liar, "far", "deferred"))
    routes([(n + ".login.test", "smtp://127.0.0.1:%d login=%s" % (p.port, l))
            for n, p, l, _ in rows])
    for n, *_ in rows:
        send("x@%s.login.test" % n)
    for n, p, _, want in rows:
        e = outcome("x@%s.login.test" % n)
        assert e[0] == want, e
    assert "pass word" not in open(DIR + "/log").read()


def token_is_refreshed():
    """As a helper program does, by rename; what waits logs in with the new."""
    p = Peer("fresh", "mechs=XOAUTH2", "user=user@far.test", "pass=ya29.renewed")
    path = DIR + "/etc/secrets/relay-tokens"
    routes([("fresh.login.test", "smtp://127.0.0.1:%d login=cloud" % p.port)])
    send("x@fresh.login.test")
    e = outcome("x@fresh.login.test")
    assert e[0] == "deferred" and "5.7.8" in e[1], e
    with open(path + ".new", "w") as f:
        f.write("cloud user@far.test:ya29.renewed\n")
    sh("chown", "--reference=" + path, path + ".new")
    sh("chmod", "--reference=" + path, path + ".new")
    os.rename(path + ".new", path)

    def delivered():
        retry_all()
        return events("x@fresh.login.test")[-1][0] == "delivered"
    wait("the new token", delivered)
    assert "renewed" not in open(DIR + "/log").read()


# ------------------------------------------------ DNS

def questions():
    try:
        return open(PLACE + "/dns/questions").read().splitlines()
    except FileNotFoundError:
        return []


def dns():
    try:
        Peer("mx25", "listen=" + NET + "2", "port=25")
    except AssertionError:
        return "port 25 of %s2 cannot be had" % NET
    want = {
        "mx.test": "delivered", "nodata.test": "delivered",
        "alias.test": "delivered",
        "null.test": "failed .* 556 5.1.10", "gone.test": "failed .* 550 5.1.2",
        "us.test": "failed .* 554 5.4.6", "lo.test": "failed .* 554 5.4.6",
        "silent.test": "deferred .* 451 4.4.3",
        "servfail.test": "deferred .* 451 4.4.3",
        "bogus.test": "deferred .* 451 4.7.5",
        "garbage.test": "deferred .* 451 4.4.3",
        "ring.test": "deferred .* 451 4.4.3",
        "many.test": "(failed|deferred)", "nohost.test": "failed .* 550 5.4.4",
        "[%s2]" % NET: "delivered", "[127.0.0.1]": "failed .* 554 5.4.6",
    }
    for d in want:
        before = len(questions())
        send("x@" + d)
        e = outcome("x@" + d, 40)
        line = e[1].replace("code=", "")
        assert re.search("event=" + want[d].split(" ")[0], line), e
        assert re.search(want[d].replace("failed .* ", "").replace(
            "deferred .* ", "") if " " in want[d] else "", line), e
        assert len(questions()) - before <= 40, (d, len(questions()) - before)
    send("\u00e9@b\u00fccher.test", mail=["SMTPUTF8"])
    assert outcome("\u00e9@b\u00fccher.test")[0] == "delivered"
    send("\u00e9@B\u00dcCHER.test", mail=["SMTPUTF8"])
    assert outcome("\u00e9@B\u00dcCHER.test")[0] == "delivered"
    send("x@\u2665.test", mail=["SMTPUTF8"])
    e = outcome("x@\u2665.test")
    assert e[0] == "failed" and "550 5.1.2" in e[1], e


def named_hosts():
    """A route names its host: localhost is no question for DNS, and mail waits
    for one that cannot be found."""
    p = Peer("named")
    routes([("here.test", "smtp://localhost:%d" % p.port),
            ("typo.test", "smtp://nowhere.gone.test:25")])
    before = len(questions())
    send("x@here.test")
    assert outcome("x@here.test")[0] == "delivered"
    assert len(questions()) == before
    send("x@typo.test")
    how, line = outcome("x@typo.test")
    assert how == "deferred" and "nowhere.gone.test has no address" in line


def dane():
    caps = "caps=STARTTLS,8BITMIME"
    try:
        p = Peer("dane25", "listen=" + NET + "3", "port=25", caps,
                 "cert=%s/good.pem" % TLS)
    except AssertionError:
        return "port 25 of %s3 cannot be had" % NET
    for d, want in ("dane.test", "delivered"), ("badane.test", "deferred"), \
            ("aliased.test", "deferred"), \
            ("insecure.test", "delivered"):
        send("x@" + d)
        e = outcome("x@" + d)
        assert e[0] == want, e
    assert "proof=dane" in open(DIR + "/log").read()


# ------------------------------------------------ forwards and reports

def rewritten_senders():
    p = Peer("srs")
    q = Peer("srsbad", "rcpt=550 5.1.1 no such user")
    routes([("srs.relay.test", "smtp://127.0.0.1:%d" % p.port),
            ("srsbad.relay.test", "smtp://127.0.0.1:%d" % q.port),
            ("origin.test", "smtp://127.0.0.1:%d" % p.port)])
    correo("alias", "add", "fwd@example.test", "out@srs.relay.test")
    time.sleep(1.3)
    send("fwd@example.test", sender="a@origin.test")
    assert outcome("out@srs.relay.test")[0] == "delivered"
    sender = re.search(r"<(.*)>", p.mails()[0][1].split("\n")[0]).group(1)
    assert sender.startswith("SRS0=") and sender.endswith("@example.test")
    # a report comes back by it, and goes on to the one it is for
    send(sender, sender="")
    assert outcome("a@origin.test")[0] == "delivered"
    assert p.mails()[1][1].startswith("MAIL FROM:<>")
    # one too old is refused, or forged, or of another form
    before = len(bodies("alice"))
    day = sender.split("=")[2]
    old = "0" if day[0] > "1" else "v"
    for wrong in "SRS0=aaaaaaaaaa=%s%s=victim.test=v" % (old, day[1]), \
            "SRS0=aaaaaaaaaa=%s=v" % day, "SRS0=aaaa=%s=victim.test=v" % day, \
            "SRS0+aaaaaaaaaa=%s=victim.test=v" % day, "SRS1=x", \
            "SRS1=aaaaaaaaaa=fwd.test", \
            "SRS0=aaaaaaaaaa=%s=victim.test=v" % day, \
            sender.split("@")[0][:-1] + "b", sender.split("@")[0] + "b":
        try:
            send(wrong + "@example.test", sender="alice@example.test")
            raise RuntimeError(wrong)
        except AssertionError as e:
            assert "rewritten sender" in str(e), e
    # of another key: a session hears of it, whoever has its writer
    path = DIR + "/etc/secrets/srs"
    with open(path) as f:
        old = f.read()

    def key(text):
        with open(path + ".new", "w") as f:
            f.write(text)
        sh("chown", "--reference=" + path, path + ".new")
        sh("chmod", "--reference=" + path, path + ".new")
        os.rename(path + ".new", path)

    def refused():
        try:
            send(sender, sender="")
        except AssertionError as e:
            assert "rewritten" in str(e), e
            return "rewritten sender of ours" in str(e)

    def taken():
        try:
            send(sender, sender="")
            return True
        except AssertionError as e:
            assert "rewritten" in str(e), e
    key("another\n")
    wait("it is not ours any more", refused)
    key("newest\n" + old)
    wait("it is ours again", taken)
    send("x@srsbad.relay.test", sender="alice@example.test")
    report = wait("report", lambda: bodies("alice")[before:])
    assert len(report) == 1
    m = email.message_from_bytes(report[0])
    assert m.get_content_type() == "multipart/report"
    status = m.get_payload(1).as_string()
    assert "Status: 5.1.1" in status and "no such user" in status, status
    assert "127.0.0.1" in status


def greylisted():
    p = Peer("grey", "rcpt=451 4.7.1 Greylisted, come back", "first=1")
    routes([("grey.relay.test", "smtp://127.0.0.1:%d" % p.port)])
    send("x@grey.relay.test")
    line = outcome("x@grey.relay.test")[1]
    due = int(re.search(r"due=(\d+)", line).group(1))
    assert 60 <= due - time.time() <= 130, line


def wanted(test):
    """All, or those named, or those of a file."""
    return not sys.argv[2:] or test.__name__ in sys.argv[2:] or \
        os.path.basename(test.__code__.co_filename) in sys.argv[2:]


all_tests = [byte_for_byte, chunking, helo_and_7bit, reuse, not_for_ever, dsn_size_utf8,
             sources_and_senders, held_and_retried, many_recipients, lmtp, tls,
             authorities_change, logins, token_is_refreshed, dns, named_hosts, dane,
             *policies.TESTS, *words.TESTS, *odd.TESTS,
             rewritten_senders, greylisted, *broken.TESTS, *codes.TESTS,
             *silent.TESTS]
try:
    set_up()
    bad = tell(*filter(wanted, all_tests))
finally:
    end()
sys.exit(bad)
