#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""Measures every path and renderer in turn, in the lane that it is run in; writes JSON.

    memory_measure.py --build DIR --lane host|kernel --out FILE --logs DIR [OPTION...]

Each configuration gets a compositor and a client of its own, so that none inherits another's
heap. One that fails is entered with the reason, and the others go on.
"""

import argparse
import json
import os
import pathlib
import platform
import sys
import time

import memory_sample
from session import Deadline, Process, Programs, SessionError, end_on_signals, start_gesso

# The step of gesso's cascade: with this room each window shows a strip, and so gets frame events.
CASCADE_PX = 32
SETTLE_INTERVAL_S = 0.5
# Longer than the client library keeps the spare buffers of a still window.
STILL_SETTLE_S = 2.0
SETTLED_PART = 0.005
SETTLED_LOOKS = 2
SETTLE_LOOKS_MAX = 12
SAMPLE_TRIES = 5
TRIES = 2

ALLOCATORS = {"host": "memfd", "kernel": "udmabuf"}
# name, gesso-demo's path, its buffers
MODES = (
    ("native", "native", 2),
    ("fallback-double", "shm", 2),
    ("fallback-single", "shm", 1),
)


def say(words):
    print(f"  {words}", file=sys.stderr, flush=True)


def output_size(settings):
    width, height = (int(side) for side in settings.size.split("x"))
    room = CASCADE_PX * (settings.windows - 1)
    return f"{width + room}x{height + room}"


def demo_command(programs, settings, mode, state):
    _, path, buffers = mode
    command = [
        programs.demo,
        "--path", path,
        "--buffers", str(buffers),
        "--windows", str(settings.windows),
        "--size", settings.size,
        "--scene", "full",
        "--print-ready",
    ]  # fmt: skip
    # A client whose double buffering is fixed, against one that has gone still.
    return command + (["--still"] if state == "still" else ["--in-turn"])


class Measurement:
    """One running configuration."""

    def __init__(self, programs, settings, compositor, client, state, deadline):
        self.programs = programs
        self.settings = settings
        self.compositor = compositor
        self.client = client
        self.state = state
        self.deadline = deadline
        self.pids = [client.pid]

    def report(self):
        self.compositor.check_alive()
        self.client.check_alive()
        self.deadline.check("enough frames and all samples")
        return memory_sample.take_report(
            self.programs, self.compositor.socket, max(5.0, self.deadline.left_s())
        )

    def settle(self):
        """Until each window has had its frames, and then buffers and memory stay for a while."""
        time.sleep(STILL_SETTLE_S if self.state == "still" else SETTLE_INTERVAL_S)
        wanted = self.settings.windows * (self.settings.frames if self.state == "moving" else 1)
        while self.frames_in(self.report()) < wanted:
            time.sleep(SETTLE_INTERVAL_S)
        before, alike = None, 0
        for _ in range(SETTLE_LOOKS_MAX):
            report = self.report()
            sample = memory_sample.sample_from_report(report, self.pids)
            buffers = memory_sample.count_frames(report, self.pids)["buffers"]
            now = (buffers, sample["honest_total"])
            alike = alike + 1 if self.same(before, now) else 0
            if alike == SETTLED_LOOKS:
                return
            before = now
            time.sleep(SETTLE_INTERVAL_S)

    @staticmethod
    def same(before, now):
        if before is None or before[0] != now[0]:
            return False
        if before[1] is None or now[1] is None:
            return before[1] is now[1]
        return abs(before[1] - now[1]) <= SETTLED_PART * now[1]

    def take(self):
        self.settle()
        samples, reports = [], []
        for _ in range(self.settings.samples):
            if samples:
                time.sleep(SETTLE_INTERVAL_S)
            report, sample = self.take_whole()
            reports.append(report)
            samples.append(sample)
        if self.state == "moving":
            self.wait_frames(reports)
        return samples, reports

    def wait_frames(self, reports):
        """A slow machine may have shown nothing new meanwhile."""
        wanted = self.settings.windows + self.frames_in(reports[0])
        while self.frames_in(reports[-1]) < wanted:
            time.sleep(SETTLE_INTERVAL_S)
            reports[-1] = self.report()

    def frames_in(self, report):
        return memory_sample.count_frames(report, self.pids)["frames"]

    def take_whole(self):
        """Taken between two requests of a client, a sample may lack something: then again."""
        for _ in range(SAMPLE_TRIES):
            report = self.report()
            sample = memory_sample.sample_from_report(report, self.pids)
            if None not in sample.values():
                break
            time.sleep(SETTLE_INTERVAL_S / 4)
        return report, sample


def reason_of(report, pids):
    """Why frames were refused path native, if they were."""
    for client in memory_sample.clients_of(report, pids):
        words = client["paths"].get("native", {}).get("words")
        if words:
            return words
    return None


def copied_per_frame(reports, pids, path):
    """Between the first report and the last, on the path of the windows (cursors have another)."""
    first, last = (memory_sample.count_path(reports[i], pids, path) for i in (0, -1))
    frames, copied = last[0] - first[0], last[1] - first[1]
    return copied / frames if frames > 0 else None


def describe(result, samples, reports, pids):
    last = reports[-1]
    counts = memory_sample.count_frames(last, pids)
    path = memory_sample.main_path(counts)
    result.update(
        renderer_name=last["compositor"]["renderer"],
        path=path,
        allocator=",".join(memory_sample.allocators_of(last, pids)) or None,
        reason=reason_of(last, pids),
        exporters=sorted({dmabuf["exporter"] or "unknown" for dmabuf in last["dmabufs"]}),
        buffers=counts["buffers"],
        frames=counts["frames"],
        possibly_counted_twice=last["totals"]["possibly_counted_twice"],
        copied_bytes_per_frame=copied_per_frame(reports, pids, path),
        samples=samples,
        unavailable="; ".join(memory_sample.unavailable_of(last, pids)) or None,
    )


def measure(programs, settings, renderer, mode, state, logs):
    name = f"{renderer}-{mode[0]}-{state}"
    result = {"lane": settings.lane, "renderer": renderer, "mode": mode[0], "state": state}
    deadline = Deadline(settings.deadline)
    log_path = logs / f"{name}-gesso.log"
    size = output_size(settings)
    try:
        with start_gesso(
            programs, renderer, ALLOCATORS[settings.lane], size, log_path, deadline,
            extra=("--shm", "upload"),
        ) as compositor, Process(
            "gesso-demo",
            demo_command(programs, settings, mode, state),
            logs / f"{name}-demo.log",
            compositor.environment(),
        ) as client:
            client.wait_line("ready", deadline)
            running = Measurement(programs, settings, compositor, client, state, deadline)
            samples, reports = running.take()
            describe(result, samples, reports, running.pids)
            if mode[0] == "native" and result["path"] != "native":
                raise SessionError(f"went by path {result['path']}: {result['reason']}")
    except (SessionError, memory_sample.SampleError) as error:
        result.update(samples=[], unavailable=str(error))
    return result


def measure_again(programs, settings, renderer, mode, state, logs):
    """An emulated machine on a busy host may miss an answer's deadline: a second try."""
    for _ in range(TRIES):
        result = measure(programs, settings, renderer, mode, state, logs)
        if result["samples"]:
            break
        say(f"unavailable: {result['unavailable'].splitlines()[0]}")
    return result


