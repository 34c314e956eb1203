# SPDX-License-Identifier: MIT
"""Gesso in a window of another compositor: its picture, its size and its end follow the parent."""

import os
import pathlib
import signal

import parents
import rig
from demo import SHM_PATHS, Demo
from rig import check, check_equal, wait_until

DOCUMENT = pathlib.Path(os.environ["GESSO_SAMPLES"]) / "workshop.svg"


def start(case, *options):
    parent = parents.PARENTS[case.fixture("parent")](case)
    ground = parent.shot()
    gesso = rig.Gesso(
        case,
        "--renderer",
        case.fixture("renderer"),
        "--fullscreen",
        *options,
        backend="wayland",
        env=parent.env,
    )
    wait_until(lambda: parent.shot() != ground, "gesso's window")
    return parent, gesso


def show(case, gesso, *options):
    return Demo(case, gesso.env, "--still", *options, DOCUMENT).wait_ready()


def headless_picture(case, size, *options):
    options = ["--fullscreen", "--size", "%dx%d" % size, *options]
    gesso = rig.Gesso(case, "--renderer", case.fixture("renderer"), *options)
    demo = show(case, gesso)
    picture = gesso.shot()
    demo.end()
    gesso.stop()
    return picture


def same_as(look, wanted, what):
    """Waits until `look()` gives the picture `wanted`; says where it differs if it never does."""
    last = []

    def same():
        last[:] = [look()]
        return last[0] == wanted

    try:
        wait_until(same, what)
    except rig.Failure as late:
        (got,) = last
        where = got.difference_box(wanted) if got.size() == wanted.size() else got.size()
        raise rig.Failure(f"{late}: {where} differs from {wanted.size()}") from None


def same_on_both(parent, gesso, what, wanted=None):
    """
    Waits until the parent's screen and gesso's own screenshot are one picture: `wanted`, where
    it is known. Neither is the measure of the other: a client may follow a new size late.
    """
    last = []

    def same():
        last[:] = [parent.shot(), gesso.shot()]
        return last[0] == last[1] and wanted in (None, last[0])

    def where():
        sizes = [picture.size() for picture in [*last, wanted] if picture]
        boxes = [got.difference_box(wanted or last[0]) for got in last] if len({*sizes}) == 1 else ""
        return f"{what}: {boxes} of {sizes} differ"

    wait_until(same, where)


def case_shows(case):
    """The parent's screen has what the headless run's has, pixel by pixel, on both paths."""
    parent, gesso = start(case)
    size = parent.shot().size()
    wait_until(lambda: gesso.shot().size() == size, f"an output that fills the parent: {size}")
    wanted = headless_picture(case, size)
    for path in ("native", "shm"):
        demo = show(case, gesso, "--path", path)
        same_as(parent.shot, wanted, f"the document on the parent's screen ({path})")
        check(gesso.shot() == wanted, "gesso's own screenshot differs")
        figures = demo.end()
        check_equal(figures["path"], path, "the path")
        shown = path if path == "native" else SHM_PATHS[case.fixture("renderer")]
        case.record(shown, figures["allocator"], case.fixture("renderer"), "wayland")
    gesso.stop()
    parent.stop()


def case_shows_movement(case):
    """Frames go on while the parent asks for them, and the last one is what stays."""
    parent, gesso = start(case)
    demo = Demo(case, gesso.env, "--scene", "full", "--frames", "30", "--path", "native")
    check_equal(demo.wait()["frames"], 30, "frames")
    demo = show(case, gesso)
    same_on_both(parent, gesso, "the document after the movement")
    demo.end()
    gesso.stop()
    parent.stop()


def check_turned_and_scaled(case, gesso, output, look, size):
    """
    `look` shows the document in the session as the output's transform turns it, and at scale 2
    with the pixels that it has there.
    """
    demo = show(case, gesso)
    gesso.randr("--output", output, "--transform", "90")
    wanted = headless_picture(case, size[::-1]).turned()
    same_as(look, wanted, "the document, turned")
    gesso.randr("--output", output, "--transform", "normal", "--scale", "2")
    same_as(look, headless_picture(case, size, "--scale", "2"), "the document at scale 2")
    demo.end()


def case_turned_and_scaled(case):
    parent, gesso = start(case)
    check_turned_and_scaled(case, gesso, "WL-1", parent.shot, parent.shot().size())
    gesso.stop()
    parent.stop()


def case_parent_killed(case):
    parent, gesso = start(case)
    demo = show(case, gesso)
    parent.kill()
    status = gesso.process.wait()
    check(status in (0, 1), f"gesso ended with status {status}")
    check_equal(demo.process.wait(), 1, "the demo's status")
    case.check_sanitizers()


def case_parent_ends(case):
    parent, gesso = start(case)
    demo = show(case, gesso)
    parent.stop()
    check(gesso.process.wait() in (0, 1), "gesso's status")
    demo.process.wait()
    case.check_sanitizers()


def case_interrupted(case):
    """SIGINT: gesso goes, its window goes, the parent stays."""
    parent, gesso = start(case)
    demo = show(case, gesso)
    shown = parent.shot()
    gesso.stop(signal.SIGINT)
    wait_until(lambda: parent.shot() != shown, "the window gone from the parent")
    demo.process.wait()
    parent.stop()


