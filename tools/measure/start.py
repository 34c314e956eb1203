#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""How long gesso's start takes, with import probes beside it and without.

    start.py --build DIR --logs DIR --lane host|kernel [--rounds N] [--json FILE]

In each round every start is made once, the order turned round every second time, with no answer
of an earlier probe at hand. Counted from the spawning of gesso: until a client of wl_shm has
been shown, and until the command would start (--ready-fd). In the kernel lane the renderer is
GLES2 on Mesa's kms_swrast, where the helper crashes as it draws a udmabuf.
"""

import argparse
import json
import os
import pathlib
import socket
import statistics
import sys
import tempfile
import threading
import time

from figures import signed, table
from session import Deadline, Process, Programs, SessionError, end_on_signals

RUN_DEADLINE_S = 120
SOCKET = "gesso-start"
# Neither stands for a real fault: only their ends differ.
CRASH = "#!/bin/sh\nkill -SEGV $$\n"
HANG = "#!/bin/sh\nexec sleep 100000\n"
# name, --allocator, the helper's text instead of gesso-probe
STARTS = {
    "host": [
        ("no probe", "none", None),
        ("memfd proved", "memfd", None),
        ("helper crashes", "memfd", CRASH),
        ("helper hangs", "memfd", HANG),
    ],
    "kernel": [
        ("no probe", "none", None),
        ("udmabuf, helper crashes", "udmabuf", None),
    ],
}


def name_vgem():
    for card in pathlib.Path("/sys/class/drm").glob("card*"):
        if "/vgem/" in str(card.resolve()):
            return {
                "WLR_RENDER_DRM_DEVICE": f"/dev/dri/{card.name}",
                "WLR_RENDERER_ALLOW_SOFTWARE": "1",
            }
    raise SessionError("there is no vgem device")


def now_ms():
    return time.monotonic() * 1000


def wait_socket(path, gesso, deadline):
    while True:
        with socket.socket(socket.AF_UNIX) as attempt:
            try:
                attempt.connect(str(path))
                return
            except OSError:
                pass
        deadline.check("the socket")
        gesso.check_alive()
        time.sleep(0.001)


def watch_ready(read_fd, times):
    if os.read(read_fd, 1):
        times["ready"] = now_ms()


def start_once(settings, directory, name, allocator, helper):
    """Milliseconds from the spawning until a window is shown, and until --ready-fd is told."""
    deadline = Deadline(RUN_DEADLINE_S)
    variables = {"XDG_RUNTIME_DIR": str(directory)}
    variables["GESSO_PROBE_HELPER"] = str(settings.programs.probe)
    if helper:
        path = directory / "helper"
        path.write_text(helper)
        path.chmod(0o700)
        variables["GESSO_PROBE_HELPER"] = str(path)
    renderer = "pixman"
    if settings.lane == "kernel":
        renderer = "gles2-node"
        variables.update(name_vgem())
    read_fd, write_fd = os.pipe()
    command = [
        settings.programs.gesso, "--backend", "headless", "--renderer", renderer,
        "--allocator", allocator, "--size", "64x64", "--socket", SOCKET, "--ready-fd", write_fd,
    ]  # fmt: skip
    times = {}
    thread = threading.Thread(target=watch_ready, args=(read_fd, times))
    begin = now_ms()
    log = settings.logs / f"{name.replace(' ', '-')}.log"
    with Process("gesso", command, log, variables, pass_fds=(write_fd,)) as gesso:
        os.close(write_fd)
        thread.start()
        wait_socket(directory / SOCKET, gesso, deadline)
        client = [
            settings.programs.demo, "--scene", "full", "--still", "--size", "32x32",
            "--path", "shm", "--print-ready",
        ]  # fmt: skip
        client_variables = {"XDG_RUNTIME_DIR": str(directory), "WAYLAND_DISPLAY": SOCKET}
        with Process("gesso-demo", client, log.with_suffix(".demo"), client_variables) as demo:
            demo.wait_line("ready", deadline)
            times["shown"] = now_ms()
        thread.join(deadline.left_s())
    os.close(read_fd)
    if "ready" not in times:
        raise SessionError(f"{name}: --ready-fd was not told")
    return {key: value - begin for key, value in times.items()}


def run_round(settings, number):
    starts = STARTS[settings.lane]
    runs = {}
    for name, allocator, helper in starts if number % 2 == 0 else starts[::-1]:
        with tempfile.TemporaryDirectory() as directory:
            runs[name] = start_once(
                settings, pathlib.Path(directory), name, allocator, helper
            )
    return runs


def delays(rounds, name, key):
    """Of each round against the start without a probe in the same one."""
    return [runs[name][key] - runs["no probe"][key] for runs in rounds]


def row(rounds, name):
    cells = [name]
    for key in ("shown", "ready"):
        cells.append(f"{statistics.median(runs[name][key] for runs in rounds):.0f}")
        late = delays(rounds, name, key)
        words = f"{signed(statistics.median(late), 0)} ({signed(min(late), 0)}–{signed(max(late), 0)})"
        cells.append("—" if name == "no probe" else words)
    return cells


def main():
    end_on_signals()
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--logs", required=True)
    parser.add_argument("--lane", required=True, choices=STARTS)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json")
    settings = parser.parse_args()
    settings.programs = Programs(settings.build)
    settings.logs = pathlib.Path(settings.logs)
    settings.logs.mkdir(parents=True, exist_ok=True)
    try:
        run_round(settings, 0)  # from files that were not read yet
        rounds = [run_round(settings, number) for number in range(settings.rounds)]
    except SessionError as error:
        print(f"bench-start: {error}", file=sys.stderr)
        return 1
    print(
        f"{settings.lane} lane, median of {settings.rounds} rounds in ms, and the delay against "
        "no probe (range)\n"
    )
    head = ["start", "wl_shm client shown", "delay", "--ready-fd", "delay"]
    print("\n".join(table([head, *(row(rounds, start[0]) for start in STARTS[settings.lane])])))
    if settings.json:
        whole = {"gesso_start": 1, "lane": settings.lane, "rounds": rounds}
        pathlib.Path(settings.json).write_text(json.dumps(whole, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
