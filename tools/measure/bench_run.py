# SPDX-License-Identifier: MIT
"""One run: one compositor, one client, and what both cost while the client's frames are shown.

The client (gesso-demo --warm-up) paints some frames, stops, is told to go on, and stops again
after the frames that count. CPU time and copies are read at both stops, so that neither start-up
nor the end is in them, and memory at the second one.
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import memory_sample
import outside
from bench_peers import ASKED_PATHS, SIZED_BY_CLIENT, Start
from session import Deadline, Process, SessionError

NS_PER_MS = 1e6
WARM_UP_FRAMES = 6
DYING_S = 1
SETTLE_S = 3.0
SETTLE_LOOK_S = 0.1
# In one look; a compositor that has nothing to do uses next to nothing.
SETTLED_NS = 1_000_000


def family_cpu_ns(pid):
    used = 0
    for member in outside.family_of(pid):
        with contextlib.suppress(OSError):
            used += outside.cpu_ns(member)
    return used


def settle(compositor):
    """Until it and what it started have nothing to do, or some time at most."""
    end = time.monotonic() + SETTLE_S
    before = family_cpu_ns(compositor.pid)
    while time.monotonic() < end:
        time.sleep(SETTLE_LOOK_S)
        compositor.check_alive()
        now = family_cpu_ns(compositor.pid)
        if now - before < SETTLED_NS:
            return
        before = now


def set_size(compositor, scene, deadline):
    command = ["wlr-randr", "--output", "HEADLESS-1", "--custom-mode", f"{scene.size}@60"]
    log_path = compositor.log_path.with_suffix(".randr")
    with Process("wlr-randr", command, log_path, compositor.environment()) as randr:
        if randr.wait_end(deadline) != 0:
            compositor.check_alive()
            randr.fail("could not set the output's size")


def demo_command(settings, scene, contender):
    width, height = scene.window_size
    command = [
        settings.programs.demo,
        "--path", contender.path if contender.path in ASKED_PATHS else "shm",
        "--scene", scene.damage, "--size", f"{width}x{height}",
        "--windows", str(scene.windows or 1), "--rate", str(settings.rate_of(scene)),
        "--warm-up", str(WARM_UP_FRAMES), "--frames", str(settings.frames), "--stats", "json",
    ]  # fmt: skip
    return command if scene.windows else command + ["--fullscreen"]


class Ledger:
    """What gesso itself says it has copied: beside what is counted from outside."""

    def __init__(self, settings, contender, compositor, client):
        self.asked = contender.compositor == "gesso"
        self.settings, self.compositor, self.client = settings, compositor, client

    def read(self):
        """Path and bytes copied so far; None where there is no ledger."""
        if not self.asked:
            return None, None
        report = memory_sample.take_report(
            self.settings.programs, self.compositor.socket, self.settings.report_s
        )
        counts = memory_sample.count_frames(report, [self.client.pid])
        path = memory_sample.main_path(counts)
        return path, memory_sample.count_path(report, [self.client.pid], path)[1]


def gl_bytes(scene, before, after):
    """None where GL was not seen to draw anything at all: then its calls cannot be seen."""
    if scene.renderer != "gl" or after[1] == 0:
        return None
    return after[0] - before[0]


def check_size(stats, scene):
    wanted = scene.window_size
    for window in stats["windows"]:
        size = window["width_px"], window["height_px"]
        if size != wanted:
            raise SessionError(f"the window was {size[0]}x{size[1]}, not {wanted[0]}x{wanted[1]}")


def check_path(contender, path, stats):
    """A client that fell back has measured another path; `path` is what the ledger says."""
    if contender.path not in ASKED_PATHS:
        return
    if stats["path"] != contender.path:
        raise SessionError(f"the client fell back to {stats['path']}: {stats['reason']['words']}")
    if path != contender.path:
        raise SessionError(f"the client's frames took path {path} by gesso's ledger")


def measure(settings, scene, contender, compositor, client, gl_count, deadline):
    """Between the client's two stops."""
    measured = outside.find_program(compositor.pid, contender.program)
    if measured is None:
        compositor.fail(f"runs no {contender.program}")
    idle = outside.memory_of(measured)
    client.start()
    client.wait_line("warm", deadline)
    ledger = Ledger(settings, contender, compositor, client)
    path, copied = ledger.read()
    gl_before, began_s = gl_count.read(), time.monotonic()
    cpu_before = outside.cpu_ns(measured), outside.cpu_ns(client.pid)
    client.popen.send_signal(signal.SIGUSR1)
    client.wait_line("done", deadline)
    cpu_after = outside.cpu_ns(measured), outside.cpu_ns(client.pid)
    gl_after, seconds = gl_count.read(), time.monotonic() - began_s
    memory = outside.memory_of(measured, client.pid)
    path, copied_after = ledger.read()
    client.stop()
    stats = client.stats()
    check_size(stats, scene)
    check_path(contender, path, stats)
    frames = stats["frames"]
    uploaded = gl_bytes(scene, gl_before, gl_after)
    return {
        "path": path or stats["path"],
        "frames": frames,
        "seconds": seconds,
        "frames_per_second": stats["frames_per_second"],
        "interval_ms_median": stats["interval_ns_median"] / NS_PER_MS,
        "interval_ms_95_percent": stats["interval_ns_95_percent"] / NS_PER_MS,
        "interval_ms_max": stats["interval_ns_max"] / NS_PER_MS,
        "cpu_ms_per_frame": (cpu_after[0] - cpu_before[0]) / NS_PER_MS / frames,
        "client_cpu_ms_per_frame": (cpu_after[1] - cpu_before[1]) / NS_PER_MS / frames,
        "gl_bytes_per_frame": None if uploaded is None else uploaded / frames,
        "ledger_bytes_per_frame": None if copied is None else (copied_after - copied) / frames,
        "client_buffer_bytes": stats["buffer_bytes"],
        "idle_pss_bytes": idle["pss_bytes"],
        "idle_pss_less_files_bytes": idle["pss_less_files_bytes"],
        "idle_pss_alone_bytes": idle["pss_alone_bytes"],
        **memory,
    }


