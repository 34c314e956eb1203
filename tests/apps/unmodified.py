# SPDX-License-Identifier: MIT
"""
Programs that speak nothing but wl_shm: which path each window takes on GLES2 and why, printed
as a table, and whether it looks as it does when everything is uploaded.
"""

import dataclasses
import mmap
import os
import signal
import sys

import image
import programs
import rig
from rig import check, check_equal, wait_until

SIZE = "1024x768"  # no window is cut off, wherever it lies
DEADLINE_S = 100  # for one program
AGAIN = 2
# They have two buffers, or take a second one when they must.
IMPORTED = ("weston-simple-shm", "weston-terminal")
# Why none of the others' are.
UPLOADED = {"foot": ("new buffer every frame", "is not page-aligned")}
# What the policy says of a client that it has not seen at its pace yet, or that it took for a
# slow one: emulation, or a machine with other work, can make a program look like that, and it is
# shown AGAIN.
OF_PACE = ("single-buffered client", "a client that is still watched")


@dataclasses.dataclass(frozen=True)
class Shown:
    """What was seen of one program in one session."""

    picture: image.Image  # of the window, once it rested; None of one that never does
    size: str
    path: str
    why: str
    paths: dict
    cpu_ms: float  # the compositor's, for each frame once it paints steadily
    held_bytes: int  # at the end: its buffers and their textures


def largest_surface(gesso, pid):
    for client in gesso.memory()["clients"]:
        if client["pid"] == pid and client["surface_paths"]:
            return client, max(client["surface_paths"], key=lambda s: s["width"] * s["height"])
    return None


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


def check_as_painted(gesso, ground, client):
    """A program that never rests is stopped: what is shown is one of its buffers."""
    client.send(signal.SIGSTOP)
    shot = programs.settled(gesso, client)
    surface = largest_surface(gesso, client.pid)[1]
    left, top, width, height = shot.difference_box(ground)
    check_equal((width, height), (surface["width"], surface["height"]), "the window's size")
    shown = shot.crop(left, top, width, height)
    pictures = painted_pictures(gesso.pid, width, height)
    client.send(signal.SIGCONT)
    for data in pictures:
        if all(
            shown.pixel(x, y) == (data[at + 2], data[at + 1], data[at])
            for y in range(0, height, 7)
            for x in range(0, width, 5)
            for at in [(y * width + x) * 4]
        ):
            return
    raise rig.Failure("what is shown is in none of the client's buffers")


def show(case, gesso, ground, program):
    signal.alarm(DEADLINE_S * rig.PATIENCE)
    marks = []
    client = program.start(case, gesso)
    wait_until(lambda: largest_surface(gesso, client.pid), f"{program.name} in the report", 30)

    def mark():
        marks.append((programs.cpu_ns(gesso.pid), programs.frames_of(gesso, client)))

    program.drive(case, gesso, client, mark)
    mark()
    (first_ns, first), (last_ns, last) = marks
    picture = None
    if program.rests:
        shot = programs.settled(gesso, client)
        picture = case.keep(shot.crop(*shot.difference_box(ground)))
    else:
        check_as_painted(gesso, ground, client)
    entry, surface = largest_surface(gesso, client.pid)
    program.end(case, client)
    wait_until(lambda: gesso.shot() == ground, "the ground again", 20)
    gesso.check_empty()
    return Shown(
        picture, f"{surface['width']}x{surface['height']}", surface["path"],
        surface["words"] or "imported", entry["paths"],
        (last_ns - first_ns) / 1e6 / max(last - first, 1),
        sum(path["texture_bytes"] for path in entry["paths"].values())
        + sum(buffer["size"] for buffer in entry["buffers"]),
    )  # fmt: skip


def show_all(case, names, *options, again=0):
    """{name: what was seen}, one after the other in one compositor."""
    gesso = rig.Gesso(
        case, "--renderer", "gles2", "--size", case.fixtures.get("size", SIZE),
        "--probe-timeout", 60000, "--allocator", case.fixture("allocator"), *options,
    )  # fmt: skip
    ground = gesso.warm_up()
    seen = {}
    for name in names:
        seen[name] = show(case, gesso, ground, programs.PROGRAMS[name])
        for _ in range(again if name in IMPORTED else 0):
            if was_imported(seen[name]) or seen[name].why not in OF_PACE:
                break
            print(f"{name} is shown once more: {seen[name].why}", file=sys.stderr, flush=True)
            seen[name] = show(case, gesso, ground, programs.PROGRAMS[name])
    gesso.stop()
    return seen


def figures(shown, path):
    return shown.paths.get(path, {"frames": 0, "imports": 0, "copied_bytes": 0})


def was_imported(shown):
    """In emulation a client's pace may end its imports again: there, that it had some."""
    if "GESSO_MACHINE" in os.environ:
        return figures(shown, "shm-import")["frames"] > 0
    return shown.path == "shm-import"


def print_table(allocator, seen):
    print("| program | allocator | path at the end | why | imported | images | uploaded | MiB |")
    print("|---|---|---|---|---|---|---|---|")
    for name, shown in seen.items():
        imported, uploaded = figures(shown, "shm-import"), figures(shown, "shm-upload")
        print(
            f"| {name} | {allocator} | {shown.path} | {shown.why} | {imported['frames']} "
            f"| {imported['imports']} | {uploaded['frames']} "
            f"| {uploaded['copied_bytes'] / 2**20:.1f} |"
        )
    sys.stdout.flush()


def check_path(shown):
    check_equal(shown.path == "shm-import", shown.why == "imported", "the path and the reason")
    check_equal(figures(shown, "shm-import")["copied_bytes"], 0, "bytes copied by imports")
    check("probe" not in shown.why, shown.why)


def check_expected(name, shown):
    if name in IMPORTED:
        check(was_imported(shown), f"{name} was not imported: {shown.why}")
    else:
        check(any(words in shown.why for words in UPLOADED[name]), f"{name}: {shown.why}")


def case_takes_its_path(case):
    names = case.fixture("clients").split(",")
    seen = show_all(case, names, again=AGAIN)
    print_table(case.fixture("allocator"), seen)
    for name, shown in seen.items():
        check_path(shown)
        check_expected(name, shown)
    resting = [name for name in names if seen[name].picture is not None]
    others = show_all(case, resting, "--shm", "upload") if resting else {}
    for name, other in others.items():
        forced = ("shm-upload", "turned off by an option")
        check_equal((other.path, other.why), forced, f"{name}, when forced")
        check(seen[name].picture == other.picture, f"{name} looks otherwise when it is uploaded")


if __name__ == "__main__":
    rig.main(globals())
