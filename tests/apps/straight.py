# SPDX-License-Identifier: MIT
"""A window that covers a nested output goes to the parent as it is, and nothing is composed.
Gesso is its own parent here, since its report names the memory that it was handed."""

import signal

import nested
import overlays
import parents
import rig
from demo import Demo
from rig import check, check_equal, wait_until

NESTED = "straight: WL-1"
SIZE = (320, 240)
LARGE = (640, 480)  # over a MiB


def start(case, parent_env, size, *options):
    renderer = case.fixture("renderer")
    gesso = rig.Gesso(
        case,
        "--renderer",
        renderer,
        "--fullscreen",
        *options,
        backend="wayland",
        env={**parent_env, "WLR_SCENE_DISABLE_DIRECT_SCANOUT": "0"},
    )
    wait_until(lambda: gesso.shot().size() == size, f"an output that fills the parent: {size}")
    return gesso


def allocator_option(case):
    """What is not proved wraps no pool, and a proof on llvmpipe takes long in the machine."""
    if "allocator" not in case.fixtures:
        return ()
    return ("--allocator", case.fixtures["allocator"], "--probe-timeout", str(10000 * rig.SLOW))


def inodes(gesso, pid):
    return {buffer["inode"] for buffer in gesso.buffers_of(pid)}


def unchanged(gesso):
    """A screenshot, if the next is the same."""
    picture = gesso.shot()
    return picture if gesso.shot() == picture else None


def wait_for_words(gesso, words):
    wait_until(lambda: words in gesso.process.text(), f"'{words}' in the log")


def case_handed_on(case):
    """The parent holds the client's own memory, and shows the right pixels of it."""
    path = case.fixture("path")
    outer = rig.Gesso(case, "--renderer", "pixman", "--fullscreen", "--size", "%dx%d" % SIZE)
    outer.warm_up()
    inner = start(case, outer.env, SIZE, *overlays.shm_option(case))
    # A dma-buf goes on once the parent has said that it may, so with a later frame.
    mover = Demo(case, inner.env, "--path", path, "--scene", "full")
    wait_for_words(inner, f"{NESTED}: the window's buffer goes to the parent")
    shared = wait_until(
        lambda: inodes(inner, mover.pid) & inodes(outer, inner.pid),
        "the client's memory in the parent's report",
    )
    outer_paths = {b["path"] for b in outer.buffers_of(inner.pid) if b["inode"] in shared}
    check_equal(outer_paths, {case.fixture("arrives")}, "the path on which the parent has it")

    mover.process.send(signal.SIGSTOP)
    shown = wait_until(lambda: unchanged(outer), "a picture that stays")
    check(shown.colours() > 10, "the parent shows nothing")
    nested.same_as(inner.shot, shown, "the same picture, composed")
    mover.process.send(signal.SIGCONT)
    figures = mover.end()
    check_equal(figures["path"], path, "the client's path")
    wait_for_words(inner, f"{NESTED} is composed")
    wait_until(lambda: not inodes(outer, inner.pid) & shared, "the parent to let go of it")

    demo = nested.show(case, inner, "--path", path)
    wanted = nested.headless_picture(case, SIZE)
    nested.same_as(outer.shot, wanted, "the document on the parent's screen")
    wait_until(
        lambda: overlays.STRAIGHT in overlays.how(inner),
        "a window that paints once, straight through",
    )
    demo.end()
    inner.stop()
    outer.check_empty()
    outer.stop()


def case_captured(case):
    """Screenshots and overlays have it composed meanwhile; the picture stays."""
    outer = rig.Gesso(case, "--renderer", "pixman", "--fullscreen", "--size", "%dx%d" % SIZE)
    inner = start(case, outer.env, SIZE)
    demo = nested.show(case, inner, "--path", "native")
    wait_for_words(inner, f"{NESTED}: the window's buffer goes to the parent")
    wanted = outer.shot()
    for _ in range(3):
        check(inner.shot() == wanted, "gesso's own screenshot differs")
        nested.same_as(outer.shot, wanted, "the parent's picture after a screenshot")
    above = inner.client("weston-simple-shm")
    wait_until(lambda: outer.shot() != wanted, "a window above")
    above.end()
    nested.same_as(outer.shot, wanted, "the document again")
    demo.end()
    inner.stop()
    outer.stop()


def case_refused(case):
    """A parent that fails every dma-buf gets composed pictures, and the log says why."""
    outer = rig.Gesso(
        case, "--renderer", "pixman", "--fullscreen", "--size", "%dx%d" % LARGE, "--budget", "1"
    )
    inner = start(case, outer.env, LARGE)
    wanted = nested.headless_picture(case, LARGE)
    demo = nested.show(case, inner, "--path", "native")
    nested.same_as(outer.shot, wanted, "the document on the parent's screen")
    wait_for_words(inner, "stays here: the parent does not import it")
    check(not inodes(inner, demo.pid) & inodes(outer, inner.pid), "the parent holds it")
    demo.end()
    inner.stop()
    outer.stop()


def case_parent_on_vgem(case):
    """weston's GL on a vgem node imports what it then crashes of: it is not handed any."""
    parent = parents.Weston(case, "gl", SIZE)
    inner = start(case, parent.env, SIZE)
    wanted = nested.headless_picture(case, SIZE)
    demo = nested.show(case, inner, "--path", "native")
    wait_for_words(inner, "stays here: the parent draws on a vgem node")
    nested.same_as(parent.shot, wanted, "the document on weston's screen")
    check(parent.process.running(), "weston ended")
    demo.end()
    inner.stop()
    parent.stop()


def case_overlays(case):
    """Dma-bufs above each other, gesso's or the client's: the parent is asked about each, and
    has the same memory."""
    outer = rig.Gesso(case, "--renderer", "pixman", "--fullscreen", "--size", "%dx%d" % SIZE)
    inner = start(case, outer.env, SIZE, *overlays.shm_option(case), *allocator_option(case))
    pieces = overlays.Pieces(case, inner, case.fixture("path"), SIZE)
    look = overlays.Look(outer, inner, pieces, SIZE)
    pieces.show(0, 0, 0, (400, 300), (16, 8, *SIZE), seed=2)
    pieces.show(1, 40, 30, (100, 80), seed=3)
    pieces.show(2, 90, 60, (100, 80), (10, 5, 50, 40), seed=4)
    look.straight(2, by=overlays.CROPPED)
    shared = inodes(inner, pieces.process.pid) & inodes(outer, inner.pid)
    check(len(shared) >= 3, f"the parent has only {len(shared)} of the client's buffers")
    outer_paths = {b["path"] for b in outer.buffers_of(inner.pid) if b["inode"] in shared}
    wanted = {case.fixtures.get("arrives", "dmabuf")}
    check_equal(outer_paths, wanted, "the path on which the parent has them")
    look.given_back(3)
    pieces.end()
    inner.stop()
    outer.stop()


if __name__ == "__main__":
    rig.main(globals())
