# SPDX-License-Identifier: MIT
"""Pictures as bytes: read from PPM (grim, QEMU), PNG (weston) and XWD (Xvfb), compared, written."""

import struct
import zlib


class Image:
    """`height` rows of `width` pixels, three bytes each, red first, no padding."""

    def __init__(self, width, height, data):
        assert len(data) == width * height * 3
        self.width, self.height, self.data = width, height, data

    def __eq__(self, other):
        if not isinstance(other, Image):
            return NotImplemented
        return (self.width, self.height, self.data) == (other.width, other.height, other.data)

    def size(self):
        return (self.width, self.height)

    def row(self, y):
        return self.data[y * self.width * 3 : (y + 1) * self.width * 3]

    def pixel(self, x, y):
        start = (y * self.width + x) * 3
        return tuple(self.data[start : start + 3])

    def crop(self, x, y, width, height):
        rows = (self.row(y + i)[x * 3 : (x + width) * 3] for i in range(height))
        return Image(width, height, b"".join(rows))

    def colours(self):
        """How many different pixels there are."""
        return len({self.data[i : i + 3] for i in range(0, len(self.data), 3)})

    def turned(self):
        """As an output of transform 90 has it in its memory."""
        rows = []
        for x in reversed(range(self.width)):
            pixels = (self.row(y)[3 * x : 3 * x + 3] for y in range(self.height))
            rows.append(b"".join(pixels))
        return Image(self.height, self.width, b"".join(rows))

    def difference_box(self, other):
        """(x, y, width, height) of what differs from a picture of the same size, or None."""
        assert self.size() == other.size()
        left, right, top, bottom = self.width, -1, None, None
        for y in range(self.height):
            here, there = self.row(y), other.row(y)
            if here == there:
                continue
            top, bottom = y if top is None else top, y
            bits = int.from_bytes(here, "big") ^ int.from_bytes(there, "big")
            first = len(here) - (bits.bit_length() + 7) // 8
            last = len(here) - 1 - ((bits & -bits).bit_length() - 1) // 8
            left, right = min(left, first // 3), max(right, last // 3)
        if top is None:
            return None
        return (left, top, right - left + 1, bottom - top + 1)

    def largest_difference(self, other):
        """The largest difference of any channel of any pixel."""
        assert self.size() == other.size()
        if self.data == other.data:
            return 0
        return max(abs(a - b) for a, b in zip(self.data, other.data))

    def write_png(self, path):
        raw = b"".join(b"\0" + self.row(y) for y in range(self.height))
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        with open(path, "wb") as out:
            out.write(b"\x89PNG\r\n\x1a\n")
            for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 1)), (b"IEND", b"")):
                out.write(struct.pack(">I", len(body)) + kind + body)
                out.write(struct.pack(">I", zlib.crc32(kind + body)))


def from_ppm(data):
    fields, at = [], 0
    while len(fields) < 4:
        end = at
        while not data[end : end + 1].isspace():
            end += 1
        fields.append(data[at:end])
        at = end + 1
    assert fields[0] == b"P6" and fields[3] == b"255", fields
    width, height = int(fields[1]), int(fields[2])
    return Image(width, height, data[at : at + width * height * 3])


def from_xwd(data, size):
    """The upper left of a screen of 32 bits a pixel: blue, green, red, unused."""
    fields = struct.unpack(">25I", data[:100])
    header_size, byte_order = fields[0], fields[7]
    bits, stride, colours = fields[11], fields[12], fields[19]
    assert fields[1] == 7 and bits == 32 and byte_order == 0, fields
    start = header_size + colours * 12
    width, height = size
    out = bytearray(width * height * 3)
    for y in range(height):
        row = data[start + y * stride : start + y * stride + width * 4]
        for channel in range(3):
            out[y * width * 3 + channel : (y + 1) * width * 3 : 3] = row[2 - channel :: 4]
    return Image(width, height, bytes(out))


def _unfilter(kind, line, above, step):
    for i in range(len(line)):
        left = line[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up) // 2
        else:
            distances = (abs(up - corner), abs(left - corner), abs(left + up - 2 * corner))
            guess = (left, up, corner)[distances.index(min(distances))]
        line[i] = (line[i] + guess) & 255


def from_png(data):
    """8 bits a channel, RGB or RGBA, not interlaced: what a screenshot is."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        chunk = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", chunk)
        elif kind == b"IDAT":
            body += chunk
        at += 12 + length
    assert depth == 8 and colour in (2, 6) and interlace == 0
    step = 4 if colour == 6 else 3
    raw, stride = zlib.decompress(body), width * step
    rows, above = [], bytearray(stride)
    for y in range(height):
        start = y * (stride + 1)
        kind, line = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        if kind == 2:
            line = bytearray((a + b) & 255 for a, b in zip(line, above))
        elif kind != 0:
            _unfilter(kind, line, above, step)
        above = line
        if step == 4:
            line = bytearray(line)
            del line[3::4]
        rows.append(bytes(line))
    return Image(width, height, b"".join(rows))
