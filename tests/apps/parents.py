# SPDX-License-Identifier: MIT
"""Compositors that Gesso runs in: each headless, with a socket of its own and a way to look."""

import json
import os
import signal

import image
from rig import check, check_equal, children_of, listens, wait_until

WLROOTS = {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1"}


def _sockets(rig):
    """Those that somebody listens at."""
    paths = [path for path in rig.dir.glob("wayland-*") if path.suffix != ".lock"]
    return {path.name for path in paths if listens(path)}


class Parent:
    process = None
    env = None

    def stop(self):
        self.process.send(signal.SIGTERM)
        status = self.process.wait()
        check(status in (0, -signal.SIGTERM), f"{self.process.name} ended with status {status}")

    def kill(self):
        self.process.kill()


class Weston(Parent):
    """With the kiosk shell a window fills the output."""

    def __init__(self, rig, renderer="pixman", size=(640, 480)):
        self.rig = rig
        self.process = rig.start(
            "weston",
            [
                "weston",
                "--no-config",
                "--backend=headless",
                f"--renderer={renderer}",
                f"--width={size[0]}",
                f"--height={size[1]}",
                "--socket=wayland-weston",
                "--shell=kiosk-shell.so",
                "--idle-time=0",
                "--debug",
            ],
        )
        wait_until(lambda: listens(rig.dir / "wayland-weston"), "weston's socket")
        self.env = {"WAYLAND_DISPLAY": "wayland-weston"}

    def shot(self):
        status, _, words = self.rig.run(["weston-screenshooter"], self.env)
        check_equal(status, 0, f"weston-screenshooter ({words})")
        (path,) = self.rig.dir.glob("wayland-screenshot-*.png")
        picture = image.from_png(path.read_bytes())
        path.unlink()
        return self.rig.keep(picture)


class Sway(Parent):
    CONFIG = """
output * mode 640x480@60Hz position 0 0
swaybg_command -
default_border none
default_floating_border none
xwayland disable
"""

    def __init__(self, rig):
        self.rig = rig
        config = rig.dir / "sway.config"
        config.write_text(self.CONFIG)
        before = _sockets(rig)
        self.ipc = {"SWAYSOCK": str(rig.dir / "sway.sock")}
        self.process = rig.start("sway", ["sway", "-c", config], {**WLROOTS, **self.ipc})
        (name,) = wait_until(lambda: _sockets(rig) - before, "sway's socket")
        wait_until(lambda: listens(self.ipc["SWAYSOCK"]), "sway's control socket")
        self.env = {"WAYLAND_DISPLAY": name}

    def message(self, *words):
        status, out, complaint = self.rig.run(["swaymsg", "-r", *words], self.ipc)
        check_equal(status, 0, f"swaymsg {words} ({out} {complaint})")
        return json.loads(out)

    def windows(self):
        """The nodes of sway's tree that are windows."""
        found, nodes = [], [self.message("-t", "get_tree")]
        while nodes:
            node = nodes.pop()
            nodes += node["nodes"] + node["floating_nodes"]
            if node.get("pid"):
                found.append(node)
        return found

    def shot(self):
        return self.rig.grim(self.env)


class Cage(Parent):
    """Its own client is a process that only keeps it up."""

    def __init__(self, rig):
        self.rig = rig
        before = _sockets(rig)
        keep = ["sh", "-c", "exec sleep 1000"]
        self.process = rig.start("cage", ["cage", "--", *keep], WLROOTS)
        (name,) = wait_until(lambda: _sockets(rig) - before, "cage's socket")
        self.env = {"WAYLAND_DISPLAY": name}

    def shot(self):
        return self.rig.grim(self.env)

    def stop(self):
        """It waits for its client."""
        for pid in children_of(self.process.pid):
            os.kill(pid, signal.SIGTERM)
        check_equal(self.process.wait(), 128 + signal.SIGTERM, "cage's exit status")


PARENTS = {
    "weston-pixman": lambda rig: Weston(rig, "pixman"),
    "weston-gl": lambda rig: Weston(rig, "gl"),
    "sway": Sway,
    "cage": Cage,
}
