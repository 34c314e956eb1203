# SPDX-License-Identifier: MIT
"""Gesso in a window of an X11 session: Xvfb, whose own memory says what a person would see."""

import os

import nested
import parents
import rig
from rig import check, check_equal, wait_until

SIZE = (333, 241)
# The pointer is in the middle: clear of a window of 1024x768, which wlroots begins with.
SCREEN = "2100x1600x24"


class Xvfb(parents.Parent):
    """There is no window manager: each window lies at the upper left."""

    def __init__(self, case, **env):
        self.rig = case
        self.screen = case.dir / "Xvfb_screen0"
        read_end, write_end = os.pipe()
        self.process = case.start(
            "Xvfb",
            ["Xvfb", "-displayfd", write_end, "-screen", "0", SCREEN, "-fbdir", case.dir]
            + ["-nolisten", "tcp", "-noreset"],
            env,
            pass_fds=(write_end,),
        )
        os.close(write_end)
        self.env = {"DISPLAY": ":" + rig.read_line(read_end, "Xvfb")}
        os.close(read_end)

    def shot(self, size):
        return self.rig.keep(rig.image.from_xwd(self.screen.read_bytes(), size))


def difference(gesso, parent, size):
    """The box in which the session shows something else; None if there is none."""
    return parent.shot(size).difference_box(gesso.shot())


def start(case, *options, size=SIZE, **env):
    parent = Xvfb(case, **env)
    options = ["--fullscreen", "--size", "%dx%d" % size, *options]
    if "allocator" in case.fixtures:
        options += ["--allocator", case.fixture("allocator")]
    renderer = case.fixture("renderer")
    gesso = rig.Gesso(case, "--renderer", renderer, *options, backend="x11", env=parent.env)
    return parent, gesso


def finish(parent, gesso):
    gesso.stop()
    parent.stop()


def case_shows(case):
    """The X server's memory has what the headless run's has, pixel by pixel, on both paths."""
    parent, gesso = start(case)
    wanted = nested.headless_picture(case, SIZE)
    for path in ("native", "shm"):
        demo = nested.show(case, gesso, "--path", path)
        nested.same_as(lambda: parent.shot(SIZE), wanted, f"the document ({path})")
        check(gesso.shot() == wanted, "gesso's own screenshot differs")
        figures = demo.end()
        check_equal(figures["path"], path, "the path")
        if path == "native" and "allocator" in case.fixtures:
            check_equal(figures["allocator"], case.fixture("allocator"), "the allocator")
        shown = path if path == "native" else nested.SHM_PATHS[case.fixture("renderer")]
        case.record(shown, figures["allocator"], case.fixture("renderer"), "x11")
    finish(parent, gesso)


def case_shows_movement(case):
    """Frames go on while the X server takes them, and the last one is what stays."""
    parent, gesso = start(case)
    demo = nested.Demo(case, gesso.env, "--scene", "full", "--frames", "30", "--path", "native")
    check_equal(demo.wait()["frames"], 30, "frames")
    demo = nested.show(case, gesso)
    nested.same_as(lambda: parent.shot(SIZE), nested.headless_picture(case, SIZE), "the document")
    demo.end()
    finish(parent, gesso)


def case_turned_and_scaled(case):
    size = (332, 240)  # whole pixels at scale 2 too
    parent, gesso = start(case, size=size)
    nested.check_turned_and_scaled(case, gesso, "X11-1", lambda: parent.shot(size), size)
    finish(parent, gesso)


def case_each_size(case):
    """
    X11 has no word for how long a row is: widths of every remainder are shown right. Often
    enough to meet a server that takes two frames of the same time in the other order.
    """
    parent, gesso = start(case)
    demo = nested.show(case, gesso)
    sizes = ((320, 200), (321, 99), (322, 100), (335, 7), (64, 64), (17, 301), (5, 3))
    for size in sizes * 4:
        gesso.randr("--output", "X11-1", "--custom-mode", "%dx%d" % size)
        wait_until(lambda size=size: gesso.shot().size() == size, "%d x %d" % size)
        wait_until(
            lambda size=size: not difference(gesso, parent, size),
            lambda size=size: "%d x %d: %s differs" % (*size, difference(gesso, parent, size)),
        )
    demo.end()
    finish(parent, gesso)


def case_late_server(case):
    """
    A server that reads late has an arrangement that changes nothing presented before the blank
    picture of a new size, which was sent first: what is drawn then would be due with the blank.
    """
    parent, gesso = start(case, LD_PRELOAD=os.environ["GESSO_LATE_SO"])
    demo = nested.show(case, gesso)
    for round_ in range(20):
        size = (SIZE[0] - round_ % 3, SIZE[1])
        gesso.randr("--output", "X11-1", "--custom-mode", "%dx%d" % size)
        gesso.randr("--output", "X11-1", "--on")
        wait_until(lambda size=size: gesso.shot().size() == size, "%d x %d" % size)
        wait_until(
            lambda size=size: not difference(gesso, parent, size),
            lambda size=size: "%d x %d: %s differs" % (*size, difference(gesso, parent, size)),
        )
    demo.end()
    finish(parent, gesso)


def case_off_and_on(case):
    """A window that is turned off is gone from the session, and comes back with its picture."""
    parent, gesso = start(case, "--outputs", "2")
    wanted = nested.headless_picture(case, SIZE)
    demo = nested.show(case, gesso)
    for gone, left in (("X11-1", "X11-2"), ("X11-2", "X11-1")) * 2:
        gesso.randr("--output", gone, "--off")
        nested.same_as(gesso.shot, wanted, f"the document on {left}")
        nested.same_as(lambda: parent.shot(SIZE), wanted, f"only {left} in the session")
        gesso.randr("--output", left, "--off", status=1)
        gesso.randr("--output", gone, "--on")
        check_equal(gesso.outputs_on(), {"X11-1", "X11-2"}, "the outputs that are on")
    demo.end()
    finish(parent, gesso)


def case_server_killed(case):
    parent, gesso = start(case)
    demo = nested.show(case, gesso)
    parent.kill()
    status = gesso.process.wait()
    check(status in (0, 1), f"gesso ended with status {status}")
    check_equal(demo.process.wait(), 1, "the demo's status")
    case.check_sanitizers()


def case_server_ends(case):
    parent, gesso = start(case)
    demo = nested.show(case, gesso)
    parent.stop()
    check(gesso.process.wait() in (0, 1), "gesso's status")
    demo.process.wait()
    case.check_sanitizers()


def case_no_server(case):
    """No X server answers: said in a line, with status 1."""
    status, _, words = case.run(
        [os.environ["GESSO_BIN"], "--backend", "x11", "--renderer", case.fixture("renderer")],
        {"DISPLAY": ":9999"},
    )
    check_equal(status, 1, "gesso's status")
    check("no X11 session" in words, words)


if __name__ == "__main__":
    rig.main(globals())
