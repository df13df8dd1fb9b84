"""What is seldom seen, and has one right answer: 421 where nobody expects it,
TLSA records of all kinds, ourselves in the middle of a list, limits of a
route, secrets that are missing."""
import hashlib
import json
import threading

from world import *

# domain: what its TLSA records are (HOST is at NET83 with TLS, or 84
# without), and what becomes of mail
TLSA = {
    "ta1": (83, ["2 1 1 CASPKI"], "delivered"),
    "ta0": (83, ["2 0 1 CACERT"], "delivered"),
    "ee0": (83, ["3 0 1 EECERT"], "delivered"),
    "whole": (83, ["3 1 0 EEKEY"], "delivered"),
    "mixed": (83, ["1 1 1 EESPKI", "3 1 1 " + "00" * 32], "4.7.5"),
    # RFC 7672 2.2: none that can be used, so TLS, whoever it is
    "pkix": (83, ["0 1 1 " + "00" * 32, "1 1 1 " + "00" * 32], "delivered"),
    "short": (83, ["3 1 1 0011"], "delivered"),
    "bare": (84, ["1 1 1 " + "00" * 32], "4.7.4"),
}
ZONE = """
middle.odd.test MX 5 dead.odd.test
middle.odd.test MX 10 mx.example.test
middle.odd.test MX 20 b.mx.test
dead.odd.test A NET86
past.odd.test MX 10 plain.odd.test
plain.odd.test A NET84
_mta-sts.past.odd.test TXT v=STSv1; id=new;
mta-sts.past.odd.test A NET86
"""
for name, (host, records, _) in TLSA.items():
    ZONE += "+%s.odd.test MX 10 mx.%s.odd.test\n" % (name, name)
    ZONE += "+mx.%s.odd.test A NET%d\n" % (name, host)
    for r in records:
        ZONE += "+_25._tcp.mx.%s.odd.test TLSA %s\n" % (name, r)


def zone(d):
    """With the digests of the authority and of a certificate made for it."""
    certificate(d, "ca", "odd", "*.odd.test")
    whole = {}
    for name in "ca", "odd":
        for what, how in ("CERT", "-outform DER"), ("KEY", "-pubkey -noout"):
            whole[name + what] = subprocess.run(
                "openssl x509 -in %s/%s.pem %s" % (d, name, how) +
                ("" if what == "CERT" else
                 " | openssl pkey -pubin -outform DER"),
                shell=True, stdout=subprocess.PIPE, check=True).stdout
    with open(d + "/odd.pem", "a") as f:        # usage 2 wants the chain
        f.write(open(d + "/ca.pem").read())

    def digest(what):
        return hashlib.sha256(whole[what]).hexdigest()
    return ZONE.replace("CASPKI", digest("caKEY")).replace(
        "CACERT", digest("caCERT")).replace("EECERT", digest("oddCERT")) \
        .replace("EESPKI", digest("oddKEY")).replace("EEKEY",
                                                     whole["oddKEY"].hex())


def servers():
    try:
        Peer("odd83", "listen=" + NET + "83", "port=25",
             "caps=STARTTLS,8BITMIME", "cert=%s/tls/odd.pem" % PLACE)
        Peer("odd84", "listen=" + NET + "84", "port=25", "caps=8BITMIME")
    except AssertionError:
        return "port 25 of %s83 and 84 cannot be had" % NET


def tlsa_kinds():
    """And a policy that is over, with nothing to be fetched, is none."""
    lack = servers()
    if lack:
        return lack
    want = {"x@%s.odd.test" % n: t[2] for n, t in TLSA.items()}
    want["x@past.odd.test"] = "delivered"
    with open(DIR + "/sts/policy/past.odd.test", "w") as f:
        f.write("old %d\nversion: STSv1\nmode: enforce\nmx: other.test\n"
                "max_age: 86400\n" % (time.time() - 90000))
    sh("chown", "-R", "--reference=" + DIR + "/sts", DIR + "/sts/policy")
    for rcpt in want:
        send(rcpt)
    wrong = [(r, outcome(r)) for r in want if want[r] not in outcome(r)[1]]
    assert not wrong, wrong


def ourselves_in_the_middle():
    """RFC 5321 5.1: only who comes before us; while they are down it waits."""
    send("x@middle.odd.test")
    how, line = outcome("x@middle.odd.test")
    assert how == "deferred" and "dead.odd.test[%s86]" % NET in line, line


