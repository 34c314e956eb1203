# SPDX-License-Identifier: MIT
"""A probe helper that crashes, hangs, babbles or is not there: wl_shm goes on, native is refused."""

import json
import os
import signal
import time

import rig
from demo import Demo, SAMPLES
from rig import check, check_equal, wait_until

TIMEOUT_MS = 1500
ONE_PLANE = ("XRGB8888", "ARGB8888", "XBGR8888", "ABGR8888", "RGB565")
ONE_PLANE += ("XRGB2101010", "XBGR2101010", "ABGR16161616F")
HELPERS = {
    "crashes": "kill -SEGV $$",
    "aborts": "kill -ABRT $$",
    "sleeps": "exec sleep 1000",
    "ignores_signals": "trap '' TERM INT HUP; while :; do sleep 1; done",
    "babbles": "head -c 300000 /dev/urandom; head -c 300000 /dev/zero; exit 0",
    "fails": "echo nothing to see; exit 1",
    "says_nothing": "exit 0",
    "closes_and_stays": "exec >&- 2>&- <&-; exec sleep 1000",
    "leaves_a_child": "sleep 1000 & exit 0",
}


def check_refused(case, gesso, began):
    bound = TIMEOUT_MS / 1000 * 2 + 5 * rig.PATIENCE
    took = time.monotonic() - began
    check(took < bound, f"ready only after {took:.1f} s")
    memfd = [a for a in gesso.memory()["allocators"] if a["name"] == "memfd"]
    check_equal(len(memfd), 1, "allocators named memfd")
    check(not memfd[0]["offered"], "memfd is offered")
    check_equal(memfd[0]["reason"], "probe-failed", f"the reason ({memfd[0]['words']})")
    check(memfd[0]["words"], "no words")

    demo = Demo(case, gesso.env, "--still", SAMPLES / "gesso.txt").wait_ready()
    figures = demo.end()
    check_equal(figures["path"], "shm", "the path")
    check(figures["reason"]["code"] != 0, f"no reason: {figures}")
    return memfd[0]["words"]


def start(case, helper, **options):
    began = time.monotonic()
    gesso = rig.Gesso(
        case,
        "--renderer",
        "pixman",
        "--size",
        "320x240",
        "--probe-timeout",
        TIMEOUT_MS,
        env={"GESSO_PROBE_HELPER": str(helper)},
        **options,
    )
    return gesso, began


def case_helper(case):
    script = case.dir / "helper"
    script.write_text("#!/bin/sh\n" + HELPERS[case.fixture("helper")] + "\n")
    script.chmod(0o700)
    gesso, began = start(case, script)
    check_refused(case, gesso, began)
    check_equal(rig.children_of(gesso.pid), [], "helpers that are left")
    gesso.stop()
    # What the helper itself left behind is its own, not gesso's.
    for pid in rig.children_of(os.getpid()):
        os.kill(pid, signal.SIGKILL)


def case_crashes_on_two_planes(case):
    """What was told of the formats before stands, and is offered."""
    script = case.dir / "helper"
    lines = [f"echo proved {name} 4 1" for name in ONE_PLANE]
    lines += ["echo reads 100", "echo done", "echo proved NV12 4 1", "kill -SEGV $$"]
    script.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    script.chmod(0o700)
    arguments = ["--backend", "headless", "--allocator", "memfd", "--probe", "--json"]
    status, out, words = case.run(
        [os.environ["GESSO_BIN"], "--renderer", "pixman", *arguments],
        {"GESSO_PROBE_HELPER": str(script)},
    )
    check_equal(status, 0, f"gesso's status ({words})")
    memfd = [a for a in json.loads(out)["allocators"] if a["name"] == "memfd"][0]
    check(memfd["offered"], f"memfd is not offered: {memfd}")
    for name in (*ONE_PLANE, "NV12"):
        check_equal(memfd["formats"][name], True, name)
    check("crashed" in memfd["formats"]["P010"], f"P010: {memfd['formats']['P010']}")


def case_no_helper(case):
    (case.dir / "text").write_text("not a program\n")
    for path in ("/nonexistent/helper", str(case.dir / "text"), str(case.dir)):
        gesso, began = start(case, path)
        words = check_refused(case, gesso, began)
        check(path.rsplit("/", 1)[-1] in words or "helper" in words, f"{path}: {words}")
        gesso.stop()


def case_serves_while_it_probes(case):
    """wl_shm is there at once: the probe takes its time beside it."""
    script = case.dir / "helper"
    script.write_text("#!/bin/sh\nexec sleep 1000\n")
    script.chmod(0o700)
    process = case.start(
        "gesso",
        [
            os.environ["GESSO_BIN"],
            *("--backend", "headless", "--renderer", "pixman"),
            *("--socket", "early", "--probe-timeout", "600000"),
        ],
        {"GESSO_PROBE_HELPER": str(script)},
    )
    env = {"WAYLAND_DISPLAY": "early"}
    wait_until(lambda: rig.listens(case.dir / "early"), "the socket")
    ground = case.grim(env)
    client = case.start("weston-flower", ["weston-flower"], env)
    wait_until(lambda: case.grim(env) != ground, "a window before the probe has ended")
    demo = Demo(case, env, "--still", SAMPLES / "gesso.txt").wait_ready()
    figures = demo.end()
    check_equal(figures["path"], "shm", "the path while the probe runs")
    client.end()
    process.send(signal.SIGTERM)
    check_equal(process.wait(), 0, "gesso's status while the probe runs")


def case_ready_before_a_slow_probe(case):
    """Readiness does not wait for it, and a window that is still moves to native afterwards."""
    gate = case.dir / "gate"
    os.mkfifo(gate)
    script = case.dir / "helper"
    script.write_text(f'#!/bin/sh\nread -r _ <{gate}\nexec {os.environ["GESSO_PROBE"]} "$@"\n')
    script.chmod(0o700)
    gesso = rig.Gesso(
        case,
        *("--renderer", "pixman", "--allocator", "memfd", "--size", "320x240"),
        *("--probe-wait", "250", "--probe-timeout", "600000"),
        env={"GESSO_PROBE_HELPER": str(script)},
    )

    def reason():
        return [a for a in gesso.memory()["allocators"] if a["name"] == "memfd"][0]["reason"]

    check_equal(reason(), "pending", "the reason while the helper waits")
    demo = Demo(case, gesso.env, "--still", SAMPLES / "gesso.txt").wait_ready()
    check("native" not in gesso.paths_of(demo.pid), "native before it was proved")
    gate.write_text("go\n")
    wait_until(lambda: gesso.paths_of(demo.pid).get("native", {}).get("frames"), "a native frame")
    check_equal(reason(), None, "the reason once it was proved")
    check_equal(demo.end()["path"], "native", "the path in the end")
    gesso.stop()


if __name__ == "__main__":
    rig.main(globals())
