#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""What compositors cost for the same client, side by side in one run; see tools/bench --help.

In each round every scene is shown by every contender, one after the other, the order turned on by
one each round and round the other way every second time. Ratios pair two runs of one round.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

import bench_chart
import bench_print
import bench_texture
import bench_wake_ups
from bench_figures import Results, fit_by_size
from bench_marks import full_screen, judge
from bench_peers import BIG_PEERS, PATHS, PEERS, check_choice, chosen_contenders
from bench_run import WARM_UP_FRAMES, run
from bench_scenes import chosen_scenes, find_scanout_rate, usual_rate
from memory_sample import SampleError
from session import Programs, SessionError, end_on_signals

# A contender that has failed so often in a scene is not started in it again.
TRIES = 2
# What a run takes beside its frames where none was timed yet: starts, waits and ends.
OVERHEAD_S = 4
# A run that cannot end by the end of the time is not begun with less than this.
LEAST_RUN_S = 2
# So much of the client is shown to see whether it keeps a rate.
RATE_FRAMES = 30
RATE_S = 20
# What a run may take, and gesso-memory in it, and the memory of path native, by lane.
LANES = {
    "host": {"deadline": 60, "report_s": 10, "allocator": "memfd"},
    "kernel": {"deadline": 240, "report_s": 60, "allocator": "udmabuf"},
}


def chosen_compositors(settings):
    if settings.compositors:
        check_choice(settings.compositors)
        return settings.compositors
    names = ("cage", "weston") if settings.set == "quick" else PEERS
    return ["gesso", *names, *(BIG_PEERS if settings.peers == "all" else ())]


def in_turn(contenders, number):
    at = number % len(contenders) if contenders else 0
    order = contenders[at:] + contenders[:at]
    return order[::-1] if number % 2 else order


def say(words):
    print(f"  {words}", file=sys.stderr, flush=True)


class Bench:
    """All rounds; no run is begun that is not thought to end before the time is over."""

    def __init__(self, settings, scenes, contenders, clock=time.monotonic):
        self.settings, self.scenes, self.contenders = settings, scenes, contenders
        self.results = Results()
        self.failures = {}
        self.clock = clock
        self.end_s = clock() + settings.seconds
        self.longest_s = {}  # of a contender in a scene
        self.scanout_rate = None

    def rate_of(self, scene):
        if self.settings.rate:
            return self.settings.rate
        return self.scanout_rate if scene.scanout else usual_rate(scene)

    def estimate_s(self, scene, contender):
        """What a run will take, by what the same took before."""
        frames_s = (self.settings.frames + WARM_UP_FRAMES) / self.rate_of(scene)
        return self.longest_s.get((scene, contender), OVERHEAD_S + frames_s)

    def is_over(self, scene, contender):
        left_s = self.end_s - self.clock()
        return left_s < max(LEAST_RUN_S, self.estimate_s(scene, contender))

    def run_timed(self, scene, contender, label, **changes):
        """Raises what `run` raises; no run outlives the time."""
        began_s = self.clock()
        settings = argparse.Namespace(**{
            **vars(self.settings),
            "rate_of": self.rate_of,
            "deadline_s": min(self.settings.deadline, self.end_s - began_s),
            **changes,
        })  # fmt: skip
        try:
            return run(settings, scene, contender, label)
        finally:
            key = scene, contender
            self.longest_s[key] = max(self.clock() - began_s, self.longest_s.get(key, 0))

    def run_one(self, scene, contender, number):
        key = scene, contender
        label = f"{number + 1}-{scene}-{contender.name}".replace(", ", "-").replace(" ", "-")
        try:
            figures = self.run_timed(scene, contender, label)
            figures["rate"] = self.rate_of(scene)
            self.results.add(scene, contender, number, figures)
            words = f"{figures['cpu_ms_per_frame']:.3f} ms, {figures['frames_per_second']:.1f} a second"
        except (SessionError, SampleError, OSError, subprocess.SubprocessError) as error:
            words = f"unavailable: {str(error).splitlines()[0]}"
            self.failures[key] = self.failures.get(key, 0) + 1
            self.results.reasons[key] = str(error)
        say(f"round {number + 1}: {scene}: {contender.name}: {words}")

    def run_scene(self, scene, number):
        """Returns whether there was time for all contenders."""
        contenders = [c for c in self.contenders if c.shows(scene)]
        for contender in in_turn(contenders, number):
            missing = contender.missing(self.settings.programs)
            if missing:
                self.results.reasons[(scene, contender)] = missing
                self.results.missing.add((scene, contender))
            elif self.failures.get((scene, contender)) != TRIES:
                if self.is_over(scene, contender):
                    return False
                self.run_one(scene, contender, number)
        return True

    def reach(self, scene, rate):
        """The rate at which the first contender that can be had shows the scene, if asked for
        `rate`; None if none could show it."""
        for contender in (c for c in self.contenders if c.shows(scene)):
            if contender.missing(self.settings.programs):
                continue
            try:
                figures = self.run_timed(
                    scene, contender, f"rate-{rate}", frames=RATE_FRAMES,
                    rate_of=lambda _: rate, deadline_s=RATE_S,
                )  # fmt: skip
                return figures["frames_per_second"]
            except (SessionError, SampleError, OSError, subprocess.SubprocessError):
                continue
        return None

    def run(self):
        """Returns whether there was time for all."""
        if not self.settings.rate:
            self.scanout_rate = find_scanout_rate(self.scenes, self.reach)
        self.longest_s.clear()
        for number in range(self.settings.rounds):
            for scene in self.scenes:
                if not self.run_scene(scene, number):
                    say("the time is over")
                    return False
        return True