def in_machine():
    """The kernel lane may be run on a host that has the devices itself."""
    on_host = os.environ.get("GESSO_KERNEL_LANE") == "host"
    return os.environ.get("GESSO_MACHINE") == "1" and not on_host


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--lane", required=True, choices=("host", "kernel"))
    parser.add_argument("--out", required=True)
    parser.add_argument("--logs", required=True)
    parser.add_argument("--windows", type=int, default=8)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--frames", type=int, default=8, help="of each window before a sample")
    parser.add_argument("--deadline", type=float, default=60, help="seconds for one configuration")
    parser.add_argument("--renderers", default="pixman,gles2")
    parser.add_argument("--states", default="moving,still")
    return parser.parse_args()


def main():
    end_on_signals()
    settings = parse_arguments()
    programs = Programs(settings.build)
    logs = pathlib.Path(settings.logs)
    logs.mkdir(parents=True, exist_ok=True)
    results = []
    for renderer in settings.renderers.split(","):
        for state in settings.states.split(","):
            for mode in MODES:
                say(f"{settings.lane}: {renderer}, {mode[0]}, {state}")
                results.append(measure_again(programs, settings, renderer, mode, state, logs))
    lane = {
        "lane": settings.lane,
        "kernel": f"{platform.system()} {platform.release()}",
        "machine": in_machine(),
        "windows": settings.windows,
        "size": settings.size,
        "output_size": output_size(settings),
        "samples": settings.samples,
        "configurations": results,
    }
    pathlib.Path(settings.out).write_text(json.dumps(lane, indent=1) + "\n")
    return 0 if any(result["samples"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