def case_follows_resize(case):
    """Smaller, larger, odd: the output, the demo's window and the picture follow."""
    parent, gesso = start(case)
    (window,) = parent.windows()
    parent.message(f"[con_id={window['id']}]", "floating enable, move position 10 20")
    demo = show(case, gesso)
    for size in ((400, 300), (101, 77), (600, 333), (75, 50), (620, 440)):
        parent.message(f"[con_id={window['id']}]", "resize set %d px %d px" % size)

        def followed(size=size):
            (rect,) = [node["rect"] for node in parent.windows()]
            shown = [b for b in gesso.buffers_of(demo.pid) if b["shown"] and b["path"] == "native"]
            shown = [(buffer["width"], buffer["height"]) for buffer in shown]
            here = gesso.shot()
            if not (rect["width"], rect["height"]) == here.size() == size or shown != [size]:
                return False
            return parent.shot().crop(rect["x"], rect["y"], *size) == here

        wait_until(followed, "%d x %d on both sides" % size, 15)
    rect = parent.windows()[0]["rect"]
    wanted = headless_picture(case, (rect["width"], rect["height"]))
    same_as(gesso.shot, wanted, "the document at its last size")
    demo.end()
    gesso.stop()
    parent.stop()


def case_window_closed(case):
    """The parent's close button on the only output is the end, with status 0."""
    parent, gesso = start(case)
    demo = show(case, gesso)
    (window,) = parent.windows()
    parent.message(f"[con_id={window['id']}]", "kill")
    check_equal(gesso.process.wait(), 0, "gesso's status")
    check_equal(demo.process.wait(), 1, "the demo's status")
    case.check_sanitizers()
    parent.stop()


def case_two_windows(case):
    """One window an output: closing one moves its clients over, closing both is the end."""
    parent, gesso = start(case, "--outputs", "2")
    wait_until(lambda: len(parent.windows()) == 2, "two windows")
    demo = show(case, gesso)
    first, second = sorted(window["id"] for window in parent.windows())
    parent.message(f"[con_id={first}]", "kill")
    wait_until(lambda: len(parent.windows()) == 1, "one window")
    check(gesso.process.running() and demo.process.running(), "gesso or the demo ended")
    wanted = headless_picture(case, parent.shot().size())
    same_on_both(parent, gesso, "the document on the output that is left", wanted)
    parent.message(f"[con_id={second}]", "kill")
    check_equal(gesso.process.wait(), 0, "gesso's status")
    demo.process.wait()
    parent.stop()


def case_windows_off_and_on(case):
    """Turned off a window goes from the parent, and what it showed to the other; and it returns."""
    parent, gesso = start(case, "--outputs", "2")
    wanted = headless_picture(case, parent.shot().size())
    demo = show(case, gesso)
    for gone, left in (("WL-1", "WL-2"), ("WL-2", "WL-1")) * 2:
        gesso.randr("--output", gone, "--off")
        same_on_both(parent, gesso, f"only {left} with the document", wanted)
        check(gesso.randr("--output", left, "--off", status=1), "the last one was turned off")
        check(gesso.randr("--output", left, "--custom-mode", "9000x9", status=1), "a size of its own")
        gesso.randr("--output", gone, "--on")
        check_equal(gesso.outputs_on(), {"WL-1", "WL-2"}, "the outputs that are on")
    demo.end()
    gesso.stop()
    parent.stop()


def case_one_off_one_closed(case):
    """The only window that is left is closed by the parent: the other one is turned on for it."""
    parent, gesso = start(case, "--outputs", "2")
    demo = show(case, gesso)
    gesso.randr("--output", "WL-1", "--off")
    (window,) = wait_until(lambda: len(parent.windows()) == 1 and parent.windows(), "one window")
    parent.message(f"[con_id={window['id']}]", "kill")
    wait_until(lambda: gesso.outputs_on() == {"WL-1"}, "the other one on")
    wanted = headless_picture(case, parent.shot().size())
    same_on_both(parent, gesso, "the document there", wanted)
    demo.end()
    gesso.stop()
    parent.stop()


def case_auto_backend(case):
    """Started in a session with no options but the renderer, it takes that session."""
    parent = parents.Sway(case)
    gesso = rig.Gesso(
        case, "--renderer", case.fixture("renderer"), backend="auto", env=parent.env
    )
    (window,) = parent.windows()
    check_equal((window["app_id"], window["pid"]), ("gesso", gesso.pid), "the window in sway")
    same_on_both(parent, gesso, "the same picture on both sides")
    gesso.stop()
    parent.stop()


def case_in_itself(case):
    """Gesso is a parent like any other."""
    outer = rig.Gesso(case, "--renderer", "pixman", "--fullscreen", "--size", "640x480")
    ground = outer.warm_up()
    options = ["--renderer", case.fixture("renderer"), "--fullscreen"]
    inner = rig.Gesso(case, *options, backend="wayland", env=outer.env)
    wait_until(lambda: inner.shot().size() == (640, 480), "an output that fills the outer one")
    demo = show(case, inner)
    wait_until(lambda: outer.shot() == inner.shot() != ground, "the same picture in both")
    demo.end()
    inner.stop()
    outer.check_empty()
    outer.stop()


if __name__ == "__main__":
    rig.main(globals())
