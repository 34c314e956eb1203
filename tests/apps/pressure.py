# SPDX-License-Identifier: MIT
"""A descriptor table that is full, in gesso or in the demo: a reason, and then business as usual."""

import os
import pathlib
import resource
import socket
import time

import rig
from demo import DEMO, Demo
from rig import check, check_equal, wait_until

LIMIT = 64
NO_DESCRIPTORS = 9
# What a compositor may burn while it can accept nobody.
IDLE_SHARE = 0.35
LOG_BYTES = 100_000


def narrow():
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


def start(case):
    options = ["--renderer", case.fixture("renderer"), "--size", "640x480"]
    return rig.Gesso(case, *options, preexec_fn=narrow)


def check_serves(gesso, ground):
    """A client that comes later is shown."""
    client = gesso.client("weston-flower", name="later")
    gesso.wait_for_window(ground, "the later client")
    client.end()
    wait_until(lambda: gesso.shot() == ground, "the ground again")


def case_many_windows(case):
    gesso = start(case)
    ground = gesso.warm_up()
    options = ["--scene", "full", "--still", "--size", "64x48", "--windows", "120"]
    demo = Demo(case, gesso.env, *options)

    def settled():
        return not demo.process.running() or "ready\n" in demo.process.text()

    wait_until(settled, "the demo shown or ended", 20)
    gesso.process.send(0)
    if demo.process.running():
        demo.end()
    else:
        check(demo.process.popen.returncode > 0, "the demo was killed, or said nothing")
        check("gesso-demo: " in demo.process.text(), f"no reason: {demo.process.text()}")
    check_serves(gesso, ground)
    gesso.check_empty()
    gesso.stop()


def case_falls_back(case):
    """Past what is kept free, a window is on wl_shm and says why; nobody is disconnected."""
    gesso = start(case)
    ground = gesso.warm_up()
    options = ["--scene", "full", "--still", "--size", "64x48"]
    crowd, native_frames = [], 1
    while native_frames and len(crowd) < LIMIT:
        crowd.append(Demo(case, gesso.env, *options).wait_ready())
        native_frames = gesso.paths_of(crowd[-1].pid).get("native", {}).get("frames")
    check(len(crowd) > 3, f"only {len(crowd)} windows had room")
    figures = [demo.end() for demo in crowd][-1]
    check_equal(figures["path"], "shm", "the path of the last window")
    check_equal(figures["reason"]["code"], NO_DESCRIPTORS, figures["reason"]["words"])
    check_serves(gesso, ground)
    gesso.check_empty()
    gesso.stop()


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def case_many_connections(case):
    """More connections than it can accept: no spinning, no flood in the log."""
    gesso = start(case)
    ground = gesso.warm_up()
    path = str(case.dir / gesso.socket)
    crowd = []
    for _ in range(LIMIT + 20):
        crowd.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
        crowd[-1].connect(path)
    wait_until(lambda: rig.descriptors_of(gesso.pid) >= LIMIT - 12, "a table that is nearly full")
    before, log_before, began = cpu_seconds(gesso.pid), len(gesso.process.text()), time.monotonic()
    wait_until(lambda: time.monotonic() - began > 1.5, "a second and a half")
    share = (cpu_seconds(gesso.pid) - before) / (time.monotonic() - began)
    written = len(gesso.process.text()) - log_before
    check(share < IDLE_SHARE, f"it spins: {share:.0%} of a CPU")
    check(written < LOG_BYTES, f"it wrote {written} bytes of log")
    for one in crowd:
        one.close()
    check_serves(gesso, ground)
    gesso.check_empty()
    gesso.stop()


def case_demo_is_short(case):
    """The demo's own table: it shows or says why not, whatever the limit."""
    gesso = rig.Gesso(case, "--renderer", "pixman", "--size", "640x480")
    gesso.warm_up()
    text = pathlib.Path(os.environ["GESSO_SAMPLES"]) / "gesso.txt"
    for limit in range(3, 24):
        words = [DEMO, "--frames", "2", "--stats", "none", "--size", "64x48", text]
        status, _, complaint = case.run(
            words,
            gesso.env,
            preexec_fn=lambda limit=limit: resource.setrlimit(
                resource.RLIMIT_NOFILE, (limit, limit)
            ),
        )
        check(status in (0, 1, 2, 127), f"status {status} with {limit} descriptors: {complaint}")
        check(status == 0 or complaint, f"status {status} with {limit} descriptors, and no word")
    check_equal(status, 0, f"the status with {limit} descriptors ({complaint})")
    gesso.check_empty()
    gesso.stop()


if __name__ == "__main__":
    rig.main(globals())
