# SPDX-License-Identifier: MIT
"""gesso-demo with real documents, on Gesso and on compositors that do not know it."""

import json
import os
import pathlib
import signal

import image
import parents
import rig
from rig import check, check_equal, wait_until

DEMO = os.environ["GESSO_DEMO"]
SAMPLES = pathlib.Path(os.environ["GESSO_SAMPLES"])
SIZE = (640, 480)
SHM_PATHS = {"pixman": "shm-direct", "gles2": "shm-upload"}


class Demo:
    """A demo that shows a still document; `env` names the compositor."""

    def __init__(self, case, env, *arguments):
        words = [DEMO, "--print-ready", "--stats", "json", *arguments]
        self.process = case.start("demo", words, env)
        self.pid = self.process.pid

    def wait_ready(self):
        def ready():
            check(self.process.running(), f"gesso-demo ended: {self.process.text()}")
            return "ready\n" in self.process.text()

        wait_until(ready, "the demo's first frame", 20)
        return self

    def end(self):
        """Its figures."""
        self.process.send(signal.SIGTERM)
        return self.wait()

    def wait(self, status=0):
        check_equal(self.process.wait(25), status, "the demo's exit status")
        lines = [line for line in self.process.text().splitlines() if line.startswith("{")]
        check_equal(len(lines), 1, f"lines of figures in {self.process.text()}")
        return json.loads(lines[0])


def start_gesso(case, *options, renderer=None):
    renderer = renderer or case.fixture("renderer")
    size = "%dx%d" % SIZE
    return rig.Gesso(case, "--renderer", renderer, "--size", size, "--fullscreen", *options)


def make_png(case):
    """A picture with every grey and a little of each colour."""
    rows = (bytes((x & 255, y & 255, (x * y) >> 8 & 255)) for y in range(200) for x in range(300))
    path = case.dir / "picture.png"
    image.Image(300, 200, b"".join(rows)).write_png(path)
    return path


def documents(case):
    return [SAMPLES / "workshop.svg", SAMPLES / "gesso.txt", make_png(case)]


def picture_of(case, gesso, *arguments):
    """The screen with the demo on it, its figures, and the paths in the report."""
    demo = Demo(case, gesso.env, "--still", *arguments).wait_ready()
    picture = gesso.shot()
    paths = gesso.paths_of(demo.pid)
    return picture, demo.end(), paths


def case_same_picture(case):
    """The same document byte for byte on native and on shm."""
    renderer = case.fixture("renderer")
    gesso = start_gesso(case)
    ground = gesso.warm_up()
    for document in documents(case):
        native, figures, paths = picture_of(case, gesso, "--path", "native", document)
        check_equal((figures["path"], figures["copied_bytes"]), ("native", 0), document.name)
        check("native" in paths, f"{document.name} is on {sorted(paths)}")
        check_equal(paths["native"]["copied_bytes"], 0, "bytes copied on native")
        check(native.colours() > 50, f"{document.name} is not to be seen")
        check(native.difference_box(ground)[2:] == SIZE, "the window does not fill the screen")

        shm, figures, paths = picture_of(case, gesso, "--path", "shm", document)
        check_equal(figures["path"], "shm", document.name)
        check(SHM_PATHS[renderer] in paths, f"{document.name} is on {sorted(paths)}")
        check("native" not in paths, f"{document.name} is on {sorted(paths)}")
        check_equal(native.difference_box(shm), None, f"{document.name}: where the paths differ")
    wait_until(lambda: gesso.shot() == ground, "the ground again")
    gesso.check_empty()
    gesso.stop()


def case_shadow(case):
    """
    Memory that is slow to read is painted through a shadow, which the figures name, and other
    memory is not: the picture is that of shm.
    """
    allocator = case.fixture("allocator")
    gesso = start_gesso(case, "--allocator", allocator)
    document = SAMPLES / "gesso.txt"
    native, figures, _ = picture_of(case, gesso, "--path", "native", document)
    check_equal((figures["path"], figures["allocator"]), ("native", allocator), "the path")
    if allocator == "memfd":
        check_equal((figures["shadow_bytes"], figures["copied_bytes"]), (0, 0), "no shadow")
    else:
        least = SIZE[0] * SIZE[1] * 4
        check(figures["shadow_bytes"] >= least, f"no shadow of {least} bytes: {figures}")
        check(figures["copied_bytes"] >= least, f"the shadow was not copied: {figures}")
    shm = picture_of(case, gesso, "--path", "shm", document)[0]
    check_equal(native.difference_box(shm), None, "where the paths differ")
    gesso.stop()