def closing():
    """421 to STARTTLS, AUTH, HELO, RSET and QUIT: nothing twice."""
    peers = {
        "tls": ("delivered", ["caps=STARTTLS", "starttls=421 4.3.2 bye",
                              "cert=%s/tls/good.pem" % PLACE]),
        "auth": ("deferred", ["mechs=PLAIN", "user=user@far.test",
                              "pass=pass word", "auth=421 4.3.2 bye"]),
        "helo": ("deferred", ["ehlo=502 no", "helo=421 4.3.2 bye"]),
        "rset": ("delivered", ["rcptbad=550 5.1.1 no", "rset=421 4.3.2 bye"]),
        "quit": ("delivered", ["quit=421 4.3.2 bye"]),
    }
    peers = {n: (how, Peer("close" + n, "first=1", *args))
             for n, (how, args) in peers.items()}
    routes([("%s.close.test" % n, "smtp://127.0.0.1:%d %s" % (
        p.port, "login=far" if n == "auth" else "connections=1"))
        for n, (_, p) in peers.items()])
    send("bad@rset.close.test", sender="alice@example.test")
    for n, (how, p) in peers.items():
        send("x@%s.close.test" % n)
    for n, (how, p) in peers.items():
        e = outcome("x@%s.close.test" % n)
        assert e[0] == how, e

    def there():
        retry_all()
        return all(events("x@%s.close.test" % n)[-1][0] == "delivered"
                   for n in peers)
    wait("all of them", there)
    assert all(len(p.mails()) == 1 for _, p in peers.values())


def a_rate():
    """Two in a minute, the rest in the next one, whatever was idle between."""
    p = Peer("rated")
    routes([("rate.odd.test", "smtp://127.0.0.1:%d rate=2" % p.port)])
    began = time.monotonic()
    for n in range(2):
        send("n%d@rate.odd.test" % n)
    wait("two", lambda: len(p.mails()) == 2)
    wait("the end of their connections", lambda: p.commands().count("QUIT") ==
         len(open(p.dir + "/connections").read().split()))
    send("n2@rate.odd.test")
    wait("the third", lambda: len(p.mails()) == 3, 90)
    assert time.monotonic() - began > 59


def a_changed_route():
    """What waits for the rate of the old one says so, and goes by the new one
    at once."""
    p = Peer("slow")
    q = Peer("quick")
    old, new = ("rerouted.odd.test smtp://127.0.0.1:%d%s\n" % w for w in
                ((p.port, " rate=1"), (q.port, "")))
    routes([tuple(old[:-1].split(" ", 1))])
    for n in range(4):
        send("n%d@rerouted.odd.test" % n)
    wait("the first", lambda: p.mails())
    began = time.monotonic()

    def why():
        return [w for l in correo("-j", "queue", "why", "--domain",
                                  "rerouted.odd.test").splitlines()
                for w in [json.loads(l)] if "rate=" in w["waits"]]
    turns = sorted(w["until"] for w in wait("two", lambda: why()[1:]
                                            and why()))
    assert turns[1] == turns[0] + 60, turns
    assert -5 < turns[0] - time.time() <= 60, turns
    path = DIR + "/etc/tables/routes"
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text.replace(old, new))
    correo("tables")
    wait("the others", lambda: len(p.mails()) + len(q.mails()) == 4)
    # a minute has passed: then the old one had its turn as well
    assert len(q.mails()) == 3 or time.monotonic() - began > 30


class Slow:
    """Takes a moment for each message; how many it was spoken to by at once."""
    def __init__(self):
        self.now = self.most = 0
        self.lock = threading.Lock()
        self.l = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.l.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            s, _ = self.l.accept()
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        self.count(1)
        try:
            s.sendall(b"220 slow\r\n")
            for line in s.makefile("rb"):
                verb = line[:4]
                if verb == b".\r\n":
                    time.sleep(0.3)
                if verb in (b"DATA", b".\r\n", b"QUIT") or \
                        line[:5] in (b"EHLO ", b"MAIL ", b"RCPT "):
                    s.sendall(b"354 go\r\n" if verb == b"DATA" else
                              b"250 ok\r\n")
        except OSError:
            pass
        self.count(-1)
        s.close()

    def count(self, n):
        with self.lock:
            self.now += n
            self.most = max(self.most, self.now)


