# SPDX-License-Identifier: MIT
"""Crops, scales and overlays below every parent: what the parent puts together of the client's
own buffers is what gesso composes of them, and the client gets every buffer back."""

import os
import pathlib
import subprocess
import sys

import parents
import rig
from rig import check, check_equal, wait_until

SIZE = (640, 480)
GROUND = ", above the ground"
STRAIGHT = "the window's buffer goes to the parent"
CROPPED = ", which crops or scales it"


class GessoParent(parents.Parent):
    """Gesso below itself."""

    def __init__(self, case, renderer="pixman"):
        size = "%dx%d" % SIZE
        self.gesso = rig.Gesso(case, "--renderer", renderer, "--fullscreen", "--size", size)
        self.process, self.env, self.shot = self.gesso.process, self.gesso.env, self.gesso.shot

    def stop(self):
        self.gesso.stop()


PARENTS = {**parents.PARENTS, "gesso": GessoParent}


class Pieces:
    """The client of that name, told what to show."""

    def __init__(self, case, gesso, path="native", size=SIZE):
        words = [os.environ["GESSO_PIECES"], path, *map(str, size)]
        self.process = case.start("pieces", words, gesso.env, stdin=subprocess.PIPE)
        self.told = 0

    def send(self, *lines):
        self.process.popen.stdin.write("".join(line + "\n" for line in lines).encode())
        self.process.popen.stdin.flush()
        self.told += len(lines)

    def answers(self):
        check(self.process.running(), f"pieces ended: {self.process.text()}")
        return [line for line in self.process.text().split("\n")[:-1]]

    def wait(self):
        """How many buffers the compositor holds, and how many it gave back."""
        wait_until(lambda: len(self.answers()) == self.told, "the client's answer", 20)
        held, released = self.answers()[-1].split()
        return int(held), int(released)

    def tell(self, *lines):
        self.send(*lines)
        return self.wait()

    def show(self, surface, x, y, size, source=(0, 0, 0, 0), shown=(0, 0), alpha=False, seed=1):
        words = [surface, x, y, *size, *source, *shown, "argb" if alpha else "xrgb", seed]
        return self.tell("show " + " ".join(map(str, words)))

    def end(self):
        self.process.popen.stdin.close()
        check_equal(self.process.wait(), 0, "the status of pieces")


def start(case, parent, *options, env=None):
    gesso = rig.Gesso(
        case,
        "--renderer",
        case.fixture("renderer"),
        "--fullscreen",
        *options,
        backend="wayland",
        env={
            **parent.env,
            "WLR_SCENE_DISABLE_DIRECT_SCANOUT": "0",
            "GESSO_LOG": "debug",
            **(env or {}),
        },
    )
    wait_until(lambda: gesso.shot().size() == SIZE, f"an output that fills the parent: {SIZE}")
    return gesso


def how(gesso):
    """What the log said last of how the output is shown."""
    lines = [line for line in gesso.process.text().splitlines() if "straight: WL-1" in line]
    return lines[-1] if lines else ""


def words(layers, by=""):
    return f"{STRAIGHT}{by}, layers: {layers}"


class Look:
    """Compares the parent's screen with what gesso composes for a screenshot."""

    def __init__(self, parent, gesso, pieces, size=SIZE):
        self.parent, self.gesso, self.pieces, self.size = parent, gesso, pieces, size

    def _same(self, wanted, tolerance, inset):
        """A screenshot of gesso itself has it composed until the next frame."""

        def same():
            self.pieces.tell("frames 0 1")
            before = how(self.gesso)
            shown = self.parent.shot()
            if wanted not in before or how(self.gesso) != before:
                return False
            place = (inset, inset, *(side - 2 * inset for side in self.size))
            shown, composed = shown.crop(*place), self.gesso.shot().crop(*place)
            difference = shown.largest_difference(composed)
            last[:] = [difference, shown.difference_box(composed)]
            return difference <= tolerance

        last = []
        wait_until(
            same, lambda: f"the same picture ({last}) by '{wanted}', not '{how(self.gesso)}'", 20
        )

    def straight(self, layers, by="", tolerance=0, inset=0):
        self._same(words(layers, by), tolerance, inset)

    def composed(self, reason):
        """Reasons that follow each other are logged at level debug."""
        self._same(f"is composed: {reason}", 0, 0)

    def given_back(self, shown):
        """The parent keeps what it shows, and no more."""
        self.pieces.tell("frames 0 1")
        wait_until(
            lambda: self.pieces.tell("state")[0] == shown,
            lambda: f"{shown} buffers with the parent, not {self.pieces.answers()[-1]}",
        )


