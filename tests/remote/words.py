"""Whose words a verdict has: another server's, or ours about it."""
import email
import email.policy

from world import *

ZONE = """
both.words.test MX 0 h78.words.test
both.words.test MX 5 h79.words.test
h78.words.test A NET78
h79.words.test A NET79
"""
HERE4 = "dns; [127.0.0.1]"
# name: (peer, options of its route, Action, Remote-MTA or None, Diagnostic)
CASES = {
    "greet": (["greet=450 4.3.2 busy"], "", "delayed", HERE4,
              "smtp; 450 4.3.2 busy"),
    "bare": (["rcpt=450 come back"], "", "delayed", HERE4,
             "smtp; 450 4.0.0 come back"),
    "close": (["mail=421 4.3.2 closing"], "", "delayed", HERE4,
              "smtp; 421 4.3.2 closing"),
    "end": (["end=451 4.3.0 not that"], "", "delayed", HERE4,
            "smtp; 451 4.3.0 not that"),
    "nottls": (["caps=STARTTLS", "starttls=454 4.7.0 no key"], "tls=require",
               "delayed", HERE4, "smtp; 454 4.7.0 no key"),
    "never": (["rcpt=550 5.1.1 nobody"], "", "failed", HERE4,
              "smtp; 550 5.1.1 nobody"),
    "drop": (["rcpt=DROP"], "", "delayed", None,
             "x-correo; 451 4.4.2 the connection to 127.0.0.1[127.0.0.1]:"),
    "mute": (["data=SILENT"], "", "delayed", None,
             "x-correo; 451 4.4.2 no reply to DATA from 127.0.0.1[127.0.0.1]"),
    "odd": (["data=250 odd"], "", "delayed", None,
            "x-correo; 451 4.5.0 127.0.0.1[127.0.0.1]:"),
    "lines": (["mail=LINES"], "", "delayed", None,
              "x-correo; 451 4.5.0 after MAIL 127.0.0.1[127.0.0.1]:"),
    "plain": ([], "tls=require", "delayed", None,
              "x-correo; 451 4.7.4 127.0.0.1[127.0.0.1]:"),
    "seven": (["caps=PIPELINING"], "", "failed", None,
              "x-correo; 554 5.6.3 127.0.0.1[127.0.0.1]:"),
    "size": (["caps=SIZE 10"], "", "failed", None,
             "x-correo; 552 5.3.4 127.0.0.1[127.0.0.1]:"),
}
OTHERS = {          # without a peer of its own
    "x@refused.words.test": ("delayed", None, "x-correo; 451 4.4.1 connection"),
    "x@nohost.words.test": ("delayed", None, "x-correo; 451 4.4.4 "),
    "x@nobody.gone.test": ("failed", None, "x-correo; 550 5.1.2 "),
    "x@unix.words.test": ("delayed", "x-unix; ", "smtp; 452 4.2.2 full"),
    "x@both.words.test": ("delayed", "dns; h78.words.test",
                          "smtp; 450 4.3.2 busy"),
}


def authors():
    """A report has Remote-MTA, the type smtp and "Server X:" where a reply was
    read, and only there (RFC 3464 2.3.5, 2.3.6)."""
    want = dict(OTHERS)
    bytes8 = b"Subject: caf\xe9\r\n\r\nx\r\n"
    path = PLACE + "/lmtp/words"
    Peer("wunix", "lmtp=1", "end=452 4.2.2 full", "unix=" + path)
    rows = [("refused.words.test", "smtp://127.0.0.1:1"),
            ("nohost.words.test", "smtp://nowhere.gone.test:25"),
            ("unix.words.test", "lmtp+unix://" + path)]
    for name, (peer, options, *what) in CASES.items():
        rows.append((name + ".words.test", "smtp://127.0.0.1:%d helo=%s.test "
                     "%s" % (Peer("w" + name, *peer).port, name, options)))
        want["x@%s.words.test" % name] = tuple(what)
    try:
        Peer("w78", "listen=" + NET + "78", "port=25", "greet=450 4.3.2 busy")
        Peer("w79", "listen=" + NET + "79", "port=25", "greet=554 5.7.1 never")
    except AssertionError:
        del want["x@both.words.test"]
    routes(rows)

    def reports():
        """Those for them: what other tests left waiting is reported too."""
        return [t for t in bodies()
                if re.search(rb"Final-Recipient: .*\.words\.test", t) or
                b"x@nobody.gone.test" in t]
    before = len(reports())
    configure("queued.warn 1s")
    try:
        for rcpt in want:
            send(rcpt, sender="alice@example.test",
                 **({"body": bytes8} if "seven" in rcpt else {}))
        for rcpt in want:
            outcome(rcpt)

        def all_told():
            retry_all()
            return len(reports()) - before >= len(want)
        wait("reports", all_told)
    finally:
        configure("queued.warn 4h")
    wrong = [w for w in (misread(text, want) for text in reports()[before:])
             if w]
    assert not wrong and not want, (wrong, want)


def misread(text, want):
    """What is wrong with that report, or None; want loses its recipient."""
    m = email.message_from_bytes(text, policy=email.policy.default)
    human, status, _ = m.get_payload()
    one = status.get_payload()[1]
    rcpt = one["Final-Recipient"].partition(";")[2].strip()
    action, remote, diagnostic = want.pop(rcpt, (None, None, "none"))
    said = " ".join(one["Diagnostic-Code"].split())
    whole = (said == diagnostic if diagnostic.startswith("smtp") else
             said.startswith(diagnostic))
    person = "    Server " if remote else "    In detail: "
    person += "" if remote else said.split("; ", 1)[1]
    good = not m.defects and one["Action"] == action and whole and \
        (one["Remote-MTA"] or "").startswith(remote or "") and \
        (one["Remote-MTA"] is None) == (remote is None) and \
        person in human.get_content()
    return None if good else m.as_string()[:3000]


def damaged():
    """A message that its disk has changed goes nowhere, and is set aside."""
    peers = {"data": Peer("whole", "caps=8BITMIME"),
             "bdat": Peer("wholebdat", "caps=8BITMIME,CHUNKING")}
    routes([(n + ".rot.test", "smtp://127.0.0.1:1") for n in peers])
    for n in peers:
        send("x@%s.rot.test" % n, b"Subject: x\r\n\r\nrotten apple\r\n")
    for n in peers:
        assert outcome("x@%s.rot.test" % n)[0] == "deferred"
        ident = re.search(r"id=(\w+)", events("x@%s.rot.test" % n)[-1][1])[1]
        peers[n] = peers[n], ident
    cur = DIR + "/queue/cur/"
    for n, (p, ident) in peers.items():
        name, = wait("its name", lambda: [f for f in os.listdir(cur)
                                          if f.startswith(ident)])
        with open(cur + name, "r+b") as f:
            at = f.read().index(b"rotten apple")
            f.seek(at)
            f.write(b"R")
        path = DIR + "/etc/tables/routes"
        text = open(path).read()
        with open(path, "w") as f:
            f.write(text.replace("%s.rot.test smtp://127.0.0.1:1\n" % n,
                                 "%s.rot.test smtp://127.0.0.1:%d\n" %
                                 (n, p.port)))
        correo("tables")

        def aside():
            retry_all()
            return [f for f in os.listdir(DIR + "/queue/bad")
                    if f.startswith(ident)]
        wait("bad/ has it", aside)
        assert p.commands() and not p.mails()


TESTS = [authors, damaged]
