# SPDX-License-Identifier: MIT
"""Options, environments and documents that nobody meant: a message and a status, no crash.

What is tried depends on the seed alone: seed=N, count=N.
"""

import os
import random
import re
import zlib

import rig
from rig import check

GESSO = os.environ["GESSO_BIN"]
MEMORY = os.environ["GESSO_MEMORY"]
DEMO = os.environ.get("GESSO_DEMO")
SAMPLES = os.environ["GESSO_SAMPLES"]

VALUES = [
    "", "0", "1", "-1", "2", "16", "17", "64x48", "1x1", "0x0", "-1x1", "99999x1", "1x", "x",
    "1e9", "nan", "inf", "-inf", "0x10", "1.5", "0.25", "8", "8.01", "4294967296",
    "9223372036854775808", "9" * 300, "auto", "none", "headless", "wayland", "x11", "pixman",
    "gles2", "gles2-software", "memfd", "udmabuf,memfd", "memfd,memfd", ",", ",,memfd", "import",
    "upload", "error", "json", "text", "native", "shm", "full", "caret", "xrgb8888", "rgb565",
    "%s%n%s", "\udcff\udcfe", "a/b", "../x", ".", "\n", " 5", "5 ", "--", "-", "--help=1",
    "/nonexistent", "/dev/null", "a" * 5000, "0,250", "1,", "wayland-7",
]
# What an option takes that takes little else: tried with it, whole and spoilt.
LIMITS = [f"{name}={number}" for name in
          ("buffers", "rate", "ceiling", "descriptors", "surfaces", "callbacks", "none")
          for number in ("1", "64", "1000000", "0", "-1", "18446744073709551616", "")]
# Names that the manual pages name.
VARIABLES = [
    "GESSO_LOG", "GESSO_PROBE_HELPER", "XDG_RUNTIME_DIR", "WAYLAND_DISPLAY", "WAYLAND_SOCKET",
    "DISPLAY", "XCURSOR_THEME", "XCURSOR_SIZE", "XKB_DEFAULT_RULES", "XKB_DEFAULT_MODEL",
    "XKB_DEFAULT_LAYOUT", "XKB_DEFAULT_VARIANT", "XKB_DEFAULT_OPTIONS", "WLR_BACKENDS",
    "WLR_WL_OUTPUTS", "WLR_HEADLESS_OUTPUTS", "HOME", "LANG",
]


def choices(case):
    return random.Random(int(case.fixture("seed"))), int(case.fixture("count"))


def check_ended(case, what, result, statuses=(0, 1, 2)):
    status, _, words = result
    check(status in statuses, f"{what!r}: status {status}: {words[-2000:]}")
    check(status == 0 or words.strip(), f"{what!r}: status {status} and no word of why")
    case.check_sanitizers()


def options_of(case, program):
    """What --help names: a new option is tried by being there."""
    _, out, _ = case.run([program, "--help"])
    names = sorted(set(re.findall(rb"--[a-z][a-z-]+", out)))
    check(len(names) > 3, f"--help of {program} names {names}")
    return [name.decode() for name in names if name not in (b"--backend", b"--ready-fd")]


def invent_value(choose, name):
    if name != "--limits" or choose.random() < 0.1:
        return choose.choice(VALUES)
    value = ",".join(choose.sample(LIMITS, choose.randint(1, 3)))
    return value if choose.random() < 0.7 else value.replace(choose.choice(value), "", 1)


def invent_options(choose, names):
    words = []
    for _ in range(choose.randint(1, 4)):
        name = choose.choice(names + ["--limits"] * ("--limits" in names))
        if choose.random() < 0.1:
            name = choose.choice([name[:-1], name + "x", name[1:], name.upper(), ""])
        value = invent_value(choose, name)
        words += choose.choice([[name], [name, value], [name, value], [f"{name}={value}"]])
    return words


def case_gesso_options(case):
    choose, count = choices(case)
    names = [name for name in options_of(case, GESSO) if name != "--probe"]
    for _ in range(count):
        words = invent_options(choose, names)
        arguments = [GESSO, "--size", "64x48", *words, "--backend", "headless", "--ready-fd", "2",
                     "--exit-with-command", "--", "true"]
        check_ended(case, words, case.run(arguments))


def case_memory_options(case):
    choose, count = choices(case)
    gesso = rig.Gesso(case, "--renderer", "pixman")
    names = [name for name in options_of(case, MEMORY) if name != "--watch"]
    for _ in range(count):
        words = invent_options(choose, names)
        check_ended(case, words, case.run([MEMORY, *words], gesso.env))
    gesso.stop()


def case_demo_options(case):
    choose, count = choices(case)
    gesso = rig.Gesso(case, "--renderer", "pixman", "--size", "200x100")
    names = [name for name in options_of(case, DEMO) if name != "--warm-up"]
    for _ in range(count):
        words = invent_options(choose, names)
        end = ["--size", "40x30", "--windows", "1", "--zoom", "1", "--duration", "0.05"]
        arguments = [DEMO, *words, *end, f"{SAMPLES}/gesso.txt"]
        check_ended(case, words, case.run(arguments, gesso.env))
    gesso.stop()


