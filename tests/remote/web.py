#!/usr/bin/env python3
"""web.py DIR ADDRESS CERT - a web server on port 443, for MTA-STS policies.

What stands in DIR/HOST is the answer to any GET for that host: its first line
"STATUS [TYPE or LOCATION]", the content behind it; no file: 404.  A line a request goes to
DIR/requests.  DIR/webport is there when it listens.
"""
import http.server
import ssl
import sys

out, address, cert = sys.argv[1:4]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        host = self.headers["Host"]
        with open(out + "/requests", "a") as f:
            f.write("%s %s\n" % (host, self.path))
        try:
            head, body = open(out + "/" + host, "rb").read().split(b"\n", 1)
        except FileNotFoundError:
            head, body = b"404", b"no such host\n"
        words = head.decode().split(" ", 1)
        self.send_response(int(words[0]))
        if words[0] == "301":
            self.send_header("Location", words[1])
        kind = words[1] if words[0] == "200" and words[1:] else \
            "Text/Plain; charset=utf-8"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def get_request(self):
        s, who = self.socket.accept()
        return ctx.wrap_socket(s, server_side=True,
                               do_handshake_on_connect=False), who

    def handle_error(self, *_):
        pass


ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.load_cert_chain(cert)
server = Server((address, 443), Handler)
with open(out + "/webport", "w") as f:
    print(443, file=f)
server.serve_forever()
