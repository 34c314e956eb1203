# SPDX-License-Identifier: MIT
"""
screendump.py QMP-SOCKET DIRECTORY PID

The other side of tests/kernel/bare.c: for each shown-N takes the machine's screen by QEMU's
monitor, compares it with expected-N pixel by pixel, and leaves a seen-N; the machine is
process PID. What ordered-N says is done first: `plug HEAD WIDTH HEIGHT` changes the screen that
is plugged into a head of the card, `look HEAD [TOLERANCE]` is the one whose picture is compared,
and by how much a colour may differ. Where GESSO_TEST_PICTURES names a directory, each screen is
written there as PNG.
"""

import json
import os
import pathlib
import socket
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "apps"))
import image  # pylint: disable=wrong-import-position
import vnc  # pylint: disable=wrong-import-position

BOOT_SECONDS = 150
SAME_SECONDS = 20


class Monitor:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rw")
        self.lines.readline()  # its greeting
        self.call("qmp_capabilities")

    def call(self, name, **arguments):
        self.lines.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.lines.flush()
        answer = {"event": None}
        while "event" in answer:
            answer = json.loads(self.lines.readline())
        if "error" in answer:
            sys.exit(f"{name}: {answer['error']}")


def is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(path, pid):
    """Whether it came before the machine ended, which says itself how that was."""
    end = time.monotonic() + BOOT_SECONDS
    while not path.exists():
        if not is_running(pid):
            return False
        if time.monotonic() > end:
            sys.exit(f"there was no {path.name}")
        time.sleep(0.2)
    return True


def is_same(got, wanted, tolerance):
    if got == wanted:
        return True
    same_size = got.size() == wanted.size()
    return tolerance > 0 and same_size and got.largest_difference(wanted) <= tolerance


def look(monitor, directory, number, head, tolerance=0):
    """A card may take a while to show what the compositor has handed it."""
    wanted = image.from_ppm((directory / f"expected-{number}").read_bytes())
    dump = directory / f"screen-{number}"
    end = time.monotonic() + SAME_SECONDS
    while True:
        monitor.call("screendump", filename=str(dump), device="card", head=head)
        got = image.from_ppm(dump.read_bytes())
        if is_same(got, wanted, tolerance) or time.monotonic() > end:
            break
        time.sleep(0.5)
    if "GESSO_TEST_PICTURES" in os.environ:
        got.write_png(f"{os.environ['GESSO_TEST_PICTURES']}/bare-{directory.name}-{number}.png")
    if got.size() != wanted.size():
        sys.exit(f"picture {number}: the screen is {got.size()}, not {wanted.size()}")
    if not is_same(got, wanted, tolerance):
        sys.exit(f"picture {number}: the screen differs at {got.difference_box(wanted)}")


def obey(order, monitor, directory, number, heads):
    word, head, *size = order.split()
    if word == "look":
        look(monitor, directory, number, int(head), *map(int, size))
        return
    if head not in heads:
        heads[head] = vnc.Head(str(directory / f"vnc{head}"))
    heads[head].plug(*map(int, size))


def main(arguments):
    directory, pid = pathlib.Path(arguments[1]), arguments[2]
    if not wait_for(directory / "shown-1", pid):
        sys.exit("nothing was shown")
    monitor, heads, number = Monitor(arguments[0]), {}, 1
    while wait_for(directory / f"shown-{number}", pid):
        for order in (directory / f"ordered-{number}").read_text().splitlines():
            obey(order, monitor, directory, number, heads)
        (directory / f"seen-{number}").touch()
        number += 1


if __name__ == "__main__":
    main(sys.argv[1:])