def case_own_dmabufs(case):
    """Dma-bufs that the client itself makes are read in place, and the picture is that of shm."""
    gesso = start_gesso(case, "--allocator", "none")
    gesso.warm_up()
    document = SAMPLES / "workshop.svg"
    dmabuf, figures, paths = picture_of(case, gesso, "--path", "dmabuf", document)
    had = figures["path"], figures["allocator"], figures["copied_bytes"], figures["reason"]
    check_equal(had, ("dmabuf", "udmabuf", 0, {"code": 0, "words": ""}), "the path")
    check("dmabuf" in paths and len(paths) == 1, f"the client is on {sorted(paths)}")
    check_equal(paths["dmabuf"]["copied_bytes"], 0, "bytes copied on dmabuf")
    check(dmabuf.colours() > 50, "the document is not to be seen")
    shm, figures, paths = picture_of(case, gesso, "--path", "shm", document)
    check_equal(figures["path"], "shm", "the path")
    check(SHM_PATHS[case.fixture("renderer")] in paths, f"the client is on {sorted(paths)}")
    check_equal(dmabuf.difference_box(shm), None, "where the paths differ")
    gesso.check_empty()
    gesso.stop()


def case_same_picture_each_format(case):
    gesso = start_gesso(case)
    document = SAMPLES / "gesso.txt"
    whole = None
    for name in ("xrgb8888", "argb8888", "xbgr8888", "abgr8888", "rgb565"):
        shots = []
        for path in ("native", "shm"):
            options = ["--path", path, "--format", name, document]
            picture, figures, _ = picture_of(case, gesso, *options)
            check_equal(figures["path"], path, name)
            shots.append(picture)
        check(shots[0] == shots[1], f"{name} differs between the paths")
        whole = whole or shots[0]
        allowed = 24 if name == "rgb565" else 0
        difference = shots[0].largest_difference(whole)
        check(difference <= allowed, f"{name} differs from xrgb8888 by {difference}")
    gesso.stop()


def case_renderers_agree(case):
    shots = {}
    for renderer in ("pixman", "gles2"):
        gesso = start_gesso(case, renderer=renderer)
        for document in documents(case):
            shots[renderer, document] = picture_of(case, gesso, document)[0]
        gesso.stop()
    for document in documents(case):
        box = shots["pixman", document].difference_box(shots["gles2", document])
        check_equal(box, None, f"{document.name}: where the renderers differ")


def case_moves_and_ends(case):
    """It ends by itself after its frames, however many windows there are."""
    gesso = rig.Gesso(case, "--renderer", case.fixture("renderer"), "--size", "%dx%d" % SIZE)
    gesso.warm_up()
    options = ["--path", "native", "--frames", "20", SAMPLES / "gesso.txt"]
    figures = Demo(case, gesso.env, *options).wait()
    check_equal((figures["frames"], figures["path"]), (20, "native"), "frames and path")
    options = ["--path", "shm", "--frames", "10", "--size", "200x150"]
    options += ["--scene", "full", "--windows", "3"]
    figures = Demo(case, gesso.env, *options).wait()
    check_equal([window["path"] for window in figures["windows"]], ["shm"] * 3, "the paths")
    check_equal([window["frames"] for window in figures["windows"]], [10] * 3, "the frames")
    gesso.check_empty()
    gesso.stop()


def case_waits_after_the_warm_up(case):
    """Only the frames between the two stops are counted, and it stays until it is ended."""
    gesso = start_gesso(case)
    gesso.warm_up()
    arguments = ["--scene", "full", "--warm-up", "3", "--frames", "7", "--path", "shm"]
    demo = Demo(case, gesso.env, *arguments)
    wait_until(lambda: "warm\n" in demo.process.text(), "the end of the warm-up", 20)
    demo.process.send(signal.SIGUSR1)
    wait_until(lambda: "done\n" in demo.process.text(), "the last frame", 20)
    check(demo.process.running(), "gesso-demo ended by itself")
    figures = demo.end()
    check_equal(figures["frames"], 7, "frames counted")
    median, most = figures["interval_ns_median"], figures["interval_ns_max"]
    check(0 < median <= most, f"intervals of {median} and at most {most} ns")
    check(figures["frames_per_second"] > 0, "no frame rate")
    gesso.check_empty()
    gesso.stop()


