#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""CPU time of a compositor for one frame of one client, beside its rivals' in the same run.

    bench.py --build DIR --logs DIR [--rounds N] [--frames N] [--size WxH] [--json FILE]

In each round every compositor is started once, the order turned round every second time, and
shows the same gesso-demo full-screen until it has painted its frames. The CPU time is that of all
the compositor's threads, from before the client connects until after it has gone. A ratio pairs
two runs of one round; runs whose frame rates differ are not paired.
"""

import argparse
import datetime
import json
import pathlib
import statistics
import sys
import time

from figures import table
from session import Compositor, Deadline, Process, Programs, SessionError, start_gesso

MARK = 1.05
RATE_TOLERANCE = 0.05
# Half of what the outputs can do, so that a busy machine keeps it too.
RATE_HZ = 30
RUN_DEADLINE_S = 120
NS_PER_MS = 1e6
# A client that fills the output would be scanned out and nothing be composed.
COMPOSE = {"WLR_SCENE_DISABLE_DIRECT_SCANOUT": "1"}
# Hands the name of the socket out, and keeps cage alive until it is ended.
TELL_SOCKET = 'echo "$WAYLAND_DISPLAY" >&{fd}; exec sleep 100000 {fd}>&-'


def start_own(settings, log_path, deadline):
    extra = ["--fullscreen"]
    return start_gesso(
        settings.programs, "pixman", "memfd", settings.size, log_path, deadline, extra, COMPOSE
    )


def start_cage(settings, log_path, deadline):
    variables = {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", **COMPOSE}
    command = ["cage", "--", "sh", "-c", TELL_SOCKET]
    return Compositor("cage", command, log_path, deadline, variables)


def start_weston(settings, log_path, deadline):
    width, height = settings.size.split("x")
    command = [
        "weston", "--no-config", "--idle-time=0", "--shell=kiosk", "--socket=gesso-bench",
        "--backend=headless", "--renderer=pixman", f"--width={width}", f"--height={height}",
        "--refresh-rate=60000",
    ]  # fmt: skip
    return Compositor("weston", command, log_path, deadline, socket="gesso-bench")


# name, how it is started, the client's path
CONTENDERS = (
    ("gesso", start_own, "shm"),
    ("cage", start_cage, "shm"),
    ("gesso, native", start_own, "native"),
    ("weston", start_weston, "shm"),
)


def thread_ns(pid):
    """CPU time of all live threads; schedstat counts nanoseconds, stat only ticks."""
    return sum(
        int((thread / "schedstat").read_text().split()[0])
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir()
    )


def run_once(settings, name, start, path, label):
    deadline = Deadline(RUN_DEADLINE_S)
    logs = settings.logs
    demo = [
        settings.programs.demo,
        "--path", path, "--scene", "full", "--fullscreen",
        "--frames", str(settings.frames), "--rate", str(RATE_HZ),
        "--stats", "json", "--print-ready",
    ]  # fmt: skip
    with start(settings, logs / f"{label}-compositor.log", deadline) as compositor:
        before_ns = thread_ns(compositor.pid)
        log_path, environment = logs / f"{label}-demo.log", compositor.environment()
        with Process("gesso-demo", demo, log_path, environment) as client:
            client.wait_line("ready", deadline)
            ready_s = time.monotonic()
            status = client.wait_end(deadline)
            seconds = time.monotonic() - ready_s
            if status != 0:
                client.fail(f"ended with status {status}")
            stats = client.stats()
        compositor.check_alive()
        cpu_ns = thread_ns(compositor.pid) - before_ns
    return {
        "compositor": name,
        "path": stats["path"],
        "allocator": stats["allocator"],
        "frames": stats["frames"],
        "frames_per_second": (stats["frames"] - 1) / seconds,
        "cpu_ms_per_frame": cpu_ns / NS_PER_MS / stats["frames"],
        "paint_ms_per_frame": stats["paint_ns_per_frame"] / NS_PER_MS,
    }


def run_round(settings, number):
    """One run of each that can be had; {} for one that failed."""
    runs = {}
    order = CONTENDERS if number % 2 == 0 else CONTENDERS[::-1]
    for name, start, path in order:
        label = f"{number}-{name.replace(', ', '-')}"
        try:
            runs[name] = run_once(settings, name, start, path, label)
            words = f"{runs[name]['cpu_ms_per_frame']:.3f} ms a frame"
        except (SessionError, OSError) as error:
            words = f"unavailable: {error}"
            runs[name] = {"compositor": name, "unavailable": str(error)}
        print(f"  round {number + 1}: {name}: {words.splitlines()[0]}", file=sys.stderr, flush=True)
    return runs


def same_rate(run, other):
    rate, other_rate = run["frames_per_second"], other["frames_per_second"]
    return abs(rate - other_rate) <= RATE_TOLERANCE * other_rate


def pair(rounds, name, base):
    """Ratios of `name` to `base` in the rounds in which both ran at the same rate."""
    ratios, unlike = [], 0
    for runs in rounds:
        run, other = runs[name], runs[base]
        if "unavailable" in run or "unavailable" in other:
            continue
        if not same_rate(run, other):
            unlike += 1
            continue
        ratios.append(run["cpu_ms_per_frame"] / other["cpu_ms_per_frame"])
    return ratios, unlike


def summarise(rounds, name, megapixels):
    runs = [runs[name] for runs in rounds if "unavailable" not in runs[name]]
    if not runs:
        why = rounds[-1][name]["unavailable"]
        return {"compositor": name, "unavailable": why}
    cpu_ms = [run["cpu_ms_per_frame"] for run in runs]
    ratios, unlike = pair(rounds, name, "cage")
    return {
        "compositor": name,
        "unavailable": None,
        "path": runs[-1]["path"],
        "cpu_ms_per_frame": statistics.median(cpu_ms),
        "cpu_ms_per_frame_range": [min(cpu_ms), max(cpu_ms)],
        "cpu_ms_per_megapixel": statistics.median(cpu_ms) / megapixels,
        "frames_per_second": statistics.median(run["frames_per_second"] for run in runs),
        "ratio_to_cage": statistics.median(ratios) if ratios else None,
        "ratios_to_cage": ratios,
        "rounds_with_other_rate": unlike,
    }


def row(summary):
    if summary["unavailable"]:
        return [summary["compositor"]] + ["unavailable"] * 5
    low, high = summary["cpu_ms_per_frame_range"]
    ratio = summary["ratio_to_cage"]
    return [
        summary["compositor"],
        summary["path"],
        f"{summary['cpu_ms_per_frame']:.3f} ({low:.3f}–{high:.3f})",
        f"{summary['cpu_ms_per_megapixel']:.3f}",
        f"{summary['frames_per_second']:.1f}",
        "not compared" if ratio is None else f"{ratio:.3f} of {len(summary['ratios_to_cage'])}",
    ]


def print_verdict(gesso):
    ratio = gesso.get("ratio_to_cage")
    if ratio is None:
        print("The mark could not be judged: gesso and cage never ran at one frame rate.")
    else:
        word = "kept" if ratio <= MARK else "missed"
        print(f"gesso takes {ratio:.3f} × cage's CPU time a frame; the mark, {MARK} ×, is {word}.")


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--logs", required=True)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--json")
    return parser.parse_args()


def main():
    settings = parse_arguments()
    settings.programs = Programs(settings.build)
    settings.logs = pathlib.Path(settings.logs)
    settings.logs.mkdir(parents=True, exist_ok=True)
    width, height = (int(side) for side in settings.size.split("x"))
    rounds = [run_round(settings, number) for number in range(settings.rounds)]
    summaries = [summarise(rounds, name, width * height / 1e6) for name, _, _ in CONTENDERS]
    print(
        "CPU time of the compositor, composed on pixman, one full-screen client of "
        f"{settings.size} painted in full, {settings.frames} frames at {RATE_HZ} Hz, "
        f"median of {settings.rounds} rounds (range)\n"
    )
    rows = [["compositor", "path", "ms a frame", "ms a megapixel", "frames/s", "ratio to cage's"]]
    print("\n".join(table(rows + [row(summary) for summary in summaries])) + "\n")
    print_verdict(summaries[0])
    if settings.json:
        whole = {
            "gesso_bench": 1,
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "size": settings.size,
            "frames": settings.frames,
            "mark": MARK,
            "summaries": summaries,
            "rounds": [list(runs.values()) for runs in rounds],
        }
        pathlib.Path(settings.json).write_text(json.dumps(whole, indent=1) + "\n")
    return 0 if "ratio_to_cage" in summaries[0] else 1


if __name__ == "__main__":
    sys.exit(main())
