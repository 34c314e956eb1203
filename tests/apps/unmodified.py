# SPDX-License-Identifier: MIT
"""
Programs that speak nothing but wl_shm: which path each window takes on GLES2 and why, printed
as a table, and whether it looks as it does when everything is uploaded.
"""

import mmap
import os
import signal
import sys

import rig
from rig import check, check_equal, wait_until

SIZE = (640, 480)
# Where each ends in the host lane: a client's pace decides, and emulation is no pace.
EXPECTED = {
    "weston-simple-shm": ("imported",),
    "weston-terminal": ("imported",),
    "foot": ("new buffer every frame", "is not page-aligned"),
}
LINES = 400


def write_shell(case):
    """Prints so that the terminal scrolls, says that it is done, and waits to be ended."""
    shell = case.dir / "shell"
    shell.write_text(
        f"#!/bin/sh\ni=0\nwhile [ $i -lt {LINES} ]; do\n"
        'echo "line $i of the text"; i=$((i+1)); [ $((i%4)) = 0 ] && sleep 0.02\n'
        "done\ntouch done\nuntil [ -e stop ]; do sleep 0.05; done\n"
    )
    shell.chmod(0o700)
    for name in ("done", "stop"):
        (case.dir / name).unlink(missing_ok=True)
    return shell


def start(case, gesso, program):
    shell = write_shell(case)
    words = {
        "weston-simple-shm": [],
        "weston-terminal": [f"--shell={shell}"],
        "foot": ["--config=/dev/null", "--override=cursor.blink=no", shell],
    }[program]
    return gesso.client(program, *words)


def largest_surface(gesso, pid):
    for client in gesso.memory()["clients"]:
        if client["pid"] == pid and client["surface_paths"]:
            return client, max(client["surface_paths"], key=lambda s: s["width"] * s["height"])
    return None


def settled(gesso):
    """A screenshot that comes twice."""
    last = []

    def same():
        last.append(gesso.shot())
        return last[-1] if len(last) > 3 and last[-1] == last[-3] == last[-2] else None

    return wait_until(same, "a picture that stays", 20)


def painted_pictures(pid, width, height):
    """What is in the clients' pools, whose descriptors the compositor has: one of it is shown."""
    pictures = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        path = f"/proc/{pid}/fd/{name}"
        size = width * height * 4
        try:
            if "/memfd:" not in os.readlink(path) or os.stat(path).st_size < size:
                continue
            with open(path, "rb") as pool, mmap.mmap(
                pool.fileno(), size, mmap.MAP_SHARED, mmap.PROT_READ
            ) as data:
                pictures.append(bytes(data))
        except OSError:
            continue
    return pictures


def check_as_painted(gesso, shot, box):
    """A program that never rests is stopped: what is shown is one of its buffers."""
    left, top, width, height = box
    shown = shot.crop(left, top, width, height)
    for data in painted_pictures(gesso.pid, width, height):
        if all(
            shown.pixel(x, y) == (data[at + 2], data[at + 1], data[at])
            for y in range(0, height, 7)
            for x in range(0, width, 5)
            for at in [(y * width + x) * 4]
        ):
            return
    raise rig.Failure("what is shown is in none of the client's buffers")


def run(case, program, *options):
    """(the final picture, or None of one that never rests; path; why; figures)"""
    gesso = rig.Gesso(case, "--renderer", "gles2", "--size", "%dx%d" % SIZE, *options)
    ground = gesso.warm_up()
    client = start(case, gesso, program)
    wait_until(lambda: largest_surface(gesso, client.pid), f"{program} in the report")
    picture = None
    if program == "weston-simple-shm":

        def many():
            paths = gesso.paths_of(client.pid)
            return sum(path["frames"] for path in paths.values()) > 40

        wait_until(many, "frames", 20)
        client.send(signal.SIGSTOP)
        shot = settled(gesso)
        surface = largest_surface(gesso, client.pid)[1]
        box = shot.difference_box(ground)
        check_equal(box[2:], (surface["width"], surface["height"]), "the window's size")
        check_as_painted(gesso, shot, box)
        client.send(signal.SIGCONT)
    else:
        wait_until((case.dir / "done").exists, "the end of the text", 40)
        picture = settled(gesso)
    entry, surface = largest_surface(gesso, client.pid)
    (case.dir / "stop").touch()
    if program == "weston-simple-shm":
        client.send(signal.SIGINT)
    check_equal(client.wait(), 0, f"the status of {program}")
    wait_until(lambda: gesso.shot() == ground, "the ground again")
    gesso.check_empty()
    gesso.stop()
    return picture, surface["path"], surface["words"] or "imported", entry["paths"]


def case_takes_its_path(case):
    program = case.fixture("client")
    options = ["--allocator", case.fixture("allocator"), "--probe-timeout", 60000]
    picture, path, why, figures = run(case, program, *options)
    imported = figures.get("shm-import", {"frames": 0, "imports": 0, "copied_bytes": 0})
    uploaded = figures.get("shm-upload", {"frames": 0, "copied_bytes": 0})
    print("| program | allocator | path at the end | why | imported | images | uploaded | MiB |")
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {program} | {case.fixture('allocator')} | {path} | {why} | {imported['frames']} "
        f"| {imported['imports']} | {uploaded['frames']} | {uploaded['copied_bytes'] / 2**20:.1f} |"
    )
    sys.stdout.flush()
    check_equal(path == "shm-import", why == "imported", "the path and the reason")
    check_equal(imported["copied_bytes"], 0, "bytes copied by imports")
    check("probe" not in why, why)
    if case.fixture("allocator") == "memfd":
        check(any(words in why for words in EXPECTED[program]), f"{program}: {why}")
    if picture is not None:
        other, path, why, _ = run(case, program, *options, "--shm", "upload")
        check_equal((path, why), ("shm-upload", "turned off by an option"), "when forced")
        check(picture == other, f"{program} looks otherwise when it is uploaded")


if __name__ == "__main__":
    rig.main(globals())