def alpha_tolerance(case):
    """Blending rounds differently in GL and in pixman."""
    gl = "gl" in case.fixture("parent") or "gles2" == case.fixture("renderer")
    return 2 if gl else 0


def shm_option(case):
    """What is not imported is uploaded on GLES2, and cannot be handed on."""
    return ("--shm", case.fixtures["shm"]) if "shm" in case.fixtures else ()


def set_up(case, *options, env=None):
    parent = PARENTS[case.fixtures.get("parent", "gesso")](case)
    gesso = start(case, parent, *shm_option(case), *options, env=env)
    pieces = Pieces(case, gesso, case.fixtures.get("path", "native"))
    return parent, gesso, pieces, Look(parent, gesso, pieces)


def tear_down(parent, gesso, pieces):
    pieces.end()
    gesso.stop()
    parent.stop()


def case_shown(case):
    """Each of them alone and together, coming and going, and partly off the screen."""
    parent, gesso, pieces, look = set_up(case)
    pieces.show(0, 0, 0, SIZE)
    look.straight(0)
    pieces.show(0, 0, 0, (700, 500), (11, 7, 640, 480), seed=2)
    look.straight(0, by=CROPPED)
    pieces.show(1, 100, 50, (200, 100), seed=4)
    look.straight(1, by=CROPPED)
    pieces.show(2, 560, -10, (150, 90), (10, 5, 120, 80), seed=6)
    look.straight(2, by=CROPPED)
    pieces.tell("move 1 200 300", "hide 2")
    look.straight(1, by=CROPPED)
    pieces.show(0, 0, 0, SIZE, seed=3)
    pieces.show(2, 150, 280, (120, 160), alpha=True, seed=5)
    look.straight(2, tolerance=alpha_tolerance(case))
    pieces.tell("hide 1", "frames 2 3")
    look.straight(1, tolerance=alpha_tolerance(case))
    look.given_back(2)
    pieces.show(0, 0, 0, (100, 80), shown=SIZE, seed=0)
    pieces.tell("hide 2")
    look.straight(0, by=CROPPED, tolerance=8, inset=8)
    look.given_back(1)
    pieces.show(0, 0, 0, (500, 333), seed=9)
    look.straight(1, by=GROUND)
    pieces.show(1, 450, 300, (200, 100), seed=4)
    look.straight(2, by=GROUND)
    look.given_back(2)
    tear_down(parent, gesso, pieces)


def case_never_stale(case):
    """While layers come and go the parent's screen has one whole picture or the other."""
    parent, gesso, pieces, look = set_up(case)
    pieces.show(0, 0, 0, SIZE, seed=0)
    look.straight(0)
    without = parent.shot()
    pieces.show(1, 100, 50, (200, 100), seed=4)
    look.straight(1)
    with_it = parent.shot()
    check(without != with_it, "nothing to tell apart")
    shots = captures = 0
    for turn in range(4):
        again = "show 1 100 50 200 100 0 0 0 0 0 0 xrgb 4"
        pieces.send(*["hide 1", "frames 0 2", again, "frames 0 2"] * 4)
        while len(pieces.answers()) < pieces.told:
            check(parent.shot() in (without, with_it), "another picture in the parent")
            shots += 1
            if turn % 2 == 1:
                check(gesso.shot() in (without, with_it), "another picture of gesso's own")
                captures += 1
    check(shots > 0 and captures > 0, "nothing was looked at")
    look.straight(1)
    tear_down(parent, gesso, pieces)


