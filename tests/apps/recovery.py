# SPDX-License-Identifier: MIT
"""The renderer is lost, as after a GPU reset: other people's programs and parents see no more
of it than a late frame."""

import os
import struct

import nested
import parents
import rig
import third_party
from demo import Demo
from rig import check_equal, wait_until

LOSSES = 3


class Loss:
    """What tests/faults/lose.so is asked for: struct loss of tests/faults/loss.h."""

    def __init__(self, case):
        self.file = case.dir / "loss"
        self.file.write_bytes(struct.pack("iii", 0, 0, 0))
        self.env = {"LD_PRELOAD": os.environ["GESSO_LOSE_SO"], "GESSO_LOSS": str(self.file)}

    def next_frame(self):
        """Has the next frame lose the renderer, and returns a check that it has."""
        done = self._done()
        with open(self.file, "r+b") as file:
            file.write(struct.pack("i", 1))
        return lambda: self._done() == done + 1

    def _done(self):
        return struct.unpack("iii", self.file.read_bytes())[2]


def shot_of(gesso):
    """A screenshot; None of the frame that was not drawn, which is then not captured either."""
    try:
        return gesso.shot()
    except rig.Failure:
        return None


def case_programs(case):
    loss = Loss(case)
    gesso = rig.Gesso(case, "--renderer", case.fixture("renderer"), env=loss.env)
    ground = gesso.warm_up()
    terminal = third_party.start(case, gesso, "foot")
    gesso.wait_for_window(ground, "foot", third_party.LEAST["foot"])
    wait_until(lambda: third_party.has_picture(gesso.shot(), ground), "what foot's shell printed")
    wanted = gesso.shot()
    for _ in range(LOSSES):
        lost = loss.next_frame()
        wait_until(lambda: shot_of(gesso) == wanted and lost(), "foot's picture again")

    mover = gesso.client("weston-simple-shm")

    def frames():
        paths = gesso.paths_of(mover.pid) or {}
        return sum(figures["frames"] for figures in paths.values())

    for _ in range(LOSSES):
        lost, before = loss.next_frame(), frames()
        wait_until(lambda: lost() and frames() > before + 5, "frames after the loss")
    mover.end()
    third_party.end(case, "foot", terminal)
    wait_until(lambda: gesso.shot() == ground, "the ground again")
    gesso.check_empty()
    gesso.stop()


def case_below_a_parent(case):
    loss = Loss(case)
    parent = parents.PARENTS[case.fixture("parent")](case)
    ground = parent.shot()
    gesso = rig.Gesso(
        case,
        "--renderer",
        case.fixture("renderer"),
        "--fullscreen",
        backend="wayland",
        env={**parent.env, **loss.env},
    )
    wait_until(lambda: parent.shot() != ground, "gesso's window")
    demo = Demo(case, gesso.env, "--still", nested.DOCUMENT).wait_ready()
    wait_until(lambda: parent.shot().colours() > 100, "the document")
    wanted = parent.shot()
    for _ in range(LOSSES):
        lost = loss.next_frame()
        wait_until(lambda: shot_of(gesso) == wanted and lost(), "the document after the loss")
        nested.same_as(parent.shot, wanted, "the document on the parent's screen")
    check_equal(demo.end()["path"], "native", "the path")
    gesso.stop()
    parent.stop()


if __name__ == "__main__":
    rig.main(globals())