def invent_environment(choose):
    names = choose.sample(VARIABLES, choose.randint(1, 4))
    return {name: choose.choice(VALUES).replace("\0", "") for name in names}


def case_environments(case):
    choose, count = choices(case)
    gesso = rig.Gesso(case, "--renderer", "pixman", "--size", "200x100")
    programs = [
        [GESSO, "--backend", "headless", "--outputs", "1", "--size", "64x48", "--allocator",
         "none", "--exit-with-command", "--", "true"],
        [MEMORY],
    ]
    if DEMO is not None:
        programs.append([DEMO, "--size", "40x30", "--duration", "0.05", f"{SAMPLES}/gesso.txt"])
    for i in range(count):
        env = {**gesso.env, **invent_environment(choose)}
        arguments = programs[i % len(programs)]
        check_ended(case, (arguments[0], env), case.run(arguments, env))
    gesso.stop()


def png_of(width, height):
    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(width * 3)) for y in range(height))
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def pdf_of(text):
    stream = f"BT /F1 12 Tf 10 50 Td ({text}) Tj ET 0 0 m 50 50 l S".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (b"xref\n0 6\n0000000000 65535 f \n" + table +
                  b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out))


def jpeg_of(columns, rows):
    """Of that many blocks of 8 by 8, in shades of grey: the least that a decoder draws."""
    def segment(kind, data):
        return bytes([0xff, kind]) + (len(data) + 2).to_bytes(2, "big") + data

    def table(kind, length, symbols):
        counts = bytes(len(symbols) if i == length else 0 for i in range(1, 17))
        return segment(0xc4, bytes([kind]) + counts + symbols)

    bits = ""
    for i in range(columns * rows):
        # the difference to the block before, +64 or -64, then one coefficient, then no more
        bits += "0111" + ("1000000" if i % 3 else "0111111") + "01" + str(i % 2) + "00"
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    sides = (rows * 8).to_bytes(2, "big") + (columns * 8).to_bytes(2, "big")
    return (b"\xff\xd8" + segment(0xdb, b"\0" + b"\4" * 64) +
            segment(0xc0, b"\x08" + sides + b"\1\1\x11\0") + table(0x00, 4, bytes(range(9))) +
            table(0x10, 2, b"\0\1") + segment(0xda, b"\1\1\0\0\x3f\0") + data + b"\xff\xd9")


SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60" viewBox="0 0 90 60">
<defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient>
<filter id="f"><feGaussianBlur stdDeviation="2"/></filter></defs>
<g transform="rotate(5)"><rect width="40" height="30" fill="url(#a)" filter="url(#f)"/>
<path d="M 1 1 C 3 4 5 6 7 8 Z"/><text x="5" y="40" font-size="12">text</text>
<use href="#f"/><image href="data:image/png;base64,iVBORw0KGgo="/></g></svg>
"""
DOCUMENTS = {
    "png": png_of(24, 16),
    "pdf": pdf_of("a page"),
    "svg": SVG,
    "jpg": jpeg_of(3, 2),
    "txt": ("words\tand\r\nlines \u00e4\u05d0\u4e2d\U0001f600\n" * 20).encode(),
}


def spoil(choose, data):
    data = bytearray(data)
    for _ in range(choose.choice([1, 1, 2, 8, 40])):
        place = choose.randrange(len(data)) if data else 0
        kind = choose.randrange(6)
        if kind == 0 and data:
            data[place] ^= 1 << choose.randrange(8)
        elif kind == 1 and data:
            data[place] = choose.choice([0, 0x7f, 0x80, 0xff, 0x39, 0x2d])
        elif kind == 2:
            del data[place:place + choose.choice([1, 4, 30, len(data)])]
        elif kind == 3:
            data[place:place] = data[place:place + choose.randrange(1, 60)]
        elif kind == 4:
            data[place:place] = choose.randbytes(choose.randrange(1, 20))
        else:
            data[place:place + 4] = choose.choice([b"\xff" * 4, b"\x7f\xff\xff\xff", b"9999"])
    return bytes(data)


def case_documents(case):
    choose, count = choices(case)
    gesso = rig.Gesso(case, "--renderer", "pixman", "--size", "200x100")
    shown = 0
    for i in range(count):
        suffix, whole = list(DOCUMENTS.items())[i % len(DOCUMENTS)]
        path = case.dir / f"spoilt.{suffix}"
        path.write_bytes(spoil(choose, whole) if i >= len(DOCUMENTS) else whole)
        arguments = [DEMO, "--size", "60x40", "--duration", "0.05", path]
        result = case.run(arguments, gesso.env)
        check_ended(case, (suffix, path.read_bytes()), result, (0, 2))
        # the demo may have been built without PDF
        check(result[0] == 0 or i >= len(DOCUMENTS) or suffix == "pdf", f"{suffix}: not shown")
        shown += result[0] == 0
    print(f"{count} documents, of which {shown} could be shown all the same")
    gesso.stop()


if __name__ == "__main__":
    rig.main(globals())