def case_still_holds_one_buffer(case):
    gesso = start_gesso(case)
    demo = Demo(case, gesso.env, "--path", "native", "--still", SAMPLES / "gesso.txt").wait_ready()

    def buffers():
        return [b for b in gesso.buffers_of(demo.pid) if b["path"] == "native"]

    wait_until(lambda: len(buffers()) == 1, "a still window with one buffer")
    (buffer,) = buffers()
    check(buffer["shown"], f"it is not the one that is shown: {buffer}")
    check_equal((buffer["width"], buffer["height"]), SIZE, "its size")
    demo.end()
    gesso.stop()


def check_falls_back(case, gesso, reason):
    ground = gesso.shot()
    picture, figures, paths = picture_of(case, gesso, SAMPLES / "gesso.txt")
    check_equal(figures["path"], "shm", "the path")
    check(figures["reason"]["code"] != 0, f"no reason: {figures}")
    check(reason in figures["reason"]["words"], f"{reason!r} is not in {figures['reason']}")
    check(picture != ground and SHM_PATHS[case.fixture("renderer")] in paths, "it is not shown")


def case_falls_back_without_allocator(case):
    gesso = start_gesso(case, "--allocator", "none")
    check_falls_back(case, gesso, "")
    forced = Demo(case, gesso.env, "--path", "native", "--still", SAMPLES / "gesso.txt")
    check_equal(forced.process.wait(), 1, "the status when native is forced")
    check("native" in forced.process.text(), f"not said: {forced.process.text()}")
    gesso.stop()


def case_falls_back_without_devices(case):
    """With no device that makes dma-bufs: shown by shm, both reasons told, and the status is 1."""
    devices = ("/dev/udmabuf", "/dev/dma_heap/system")
    if any(os.access(device, os.R_OK | os.W_OK) for device in devices):
        raise rig.Skip("a device makes dma-bufs here")
    gesso = start_gesso(case)
    ground = gesso.shot()
    arguments = ["--path", "dmabuf", "--still", SAMPLES / "gesso.txt"]
    demo = Demo(case, gesso.env, *arguments).wait_ready()
    check(gesso.shot() != ground, "it is not shown")
    paths = gesso.paths_of(demo.pid)
    check(SHM_PATHS[case.fixture("renderer")] in paths, f"the client is on {sorted(paths)}")
    demo.process.send(signal.SIGTERM)
    figures = demo.wait(1)
    check_equal(figures["path"], "shm", "the path")
    for device in devices:
        check(device in figures["reason"]["words"], f"{device} is not in {figures['reason']}")
    line = f"gesso-demo: ended before path dmabuf was had: {figures['reason']['words']}\n"
    check(line in demo.process.text(), f"{line!r} is not in {demo.process.text()}")
    gesso.stop()


def case_falls_back_over_budget(case):
    gesso = start_gesso(case, "--budget", "1")
    check_falls_back(case, gesso, "")
    gesso.stop()


def case_on_a_stranger(case):
    """No private protocol: wl_shm, with the reason, and the same picture as Gesso shows."""
    parent = parents.PARENTS[case.fixture("parent")](case)
    arguments = ["--still", "--fullscreen", SAMPLES / "workshop.svg"]
    ground = parent.shot()
    demo = Demo(case, parent.env, *arguments).wait_ready()
    wait_until(lambda: parent.shot() != ground, "the demo on the parent's screen")
    there = parent.shot()
    figures = demo.end()
    check_equal(figures["path"], "shm", "the path")
    check(figures["reason"]["code"] != 0 and figures["reason"]["words"], f"no reason: {figures}")
    forced = Demo(case, parent.env, "--path", "native", *arguments)
    check_equal(forced.process.wait(), 1, "the status when native is forced")
    parent.stop()

    size = "%dx%d" % there.size()
    gesso = rig.Gesso(case, "--renderer", "pixman", "--size", size, "--fullscreen")
    here = picture_of(case, gesso, SAMPLES / "workshop.svg")[0]
    gesso.stop()
    check_equal(there.difference_box(here), None, "where the two screens differ")


