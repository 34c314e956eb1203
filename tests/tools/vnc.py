# SPDX-License-Identifier: MIT
"""
A VNC client of one head of QEMU's graphics card, which does one thing: it tells the size of the
screen that is plugged in there, 0 by 0 for none. The card tells its driver, as of a real screen.
"""

import socket
import struct


class Head:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.read(12)
        self.socket.sendall(b"RFB 003.008\n")
        assert 1 in self.read(self.read(1)[0])
        self.socket.sendall(b"\x01")
        assert self.read(4) == bytes(4)
        self.socket.sendall(b"\x01")
        header = self.read(24)
        self.read(struct.unpack(">I", header[20:])[0])

    def read(self, length):
        data = b""
        while len(data) < length:
            more = self.socket.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def plug(self, width, height):
        screen = struct.pack(">IHHHHI", 0, 0, 0, width, height, 0)
        self.socket.sendall(struct.pack(">BxHHBx", 251, width, height, 1) + screen)
