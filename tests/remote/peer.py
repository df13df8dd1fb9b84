#!/usr/bin/env python3
"""peer.py DIR [key=value...] - a scripted SMTP or LMTP server for the tests.

Prints the port it listens on (127.0.0.1), then serves until killed.  What it
accepts it writes to DIR/N.eml (as it came, dots undone) and DIR/N.env; every
command goes to DIR/commands.  Keys:

  STEP=REPLY     for greet ehlo helo starttls mail rcpt data end rset quit auth:
                 this reply (\\n makes lines); DROP closes, SILENT waits,
                 ENDLESS and BINARY talk without end, SLOW one byte a second,
                 LINES never ends its reply, REST drops after a half reply
  first=N        STEP replies only for the first N connections
  caps=A,B       extensions (default PIPELINING,8BITMIME,SIZE,DSN,SMTPUTF8)
  rcptNAME=REPLY for recipients that begin with NAME
  listen=ADDR  port=N  lmtp=1  cert=PEM (STARTTLS, needs caps)  smtps=1
  inject=1       text behind the reply to STARTTLS
  ask=PEM        wants a certificate of the client's, by that authority
  half=N         closes after N bytes of text
  user=NAME pass=SECRET  mechs=A+B
  wait=SECONDS   passes before the reply to the text
  limit=N        takes N recipients a transaction (then over=, 452 4.5.3)
"""
import base64
import hashlib
import hmac
import os
import socket
import ssl
import sys
import threading
import time

out, opt = sys.argv[1], dict(a.split("=", 1) for a in sys.argv[2:])
os.makedirs(out, exist_ok=True)
caps = [c for c in opt.get("caps", "PIPELINING,8BITMIME,SIZE,DSN,SMTPUTF8")
        .split(",") if c]
lock, count, conns = threading.Lock(), [0], [0]


class Gone(Exception):
    pass