def words_list(text):
    return [word for word in text.split(",") if word]


def sizes_list(text):
    return [tuple(int(side) for side in size.split("x")) for size in words_list(text)]


def windows_list(text):
    return [int(count) for count in words_list(text)]


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--logs", required=True)
    parser.add_argument("--lane", choices=LANES, default="host")
    parser.add_argument("--set", choices=("quick", "usual", "full"), default="usual")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--peers", default="")
    parser.add_argument("--compositors", type=words_list, default=[])
    parser.add_argument("--paths", type=words_list, default=[])
    parser.add_argument("--renderers", type=words_list, default=[])
    parser.add_argument("--sizes", type=sizes_list, default=[])
    parser.add_argument("--windows", type=windows_list, default=[])
    parser.add_argument("--window-size", dest="window", type=lambda text: sizes_list(text)[0])
    parser.add_argument("--damage", type=words_list, default=[])
    parser.add_argument("--shown", choices=("composed", "scan-out"))
    parser.add_argument("--command", default="")
    parser.add_argument("--json")
    parser.add_argument("--marks")
    parser.add_argument("--chart")
    settings = parser.parse_args()
    settings.programs = Programs(settings.build)
    settings.logs = pathlib.Path(settings.logs)
    vars(settings).update(LANES[settings.lane])
    unknown = set(settings.paths) - set(PATHS)
    if unknown:
        parser.error(f"gesso has no path '{unknown.pop()}'; there are {', '.join(PATHS)}")
    return settings


def scene_to_json(results, scene):
    return {
        "renderer": scene.renderer,
        "size": scene.size,
        "windows": scene.windows,
        "window_size": "x".join(str(side) for side in scene.window_size),
        "full_screen": scene.windows == 0,
        "damage": scene.damage,
        "scanout": scene.scanout,
        "contenders": [
            {
                **results.summary(scene, contender),
                "rounds": results.runs.get((scene, contender), {}),
            }
            for contender in results.contenders(scene)
        ],
    }


def fits_to_json(results):
    fits = []
    for renderer in ("pixman", "gl"):
        scenes = full_screen(results, renderer)
        for contender in dict.fromkeys(c for scene in scenes for c in results.contenders(scene)):
            found = fit_by_size(results, contender, scenes.__contains__)
            fits.append({"renderer": renderer, "compositor": contender.name, "ms": found})
    return fits


def is_emulated():
    """QEMU's TCG names itself so. Its times are no machine's, but for their ratios."""
    return "QEMU TCG" in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")


def conditions():
    """Of the machine, before the runs; what else it did meanwhile is in the load."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "kernel": f"{platform.system()} {platform.release()}",
        "processors": os.cpu_count(),
        "emulated_by": "QEMU TCG" if is_emulated() else None,
        "load_before": os.getloadavg()[0],
    }


def to_json(settings, bench, marks, before, complete):
    results = bench.results
    return {
        "gesso_bench": 3,
        "command": settings.command,
        "lane": settings.lane,
        **before,
        "rounds": settings.rounds,
        "all_rounds_run": complete,
        "frames": settings.frames,
        "scanout_rate": bench.scanout_rate,
        "scenes": [scene_to_json(results, scene) for scene in results.scenes()],
        "fits": fits_to_json(results),
        "texture_ready": results.texture_ready,
        "wake_ups": results.wake_ups,
        "marks": marks,
    }


def write_files(settings, bench, marks, before, complete):
    if settings.json:
        text = json.dumps(to_json(settings, bench, marks, before, complete), indent=1)
        pathlib.Path(settings.json).write_text(text + "\n")
    if settings.marks:
        lines = bench_print.marks_document(settings, marks, before, complete)
        pathlib.Path(settings.marks).write_text("\n".join(lines) + "\n")
    if settings.chart and bench.results.runs:
        bench_chart.write(bench.results, settings.chart)


def main():
    end_on_signals()
    settings = parse_arguments()
    settings.logs.mkdir(parents=True, exist_ok=True)
    try:
        names = chosen_compositors(settings)
    except SessionError as error:
        sys.exit(f"bench: {error}")
    contenders = chosen_contenders(names, settings.paths)
    before = conditions()
    scenes = chosen_scenes(settings)
    bench = Bench(settings, scenes, contenders)
    results = bench.results
    draws_gl = "gesso" in names and any(scene.renderer == "gl" for scene in scenes)
    if draws_gl and settings.lane == "host":
        results.texture_ready = bench_texture.measure(settings)
    carets = [scene for scene in scenes if scene.damage == "caret" and not scene.scanout]
    if carets:
        results.wake_ups = bench_wake_ups.measure(settings, bench.rate_of(carets[0]))
    complete = bench.run()
    results.mark_rates()
    marks = judge(results)
    bench_print.print_all(results, marks, before)
    write_files(settings, bench, marks, before, complete)
    return 0 if results.runs else 1


if __name__ == "__main__":
    sys.exit(main())