def bad_documents(case):
    """(path, what the line must say or "")."""
    png = make_png(case).read_bytes()
    for name, data in (
        ("empty", b""),
        ("empty.png", b""),
        ("empty.svg", b""),
        ("short.png", png[: len(png) // 2]),
        ("header.png", png[:20]),
        ("garbage.svg", b"<svg " + bytes(range(256)) * 4),
        ("unclosed.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><g>'),
        ("garbage.png", b"\x89PNG\r\n\x1a\n" + b"\xff" * 500),
        ("garbage.jpg", b"\xff\xd8\xff\xe0" + b"\x00" * 500),
        ("garbage.pdf", b"%PDF-1.7\n" + b"\xfe" * 500),
        ("binary.txt", bytes(range(256)) * 10),
    ):
        path = case.dir / name
        path.write_bytes(data)
        yield path
    (case.dir / "folder").mkdir()
    yield case.dir / "folder"
    yield case.dir / "missing.svg"
    yield case.dir / "missing folder" / "a.png"


def case_refuses_documents(case):
    """Before it looks for a compositor: one line that names the file."""
    for path in bad_documents(case):
        status, _, words = case.run([DEMO, path])
        check_equal(status, 2, f"the status with {path.name} ({words})")
        check_equal(len(words.splitlines()), 1, f"the lines for {path.name} ({words})")
        check(str(path) in words, f"{path.name} is not named: {words}")


WRONG = [
    (["--nonsense"], ["--nonsense"]),
    (["-z", "a.svg"], ["-z"]),
    ([], ["document"]),
    (["--path", "direct", "a"], ["--path", "direct", "auto", "native", "shm", "dmabuf"]),
    (["--path"], ["--path", "auto", "native", "shm"]),
    (["--size", "0x5", "a"], ["--size", "0x5", "16384"]),
    (["--size", "99999x5", "a"], ["--size", "99999x5", "16384"]),
    (["--windows", "0", "a"], ["--windows", "256"]),
    (["--buffers", "9", "a"], ["--buffers", "9", "4"]),
    (["--format", "cmyk", "a"], ["--format", "cmyk", "xrgb8888", "rgb565"]),
    (["--frames", "-1", "a"], ["--frames", "-1"]),
    (["--frames", "1e99", "a"], ["--frames", "1e99"]),
    (["--rate", "nan", "a"], ["--rate", "nan"]),
    (["--duration", "inf", "a"], ["--duration", "inf"]),
    (["--zoom", "0", "a"], ["--zoom", "0", "32"]),
    (["--scroll", "1", "a"], ["--scroll"]),
    (["--stats", "xml", "a"], ["--stats", "xml", "json"]),
    (["--scene", "sea"], ["--scene", "sea", "caret"]),
    (["--scene", "full", "a"], ["--scene"]),
    (["--still", "--frames", "5", "a"], ["--still", "--frames"]),
    (["--still=yes", "a"], ["--still"]),
]


def case_refuses_options(case):
    for arguments, names in WRONG:
        status, out, words = case.run([DEMO, *arguments])
        check_equal((status, out), (2, b""), f"the status for {arguments} ({words})")
        check_equal(len(words.splitlines()), 1, f"the lines for {arguments} ({words})")
        for name in names:
            check(name in words, f"{arguments}: {name!r} is not in: {words}")


def case_without_compositor(case):
    for env, drop in (({}, []), ({"WAYLAND_DISPLAY": "nowhere"}, []), ({}, ["XDG_RUNTIME_DIR"])):
        status, out, words = case.run([DEMO, SAMPLES / "gesso.txt"], env, drop=drop)
        check_equal(status, 1, f"the status ({words})")
        own = [line for line in words.splitlines() if line.startswith("gesso-demo: ")]
        check_equal(len(own), 1, f"own lines of {words}")


def case_compositor_goes(case):
    """Gesso ends under it, cleanly or not: the demo says so and ends, and does not hang."""
    for kill in (False, True):
        gesso = start_gesso(case)
        demo = Demo(case, gesso.env, "--scene", "full").wait_ready()
        if kill:
            gesso.process.kill()
        else:
            gesso.stop()
        check_equal(demo.process.wait(), 1, f"the demo's status: {demo.process.text()}")
        check("gesso-demo: " in demo.process.text(), "it does not say why it ended")


if __name__ == "__main__":
    rig.main(globals())
