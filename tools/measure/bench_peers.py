# SPDX-License-Identifier: MIT
"""The compositors that are measured: what each is called, and how each is started headless."""

import dataclasses
import functools
import os
import pathlib
import shutil
import subprocess
from collections.abc import Callable

from session import Compositor, SessionError, start_gesso

COMPOSE = {"WLR_SCENE_DISABLE_DIRECT_SCANOUT": "1"}
WLR_RENDERERS = {"pixman": "pixman", "gl": "gles2"}
GESSO_RENDERERS = {"pixman": "pixman", "gl": "gles2-software"}
SOCKET = "wayland-bench"
# What gesso-demo makes its own dma-bufs with.
DMABUF_DEVICES = ("/dev/udmabuf", "/dev/dma_heap/system")
# Of each side of the output: 64 windows find room side by side.
WINDOW_PART = 8
# As gesso places windows of itself: so much down and to the right for each.
CASCADE_PX = 32


@dataclasses.dataclass(frozen=True)
class Scene:
    """What is shown; windows is 0 for one full-screen client."""

    renderer: str
    width: int
    height: int
    windows: int
    damage: str
    scanout: bool = False  # the client's buffer is the output's: nothing is composed
    window: tuple | None = None  # width and height of each

    @property
    def megapixels(self):
        return self.width * self.height / 1e6

    @property
    def size(self):
        return f"{self.width}x{self.height}"

    @property
    def window_size(self):
        if self.windows == 0:
            return self.width, self.height
        return self.window or (self.width // WINDOW_PART, self.height // WINDOW_PART)

    def __str__(self):
        what = {0: "full-screen", 1: "1 window"}.get(self.windows, f"{self.windows} windows")
        damage = {"full": "every pixel repainted", "caret": "a caret repainted"}[self.damage]
        return f"{self.renderer}, {self.size}, {what}, {damage}" + (", scan-out" if self.scanout else "")


@dataclasses.dataclass(frozen=True)
class Start:
    """What a compositor is started with."""

    programs: object
    scene: Scene
    scanout: bool
    directory: object  # for its files
    runtime_dir: object
    log_path: object
    deadline: object
    variables: dict
    allocator: str  # of gesso's path native

    def run(self, name, command, variables):
        return Compositor(
            name, command, self.log_path, self.deadline,
            {**self.variables, **variables}, runtime_dir=self.runtime_dir,
        )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Contender:
    compositor: str
    program: str  # the process that is measured
    renderer: str
    path: str
    scanout: bool
    start: Callable
    windows: bool = True  # False: it shows one window only
    wlroots: bool = True

    @property
    def name(self):
        words = [self.compositor]
        if self.compositor == "gesso":
            words.append(self.path)
        if self.scanout:
            words.append("scan-out")
        return " ".join(words)

    def shows(self, scene):
        if scene.renderer != self.renderer or scene.scanout != self.scanout:
            return False
        return scene.windows == 0 or self.windows

    def missing(self, programs):
        """Why it cannot be had at all; None if it can."""
        if self.compositor != "gesso":
            if not shutil.which(self.program):
                return "not installed"
            return why_no_gl() if self.wlroots and self.renderer == "gl" else None
        if self.path == "dmabuf":
            return why_no_dmabuf()
        if self.path in ("shm-import", "shm-auto") and not chooses_shm(programs.gesso):
            return "this gesso has no path shm-import"
        return None


def why_no_dmabuf():
    """Named all the same, so that the table says what it lacks; None where it lacks nothing."""
    if any(os.access(device, os.R_OK | os.W_OK) for device in DMABUF_DEVICES):
        return None
    names = " nor ".join(DMABUF_DEVICES)
    return f"neither {names}, of which a client makes its dma-bufs, can be opened (tools/bench --lane kernel has them)"


def why_no_gl(drm="/sys/class/drm"):
    """Of wlroots' peers, which take the first DRM render node; None where nothing is known."""
    nodes = sorted(pathlib.Path(drm).glob("renderD*"))
    if nodes and all((node / "device").resolve().name == "vgem" for node in nodes):
        return f"{nodes[0].name} is vgem's, on which Mesa's kms_swrast shows no client's memory"
    return None


def cascade(scene):
    """Where gesso puts each window."""
    width, height = scene.window_size
    steps = [(room // CASCADE_PX) + 1 for room in (scene.width - width, scene.height - height)]
    return [(i % steps[0] * CASCADE_PX, i % steps[1] * CASCADE_PX) for i in range(scene.windows)]


def title(scene, index):
    """As gesso-demo names its windows."""
    return "gesso-demo" if scene.windows == 1 else f"gesso-demo {index + 1}"


@functools.cache
def chooses_shm(gesso):
    """Whether it has an option for what becomes of wl_shm."""
    run = subprocess.run([gesso, "--help"], capture_output=True, text=True, check=False)
    return "\n  --shm " in run.stdout


def starter_of_own(shm):
    def start_own(start):
        variables = {**start.variables, **({} if start.scanout else COMPOSE)}
        extra = ["--shm", shm] if chooses_shm(start.programs.gesso) else []
        return start_gesso(
            start.programs, GESSO_RENDERERS[start.scene.renderer], start.allocator,
            start.scene.size, start.log_path, start.deadline, extra, variables, start.runtime_dir,
        )  # fmt: skip

    return start_own


def wlroots_variables(start):
    return {
        "WLR_BACKENDS": "headless",
        "WLR_RENDERER": WLR_RENDERERS[start.scene.renderer],
        "WLR_RENDERER_ALLOW_SOFTWARE": "1",
        **({} if start.scanout else COMPOSE),
    }


def start_cage(start):
    return start.run("cage", ["cage", "--", "sleep", "100000"], wlroots_variables(start))


def start_sway(start):
    lines = ["default_border none", "default_floating_border none", "swaybg_command -"]
    lines += ["focus_on_window_activation none", "xwayland disable"]
    lines += [
        f'for_window [title="^{title(start.scene, i)}$"] '
        f"floating enable, move absolute position {x} {y}"
        for i, (x, y) in enumerate(cascade(start.scene))
    ]
    config = start.directory / "sway.conf"
    config.write_text("\n".join(lines) + "\n")
    return start.run("sway", ["sway", "--config", str(config)], wlroots_variables(start))


def start_labwc(start):
    rules = "".join(
        f'<windowRule title="{title(start.scene, i)}" serverDecoration="no">'
        f'<action name="MoveTo" x="{x}" y="{y}"/></windowRule>'
        for i, (x, y) in enumerate(cascade(start.scene))
    )
    config = start.directory / "labwc"
    config.mkdir()
    (config / "rc.xml").write_text(f"<labwc_config><windowRules>{rules}</windowRules></labwc_config>\n")
    return start.run("labwc", ["labwc", "--config-dir", str(config)], wlroots_variables(start))


def start_weston(start):
    config = start.directory / "weston.ini"
    config.write_text("[shell]\npanel-position=none\nlocking=false\nstartup-animation=none\n")
    scene = start.scene
    command = [
        "weston", f"--config={config}", "--idle-time=0", f"--socket={SOCKET}",
        f"--shell={'desktop' if scene.windows else 'kiosk'}", "--backend=headless",
        f"--renderer={scene.renderer}", f"--width={scene.width}", f"--height={scene.height}",
        "--refresh-rate=60000",
    ]  # fmt: skip
    return start.run("weston", command, {})


def start_kwin(start):
    command = [
        "kwin_wayland", "--virtual", "--width", str(start.scene.width),
        "--height", str(start.scene.height), "--no-lockscreen", "--no-global-shortcuts",
        "--socket", SOCKET,
    ]  # fmt: skip
    compose = {"pixman": "Q", "gl": "O2"}[start.scene.renderer]
    return start.run("kwin", command, {"KWIN_COMPOSE": compose})


def start_mutter(start):
    command = [
        "dbus-run-session", "--", "mutter", "--headless", "--wayland", "--no-x11",
        "--virtual-monitor", f"{start.scene.size}@60", f"--wayland-display={SOCKET}",
    ]  # fmt: skip
    return start.run("mutter", command, {})


# Path, and gesso's --shm: pixman reads a pool in place, and has nothing to import.
OWN_PATHS = {
    "pixman": (("shm", "auto"), ("native", "auto"), ("dmabuf", "auto")),
    "gl": (
        ("shm", "upload"), ("shm-import", "import"), ("shm-auto", "auto"), ("native", "auto"),
        ("dmabuf", "auto"),
    ),
}  # fmt: skip


def _contenders():
    for renderer in ("pixman", "gl"):
        for scanout in (False, True):
            for path, shm in OWN_PATHS[renderer]:
                yield Contender("gesso", "gesso", renderer, path, scanout, starter_of_own(shm))
            yield Contender("cage", "cage", renderer, "shm", scanout, start_cage, windows=False)
            yield Contender("sway", "sway", renderer, "shm", scanout, start_sway)
            yield Contender("labwc", "labwc", renderer, "shm", scanout, start_labwc)
    for renderer in ("pixman", "gl"):
        yield Contender("weston", "weston", renderer, "shm", False, start_weston, wlroots=False)
    # KWin's virtual output draws with GL on a render node only; its own painter counts as pixman.
    yield Contender("kwin", "kwin_wayland", "pixman", "shm", False, start_kwin, wlroots=False)
    yield Contender("mutter", "mutter", "gl", "shm", False, start_mutter, wlroots=False)


CONTENDERS = tuple(_contenders())
PATHS = tuple(dict.fromkeys(path for paths in OWN_PATHS.values() for path, _ in paths))
# Those that the client itself asks for, and that are measured only where it had them.
ASKED_PATHS = ("native", "dmabuf")
PEERS = ("cage", "sway", "labwc", "weston")
BIG_PEERS = ("kwin", "mutter")
# Their headless output has a size of its own until it is told another.
SIZED_BY_CLIENT = ("cage", "sway", "labwc")


def chosen_contenders(names, paths):
    """Of the compositors `names`; of gesso those on `paths`, or all if there are none."""
    return [
        c
        for c in CONTENDERS
        if c.compositor in names and (c.compositor != "gesso" or not paths or c.path in paths)
    ]


def check_choice(names):
    known = ("gesso", *PEERS, *BIG_PEERS)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SessionError(f"no compositor is named '{unknown[0]}'; there are {', '.join(known)}")
