# SPDX-License-Identifier: MIT
"""Stands between a compositor and its clients and hides some of its globals from them:
`veil.py SOCKET BEHIND GLOBAL...` listens at SOCKET for the compositor at BEHIND. It never speaks
for a client, and passes every descriptor on."""

import array
import os
import selectors
import socket
import struct
import sys

GET_REGISTRY, DELETE_ID, GLOBAL = 1, 1, 0


class Veil:
    """One client's connection."""

    def __init__(self, client, behind, hidden):
        self.client, self.server, self.hidden = client, behind, hidden
        self.registries = set()
        self.left = {client: b"", behind: b""}

    def messages(self, source, data):
        data = self.left[source] + data
        while len(data) >= 8:
            target, word = struct.unpack_from("=II", data)
            size, opcode = word >> 16, word & 0xFFFF
            if len(data) < size:
                break
            yield target, opcode, data[:size]
            data = data[size:]
        self.left[source] = data

    def is_hidden(self, target, opcode, message):
        if target == 1 and opcode == DELETE_ID:
            self.registries.discard(struct.unpack_from("=I", message, 8)[0])
        if target not in self.registries or opcode != GLOBAL:
            return False
        length = struct.unpack_from("=I", message, 12)[0]
        return message[16 : 16 + length - 1].decode() in self.hidden

    def forward(self, source):
        """False once it ended."""
        data, ancillary, _, _ = source.recvmsg(65536, socket.CMSG_SPACE(28 * 4))
        descriptors = array.array("i")
        for _, _, block in ancillary:
            descriptors.frombytes(block[: len(block) - len(block) % 4])
        if not data:
            return False
        out = b""
        for target, opcode, message in self.messages(source, data):
            if source is self.client and target == 1 and opcode == GET_REGISTRY:
                self.registries.add(struct.unpack_from("=I", message, 8)[0])
            if source is self.client or not self.is_hidden(target, opcode, message):
                out += message
        other = self.server if source is self.client else self.client
        self.send(other, out, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        return True

    @staticmethod
    def send(other, out, descriptors):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)] if descriptors else []
        while out:
            sent = other.sendmsg([out], rights)
            out, rights = out[sent:], []


def main():
    path, behind, hidden = sys.argv[1], sys.argv[2], set(sys.argv[3:])
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path + ".new")
    listening.listen()
    os.rename(path + ".new", path)
    selector = selectors.DefaultSelector()
    selector.register(listening, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listening:
                client, _ = listening.accept()
                server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                server.connect(behind)
                veil = Veil(client, server, hidden)
                for end in (client, server):
                    selector.register(end, selectors.EVENT_READ, veil)
            elif key.data.client.fileno() >= 0:
                try:
                    alive = key.data.forward(key.fileobj)
                except OSError:
                    alive = False
                if not alive:
                    for end in (key.data.client, key.data.server):
                        selector.unregister(end)
                        end.close()


if __name__ == "__main__":
    main()
