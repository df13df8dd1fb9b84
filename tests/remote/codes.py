"""Every code at every step, from one server that is told by the name in EHLO,
or by its port, what to answer; and not a second time."""
import threading

from world import *

CODES = ["%d" % c for c in (
    200, 211, 214, 220, 221, 235, 250, 251, 252, 299, 334, 354, 399, 421, 432,
    450, 451, 452, 454, 455, 471, 499, 500, 501, 502, 503, 504, 510, 521, 523,
    530, 534, 535, 538, 550, 551, 552, 553, 554, 555, 556, 571, 599)] + \
    ["000", "100", "199", "600", "999", "25", "2500", "", "abc", "-250"]
STEPS = ["greet", "ehlo", "helo", "starttls", "auth", "mail", "rcpt", "data",
         "end", "rset", "quit"]
mails, told, lock = {}, set(), threading.Lock()


def right(step, code):
    """What becomes of the first attempt."""
    kind = code[0] if len(code) == 3 and code.isdigit() else ""
    if step in ("starttls", "rset", "quit"):
        return "delivered"              # in the clear, or done already
    good = {"greet": "220", "ehlo": "250", "helo": "250", "auth": "235",
            "data": "354"}.get(step)
    if code == good or (good is None and kind == "2") or \
            (step == "ehlo" and kind == "5"):
        return "delivered"
    return "failed" if kind == "5" and step != "auth" else "deferred"


def serve(s, case=None):
    f = s.makefile("rwb")
    name, open_, rcpts = case, False, []    # open_: a transaction

    def say(step, default):
        mine = name and name.split("-", 1)[0] == step
        with lock:
            mine = mine and name not in told
            if mine:
                told.add(name)
        code = name.split("-", 1)[1] if mine else default
        f.write(b"%s said\r\n" % code.encode())
        f.flush()
        return code

    if say("greet", "220")[:1] == "5":
        return
    for line in f:
        verb = line[:4].upper()
        if verb == b"EHLO":
            name = name or line.split()[1].split(b".")[0].decode()
            step = name.split("-")[0]
            extra = {"starttls": b"250-STARTTLS\r\n", "auth":
                     b"250-AUTH PLAIN\r\n"}.get(step, b"")
            if step == "ehlo" and name not in told:
                say("ehlo", "250")
            elif step == "helo" and name not in told:
                f.write(b"502 no\r\n")
            else:
                f.write(b"250-here\r\n" + extra + b"250 PIPELINING\r\n")
        elif verb == b"MAIL":
            # one that refused RSET has the old one still
            if open_:
                f.write(b"503 5.5.1 nested\r\n")
            else:
                open_, rcpts = say("mail", "250")[:1] == "2", []
        elif verb == b"RCPT":
            if b"<bad" in line:
                f.write(b"550 5.1.1 no\r\n")
            elif open_ and say("rcpt", "250")[:1] == "2":
                rcpts.append(line)
            elif not open_:
                f.write(b"503 5.5.1 MAIL first\r\n")
        elif verb == b"DATA":
            if not rcpts:
                f.write(b"503 5.5.1 nobody\r\n")
            elif say("data", "354") == "354":
                for text in f:
                    if text == b".\r\n":
                        break
                else:
                    return              # no end, no message
                with lock:
                    mails[name] = mails.get(name, 0) + 1
                open_ = False
                say("end", "250")
        elif verb == b"RSET":
            open_ = say("rset", "250")[:1] != "2" and open_
        elif verb == b"QUIT":
            say("quit", "221")
            break
        else:
            say({b"HELO": "helo", b"STAR": "starttls", b"AUTH": "auth"}.get(
                verb, ""), {b"AUTH": "235", b"STAR": "454"}.get(verb, "250"))
        f.flush()
    f.close()
    s.close()


def listen(case=None):
    l = socket.create_server(("127.0.0.1", 0), backlog=256)

    def accept():
        while True:
            s, _ = l.accept()
            threading.Thread(target=quiet, args=(s, case), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    return l.getsockname()[1]


def quiet(s, case):
    try:
        s.settimeout(60)
        serve(s, case)
    except OSError:
        pass
    s.close()


def every_code():
    """A verdict that is right, no matter how odd; then it arrives, once, or a
    second time where the reply to the text was not one of success."""
    port, rows, cases = listen(), [], {}
    for step in STEPS:
        for code in CODES:
            if (step, code) == ("starttls", "220"):
                continue
            name = "%s-%s" % (step, code)
            cases[name] = "x@c%d.code.test" % len(cases), step, code
            rows.append((cases[name][0][2:], "smtp://127.0.0.1:%d helo=%s.test"
                         " connections=1%s" % (
                             listen(name) if step == "greet" else port, name,
                             " login=far" if step == "auth" else "")))
    routes(rows)
    for rcpt, step, code in cases.values():
        if step == "rset":
            send("bad" + rcpt, sender="alice@example.test")
        send(rcpt, sender="alice@example.test")
    wrong = []
    for name, (rcpt, step, code) in cases.items():
        e = outcome(rcpt, 60)
        if e[0] != right(step, code):
            wrong.append((name, e[1]))
    assert not wrong, wrong
    left = [c for c in cases.values() if right(c[1], c[2]) == "deferred"]

    def there():
        retry_all()
        return all(events(c[0])[-1][0] == "delivered" for c in left)
    wait("the deferred", there, 90)
    for name, (rcpt, step, code) in cases.items():
        want = 0 if right(step, code) == "failed" and step != "end" else \
            2 if step == "end" and right(step, code) == "deferred" else 1
        if mails.get(name, 0) != want:
            wrong.append((name, want, mails.get(name)))
    assert not wrong, wrong
    print("# %d codes at %d steps" % (len(CODES), len(STEPS)))


TESTS = [every_code]