class Session:
    def __init__(self, s, scripted):
        self.s, self.scripted, self.data = s, scripted, b""
        self.tls = "smtps" in opt
        self.start()

    def start(self):
        self.rcpts, self.sender = [], None

    def line(self):
        while b"\n" not in self.data:
            more = self.s.recv(65536)
            if not more:
                raise Gone
            self.data += more
        one, self.data = self.data.split(b"\n", 1)
        return one.rstrip(b"\r").decode("utf-8", "surrogateescape")

    def send(self, text):
        self.s.sendall(text.encode("utf-8", "surrogateescape"))

    def reply(self, step, default, extra=None):
        r = extra or (opt.get(step) if self.scripted else None) or default
        if r == "DROP":
            raise Gone
        if r == "SILENT":
            time.sleep(3600)
        if r == "REST":
            self.send("250-half")
            raise Gone
        try:
            while r == "ENDLESS":
                self.send("x" * 65536)
            while r == "BINARY":
                self.s.sendall(os.urandom(65536))
            while r == "LINES":
                self.send("250-" + "y" * 40 + "\r\n")
            while r == "SLOW":
                self.send("2")
                time.sleep(1)
        except OSError:
            raise Gone
        lines = r.split("\\n")
        for i, l in enumerate(lines):
            if i < len(lines) - 1:
                l = l[:3] + "-" + l[4:]
            self.send(l + "\r\n")
        return int(lines[-1][:3])

    def run(self):
        self.reply("greet", "220 peer.test ESMTP")
        while True:
            line = self.line()
            with open(out + "/commands", "a", errors="surrogateescape") as f:
                f.write(line + "\n")
            verb = line.split(" ")[0].upper()
            if verb in ("EHLO", "LHLO"):
                here = [c for c in caps if not (c == "STARTTLS" and self.tls)]
                if "mechs" in opt:
                    here.append("AUTH " + opt["mechs"].replace("+", " "))
                self.reply("ehlo", "\\n".join("250 " + c
                           for c in ["peer.test hello"] + here))
            elif verb == "HELO":
                self.reply("helo", "250 peer.test")
            elif verb == "STARTTLS":
                if "inject" in opt:
                    self.send("220 2.0.0 go\r\n250 injected\r\n")
                elif self.reply("starttls", "220 2.0.0 go") != 220:
                    continue
                ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                ctx.load_cert_chain(opt["cert"])
                if "ask" in opt:
                    ctx.verify_mode = ssl.CERT_REQUIRED
                    ctx.load_verify_locations(opt["ask"])
                self.s = ctx.wrap_socket(self.s, server_side=True)
                self.data, self.tls = b"", True
                self.start()
            elif verb == "AUTH":
                self.auth(line)
            elif verb == "MAIL":
                if self.reply("mail", "250 2.1.0 ok") < 300:
                    self.start()
                    self.sender = line
            elif verb == "RCPT":
                self.rcpt(line)
            elif verb == "DATA":
                if self.reply("data", "354 go on" if self.rcpts else
                              "503 5.5.1 no recipients") == 354:
                    self.text()
            elif verb == "BDAT":
                self.chunk(line)
            elif verb == "RSET":
                self.start()
                self.reply("rset", "250 2.0.0 ok")
            elif verb == "QUIT":
                self.reply("quit", "221 2.0.0 bye")
                return
            else:
                self.reply("other", "500 5.5.1 what")

    def rcpt(self, line):
        name = line.split("<")[1] if "<" in line else ""
        extra = [v for k, v in opt.items() if k.startswith("rcpt") and
                 k != "rcpt" and name.startswith(k[4:])]
        if "limit" in opt and len(self.rcpts) >= int(opt["limit"]):
            extra = [opt.get("over", "452 4.5.3 too many recipients")]
        default = "250 2.1.5 ok" if self.sender else "503 5.5.1 MAIL first"
        if self.reply("rcpt", default, extra[0] if extra else None) < 300:
            self.rcpts.append(line)

    def chunk(self, line):
        """One is all: BDAT N LAST."""
        words = line.split(" ")
        n, half = int(words[1]), int(opt.get("half", -1))
        while len(self.data) < n:
            if self.scripted and 0 <= half <= len(self.data):
                raise Gone
            more = self.s.recv(65536)
            if not more:
                raise Gone
            self.data += more
        text, self.data = self.data[:n], self.data[n:]
        if words[2:] != ["LAST"] or not self.rcpts:
            self.reply("bdat", "503 5.5.1 no recipients")
            return
        self.taken(text)

    def text(self):
        half = int(opt.get("half", -1))
        while b"\r\n.\r\n" not in b"\r\n" + self.data:
            if self.scripted and 0 <= half <= len(self.data):
                raise Gone
            more = self.s.recv(65536)
            if not more:
                raise Gone
            self.data += more
        whole = b"\r\n" + self.data
        text, self.data = whole.split(b"\r\n.\r\n", 1)
        self.taken((text + b"\r\n").replace(b"\r\n..", b"\r\n.")[2:])

    def taken(self, text):
        n = 0
        if "nosave" not in opt:
            with lock:
                count[0] += 1
                name = "%s/%d" % (out, count[0])
            with open(name + ".eml", "wb") as f:
                f.write(text)
            with open(name + ".env", "w", errors="surrogateescape") as f:
                f.write("\n".join([self.sender] + self.rcpts) + "\n")
        if self.scripted:
            time.sleep(float(opt.get("wait", 0)))
        rcpts = self.rcpts
        for r in rcpts if "lmtp" in opt else [None]:
            n += 1
            who = r.split("<")[1].split(">")[0] + " " if r else ""
            self.reply("end%d" % n if "end%d" % n in opt else "end",
                       "250 2.0.0 %staken as %d" % (who, count[0]))
        self.start()

    def challenge(self, text):
        self.send("334 " + base64.b64encode(text).decode() + "\r\n")
        return base64.b64decode(self.line())

    def auth(self, line):
        words = line.split(" ")
        user, secret = opt["user"].encode(), opt["pass"].encode()
        first = base64.b64decode(words[2]) if len(words) > 2 else b""
        ok = False
        if words[1] == "PLAIN":
            ok = first == b"\0" + user + b"\0" + secret
        elif words[1] == "LOGIN":
            ok = self.challenge(b"Username:") == user
            ok &= self.challenge(b"Password:") == secret
        elif words[1] == "XOAUTH2":
            ok = first == b"user=" + user + b"\1auth=Bearer " + secret + \
                b"\1\1"
        elif words[1] == "OAUTHBEARER":
            ok = first == b"n,a=" + user + b",\1auth=Bearer " + secret + \
                b"\1\1"
        elif words[1] == "SCRAM-SHA-256":
            ok = self.scram(first[3:], secret)
        if not ok and words[1] in ("XOAUTH2", "OAUTHBEARER"):
            self.challenge(b'{"status":"401"}')
        self.reply("auth", "235 2.7.0 ok" if ok else
                   "535 5.7.8 wrong password")

    def scram(self, bare, secret):
        def mac(k, m):
            return hmac.new(k, m, hashlib.sha256).digest()
        salt = b"0123456789abcdef"
        nonce = bare.split(b",r=")[1] + b"peer"
        first = b"r=" + nonce + b",s=" + base64.b64encode(salt) + b",i=4096"
        final = self.challenge(first)
        head, proof = final.rsplit(b",p=", 1)
        msg = bare + b"," + first + b"," + head
        salted = hashlib.pbkdf2_hmac("sha256", secret, salt, 4096)
        key = mac(salted, b"Client Key")
        sign = mac(hashlib.sha256(key).digest(), msg)
        good = base64.b64decode(proof) == bytes(
            a ^ b for a, b in zip(key, sign))
        if good:
            v = mac(mac(salted, b"Server Key"), msg)
            if "liar" in opt:
                v = b"x" * 32
            self.challenge(b"v=" + base64.b64encode(v))
        return good


def serve(s):
    with lock:
        conns[0] += 1
        scripted = conns[0] <= int(opt.get("first", 10**9))
    with open(out + "/connections", "a") as f:
        f.write("%s\n" % (s.getpeername()[0] if "unix" not in opt else "x"))
    try:
        if "smtps" in opt:
            ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            ctx.load_cert_chain(opt["cert"])
            s = ctx.wrap_socket(s, server_side=True)
        Session(s, scripted).run()
    except (Gone, OSError, ssl.SSLError):
        pass
    finally:
        s.close()


if "unix" in opt:
    l = socket.socket(socket.AF_UNIX)
    l.bind(opt["unix"])
    os.chmod(opt["unix"], 0o777)
else:
    l = socket.socket(socket.AF_INET6 if ":" in opt.get("listen", "")
                      else socket.AF_INET)
    l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    l.bind((opt.get("listen", "127.0.0.1"), int(opt.get("port", 0))))
l.listen(256)
with open(out + "/port", "w") as f:
    print(l.getsockname()[1] if "unix" not in opt else 0, file=f)
while True:
    c, _ = l.accept()
    threading.Thread(target=serve, args=(c,), daemon=True).start()
