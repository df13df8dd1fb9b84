"""The bytes of a connection of model.py, compressed from some moment on."""
import socket
import zlib


class Wire:
    def __init__(self, address):
        self.sock = socket.create_connection(address, timeout=60)
        self.have = b''
        self.out = self.into = None

    def compress(self):
        self.out = zlib.compressobj(wbits=-15)
        self.into = zlib.decompressobj(wbits=-15)

    def send(self, data):
        if self.out:
            data = self.out.compress(data) + \
                self.out.flush(zlib.Z_SYNC_FLUSH)
        self.sock.sendall(data)

    def more(self):
        data = self.sock.recv(65536)
        self.have += self.into.decompress(data) if self.into else data
        return data

    def read(self, n):
        while len(self.have) < n and self.more():
            pass
        data, self.have = self.have[:n], self.have[n:]
        return data

    def readline(self):
        while b'\n' not in self.have and self.more():
            pass
        return self.read(self.have.find(b'\n') + 1)