def case_limits(case):
    """What a parent is not given: too many, all over the window, or beyond its protocols."""
    parent, gesso, pieces, look = set_up(case)
    pieces.show(0, 0, 0, SIZE)
    for surface in range(1, 9):
        pieces.show(surface, surface * 40, surface * 30, (100, 60), seed=surface)
    look.straight(8)
    look.given_back(9)
    pieces.show(9, 400, 20, (100, 60), seed=9)
    look.composed("there are more surfaces than layers")
    pieces.tell("hide 9", "hide 8")
    look.straight(7)
    for surface in range(1, 8):
        pieces.tell(f"hide {surface}")
    look.straight(0)
    pieces.show(1, 0, 0, (640, 240), seed=1)
    pieces.show(2, 0, 240, (640, 240), seed=5)
    hidden = "is composed: what lies at the bottom is hidden"
    wait_until(lambda: hidden in how(gesso), "a hidden window")
    pieces.tell("frames 1 2")
    pieces.tell("hide 2")
    look.straight(1)
    other = gesso.client("weston-flower")
    look.straight(2, tolerance=0)
    other.end()
    look.straight(1)
    tear_down(parent, gesso, pieces)


def case_veiled(case):
    """A parent without viewports or without subsurfaces gets what it can put together."""
    parent = PARENTS["gesso"](case)
    socket = case.dir / "wayland-veiled"
    behind = case.dir / parent.env["WAYLAND_DISPLAY"]
    hidden = case.fixture("hidden")
    program = pathlib.Path(__file__).with_name("veil.py")
    veil = case.start("veil", [sys.executable, program, socket, behind, hidden])
    wait_until(lambda: rig.listens(socket), "the veil's socket")
    gesso = start(case, parent, env={"WAYLAND_DISPLAY": "wayland-veiled"})
    pieces = Pieces(case, gesso)
    look = Look(parent, gesso, pieces)
    pieces.show(0, 0, 0, SIZE)
    look.straight(0)
    pieces.show(1, 100, 50, (200, 100), seed=4)
    if hidden == "wp_viewporter":
        look.straight(1)
        pieces.tell("move 1 500 50")
        look.composed("the parent has no viewporter for a layer")
        pieces.tell("move 1 100 60")
        look.straight(1)
        pieces.show(0, 0, 0, (700, 500), (11, 7, 640, 480), seed=2)
        look.composed("the parent has no viewporter")
    else:
        look.composed("the parent has no subsurfaces")
        pieces.tell("hide 1")
        look.straight(0)
        pieces.show(0, 0, 0, (700, 500), (11, 7, 640, 480), seed=2)
        look.straight(0, by=CROPPED)
    pieces.end()
    gesso.stop()
    veil.end()
    parent.stop()


def case_cursor(case):
    """Where gesso draws the cursor itself, it is a layer too, and moves like one."""
    parent, gesso, pieces, look = set_up(case)
    pieces.show(0, 0, 0, SIZE)
    look.straight(0)
    plain = parent.shot()
    for place in ((100, 90), (300, 200), (636, 476)):
        pieces.tell("point %d %d" % place)
        look.straight(1, tolerance=2)
    check(parent.shot() != plain, "no cursor to be seen")
    pieces.show(1, 200, 150, (200, 100), seed=4)
    pieces.tell("point 250 180")
    look.straight(2, tolerance=2)
    tear_down(parent, gesso, pieces)


def case_starved(case):
    """Where nothing but a layer is to be seen in the parent, its frames go on."""
    parent = parents.Sway(case)
    gesso = start(case, parent)
    pieces = Pieces(case, gesso)
    look = Look(parent, gesso, pieces)
    pieces.show(0, 0, 0, SIZE)
    pieces.show(1, 400, 0, (240, 480), seed=2)
    look.straight(1)
    over = Pieces(case, parent, "shm", (400, 480))
    over.show(0, 0, 0, (400, 480), seed=0)
    parent.message("[app_id=pieces]", "floating enable, move absolute position 0 0")
    wait_until(lambda: gesso.shot().size() == SIZE, "gesso's window as it was")
    wait_until(lambda: parent.shot().pixel(0, 0) == (0, 128, 0), "the window above it")
    pieces.tell("frames 1 10")
    wait_until(
        lambda: "the parent asks for no frame" in gesso.process.text(), "a frame not asked for"
    )
    wait_until(
        lambda: parent.shot().crop(400, 0, 240, 480) == gesso.shot().crop(400, 0, 240, 480),
        "the last frame on the parent's screen",
    )
    over.end()
    tear_down(parent, gesso, pieces)


if __name__ == "__main__":
    rig.main(globals())