def connections():
    """As many as its route says; without, more as it goes well."""
    held, free = Slow(), Slow()
    routes([("two.odd.test", "smtp://127.0.0.1:%d connections=2" % held.port),
            ("more.odd.test", "smtp://127.0.0.1:%d" % free.port)])
    names = ["n%d@%s.odd.test" % (n, d) for n in range(40)
             for d in ("two", "more")]
    for n in names:
        send(n)
    assert all(outcome(n)[0] == "delivered" for n in names)
    assert held.most == 2, held.most
    assert 2 < free.most <= 20, free.most


def backup_mx():
    """Strangers may send to a relay domain, and there to those of its list."""
    p = Peer("primary")
    correo("domain", "add", "backup.odd.test", "relay")
    correo("relay", "add", "rcpt", "backup.odd.test", "known")
    routes([("backup.odd.test", "smtp://127.0.0.1:%d" % p.port)])
    correo("relay", "remove", "net", "127.0.0.0/8")
    try:
        def answer(rcpt):
            try:
                send(rcpt)
            except AssertionError as e:
                return re.search(r"5\.\d\.\d", str(e))[0]
        wait("a stranger", lambda: answer("x@elsewhere.odd.test") == "5.7.1")
        assert answer("gone@backup.odd.test") == "5.1.1"
        for who in "known", "postmaster":
            assert answer(who + "@backup.odd.test") is None
            assert outcome(who + "@backup.odd.test")[0] == "delivered"
    finally:
        correo("relay", "add", "net", "127.0.0.0/8")
    # the next test is one of ours again
    wait("the network", lambda: answer("x@elsewhere.odd.test") is None)
    assert len(p.mails()) == 2


def tokens_are_gone():
    """A helper that failed has removed the file: it waits, with the cure."""
    p = Peer("gone", "mechs=XOAUTH2", "user=user@far.test", "pass=ya29.gone")
    path = DIR + "/etc/secrets/relay-tokens"
    with open(path, "a") as f:
        f.write("gone user@far.test:ya29.gone\n")
    # a connection that is kept needs no token: each message has its own
    routes([("n%d.gone.odd.test" % n, "smtp://127.0.0.1:%d login=gone "
             "helo=n%d.test" % (p.port, n)) for n in range(60)])
    sent = [0]
    os.rename(path, path + ".away")
    try:
        def refused():
            rcpt = "x@n%d.gone.odd.test" % sent[0]
            sent[0] += 1
            send(rcpt)
            return "relay-tokens" in outcome(rcpt)[1] or time.sleep(0.5)
        wait("a loop that has no tokens", refused, 30)
    finally:
        os.rename(path + ".away", path)

    def delivered():
        correo("queue", "retry", "--recipient",
               "x@n%d.gone.odd.test" % (sent[0] - 1), ok=False)
        return len(p.mails()) == sent[0] or time.sleep(0.5)
    wait("the tokens again", delivered)


def typos():
    """A wrong route is refused with its reason, and the old table stays."""
    for words in (["smpt://h:25"], ["smtp://h:99999"], ["smtp://h:25",
                  "tls=yes"], ["lmtp+unix://rel"], ["mx", "rate=x"],
                  ["mx", "source=1.2.3"], ["mx", "tls=may", "tls=may"]):
        said = correo("route", "add", "typo.odd.test", *words, ok=False)
        assert "correo: route: " in said, (words, said)
    path = DIR + "/etc/tables/routes"
    p = Peer("still")
    routes([("still.odd.test", "smtp://127.0.0.1:%d" % p.port)])
    with open(path) as f:
        good = f.read()
    try:
        with open(path, "w") as f:
            f.write(good + "typo.odd.test smtpp://x:1\n")
        said = correo("tables", ok=False)
        assert "/routes:%d: route" % (good.count("\n") + 1) in said, said
        send("x@still.odd.test")
        assert outcome("x@still.odd.test")[0] == "delivered"
    finally:
        with open(path, "w") as f:
            f.write(good)
        correo("tables")


TESTS = [tlsa_kinds, ourselves_in_the_middle, closing, a_rate, a_changed_route,
         connections, backup_mx, tokens_are_gone, typos]