class Client(Process):
    """gesso-demo, not started yet."""

    def __init__(self, command, log_path, environment):
        self.arguments = "gesso-demo", command, log_path, environment
        self.popen = None

    def start(self):
        super().__init__(*self.arguments)

    def stop(self):
        return super().stop() if self.popen else None


def temporary_directory():
    return tempfile.TemporaryDirectory(prefix="gesso-bench-", dir=os.environ["XDG_RUNTIME_DIR"])


def check_not_dying(compositor):
    """The sockets of one that dies are closed some time before it can be waited for."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        compositor.popen.wait(DYING_S)
    compositor.check_alive()


def run(settings, scene, contender, label):
    """The figures of one run; raises SessionError if it came to none."""
    deadline = Deadline(settings.deadline_s)
    log_path = settings.logs / f"{label}-compositor.log"
    with contextlib.ExitStack() as stack:
        runtime_dir = stack.enter_context(temporary_directory())
        directory = stack.enter_context(temporary_directory())
        directory = pathlib.Path(directory)
        gl_count = outside.GlCount(settings.programs.gl_count, directory / "gl-count")
        variables = gl_count.environment(contender.program) if scene.renderer == "gl" else {}
        start = Start(
            settings.programs, scene, contender.scanout, directory, runtime_dir, log_path,
            deadline, variables, settings.allocator,
        )  # fmt: skip
        compositor = stack.enter_context(contender.start(start))
        if contender.compositor in SIZED_BY_CLIENT:
            set_size(compositor, scene, deadline)
        settle(compositor)
        command = demo_command(settings, scene, contender)
        client_log = settings.logs / f"{label}-demo.log"
        client = stack.enter_context(Client(command, client_log, compositor.environment()))
        try:
            figures = measure(settings, scene, contender, compositor, client, gl_count, deadline)
        except (SessionError, OSError, subprocess.SubprocessError):
            check_not_dying(compositor)  # if it has died, that is the reason
            raise
        compositor.check_alive()
        return figures
