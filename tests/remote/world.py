"""What the tests of remoted share: an instance by quickstart, scripted peers
(peer.py), a scripted DNS server (dns.py)."""
import json
import os
import re
import smtplib
import socket
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PLACE = sys.argv[1]
DIR = PLACE + "/main"
BASE = int(os.environ["CORREO_BASE"])
PORT = BASE + 25
NET = "127.%d.%d." % divmod(BASE, 256)     # this instance's peers have it
procs, peers = [], {}


def sh(*argv, ok=True):
    r = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=180)
    if ok and r.returncode:
        raise AssertionError("%s: %d %s" % (argv, r.returncode, r.stdout))
    return r.stdout.decode(errors="replace")


def correo(*words, ok=True):
    return sh(DIR + "/correo", *words, ok=ok)


def retry_all():
    """Now, or, where queued gave messages new names at each look, in a while."""
    wait("a retry of all", lambda: "try again" not in
         correo("queue", "retry", "--all", ok=False))


def wait(what, found, seconds=60):
    end = time.monotonic() + seconds
    while True:
        v = found()
        if v:
            return v
        if time.monotonic() > end:
            raise AssertionError("%s: not within %d s" % (what, seconds))
        time.sleep(0.05)


def start(script, where, *argv, ready):
    os.makedirs(where, exist_ok=True)
    procs.append(subprocess.Popen([sys.executable, HERE + "/" + script, where,
                                   *argv]))
    wait(script, lambda: os.path.exists(where + "/" + ready) and
         os.path.getsize(where + "/" + ready))
    return int(open(where + "/" + ready).read())


class Peer:
    def __init__(self, name, *argv):
        self.dir = PLACE + "/peer/" + name
        self.port = start("peer.py", self.dir, *argv, ready="port")

    def mails(self):
        n = 1
        while os.path.exists("%s/%d.env" % (self.dir, n)):
            n += 1
        return [(open("%s/%d.eml" % (self.dir, i), "rb").read(),
                 open("%s/%d.env" % (self.dir, i),
                      errors="surrogateescape").read())
                for i in range(1, n)]

    def commands(self):
        try:
            return open(self.dir + "/commands").read().splitlines()
        except FileNotFoundError:
            return []


def authority(d, ca):
    sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
       "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
       "/CN=" + ca, "-keyout", d + "/%s.key" % ca, "-out", d + "/%s.pem" % ca)


def certificate(d, ca, name, host, days="30"):
    """d/name.pem, with its key, for that host, signed by that authority."""
    sh("openssl", "req", "-newkey", "ec", "-pkeyopt",
       "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
       "-keyout", d + "/key", "-out", d + "/csr")
    with open(d + "/ext", "w") as f:
        f.write("subjectAltName=DNS:" + host)
    sh("openssl", "x509", "-req", "-in", d + "/csr", "-CA", d + "/%s.pem" % ca,
       "-CAkey", d + "/%s.key" % ca, "-CAcreateserial", "-days", days,
       "-extfile", d + "/ext", "-out", d + "/crt")
    with open(d + "/%s.pem" % name, "w") as f:
        f.write(open(d + "/crt").read() + open(d + "/key").read())


def route(domain, target):
    correo("route", "add", domain, *target.split(" "))


def configure(*lines):
    """Lines of correo.conf change, and all start with them."""
    with open(DIR + "/etc/correo.conf") as f:
        text = f.read()
    for line in lines:
        text = re.sub(r"(?m)^%s .*\n|\Z" % line.split(" ")[0], line + "\n",
                      text, count=1)
    with open(DIR + "/etc/correo.conf", "w") as f:
        f.write(text)
    sh(TOP + "/quickstart", "-d", DIR, "restart")


def routes(rows):
    """Many at once, as an editor would."""
    with open(DIR + "/etc/tables/routes", "a") as f:
        f.writelines("%s %s\n" % r for r in rows)
    correo("tables")
    wait("the new table", taken)


def taken():
    """queued's loop holds no table that has been replaced."""
    loops = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid) as f:
                words = f.read().split("\0")
            if words[-3:] != ["-r", "loop", ""] or \
                    DIR + "/etc/correo.conf" not in words:
                continue
            held = [os.readlink("/proc/%s/fd/%s" % (pid, fd))
                    for fd in os.listdir("/proc/%s/fd" % pid)]
        except (FileNotFoundError, ProcessLookupError):
            continue
        except PermissionError:         # only root can look
            time.sleep(2)
            return True
        loops += 1
        if any(h.startswith(DIR + "/etc/tables/") and h.endswith(" (deleted)")
               for h in held):
            return False
    return loops > 0


def send(rcpts, body=b"Subject: test\r\n\r\nhello\r\n", sender="a@sender.test",
         mail=(), rcpt=()):
    with smtplib.SMTP("127.0.0.1", PORT, "client.test", timeout=30) as s:
        s.ehlo("client.test")
        code, text = s.mail(sender, mail)
        assert code == 250, text
        for r in [rcpts] if isinstance(rcpts, str) else rcpts:
            code, text = s.rcpt(r, rcpt)
            assert code == 250, text
        s.putcmd("data")
        assert s.getreply()[0] == 354
        s.send(re.sub(rb"(?m)^\.", b"..", body) + b".\r\n")
        code, text = s.getreply()
        assert code == 250, text


told, read = {}, [0]             # by recipient; bytes of the log looked at


def events(rcpt):
    """What the log says of a recipient: [(event, line)]."""
    with open(DIR + "/log", "rb") as f:
        f.seek(read[0])
        for l in f:
            if not l.endswith(b"\n"):
                break
            read[0] += len(l)
            l = l.decode(errors="replace")
            who = re.search(r"rcpt=<([^>]*)>", l)
            if who and l.startswith("queued:"):
                told.setdefault(who.group(1), []).append(
                    (re.search(r"event=(\w+)", l).group(1), l))
    return list(told.get(rcpt, ()))


def outcome(rcpt, seconds=60, after=0):
    return wait("outcome for " + rcpt, lambda: [
        e for e in events(rcpt)[after:] if e[0] in
        ("delivered", "failed", "deferred", "expired")], seconds)[0]


def bodies(user="alice"):
    d = DIR + "/mail/example.test/%s/Maildir/new" % user
    return [open(d + "/" + n, "rb").read() for n in sorted(os.listdir(d))] \
        if os.path.isdir(d) else []


def trace_cut(mail):
    """Without the trace fields that we put in front."""
    return re.sub(rb"\A(?:Received:[^\n]*\n(?:[ \t][^\n]*\n)*)+", b"", mail)


def tell(*tests, part="remote"):
    bad = 0
    for t in tests:
        try:
            r = t()
            print("skip %s %s: %s" % (part, t.__name__, r) if r else
                  "ok %s %s" % (part, t.__name__), flush=True)
        except Exception:
            bad = 1
            traceback.print_exc(file=sys.stdout)
            print("not ok %s %s" % (part, t.__name__), flush=True)
    return bad


def end():
    sh(TOP + "/quickstart", "-d", DIR, "stop", ok=False)
    for p in procs:
        p.kill()
        p.wait()
